/**
 * script-lua: hooks, commands and timers in Lua. Glue only; a script is script.c, its walls are sandbox.c.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <confab/chat.h>
#include <confab/event.h>
#include <confab/log.h>
#include <confab/op.h>
#include <confab/settings.h>

#include "script-lua/set.h"

#define HELP_MAX 4000

enum {
	ROW_DIRECTORY,
	ROW_SCRIPTS,
	ROW_SETTINGS,
	ROW_MEMORY,
	ROW_INSTRUCTIONS,
	ROW_TIME,
	ROW_ON_ERROR
};

static const struct confab_setting settings[] = {
	[ROW_DIRECTORY] = {"directory", CONFAB_SETTING_PATH, NULL,
		.flags = CONFAB_SETTING_RELOADABLE,
		.doc = "Every NAME.lua in this directory is a script; they are asked in the order "
		       "of their names."},
	[ROW_SCRIPTS] = {"scripts", CONFAB_SETTING_LIST, NULL, 0, 100,
		.flags = CONFAB_SETTING_RELOADABLE,
		.doc = "Files of further scripts, asked in this order, behind those of the "
		       "directory."},
	[ROW_SETTINGS] = {"settings", CONFAB_SETTING_TREE, NULL, .flags = CONFAB_SETTING_RELOADABLE,
		.doc = "What a script finds in confab.settings: any value, under the script's "
		       "name."},
	[ROW_MEMORY] = {"memory", CONFAB_SETTING_SIZE, "4MB", 256 * 1024, 1024 * 1024 * 1024,
		.flags = CONFAB_SETTING_RELOADABLE,
		.doc = "What a script may hold; one text or table at most a quarter of it."},
	[ROW_INSTRUCTIONS] = {"instructions", CONFAB_SETTING_INT, "1000000", 1000, 1000000000,
		.flags = CONFAB_SETTING_RELOADABLE,
		.doc = "How many instructions of Lua one call may take."},
	[ROW_TIME] = {"time", CONFAB_SETTING_DURATION, "50ms", 1, 10000,
		.flags = CONFAB_SETTING_RELOADABLE,
		.doc = "How long one call may take; the whole server waits for it."},
	[ROW_ON_ERROR] = {"on_error", CONFAB_SETTING_ENUM, "reject", 0, 0,
		.flags = CONFAB_SETTING_RELOADABLE, .words = "reject, pass",
		.doc = "What becomes of an event whose script failed: reject refuses it, pass goes "
		       "on as if the script had not been asked."},
};

struct scripts {
	struct confab_plugin *plugin;
	struct set *set; /* in force */
};

static int scripts_prepare(const struct confab_settings *s, void **built, struct confab_error *err)
{
	const struct set_sources from = {
		.directory = confab_setting_str(s, ROW_DIRECTORY),
		.files = confab_setting_list(s, ROW_SCRIPTS),
		.settings = confab_setting_tree(s, ROW_SETTINGS),
		.limits = {.memory = (size_t)confab_setting_int(s, ROW_MEMORY),
			.instructions = confab_setting_int(s, ROW_INSTRUCTIONS),
			.time_ms = confab_setting_duration_ms(s, ROW_TIME)},
	};
	*built = set_new(&from, err);
	return *built != NULL ? 0 : err->code;
}

static void scripts_discard(void *built)
{
	set_free(built);
}

/* Is kind one of kinds ("message.send member.*", "*")? */
static bool kinds_have(const char *kinds, const char *kind)
{
	while (*kinds != '\0') {
		size_t len = strcspn(kinds, " ");
		bool prefix = len > 0 && kinds[len - 1] == '*';
		size_t same = prefix ? len - 1 : len;
		if (strncmp(kinds, kind, same) == 0 && (prefix || kind[same] == '\0'))
			return true;
		kinds += len;
		kinds += strspn(kinds, " ");
	}
	return false;
}

/* The script failed: as if it had not been asked, or refused. */
static enum confab_verdict failed(struct scripts *lua, struct judged *j, const char *why)
{
	confab_event_failed(j->ev, why);
	if (j->hook->stage == CONFAB_OBSERVE)
		return CONFAB_PASS;
	if (strcmp(confab_setting_str(confab_plugin_settings(lua->plugin), ROW_ON_ERROR), "pass") !=
		0)
		return confab_reject(j->ev, "internal", "a script that checks this failed");
	if (j->former != NULL)
		(void)confab_draft_set_text(confab_event_draft(j->ev), j->former, j->former_len);
	return CONFAB_PASS;
}

static enum confab_verdict conclude(struct judged *j)
{
	json_t *why = j->why;
	j->why = NULL;
	switch (j->verdict) {
	case CONFAB_REJECT:
		return confab_reject(j->ev, j->code, j->text);
	case CONFAB_HOLD:
		return confab_hold(j->ev, j->queue, why);
	case CONFAB_PASS:
	case CONFAB_STOP:
	case CONFAB_DEFER:
		break;
	}
	return CONFAB_PASS;
}

static enum confab_verdict ask(struct scripts *lua, struct script *s,
	const struct script_hook *hook, struct confab_event *ev)
{
	char why[SCRIPT_WHY_MAX];
	struct judged j = {.script = s, .hook = hook, .ev = ev};
	s->event = ev;
	int rc = script_call(s, event_run, &j, confab_event_kind(ev), why);
	s->event = NULL;
	enum confab_verdict v = rc == 0 ? conclude(&j) : failed(lua, &j, why);
	json_decref(j.why);
	free(j.former);
	return v;
}

