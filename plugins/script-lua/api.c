/**
 * The table `confab` of scripts.
 *
 * SPDX-License-Identifier: MIT
 */
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <confab/doc.h>
#include <confab/log.h>
#include <confab/text.h>

#include "script-lua/script.h"

#define COLLECTION "keys"
#define KEY_MAX 100

/* Registering is for the top level … */
static struct script *opening(lua_State *L)
{
	struct script *s = sandbox_owner(L);
	if (!s->opening)
		luaL_error(L, "this is only for the top level of a script");
	return s;
}

/* … and doing for what is called later. */
static struct script *running(lua_State *L)
{
	struct script *s = sandbox_owner(L);
	if (s->plugin == NULL)
		luaL_error(L,
			"this is not for the top level of a script, which runs before the "
			"settings are in force");
	return s;
}

/* A field of the table at index 1, copied. */
static void take_text(lua_State *L, const char *name, const char *dflt, char *out, size_t size)
{
	size_t len;
	lua_getfield(L, 1, name);
	const char *text = lua_isnil(L, -1) ? dflt : lua_tostring(L, -1);
	if (text == NULL)
		luaL_error(L, "'%s' is missing", name);
	len = strlen(text);
	if (len == 0 || len >= size)
		luaL_error(L, "'%s' must have 1 to %d bytes", name, (int)size - 1);
	memcpy(out, text, len + 1);
	lua_pop(L, 1);
}

static int take_function(lua_State *L)
{
	lua_getfield(L, 1, "run");
	if (!lua_isfunction(L, -1))
		luaL_error(L, "'run' must be a function");
	return luaL_ref(L, LUA_REGISTRYINDEX);
}

/* The table at index 1 holds these and `run`, no more. */
static void only_fields(lua_State *L, const char *one, const char *other)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_pushnil(L);
	while (lua_next(L, 1) != 0) {
		const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
		if (strcmp(key, one) != 0 && strcmp(key, other) != 0 && strcmp(key, "run") != 0)
			luaL_error(
				L, "'%s' is not known here, only %s, %s and run", key, one, other);
		lua_pop(L, 1);
	}
}

static int api_hook(lua_State *L)
{
	static const char *const stages[] = {
		"accept", "authorize", "transform", "moderate", "observe"};
	struct script *s = opening(L);
	char stage[16];
	only_fields(L, "stage", "kinds");
	if (s->n_hooks == SCRIPT_HOOKS_MAX)
		return luaL_error(L, "a script has at most %d hooks", SCRIPT_HOOKS_MAX);
	struct script_hook *hook = &s->hooks[s->n_hooks];
	hook->stage = 0;
	take_text(L, "stage", NULL, stage, sizeof(stage));
	take_text(L, "kinds", "message.send message.edit", hook->kinds, sizeof(hook->kinds));
	for (unsigned i = 0; i < 5; i++)
		if (strcmp(stage, stages[i]) == 0)
			hook->stage = (enum confab_stage)(i + 1);
	if (hook->stage == 0)
		return luaL_error(L,
			"stage '%s' is none: accept, authorize, transform, moderate, observe",
			stage);
	hook->fn = take_function(L);
	s->n_hooks++;
	return 0;
}

static int api_command(lua_State *L)
{
	struct script *s = opening(L);
	luaL_checktype(L, 1, LUA_TTABLE);
	if (s->n_commands == SCRIPT_COMMANDS_MAX)
		return luaL_error(L, "a script has at most %d commands", SCRIPT_COMMANDS_MAX);
	struct script_command *command = &s->commands[s->n_commands];
	take_text(L, "name", NULL, command->name, sizeof(command->name));
	take_text(L, "help", NULL, command->help, sizeof(command->help));
	command->fn = take_function(L);
	s->n_commands++;
	return 0;
}

static unsigned check_ms(lua_State *L, lua_Integer least)
{
	lua_Integer ms = luaL_checkinteger(L, 1);
	luaL_argcheck(L, ms >= least && ms <= 86400000, 1, "milliseconds, up to a day");
	luaL_checktype(L, 2, LUA_TFUNCTION);
	lua_settop(L, 2);
	return (unsigned)ms;
}

static int api_every(lua_State *L)
{
	struct script *s = opening(L);
	unsigned ms = check_ms(L, 100);
	script_wait_new(L, s, ms);
	return 0;
}

static int api_after(lua_State *L)
{
	struct script *s = running(L);
	unsigned ms = check_ms(L, 0);
	script_wait_start(script_wait_new(L, s, 0), ms);
	return 0;
}

/* confab.emit(kind, channel or nil, body) */
static int api_emit(lua_State *L)
{
	struct script *s = running(L);
	const char *kind = luaL_checkstring(L, 1), *channel = luaL_optstring(L, 2, NULL);
	luaL_checktype(L, 3, LUA_TTABLE);
	json_t *body = value_json(L, 3);
	if (!json_is_object(body)) {
		json_decref(body);
		return luaL_error(L, "the body must be a table of names and values");
	}
	int rc = confab_emit(s->plugin, s->event, kind, channel, body);
	return rc == 0 ? 0 : luaL_error(L, "not emitted (%s)", confab_code_text(rc));
}

/* confab.log([level,] text) */
static int api_log(lua_State *L)
{
	static const char *const levels[] = {"error", "warning", "info", "debug", NULL};
	struct script *s = running(L);
	int level = lua_gettop(L) > 1 ? luaL_checkoption(L, 1, NULL, levels) : CONFAB_LOG_INFO;
	char line[400];
	size_t n = 0;
	for (const char *text = luaL_checkstring(L, lua_gettop(L));
		*text != '\0' && n < sizeof(line) - 1; text++)
		line[n++] = (char)((unsigned char)*text < 0x20 || *text == 0x7f ? ' ' : *text);
	line[n] = '\0';
	confab_log(s->plugin, (enum confab_log_level)level, "script '%s', %s", s->name, line);
	return 0;
}

