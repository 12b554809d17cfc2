/**
 * JSON to Lua and back.
 *
 * SPDX-License-Identifier: MIT
 */
#include "script-lua/script.h"

#include <lauxlib.h>

#define DEPTH_MAX 16
#define NODES_MAX 10000

static json_t *json_at(lua_State *L, int index, unsigned depth, unsigned *nodes);

static json_t *list_of(lua_State *L, int index, unsigned depth, unsigned *nodes)
{
	json_t *list = json_array();
	lua_Unsigned n = lua_rawlen(L, index);
	for (lua_Unsigned i = 1; i <= n; i++) {
		lua_rawgeti(L, index, (lua_Integer)i);
		json_t *item = json_at(L, lua_gettop(L), depth, nodes);
		lua_pop(L, 1);
		if (item == NULL || json_array_append_new(list, item) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *object_of(lua_State *L, int index, unsigned depth, unsigned *nodes)
{
	json_t *object = json_object();
	lua_pushnil(L);
	while (lua_next(L, index) != 0) {
		const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : NULL;
		json_t *item = key != NULL ? json_at(L, lua_gettop(L), depth, nodes) : NULL;
		if (item == NULL || json_object_set_new(object, key, item) != 0) {
			json_decref(object);
			lua_pop(L, 2);
			return NULL;
		}
		lua_pop(L, 1);
	}
	return object;
}

/* Nothing in here raises, or what was made would leak: hence no metamethods. */
static json_t *json_at(lua_State *L, int index, unsigned depth, unsigned *nodes)
{
	size_t len;
	if (depth == 0 || ++*nodes > NODES_MAX || !lua_checkstack(L, 4))
		return NULL;
	switch (lua_type(L, index)) {
	case LUA_TNIL:
		return json_null();
	case LUA_TBOOLEAN:
		return json_boolean(lua_toboolean(L, index));
	case LUA_TNUMBER:
		return lua_isinteger(L, index) ? json_integer(lua_tointeger(L, index))
					       : json_real(lua_tonumber(L, index));
	case LUA_TSTRING: {
		const char *text = lua_tolstring(L, index, &len);
		return json_stringn(text, len);
	}
	case LUA_TTABLE:
		return lua_rawlen(L, index) > 0 ? list_of(L, index, depth - 1, nodes)
						: object_of(L, index, depth - 1, nodes);
	default:
		return NULL;
	}
}

static void push_at(lua_State *L, const json_t *json, unsigned depth)
{
	size_t i;
	const char *key;
	json_t *item;
	luaL_checkstack(L, 4, "nested too deep");
	sandbox_spend(L, 1);
	if (depth == 0)
		luaL_error(L, "nested too deep");
	switch (json != NULL ? json_typeof(json) : JSON_NULL) {
	case JSON_NULL:
		lua_pushnil(L);
		return;
	case JSON_TRUE:
	case JSON_FALSE:
		lua_pushboolean(L, json_is_true(json));
		return;
	case JSON_INTEGER:
		lua_pushinteger(L, json_integer_value(json));
		return;
	case JSON_REAL:
		lua_pushnumber(L, json_real_value(json));
		return;
	case JSON_STRING:
		lua_pushlstring(L, json_string_value(json), json_string_length(json));
		return;
	case JSON_ARRAY:
		lua_newtable(L);
		json_array_foreach(json, i, item)
		{
			push_at(L, item, depth - 1);
			lua_rawseti(L, -2, (lua_Integer)i + 1);
		}
		return;
	case JSON_OBJECT:
		lua_newtable(L);
		json_object_foreach((json_t *)(uintptr_t)json, key, item)
		{
			push_at(L, item, depth - 1);
			lua_setfield(L, -2, key);
		}
		return;
	}
}

/* ------------------------------------------------------------------------------------------ */

void value_push(lua_State *L, const json_t *json)
{
	push_at(L, json, 64);
}

json_t *value_json(lua_State *L, int index)
{
	unsigned nodes = 0;
	return json_at(L, lua_absindex(L, index), DEPTH_MAX, &nodes);
}
