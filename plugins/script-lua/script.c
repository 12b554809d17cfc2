/**
 * Life of a script.
 *
 * SPDX-License-Identifier: MIT
 */
#include "script-lua/script.h"

#include <errno.h>
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <confab/log.h>

static int source_read(struct script *s, struct confab_error *err)
{
	FILE *file = fopen(s->path, "re");
	if (file == NULL)
		return confab_error_set(
			err, CONFAB_EIO, "%s cannot be opened (%s)", s->path, strerror(errno));
	s->source = malloc(SCRIPT_BYTES_MAX + 1);
	s->len = s->source != NULL ? fread(s->source, 1, SCRIPT_BYTES_MAX + 1, file) : 0;
	bool bad = s->source == NULL || ferror(file) || s->len > SCRIPT_BYTES_MAX;
	fclose(file);
	if (bad)
		return confab_error_set(err, CONFAB_EIO,
			"%s cannot be read, or is longer than %zu bytes", s->path,
			SCRIPT_BYTES_MAX);
	char *fit = realloc(s->source, s->len + 1);
	s->source = fit != NULL ? fit : s->source;
	return 0;
}

static int name_take(struct script *s, struct confab_error *err)
{
	const char *base = strrchr(s->path, '/');
	base = base != NULL ? base + 1 : s->path;
	size_t len = strlen(base);
	if (len > 4 && strcmp(base + len - 4, ".lua") == 0)
		len -= 4;
	if (len == 0 || len > SCRIPT_NAME_MAX)
		return confab_error_set(err, CONFAB_EINVAL, "%s: a script's name has 1 to %d bytes",
			s->path, SCRIPT_NAME_MAX);
	memcpy(s->name, base, len);
	return 0;
}

static int top_level(lua_State *L)
{
	struct script *s = lua_touserdata(L, 1);
	event_open(L);
	api_open(L);
	lua_getglobal(L, "confab");
	value_push(L, s->settings);
	lua_setfield(L, -2, "settings");
	lua_settop(L, 0);
	lua_pushfstring(L, "@%s.lua", s->name);
	if (luaL_loadbufferx(L, s->source, s->len, lua_tostring(L, 1), "t") != LUA_OK)
		return lua_error(L);
	lua_call(L, 0, 0);
	return 0;
}

static int wait_run(lua_State *L)
{
	const struct script_wait *w = lua_touserdata(L, 1);
	lua_rawgeti(L, LUA_REGISTRYINDEX, w->fn);
	lua_call(L, 0, 0);
	return 0;
}

static void timer_fired(void *arg)
{
	struct script_wait *w = arg;
	char why[SCRIPT_WHY_MAX];
	struct script *s = w->script;
	(void)script_call(s, wait_run, w, "timer", why);
	if (w->every_ms == 0) {
		w->timer = NULL; /* it has forgotten itself */
		script_wait_free(w);
	}
}

/* ------------------------------------------------------------------------------------------ */

struct script *script_open(const char *path, const json_t *settings,
	const struct sandbox_limits *limits, struct confab_error *err)
{
	char why[SCRIPT_WHY_MAX];
	struct script *s = calloc(1, sizeof(*s));
	if (s == NULL || (s->path = strdup(path)) == NULL) {
		free(s);
		confab_error_set(err, CONFAB_ENOMEM, "out of memory");
		return NULL;
	}
	s->settings = settings != NULL ? json_deep_copy(settings) : NULL;
	int rc = name_take(s, err);
	rc = rc != 0 ? rc : source_read(s, err);
	if (rc == 0 && (s->sb = sandbox_new(limits, s)) == NULL)
		rc = confab_error_set(
			err, CONFAB_ENOMEM, "%s: its memory is too small to begin", path);
	if (rc == 0) {
		s->opening = true;
		rc = sandbox_call(s->sb, top_level, s, why, sizeof(why));
		s->opening = false;
		if (rc != 0)
			confab_error_set(err, CONFAB_EINVAL, "%s: %s", path, why);
	}
	if (rc == 0)
		return s;
	script_free(s);
	return NULL;
}

void script_free(struct script *s)
{
	if (s == NULL)
		return;
	while (s->waits != NULL) {
		struct script_wait *w = s->waits;
		s->waits = w->next;
		free(w);
	}
	sandbox_free(s->sb);
	json_decref(s->settings);
	free(s->source);
	free(s->path);
	free(s);
}

bool script_same(const struct script *a, const struct script *b)
{
	bool same = strcmp(a->path, b->path) == 0 && a->len == b->len &&
		memcmp(a->source, b->source, a->len) == 0;
	return same &&
		(a->settings == NULL || b->settings == NULL
				? a->settings == b->settings
				: json_equal(a->settings, b->settings) == 1);
}

void script_start(struct script *s, struct confab_plugin *p)
{
	struct script_wait *next;
	s->plugin = p;
	for (struct script_wait *w = s->waits; w != NULL; w = next) {
		next = w->next;
		script_wait_start(w, w->every_ms);
	}
}

void script_stop(struct script *s)
{
	struct script_wait *next;
	for (struct script_wait *w = s->waits; w != NULL; w = next) {
		next = w->next;
		w->script = NULL;
		if (w->timer == NULL)
			continue; /* its answer frees it */
		confab_timer_stop(w->timer);
		free(w);
	}
	s->waits = NULL;
	s->plugin = NULL;
}

int script_call(struct script *s, lua_CFunction fn, void *arg, const char *what, char *why)
{
	int rc = sandbox_call(s->sb, fn, arg, why, SCRIPT_WHY_MAX);
	if (rc != 0)
		confab_log(s->plugin, CONFAB_LOG_WARNING, "script '%s', %s failed (%s)", s->name,
			what, why);
	return rc;
}

struct script_wait *script_wait_new(lua_State *L, struct script *s, unsigned every_ms)
{
	if (s->n_waits >= SCRIPT_WAITS_MAX)
		luaL_error(L, "a script has at most %d timers and questions", SCRIPT_WAITS_MAX);
	int fn = luaL_ref(L, LUA_REGISTRYINDEX);
	struct script_wait *w = calloc(1, sizeof(*w));
	if (w == NULL)
		luaL_error(L, "out of memory");
	w->script = s;
	w->every_ms = every_ms;
	w->fn = fn;
	w->next = s->waits;
	s->waits = w;
	s->n_waits++;
	return w;
}

static int let_go(lua_State *L)
{
	const struct script_wait *w = lua_touserdata(L, 1);
	luaL_unref(L, LUA_REGISTRYINDEX, w->fn);
	return 0;
}

void script_wait_free(struct script_wait *w)
{
	char why[SCRIPT_WHY_MAX];
	struct script *s = w->script;
	if (s != NULL) {
		struct script_wait **at = &s->waits;
		while (*at != w)
			at = &(*at)->next;
		*at = w->next;
		s->n_waits--;
		(void)sandbox_call(s->sb, let_go, w, why, sizeof(why)); /* it only frees */
	}
	free(w);
}

void script_wait_start(struct script_wait *w, unsigned after_ms)
{
	w->timer = confab_timer_start(w->script->plugin, after_ms, w->every_ms, timer_fired, w);
	if (w->timer != NULL)
		return;
	confab_log(w->script->plugin, CONFAB_LOG_WARNING, "script '%s', a timer was refused",
		w->script->name);
	script_wait_free(w);
}
