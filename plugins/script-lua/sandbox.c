/**
 * The state: what is in it, and what it may use.
 *
 * SPDX-License-Identifier: MIT
 */
#include "script-lua/sandbox.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <confab/task.h>

/* The clock is asked so often; strings are at most a quarter of the memory, so one stretch is short. */
#define HOOK_EVERY 100

struct sandbox {
	lua_State *L;
	void *owner;
	struct sandbox_limits limits;
	size_t used;
	int64_t left, until_ms;
	bool stopped;
	char where[80]; /* … it was stopped: "name.lua:3: " */
};

static struct sandbox *of_state(lua_State *L)
{
	return *(struct sandbox **)lua_getextraspace(L);
}

static void *allocate(void *arg, void *mem, size_t former, size_t size)
{
	struct sandbox *sb = arg;
	former = mem != NULL ? former : 0;
	if (size == 0) {
		free(mem);
		sb->used -= former;
		return NULL;
	}
	if (size > former &&
		(size > sb->limits.memory / 4 || size - former > sb->limits.memory - sb->used))
		return NULL;
	void *now = realloc(mem, size);
	if (now != NULL)
		sb->used += size - former;
	return now;
}

static void counted(lua_State *L, lua_Debug *ar);

/* From now on every instruction raises, so that no pcall can catch it and go on. */
static int stop(lua_State *L, const char *what, int level)
{
	struct sandbox *sb = of_state(L);
	lua_sethook(L, counted, LUA_MASKCOUNT, 1);
	if (!sb->stopped) {
		sb->stopped = true;
		luaL_where(L, level);
		snprintf(sb->where, sizeof(sb->where), "%s", lua_tostring(L, -1));
	}
	return luaL_error(L, "it takes too %s", what);
}

static void counted(lua_State *L, lua_Debug *ar)
{
	struct sandbox *sb = of_state(L);
	(void)ar;
	sb->left -= HOOK_EVERY;
	if (sb->left < 0)
		stop(L, "many instructions", 0);
	if (confab_now_ms() > sb->until_ms)
		stop(L, "long", 0);
}

/* A table with __gc would run code when nobody counts. */
static int set_metatable(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	if (!lua_isnoneornil(L, 2)) {
		luaL_checktype(L, 2, LUA_TTABLE);
		lua_pushliteral(L, "__gc");
		if (lua_rawget(L, 2) != LUA_TNIL)
			return luaL_error(L, "__gc is not for scripts");
	}
	lua_settop(L, 2);
	if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL)
		return luaL_error(L, "cannot change a protected metatable");
	lua_setmetatable(L, 1);
	return 1;
}

/* The handler runs behind the error, not within: there it would run inside our hook, where nobody counts. */
static int protected_call(lua_State *L)
{
	luaL_checktype(L, 2, LUA_TFUNCTION);
	lua_rotate(L, 1, -1); /* handler, arguments …, function */
	lua_insert(L, 2);
	if (lua_pcall(L, lua_gettop(L) - 2, LUA_MULTRET, 0) == LUA_OK) {
		lua_pushboolean(L, 1);
		lua_replace(L, 1);
		return lua_gettop(L);
	}
	lua_call(L, 1, 1);
	lua_pushboolean(L, 0);
	lua_insert(L, 1);
	return 2;
}

/* A function of `table`, kept as upvalue, for plain tables only: then its loop is as long as the table. */
static int of_plain_table(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	if (lua_getmetatable(L, 1))
		return luaL_error(L, "a table without a metatable is wanted here");
	sandbox_spend(L, 1 + (int64_t)lua_rawlen(L, 1) / 100);
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
	return lua_gettop(L);
}

/* Written in Lua, so that its instructions are counted: a merge sort. */
static const char sort_source[] =
	"local floor, error, len, getmetatable = ...\n"
	"return function(t, before)\n"
	"  if getmetatable(t) then error('a table without a metatable is wanted here', 2) end\n"
	"  before = before or function(a, b) return a < b end\n"
	"  local n, from, to = len(t), t, {}\n"
	"  local width = 1\n"
	"  while width < n do\n"
	"    local at = 1\n"
	"    while at <= n do\n"
	"      local i, middle, last = at, at + width, at + 2 * width\n"
	"      if middle > n + 1 then middle = n + 1 end\n"
	"      if last > n + 1 then last = n + 1 end\n"
	"      local j = middle\n"
	"      for k = at, last - 1 do\n"
	"        if i < middle and (j >= last or not before(from[j], from[i])) then\n"
	"          to[k] = from[i]; i = i + 1\n"
	"        else\n"
	"          to[k] = from[j]; j = j + 1\n"
	"        end\n"
	"      end\n"
	"      at = last\n"
	"    end\n"
	"    from, to = to, from\n"
	"    width = width * 2\n"
	"  end\n"
	"  if from ~= t then for k = 1, n do t[k] = from[k] end end\n"
	"end\n";