static enum confab_verdict stage(
	struct scripts *lua, enum confab_stage stage, struct confab_event *ev)
{
	const struct set *set = lua->set;
	enum confab_verdict v = CONFAB_PASS;
	if (set == NULL || (set->stages & 1u << stage) == 0)
		return CONFAB_PASS;
	for (size_t i = 0; i < set->count && v == CONFAB_PASS; i++) {
		struct script *s = set->scripts[i];
		for (size_t k = 0; k < s->n_hooks && v == CONFAB_PASS; k++)
			if (s->hooks[k].stage == stage &&
				kinds_have(s->hooks[k].kinds, confab_event_kind(ev)))
				v = ask(lua, s, &s->hooks[k], ev);
	}
	return v;
}

static enum confab_verdict at_accept(struct confab_event *ev, void *ctx)
{
	return stage(ctx, CONFAB_ACCEPT, ev);
}

static enum confab_verdict at_authorize(struct confab_event *ev, void *ctx)
{
	return stage(ctx, CONFAB_AUTHORIZE, ev);
}

static enum confab_verdict at_transform(struct confab_event *ev, void *ctx)
{
	return stage(ctx, CONFAB_TRANSFORM, ev);
}

static enum confab_verdict at_moderate(struct confab_event *ev, void *ctx)
{
	return stage(ctx, CONFAB_MODERATE, ev);
}

/* Scripts only read it: event.c sees to that. */
static void at_observe(const struct confab_event *ev, void *ctx)
{
	(void)stage(ctx, CONFAB_OBSERVE, (struct confab_event *)(uintptr_t)ev);
}

static const struct confab_hook_row hooks[] = {
	CONFAB_DECIDE(CONFAB_ACCEPT, "*", at_accept, "asks the scripts that hook here"),
	CONFAB_DECIDE(CONFAB_AUTHORIZE, "*", at_authorize, "asks the scripts that hook here"),
	CONFAB_DECIDE(CONFAB_TRANSFORM, "*", at_transform, "asks the scripts that hook here"),
	CONFAB_DECIDE(CONFAB_MODERATE, "*", at_moderate, "asks the scripts that hook here"),
	CONFAB_OBSERVER("*", at_observe, "tells the scripts that hook here"),
};

/* ---- commands ---- */

/* One call of a command. */
struct typed {
	const struct script_command *command;
	const char *args, *actor, *channel;
	json_t *note;
};

static int command_run(lua_State *L)
{
	struct typed *typed = lua_touserdata(L, 1);
	size_t len;
	lua_rawgeti(L, LUA_REGISTRYINDEX, typed->command->fn);
	lua_pushstring(L, typed->args);
	lua_pushstring(L, typed->actor);
	lua_pushstring(L, typed->channel);
	lua_call(L, 3, 1);
	const char *text = lua_tolstring(L, -1, &len);
	if (text != NULL)
		typed->note = json_pack("{s:o}", "text", json_stringn(text, len));
	return 0;
}

static json_t *commands_list(const struct set *set)
{
	char text[HELP_MAX] = "There are no commands of scripts.";
	size_t len = 0;
	for (size_t i = 0; set != NULL && i < set->count; i++)
		for (size_t k = 0; k < set->scripts[i]->n_commands && len < sizeof(text); k++)
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s/script %s: %s",
				len > 0 ? "\n" : "", set->scripts[i]->commands[k].name,
				set->scripts[i]->commands[k].help);
	return json_pack("{s:s}", "text", text);
}

/* /script NAME …; without a name: what there is. */
static json_t *script_command(struct confab_event *ev, const char *args, void *ctx)
{
	struct scripts *lua = ctx;
	char why[SCRIPT_WHY_MAX];
	size_t len = strcspn(args, " ");
	for (size_t i = 0; lua->set != NULL && i < lua->set->count; i++) {
		struct script *s = lua->set->scripts[i];
		for (size_t k = 0; k < s->n_commands; k++) {
			const struct script_command *command = &s->commands[k];
			if (strlen(command->name) != len || strncmp(command->name, args, len) != 0)
				continue;
			struct typed typed = {command, args + len + strspn(args + len, " "),
				confab_actor_id(confab_event_actor(ev)),
				confab_event_channel_id(ev), NULL};
			s->event = ev;
			int rc = script_call(s, command_run, &typed, command->name, why);
			s->event = NULL;
			return rc == 0 ? typed.note
				       : json_pack("{s:s}", "text", "The script failed.");
		}
	}
	return commands_list(lua->set);
}

static const struct confab_command_row commands[] = {
	{"script", "runs a command of a script; alone: lists them", NULL, script_command},
};

/* ---- life ---- */

static void scripts_commit(void *ctx)
{
	struct scripts *lua = ctx;
	struct set *now = confab_plugin_built(lua->plugin);
	set_start(now, lua->set, lua->plugin);
	lua->set = now;
}

static int scripts_load(struct confab_plugin *p, void **ctx, struct confab_error *err)
{
	struct scripts *lua = calloc(1, sizeof(*lua));
	if (lua == NULL)
		return confab_error_set(err, CONFAB_ENOMEM, "out of memory");
	lua->plugin = p;
	*ctx = lua;
	scripts_commit(lua);
	return 0;
}

static void scripts_unload(void *ctx)
{
	struct scripts *lua = ctx;
	set_stop(lua->set);
	free(lua);
}

CONFAB_PLUGIN("script-lua", "1.0") = {
	CONFAB_HEAD("script-lua", "1.0", "MIT"),
	.summary = "Hooks, commands and timers in Lua.",
	.flags = CONFAB_READS_FILES,
	.caps = CONFAB_CAP_STORE,
	CONFAB_ROWS(settings, settings),
	CONFAB_ROWS(hooks, hooks),
	CONFAB_ROWS(commands, commands),
	.prepare = scripts_prepare,
	.commit = scripts_commit,
	.discard = scripts_discard,
	.load = scripts_load,
	.unload = scripts_unload,
};
