/**
 * One Lua state that can do nothing but compute, and not for long: no files, processes, modules, bytecode,
 * finalizers or coroutines; memory, instructions and time of a call are bounded.
 *
 *     in C: everything that may raise runs inside sandbox_call, as Lua ends the process for an error elsewhere
 *
 * What a loop in C could cost is spent like instructions: patterns are our own (pattern.h), sort is written
 * in Lua, and functions of `table` take plain tables only, which are as long as memory lets them be.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SCRIPT_LUA_SANDBOX_H
#define SCRIPT_LUA_SANDBOX_H

#include <lua.h>
#include <stdint.h>

struct sandbox;

struct sandbox_limits {
	size_t memory;        /* of the whole state [bytes]; one piece is a quarter of it at most */
	int64_t instructions; /* of one call */
	int64_t time_ms;      /* of one call */
};

/** Make a state with the libraries that are safe. owner: for sandbox_owner. NULL: no memory. */
struct sandbox *sandbox_new(const struct sandbox_limits *limits, void *owner);
void sandbox_free(struct sandbox *sb);

/** Whose state it is; any thread that has the state. */
void *sandbox_owner(lua_State *L);
/** Bytes in use. */
size_t sandbox_memory(const struct sandbox *sb);

/**
 * Run a C function in protected mode with fresh limits; its only argument is arg as a light userdata.
 *
 * @param why  what went wrong: one line of printable text, cut to size
 * @return 0 or CONFAB_ELIMIT, CONFAB_ENOMEM, CONFAB_EINVAL (any other error)
 */
int sandbox_call(struct sandbox *sb, lua_CFunction fn, void *arg, char *why, size_t size);

/** Count work done in C as so many instructions; raises when they are used up. */
void sandbox_spend(lua_State *L, int64_t n);
/** How many are left: pattern.h counts them down. */
int64_t *sandbox_left(lua_State *L);

/** Replace the functions of `string` that may take long. (strings.c) */
void strings_open(lua_State *L);

#endif