static void table_open(lua_State *L)
{
	static const char *const plain[] = {"concat", "insert", "remove", "unpack"};
	luaL_requiref(L, LUA_TABLIBNAME, luaopen_table, 1);
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		lua_getfield(L, -1, plain[i]);
		lua_pushcclosure(L, of_plain_table, 1);
		lua_setfield(L, -2, plain[i]);
	}
	lua_pushnil(L);
	lua_setfield(L, -2, "move");
	if (luaL_loadbufferx(L, sort_source, sizeof(sort_source) - 1, "=table.sort", "t") != LUA_OK)
		lua_error(L);
	lua_getglobal(L, "math");
	lua_getfield(L, -1, "floor");
	lua_remove(L, -2);
	lua_getglobal(L, "error");
	lua_getglobal(L, "rawlen");
	lua_getglobal(L, "getmetatable");
	lua_call(L, 4, 1);
	lua_setfield(L, -2, "sort");
	lua_pop(L, 1);
}

static void forget(lua_State *L, const char *library, const char *const *names)
{
	lua_getglobal(L, library);
	for (; *names != NULL; names++) {
		lua_pushnil(L);
		lua_setfield(L, -2, *names);
	}
	lua_pop(L, 1);
}

static int open_libraries(lua_State *L)
{
	static const char *const base[] = {"load", "loadfile", "dofile", "loadstring", "require",
		"collectgarbage", "print", "warn", NULL};
	static const char *const string[] = {"dump", "pack", "packsize", "unpack", NULL};
	static const char *const math[] = {"randomseed", NULL};
	luaL_requiref(L, LUA_GNAME, luaopen_base, 1);
	luaL_requiref(L, LUA_MATHLIBNAME, luaopen_math, 1);
	luaL_requiref(L, LUA_STRLIBNAME, luaopen_string, 1);
	luaL_requiref(L, LUA_UTF8LIBNAME, luaopen_utf8, 1);
	lua_settop(L, 0);
	table_open(L);
	strings_open(L);
	forget(L, LUA_GNAME, base);
	forget(L, LUA_STRLIBNAME, string);
	forget(L, LUA_MATHLIBNAME, math);
	lua_pushcfunction(L, set_metatable);
	lua_setglobal(L, "setmetatable");
	lua_pushcfunction(L, protected_call);
	lua_setglobal(L, "xpcall");
	return 0;
}

/* One printable line of whatever was raised. */
static void reason(lua_State *L, int status, char *why, size_t size)
{
	size_t len = 0;
	const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &len) : NULL;
	if (text == NULL) {
		snprintf(why, size, "%s",
			status == LUA_ERRMEM ? "not enough memory"
					     : "an error that is no text was raised");
		return;
	}
	size_t n = len < size - 1 ? len : size - 1;
	for (size_t i = 0; i < n; i++)
		why[i] = (char)((unsigned char)text[i] < 0x20 || text[i] == 0x7f ? ' ' : text[i]);
	while (n > 0 && n < len && ((unsigned char)text[n] & 0xc0) == 0x80)
		n--; /* not within a character */
	why[n] = '\0';
}

/* ------------------------------------------------------------------------------------------ */

struct sandbox *sandbox_new(const struct sandbox_limits *limits, void *owner)
{
	char why[100];
	struct sandbox *sb = calloc(1, sizeof(*sb));
	if (sb == NULL)
		return NULL;
	sb->limits = *limits;
	sb->owner = owner;
	sb->L = lua_newstate(allocate, sb);
	if (sb->L != NULL)
		*(struct sandbox **)lua_getextraspace(sb->L) = sb;
	if (sb->L == NULL || sandbox_call(sb, open_libraries, NULL, why, sizeof(why)) != 0) {
		sandbox_free(sb);
		return NULL;
	}
	return sb;
}

void sandbox_free(struct sandbox *sb)
{
	if (sb != NULL && sb->L != NULL)
		lua_close(sb->L);
	free(sb);
}

void *sandbox_owner(lua_State *L)
{
	return of_state(L)->owner;
}

size_t sandbox_memory(const struct sandbox *sb)
{
	return sb->used;
}

int sandbox_call(struct sandbox *sb, lua_CFunction fn, void *arg, char *why, size_t size)
{
	sb->left = sb->limits.instructions;
	sb->until_ms = confab_now_ms() + sb->limits.time_ms;
	sb->stopped = false;
	sb->where[0] = '\0';
	lua_sethook(sb->L, counted, LUA_MASKCOUNT, HOOK_EVERY);
	lua_settop(sb->L, 0);
	lua_pushcfunction(sb->L, fn);
	lua_pushlightuserdata(sb->L, arg);
	int status = lua_pcall(sb->L, 1, 0, 0);
	if (status == LUA_OK && !sb->stopped)
		return 0;
	if (sb->stopped)
		snprintf(why, size, "%s%s", sb->where,
			sb->left < 0 ? "it takes too many instructions" : "it takes too long");
	else
		reason(sb->L, status, why, size);
	lua_settop(sb->L, 0);
	return sb->stopped ? CONFAB_ELIMIT : status == LUA_ERRMEM ? CONFAB_ENOMEM : CONFAB_EINVAL;
}

void sandbox_spend(lua_State *L, int64_t n)
{
	struct sandbox *sb = of_state(L);
	sb->left -= n;
	if (sb->left < 0)
		stop(L, "many instructions", 1);
}

int64_t *sandbox_left(lua_State *L)
{
	return &of_state(L)->left;
}
