/**
 * One script: its file, its state, and what it asked to be called for.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SCRIPT_LUA_SCRIPT_H
#define SCRIPT_LUA_SCRIPT_H

#include <stdbool.h>

#include <confab/event.h>
#include <confab/task.h>

#include "script-lua/sandbox.h"

#define SCRIPT_NAME_MAX 64
#define SCRIPT_BYTES_MAX ((size_t)1 << 20)
#define SCRIPT_HOOKS_MAX 64
#define SCRIPT_COMMANDS_MAX 64
#define SCRIPT_WAITS_MAX 256
#define SCRIPT_WHY_MAX 300

struct script_hook {
	enum confab_stage stage;
	char kinds[200];
	int fn; /* in the registry, as below */
};

struct script_command {
	char name[33];
	char help[120];
	int fn;
};

/** Something that calls the script later: a timer, or an answer of the store. */
struct script_wait {
	struct script *script; /* NULL: it has gone */
	struct script_wait *next;
	struct confab_timer *timer; /* NULL: an answer */
	unsigned every_ms;          /* 0: once */
	int fn;
};

struct script {
	char *path;
	char name[SCRIPT_NAME_MAX + 1]; /* of the file, without ".lua" */
	char *source;
	size_t len;
	json_t *settings; /* its own copy, or NULL */
	struct sandbox *sb;
	bool opening;                     /* its top level runs: it may register */
	struct confab_plugin *plugin;     /* NULL: not in force */
	const struct confab_event *event; /* while a hook runs */
	struct script_hook hooks[SCRIPT_HOOKS_MAX];
	struct script_command commands[SCRIPT_COMMANDS_MAX];
	size_t n_hooks, n_commands, n_waits;
	struct script_wait *waits;
};

/**
 * Read, compile and run the top level of a file.
 *
 * @param settings  copied; NULL: none
 * @return the caller's, or NULL with err filled, file and line named
 * Thread: any.
 */
struct script *script_open(const char *path, const json_t *settings,
	const struct sandbox_limits *limits, struct confab_error *err);
/** Free what is not in force. NULL is fine. Any thread. */
void script_free(struct script *s);

/** The same file with the same text and settings: then the running one may stay. */
bool script_same(const struct script *a, const struct script *b);

/** It is in force: its timers run. Logic thread. */
void script_start(struct script *s, struct confab_plugin *p);
/** It is in force no more: nothing calls it any longer. Logic thread. */
void script_stop(struct script *s);

/** Run fn in its state; a failure is logged. what: "hook at moderate". @return 0 or a code, why filled */
int script_call(struct script *s, lua_CFunction fn, void *arg, const char *what, char *why);

/** A wait that calls the function on top of the stack, which is popped; raises when there are too many. */
struct script_wait *script_wait_new(lua_State *L, struct script *s, unsigned every_ms);
/** Forget it and let go of its function. */
void script_wait_free(struct script_wait *w);
/** Its timer begins to run. */
void script_wait_start(struct script_wait *w, unsigned after_ms);

/** Open the table `confab`. Protected mode. (api.c) */
void api_open(lua_State *L);

/** A hook that runs, on the C stack of who runs it. */
struct judged {
	struct script *script;
	const struct script_hook *hook;
	struct confab_event *ev;
	char *former; /* the text before the script changed it, malloc'ed; NULL: it did not */
	size_t former_len;
	enum confab_verdict verdict;
	char code[33], text[200], queue[65];
	json_t *why;
};

/** Push the hook's function's argument and call it; arg is a struct judged. (event.c) */
int event_run(lua_State *L);
/** Make the type of events known. Protected mode. (event.c) */
void event_open(lua_State *L);

/** A JSON value as a Lua value, on top of the stack; null is nil. Raises. (value.c) */
void value_push(lua_State *L, const json_t *json);
/** A Lua value as JSON: a table with [1] is a list. @return a new reference, NULL: it is none */
json_t *value_json(lua_State *L, int index);

#endif
