/**
 * The public face of events: accessors and verdicts (confab/event.h).
 *
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <confab/chat.h>
#include <confab/settings.h>
#include "chat/channel.h"
#include "config/config.h"
#include "pipeline/event_internal.h"
#include "pipeline/hold.h"
#include "pipeline/hook.h"
#include "pipeline/kind.h"
#include "pipeline/pipeline.h"

#define KEYS_MAX 8

static const char *who_runs(const struct confab_event *ev)
{
	return ev->running ? ev->running->plugin : NULL;
}

/* -------------------------------------------------------------------------------------------- */

enum confab_verdict confab_reject(struct confab_event *ev, const char *code, const char *text)
{
	event_error(ev, code, text, 0, who_runs(ev));
	return CONFAB_REJECT;
}

enum confab_verdict confab_reject_later(
	struct confab_event *ev, const char *code, const char *text, unsigned retry_ms)
{
	event_error(ev, code, text, retry_ms, who_runs(ev));
	return CONFAB_REJECT;
}

enum confab_verdict confab_stop(struct confab_event *ev, json_t *reply)
{
	ev->out.is = OUTCOME_OK;
	ev->out.ok = reply ? reply : json_object();
	json_object_set_new(ev->out.ok, "handled", json_true());
	return CONFAB_STOP;
}

enum confab_verdict confab_hold(struct confab_event *ev, const char *queue, json_t *why)
{
	hold_mark(ev, queue, why);
	return CONFAB_HOLD;
}

void event_todo_name(const struct confab_event *ev, const char *name, char full[TODO_NAME_MAX])
{
	const char *owner = ev->running ? ev->running->plugin : ev->kind->owner_name;
	bool is_full = strchr(name, '.') != NULL;

	snprintf(full, TODO_NAME_MAX, "%s%s%s", is_full ? "" : owner, is_full ? "" : ".", name);
}

const char *confab_event_kind(const struct confab_event *ev)
{
	return ev->kind->row->name;
}

const char *confab_event_op(const struct confab_event *ev)
{
	return ev->kind->row->name;
}

const struct confab_actor *confab_event_actor(const struct confab_event *ev)
{
	return &ev->actor;
}

const struct confab_channel *confab_event_channel(const struct confab_event *ev)
{
	return (const struct confab_channel *)ev->lg->channel;
}

const char *confab_event_channel_id(const struct confab_event *ev)
{
	return ev->channel_id[0] ? ev->channel_id : NULL;
}

const struct confab_member *confab_event_member(const struct confab_event *ev)
{
	return ev->lg->channel
		? (const struct confab_member *)permit_member(ev->lg->channel, ev->actor.id)
		: NULL;
}

const json_t *confab_event_body(const struct confab_event *ev)
{
	return ev->body;
}

struct confab_draft *confab_event_draft(struct confab_event *ev)
{
	return ev->rev ? NULL : ev->draft;
}

const struct confab_message *confab_event_message(const struct confab_event *ev)
{
	return ev->message.seq && ev->rev ? &ev->message : NULL;
}

const struct confab_settings *confab_event_settings(const struct confab_event *ev)
{
	const struct hook *hk = ev->running;
	const struct config_type *type = event_type(ev);

	if (!hk || !hk->settings) {
		return NULL;
	}
	return hk->settings(hk->owner, type ? type->name : NULL, event_channel(ev));
}

void *confab_event_built(const struct confab_event *ev)
{
	const struct confab_settings *s = confab_event_settings(ev);

	return s ? confab_settings_built(s) : NULL;
}

void confab_keys_add(struct confab_keys *k, const char *kind, const char *id)
{
	struct key_row *key;

	if (k->n == KEYS_MAX) {
		return;
	}
	k->items = realloc(k->items, (k->n + 1) * sizeof(*k->items));
	assert(k->items);
	key = &k->items[k->n++];
	*key = (struct key_row){.kind = kind};
	snprintf(key->id, sizeof(key->id), "%s", id);
}

const json_t *confab_event_row(struct confab_event *ev, const char *kind, const char *id)
{
	return event_lend(ev, ev->lg, kind, id);
}

uint64_t confab_message_seq(const struct confab_message *m)
{
	return m->seq;
}

uint64_t confab_message_rev(const struct confab_message *m)
{
	return m->rev;
}

const char *confab_message_sender(const struct confab_message *m)
{
	return m->sender;
}

const char *confab_message_text(const struct confab_message *m, size_t *len)
{
	const json_t *text = json_object_get(m->json, "text");

	if (len) {
		*len = json_string_length(text);
	}
	return json_string_value(text);
}

const json_t *confab_message_json(const struct confab_message *m)
{
	return m->json;
}
