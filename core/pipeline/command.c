/**
 * The table of commands, and the way of one from a message to its answer.
 *
 * SPDX-License-Identifier: MIT
 */
#include "pipeline/command.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <confab/chat.h>
#include "base/json.h"
#include "base/log.h"
#include "pipeline/event_internal.h"
#include "pipeline/fanout.h"
#include "pipeline/kind.h"
#include "pipeline/pipeline.h"

#define NAME_MAX_LEN 32

struct commands {
	struct command **items;
	size_t n, cap;
};

static bool name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/** "/name args": its name, and where the arguments begin; false: this is no command. */
static bool split(const char *text, char name[NAME_MAX_LEN + 1], const char **args)
{
	size_t len = 0;

	if (!text || text[0] != '/') {
		return false;
	}
	while (len < NAME_MAX_LEN && name_char(text[1 + len])) {
		name[len] = text[1 + len];
		len++;
	}
	name[len] = '\0';
	text += 1 + len;
	if (!len || (*text && *text != ' ' && *text != '\n')) {
		return false;
	}
	*args = text + strspn(text, " \n");
	return true;
}

/* --- running ------------------------------------------------------------------------------------------------ */

/** For the session that typed it; without one for all of the user's. note is taken. */
static void tell(struct confab_event *ev, const char *name, json_t *note)
{
	json_object_set_new(note, "ev", json_string("note"));
	json_object_set_new(note, "channel", json_string(ev->channel_id));
	json_object_set_new(note, "command", json_string(name));
	if (ev->actor.session) {
		fanout_to(ev->pl->fanout, ev->actor.session, note);
	} else if (ev->actor.user) {
		fanout_to_user(ev->pl->fanout, ev->actor.user, NULL, note);
	} else {
		json_decref(note);
	}
}

static void run(struct confab_event *ev, const char *text)
{
	const struct command *c;
	char name[NAME_MAX_LEN + 1];
	const char *args = "";
	struct blame_call call;
	struct blame *b;
	json_t *note;

	if (!split(text, name, &args)) {
		return;
	}
	c = command_find(ev->pl->commands, name);
	if (!c || !c->row->run) { /* its plugin has gone since it was remembered */
		tell(ev, name, json_pack("{s:s}", "text", "this command is not there any more"));
		return;
	}
	b = pipeline_blame(ev->pl, c->owner);
	call = blame_enter(b, BLAME_COMMAND);
	note = c->row->run(ev, args, c->ctx);
	blame_leave(b, &call, BLAME_COMMAND, false);
	if (note) {
		tell(ev, name, note);
	}
}

/** Remembered, or known from before: then it has run. */
static void remembered(struct confab_event *holder, void *arg)
{
	struct confab_event *ev = arg;

	event_outcome_take(ev, holder);
	ev->place = EVENT_WALKING;
	if (ev->out.is == OUTCOME_OK && !json_bool(ev->out.ok, "again")) {
		run(ev, json_str(ev->body, "text"));
	}
	event_finish(ev);
}

static enum step_answer remember(struct confab_event *ev, const char *name)
{
	const struct kind *kind = kind_find(ev->pl->kinds, "command.run");
	struct confab_actor actor = ev->actor;
	struct confab_event *holder;

	if (!kind) {
		event_error(ev, "internal", NULL, 0, NULL);
		return STEP_END;
	}
	actor.session = NULL; /* its place in the strand is the event's own */
	holder = event_make(ev->pl, kind, &actor, ev->channel_id,
		json_pack("{s:s,s:s,s:s}", "channel", ev->channel_id, "name", name, "cid", ev->cid),
		remembered, ev);
	memcpy(holder->hash, ev->hash, sizeof(holder->hash));
	ev->place = EVENT_WAITING;
	event_start(holder);
	return STEP_WAIT;
}

/** A message after all: without the command's word, and named by it. */
static enum step_answer speak(struct confab_event *ev, const char *name, const char *args)
{
	if (!*args || confab_draft_set_text(ev->draft, args, strlen(args)) ||
		confab_draft_set(ev->draft, "command", json_string(name))) {
		event_error(ev, "bad_request", "say something behind the command", 0, NULL);
		return STEP_END;
	}
	return STEP_NEXT;
}