static int api_time(lua_State *L)
{
	lua_pushinteger(L, confab_time_ms());
	return 1;
}

static int words_next(lua_State *L)
{
	size_t len, word, n, at = (size_t)lua_tointeger(L, lua_upvalueindex(2));
	const char *text = lua_tolstring(L, lua_upvalueindex(1), &len);
	size_t from = at;
	bool found = confab_text_word(text, len, &at, &word, &n);
	sandbox_spend(L, (int64_t)(at - from) / 8);
	if (!found)
		return 0;
	lua_pushinteger(L, (lua_Integer)at);
	lua_replace(L, lua_upvalueindex(2));
	lua_pushinteger(L, (lua_Integer)word + 1);
	lua_pushinteger(L, (lua_Integer)(word + n));
	return 2;
}

/* for first, last in confab.words(text) do text:sub(first, last) … */
static int api_words(lua_State *L)
{
	luaL_checkstring(L, 1);
	lua_settop(L, 1);
	lua_pushinteger(L, 0);
	lua_pushcclosure(L, words_next, 2);
	return 1;
}

static int push_folded(lua_State *L)
{
	lua_pushstring(L, lua_touserdata(L, 1));
	return 1;
}

static int api_fold(lua_State *L)
{
	size_t len;
	const char *text = luaL_checklstring(L, 1, &len);
	sandbox_spend(L, (int64_t)len);
	lua_pushcfunction(L, push_folded);
	char *folded = confab_text_fold(text, len, NULL);
	if (folded == NULL)
		return luaL_error(L, "the text is too long");
	lua_pushlightuserdata(L, folded);
	int status = lua_pcall(L, 1, 1, 0); /* pushing may raise; folded must be freed */
	free(folded);
	return status == LUA_OK ? 1 : lua_error(L);
}

/* An answer of the store, for who asked. */
struct answer {
	const struct script_wait *wait;
	int rc;
	const json_t *doc;
};

static int answer_run(lua_State *L)
{
	const struct answer *answer = lua_touserdata(L, 1);
	lua_rawgeti(L, LUA_REGISTRYINDEX, answer->wait->fn);
	value_push(L, answer->rc == 0 ? answer->doc : NULL);
	if (answer->rc != 0 && answer->rc != CONFAB_ENOENT)
		lua_pushstring(L, confab_code_text(answer->rc));
	else
		lua_pushnil(L);
	lua_call(L, 2, 0);
	return 0;
}

static void answered(void *arg, int rc, const char *key, const json_t *doc, uint64_t version)
{
	struct script_wait *w = arg;
	char why[SCRIPT_WHY_MAX];
	struct answer answer = {w, rc, doc};
	(void)key;
	(void)version;
	if (w->script != NULL)
		(void)script_call(w->script, answer_run, &answer, "answer of the store", why);
	script_wait_free(w);
}

static void check_key(lua_State *L, const struct script *s, char *key, size_t size)
{
	const char *name = luaL_checkstring(L, 1);
	luaL_argcheck(L, name[0] != '\0' && strlen(name) <= KEY_MAX, 1, "a key has 1 to 100 bytes");
	snprintf(key, size, "%s:%s", s->name, name);
}

static int nothing(lua_State *L)
{
	(void)L;
	return 0;
}

/* The function at index i, or one that does nothing. */
static struct script_wait *asker(lua_State *L, struct script *s, int i)
{
	if (lua_isnoneornil(L, i))
		lua_pushcfunction(L, nothing);
	else {
		luaL_checktype(L, i, LUA_TFUNCTION);
		lua_pushvalue(L, i);
	}
	return script_wait_new(L, s, 0);
}

/* confab.get(key, function(table or nil, err)) */
static int api_get(lua_State *L)
{
	struct script *s = running(L);
	char key[SCRIPT_NAME_MAX + KEY_MAX + 2];
	check_key(L, s, key, sizeof(key));
	confab_doc_get(s->plugin, COLLECTION, key, answered, asker(L, s, 2));
	return 0;
}

/* confab.put(key, table or nil [, function(nil, err)]); nil deletes */
static int api_put(lua_State *L)
{
	struct script *s = running(L);
	char key[SCRIPT_NAME_MAX + KEY_MAX + 2];
	check_key(L, s, key, sizeof(key));
	bool gone = lua_isnoneornil(L, 2);
	if (!gone)
		luaL_checktype(L, 2, LUA_TTABLE);
	struct script_wait *w = asker(L, s, 3);
	json_t *doc = gone ? NULL : value_json(L, 2);
	if (gone)
		confab_doc_delete(s->plugin, COLLECTION, key, CONFAB_ANY_VERSION, answered, w);
	else /* what is no object is answered with EINVAL */
		confab_doc_put(
			s->plugin, COLLECTION, key, doc, NULL, 0, CONFAB_ANY_VERSION, answered, w);
	return 0;
}

/* ------------------------------------------------------------------------------------------ */

void api_open(lua_State *L)
{
	static const luaL_Reg functions[] = {{"hook", api_hook}, {"command", api_command},
		{"every", api_every}, {"after", api_after}, {"emit", api_emit}, {"log", api_log},
		{"time", api_time}, {"words", api_words}, {"fold", api_fold}, {"get", api_get},
		{"put", api_put}, {NULL, NULL}};
	luaL_newlib(L, functions);
	lua_setglobal(L, "confab");
}
