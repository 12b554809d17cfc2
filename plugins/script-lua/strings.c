/**
 * find, match, gmatch, gsub and rep of `string`, with the bounds of a sandbox.
 *
 * SPDX-License-Identifier: MIT
 */
#include "script-lua/sandbox.h"

#include <lauxlib.h>
#include <stdbool.h>
#include <string.h>

#include "script-lua/pattern.h"

/* One call's text and pattern; what they point to stands on the stack. */
struct search {
	struct pattern m;
	const char *pattern;
	bool anchored;
};

static void search_begin(lua_State *L, struct search *s, bool anchors)
{
	size_t text_len, pattern_len;
	s->m.text = luaL_checklstring(L, 1, &text_len);
	s->pattern = luaL_checklstring(L, 2, &pattern_len);
	s->m.text_end = s->m.text + text_len;
	s->m.pattern_end = s->pattern + pattern_len;
	s->m.steps = sandbox_left(L);
	s->m.error = NULL;
	s->anchored = anchors && pattern_len > 0 && s->pattern[0] == '^';
	if (s->anchored)
		s->pattern++;
}

static const char *search_at(lua_State *L, struct search *s, const char *at)
{
	const char *end = pattern_match(&s->m, at, s->pattern);
	if (s->m.error != NULL) {
		sandbox_spend(L, 0); /* says it better, if that was it */
		luaL_error(L, "the pattern %s", s->m.error);
	}
	return end;
}

/* The first match from at on; *at is set to where it begins. */
static const char *search_from(lua_State *L, struct search *s, const char **at)
{
	for (; *at <= s->m.text_end; (*at)++) {
		const char *end = search_at(L, s, *at);
		if (end != NULL || s->anchored)
			return end;
	}
	return NULL;
}

/* Push capture i; without captures the whole match is number 0. */
static void capture_push(
	lua_State *L, const struct search *s, unsigned i, const char *at, const char *end)
{
	if (i >= s->m.level && i == 0)
		lua_pushlstring(L, at, (size_t)(end - at));
	else if (i >= s->m.level)
		luaL_error(L, "there is no capture %%%d", (int)i + 1);
	else if (s->m.capture[i].len == CAPTURE_PLACE)
		lua_pushinteger(L, s->m.capture[i].at - s->m.text + 1);
	else
		lua_pushlstring(L, s->m.capture[i].at, (size_t)s->m.capture[i].len);
}

static int captures_push(
	lua_State *L, const struct search *s, const char *at, const char *end, bool whole)
{
	unsigned n = s->m.level == 0 && whole ? 1 : s->m.level;
	luaL_checkstack(L, (int)n, "too many captures");
	for (unsigned i = 0; i < n; i++)
		capture_push(L, s, i, at, end);
	return (int)n;
}

/* Argument 3 as an offset: from 1, negative ones from the end. SIZE_MAX: behind the text. */
static size_t start_of(lua_State *L, size_t len)
{
	lua_Integer at = luaL_optinteger(L, 3, 1);
	if (at < 0)
		at = (lua_Unsigned)0 - (lua_Unsigned)at > len ? 1 : (lua_Integer)len + at + 1;
	else if (at == 0)
		at = 1;
	return (lua_Unsigned)at - 1 > len ? SIZE_MAX : (size_t)at - 1;
}

static int search(lua_State *L, bool find)
{
	struct search s;
	search_begin(L, &s, !(find && lua_toboolean(L, 4)));
	size_t len = (size_t)(s.m.text_end - s.m.text), from = start_of(L, len);
	const char *at = s.m.text + (from == SIZE_MAX ? 0 : from), *end = NULL;
	if (from != SIZE_MAX && find && lua_toboolean(L, 4)) {
		size_t n = (size_t)(s.m.pattern_end - s.pattern);
		sandbox_spend(L, (int64_t)(len - from) / 16);
		s.m.level = 0;
		at = memmem(at, len - from, s.pattern, n);
		end = at != NULL ? at + n : NULL;
	} else if (from != SIZE_MAX)
		end = search_from(L, &s, &at);
	if (end == NULL) {
		lua_pushnil(L);
		return 1;
	}
	if (!find)
		return captures_push(L, &s, at, end, true);
	lua_pushinteger(L, at - s.m.text + 1);
	lua_pushinteger(L, end - s.m.text);
	return 2 + captures_push(L, &s, at, end, false);
}

static int string_find(lua_State *L)
{
	return search(L, true);
}

static int string_match(lua_State *L)
{
	return search(L, false);
}

/* Upvalues: text, pattern, where to look from, where the last match ended (-1: none). */
static int gmatch_next(lua_State *L)
{
	struct search s;
	lua_settop(L, 0);
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_pushvalue(L, lua_upvalueindex(2));
	search_begin(L, &s, false);
	const char *at = s.m.text + lua_tointeger(L, lua_upvalueindex(3));
	lua_Integer last = lua_tointeger(L, lua_upvalueindex(4));
	for (; at <= s.m.text_end; at++) {
		const char *end = search_at(L, &s, at);
		if (end == NULL || end - s.m.text == last)
			continue;
		lua_pushinteger(L, end - s.m.text);
		lua_pushvalue(L, -1);
		lua_replace(L, lua_upvalueindex(3));
		lua_replace(L, lua_upvalueindex(4));
		return captures_push(L, &s, at, end, true);
	}
	return 0;
}