/* -------------------------------------------------------------------------------------------- */

struct commands *commands_new(void)
{
	struct commands *c = calloc(1, sizeof(*c));

	assert(c);
	return c;
}

void commands_free(struct commands *c)
{
	if (!c) {
		return;
	}
	for (size_t i = 0; i < c->n; i++) {
		free(c->items[i]);
	}
	free(c->items);
	free(c);
}

int command_add(struct commands *c, const struct confab_command_row *row, void *ctx,
	const void *owner, const char *owner_name, struct confab_error *err)
{
	size_t len = row->name ? strspn(row->name, "abcdefghijklmnopqrstuvwxyz0123456789_") : 0;
	const struct command *there;
	struct command *made;
	size_t at = 0;

	if (!len || len > NAME_MAX_LEN || row->name[len]) {
		return confab_error_set(err, CONFAB_EINVAL,
			"command '%s' of '%s': a name is 1 to %d of a-z, 0-9 and '_'",
			row->name ? row->name : "", owner_name, NAME_MAX_LEN);
	}
	there = command_find(c, row->name);
	if (there) {
		return confab_error_set(err, CONFAB_EEXIST,
			"command '%s' is there already (it belongs to '%s')", row->name,
			there->owner_name);
	}
	if (c->n == c->cap) {
		c->cap = c->cap ? c->cap * 2 : 8;
		c->items = realloc(c->items, c->cap * sizeof(*c->items));
		assert(c->items);
	}
	while (at < c->n && strcmp(c->items[at]->row->name, row->name) < 0) {
		at++;
	}
	made = calloc(1, sizeof(*made));
	assert(made);
	*made = (struct command){.row = row, .ctx = ctx, .owner = owner, .owner_name = owner_name};
	memmove(c->items + at + 1, c->items + at, (c->n - at) * sizeof(*c->items));
	c->items[at] = made;
	c->n++;
	return 0;
}

void command_remove_all(struct commands *c, const void *owner)
{
	size_t left = 0;

	for (size_t i = 0; i < c->n; i++) {
		if (c->items[i]->owner == owner) {
			free(c->items[i]);
		} else {
			c->items[left++] = c->items[i];
		}
	}
	c->n = left;
}

const struct command *command_find(const struct commands *c, const char *name)
{
	for (size_t i = 0; i < c->n; i++) {
		if (strcmp(c->items[i]->row->name, name) == 0) {
			return c->items[i];
		}
	}
	return NULL;
}

const struct command *command_at(const struct commands *c, size_t n)
{
	return n < c->n ? c->items[n] : NULL;
}

enum step_answer command_step(struct confab_event *ev)
{
	const char *text = json_str(ev->body, "text"), *args, *why;
	const struct command *c;
	char name[NAME_MAX_LEN + 1], missing[160];

	if (!text || text[0] != '/' || ev->actor.kind != CONFAB_ACTOR_USER || !ev->cid[0] ||
		strcmp(ev->kind->row->name, "message.send") != 0) {
		return STEP_NEXT;
	}
	if (text[1] == '/') {
		(void)confab_draft_set_text(ev->draft, text + 1, strlen(text + 1));
		return STEP_NEXT;
	}
	if (!split(text, name, &args)) {
		return STEP_NEXT;
	}
	c = command_find(ev->pl->commands, name);
	if (!c) {
		snprintf(missing, sizeof(missing),
			"there is no command /%s; /help lists them, and // says it as it is", name);
		event_error(ev, "no_command", missing, 0, NULL);
		return STEP_END;
	}
	if (pipeline_off(ev->pl, c->owner, ev)) {
		snprintf(missing, sizeof(missing), "the plugin '%s' is off in this channel",
			c->owner_name);
		event_error(ev, "forbidden", missing, 0, c->owner_name);
		return STEP_END;
	}
	why = c->row->grant ? permit_refusal(&ev->actor, ev->lg->channel, c->row->grant) : NULL;
	if (why) {
		event_error(ev, why, NULL, 0, NULL);
		return STEP_END;
	}
	return c->row->run ? remember(ev, name) : speak(ev, name, args);
}
