/**
 * Events as scripts see them: fields to read, `text` to write, and verdicts.
 *
 * SPDX-License-Identifier: MIT
 */
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <confab/chat.h>

#include "script-lua/script.h"

#define EVENT_TYPE "confab.event"

/* A userdata holds a pointer to what runs; NULL once it is over. */
static struct judged *check(lua_State *L)
{
	struct judged **box = luaL_checkudata(L, 1, EVENT_TYPE);
	if (*box == NULL)
		luaL_error(L, "this event is over: keep what you need of it, not the event");
	return *box;
}

static bool judges(const struct judged *j)
{
	return j->hook->stage != CONFAB_OBSERVE;
}

static struct judged *check_judge(lua_State *L)
{
	struct judged *j = check(L);
	if (!judges(j))
		luaL_error(L, "at observe it has happened: nothing can be decided");
	return j;
}

static const char *text_of(struct judged *j, size_t *len)
{
	struct confab_draft *draft = judges(j) ? confab_event_draft(j->ev) : NULL;
	const struct confab_message *message = confab_event_message(j->ev);
	return draft != NULL      ? confab_draft_text(draft, len)
		: message != NULL ? confab_message_text(message, len)
				  : NULL;
}

static int verdict(lua_State *L, struct judged *j, enum confab_verdict v)
{
	json_decref(j->why);
	j->why = NULL;
	j->verdict = v;
	lua_settop(L, 0);
	return 0;
}

static int event_pass(lua_State *L)
{
	return verdict(L, check_judge(L), CONFAB_PASS);
}

static int event_reject(lua_State *L)
{
	struct judged *j = check_judge(L);
	snprintf(j->code, sizeof(j->code), "%s", luaL_checkstring(L, 2));
	snprintf(j->text, sizeof(j->text), "%s", luaL_checkstring(L, 3));
	return verdict(L, j, CONFAB_REJECT);
}

static int event_hold(lua_State *L)
{
	struct judged *j = check_judge(L);
	if (j->hook->stage != CONFAB_MODERATE)
		return luaL_error(L, "hold is for moderate");
	snprintf(j->queue, sizeof(j->queue), "%s", luaL_checkstring(L, 2));
	json_t *why = lua_isnoneornil(L, 3) ? json_object() : value_json(L, 3);
	if (!json_is_object(why)) {
		json_decref(why);
		return luaL_error(L, "why must be a table of names and values");
	}
	lua_settop(L, 2);
	verdict(L, j, CONFAB_HOLD);
	j->why = why;
	return 0;
}

static void push_text(lua_State *L, const char *text)
{
	if (text != NULL)
		lua_pushstring(L, text);
	else
		lua_pushnil(L);
}

/* @return false: there is no such field */
static bool push_field(lua_State *L, struct judged *j, const char *name)
{
	const struct confab_event *ev = j->ev;
	const struct confab_actor *actor = confab_event_actor(ev);
	const struct confab_channel *ch = confab_event_channel(ev);
	const struct confab_member *member = confab_event_member(ev);
	const struct confab_message *message = confab_event_message(ev);
	size_t len = 0;
	if (strcmp(name, "text") == 0) {
		const char *text = text_of(j, &len);
		if (text != NULL)
			lua_pushlstring(L, text, len);
		else
			lua_pushnil(L);
	} else if (strcmp(name, "kind") == 0)
		push_text(L, confab_event_kind(ev));
	else if (strcmp(name, "op") == 0)
		push_text(L, confab_event_op(ev));
	else if (strcmp(name, "actor") == 0)
		push_text(L, actor != NULL ? confab_actor_id(actor) : NULL);
	else if (strcmp(name, "channel") == 0)
		push_text(L, confab_event_channel_id(ev));
	else if (strcmp(name, "type") == 0)
		push_text(L, ch != NULL ? confab_channel_type(ch) : NULL);
	else if (strcmp(name, "role") == 0)
		push_text(L, member != NULL ? confab_member_role(member) : NULL);
	else if (strcmp(name, "body") == 0)
		value_push(L, confab_event_body(ev));
	else if (strcmp(name, "seq") == 0 && message != NULL)
		lua_pushinteger(L, (lua_Integer)confab_message_seq(message));
	else if (strcmp(name, "message") == 0 && message != NULL)
		value_push(L, confab_message_json(message));
	else if (strcmp(name, "seq") == 0 || strcmp(name, "message") == 0)
		lua_pushnil(L);
	else
		return false;
	return true;
}

static int event_index(lua_State *L)
{
	static const luaL_Reg verdicts[] = {
		{"pass", event_pass}, {"reject", event_reject}, {"hold", event_hold}, {NULL, NULL}};
	struct judged *j = check(L);
	const char *name = luaL_checkstring(L, 2);
	for (const luaL_Reg *r = verdicts; r->name != NULL; r++)
		if (strcmp(r->name, name) == 0) {
			lua_pushcfunction(L, r->func);
			return 1;
		}
	if (!push_field(L, j, name))
		return luaL_error(L, "an event has no '%s'", name);
	return 1;
}

static int event_newindex(lua_State *L)
{
	struct judged *j = check_judge(L);
	const char *name = luaL_checkstring(L, 2);
	size_t len, former_len = 0;
	if (strcmp(name, "text") != 0)
		return luaL_error(L, "only 'text' of an event can be set, not '%s'", name);
	const char *text = luaL_checklstring(L, 3, &len);
	struct confab_draft *draft = confab_event_draft(j->ev);
	if (draft == NULL ||
		(j->hook->stage != CONFAB_TRANSFORM && j->hook->stage != CONFAB_MODERATE))
		return luaL_error(
			L, "a text is changed at transform or moderate, of messages only");
	const char *former = confab_draft_text(draft, &former_len);
	if (j->former == NULL && former != NULL) {
		j->former = strndup(former, former_len);
		j->former_len = former_len;
	}
	int rc = confab_draft_set_text(draft, text, len);
	return rc == 0 ? 0 : luaL_error(L, "the text was not taken (%s)", confab_code_text(rc));
}

/* ------------------------------------------------------------------------------------------ */

void event_open(lua_State *L)
{
	static const luaL_Reg meta[] = {
		{"__index", event_index}, {"__newindex", event_newindex}, {NULL, NULL}};
	luaL_newmetatable(L, EVENT_TYPE);
	luaL_setfuncs(L, meta, 0);
	lua_pushboolean(L, 0);
	lua_setfield(L, -2, "__metatable");
	lua_pop(L, 1);
}

static int event_call(lua_State *L)
{
	lua_call(L, 1, 0);
	return 0;
}

int event_run(lua_State *L)
{
	struct judged *j = lua_touserdata(L, 1);
	struct judged **box = lua_newuserdatauv(L, sizeof(*box), 0);
	*box = NULL;
	luaL_setmetatable(L, EVENT_TYPE);
	lua_pushcfunction(L, event_call);
	lua_rawgeti(L, LUA_REGISTRYINDEX, j->hook->fn);
	lua_pushvalue(L, 2);
	*box = j;
	int status = lua_pcall(L, 2, 0, 0);
	*box = NULL; /* j is on the stack of C: nobody may follow it later */
	return status == LUA_OK ? 0 : lua_error(L);
}