static int string_gmatch(lua_State *L)
{
	size_t len;
	luaL_checklstring(L, 1, &len);
	luaL_checkstring(L, 2);
	size_t from = start_of(L, len);
	lua_settop(L, 2);
	lua_pushinteger(L, from == SIZE_MAX ? (lua_Integer)len + 1 : (lua_Integer)from);
	lua_pushinteger(L, -1);
	lua_pushcclosure(L, gmatch_next, 4);
	return 1;
}

/* A replacement that is a text: %0 to %9 and %%. */
static void text_add(
	lua_State *L, luaL_Buffer *out, const struct search *s, const char *at, const char *end)
{
	size_t len;
	const char *text = lua_tolstring(L, 3, &len);
	for (size_t i = 0; i < len; i++) {
		if (text[i] != '%') {
			luaL_addchar(out, text[i]);
			continue;
		}
		char c = ++i < len ? text[i] : '\0';
		if (c == '%')
			luaL_addchar(out, '%');
		else if (c == '0')
			luaL_addlstring(out, at, (size_t)(end - at));
		else if (c >= '1' && c <= '9') {
			capture_push(L, s, (unsigned)(c - '1'), at, end);
			luaL_tolstring(L, -1, NULL);
			lua_remove(L, -2);
			luaL_addvalue(out);
		} else
			luaL_error(
				L, "a %% in the replacement must be followed by a digit or a %%");
	}
}

/* What a match becomes, by a text, a table or a function at index 3. */
static void match_add(
	lua_State *L, luaL_Buffer *out, const struct search *s, const char *at, const char *end)
{
	int kind = lua_type(L, 3);
	if (kind == LUA_TSTRING || kind == LUA_TNUMBER) {
		text_add(L, out, s, at, end);
		return;
	}
	if (kind == LUA_TFUNCTION) {
		lua_pushvalue(L, 3);
		lua_call(L, captures_push(L, s, at, end, true), 1);
	} else {
		capture_push(L, s, 0, at, end);
		lua_gettable(L, 3);
	}
	if (!lua_toboolean(L, -1)) {
		lua_pop(L, 1);
		luaL_addlstring(out, at, (size_t)(end - at));
	} else if (lua_isstring(L, -1))
		luaL_addvalue(out);
	else
		luaL_error(L, "the replacement is a %s", luaL_typename(L, -1));
}

static int string_gsub(lua_State *L)
{
	struct search s;
	luaL_Buffer out;
	int kind = lua_type(L, 3);
	luaL_argexpected(L,
		kind == LUA_TSTRING || kind == LUA_TNUMBER || kind == LUA_TTABLE ||
			kind == LUA_TFUNCTION,
		3, "string, table or function");
	search_begin(L, &s, true);
	lua_Integer most = luaL_optinteger(L, 4, (lua_Integer)(s.m.text_end - s.m.text) + 1), n = 0;
	const char *at = s.m.text, *last = NULL;
	luaL_buffinit(L, &out);
	while (n < most) {
		const char *end = search_at(L, &s, at);
		if (end != NULL && end != last) {
			n++;
			match_add(L, &out, &s, at, end);
			at = last = end;
		} else if (at < s.m.text_end)
			luaL_addchar(&out, *at++);
		else
			break;
		if (s.anchored)
			break;
	}
	luaL_addlstring(&out, at, (size_t)(s.m.text_end - at));
	luaL_pushresult(&out);
	lua_pushinteger(L, n);
	return 2;
}

static int string_rep(lua_State *L)
{
	size_t len, gap_len;
	const char *text = luaL_checklstring(L, 1, &len);
	lua_Integer n = luaL_checkinteger(L, 2);
	const char *gap = luaL_optlstring(L, 3, "", &gap_len);
	luaL_Buffer out;
	if (n <= 0 || len + gap_len == 0) {
		lua_pushliteral(L, "");
		return 1;
	}
	sandbox_spend(L, n);
	luaL_buffinit(L, &out);
	for (lua_Integer i = 0; i < n; i++) {
		luaL_addlstring(&out, text, len);
		if (i + 1 < n)
			luaL_addlstring(&out, gap, gap_len);
	}
	luaL_pushresult(&out);
	return 1;
}

/* ------------------------------------------------------------------------------------------ */

void strings_open(lua_State *L)
{
	static const luaL_Reg functions[] = {{"find", string_find}, {"match", string_match},
		{"gmatch", string_gmatch}, {"gsub", string_gsub}, {"rep", string_rep},
		{NULL, NULL}};
	lua_getglobal(L, "string");
	luaL_setfuncs(L, functions, 0);
	lua_pop(L, 1);
}
