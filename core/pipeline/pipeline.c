/**
 * The walk of events through the step table, and their life around it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "pipeline/pipeline.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <confab/chat.h>
#include "base/clock.h"
#include "base/digest.h"
#include "base/ids.h"
#include "base/json.h"
#include "base/log.h"
#include "base/running.h"
#include "config/config.h"
#include "chat/channel.h"
#include "chat/row.h"
#include "chat/seen.h"
#include "chat/session.h"
#include "chat/slot.h"
#include "pipeline/change.h"
#include "pipeline/command.h"
#include "pipeline/draft.h"
#include "pipeline/event_internal.h"
#include "pipeline/fanout.h"
#include "pipeline/hook.h"
#include "pipeline/kind.h"
#include "pipeline/meter.h"
#include "pipeline/settings.h"
#include "pipeline/steps.h"
#include "pipeline/strand.h"
#include "pipeline/ticket.h"
#include "pipeline/trace.h"
#include "wire/errors.h"

/** The longest text of an error. */
#define TEXT_MAX 199

/** A step that is followed. */
static enum step_answer step_traced(struct confab_event *ev)
{
	struct pipeline *pl = ev->pl;
	const struct step *step = &pipeline_steps[ev->step];
	int64_t began_us = clock_mono_us();
	uint64_t id = ev->id;
	enum step_answer answer = step->run(ev);

	/* What waits may be over already. */
	if (answer != STEP_WAIT || pl->trace_gone != id) {
		trace_step(ev, step->name, answer, began_us);
	}
	return answer;
}

static void event_walk(struct confab_event *ev)
{
	while (ev->step < pipeline_n_steps) {
		switch (ev->traced ? step_traced(ev) : pipeline_steps[ev->step].run(ev)) {
		case STEP_NEXT:
			ev->step++;
			break;
		case STEP_WAIT:
			return;
		case STEP_END:
			event_finish(ev);
			return;
		}
	}
	event_finish(ev);
}

/** Lines of the log name the session for which it walks. */
static void event_walk_named(struct confab_event *ev)
{
	struct log_who who = {0}, former;
	struct running_cell *here = running_here();
	const struct running *ran;

	if (ev->actor.session) {
		who.conn = ev->actor.session->conn;
		memcpy(who.session, ev->actor.session->id, sizeof(who.session));
	}
	former = log_who_set(who);
	ran = running_set(here, NULL); /* started from a plugin's op: the core walks it */
	event_walk(ev);
	running_set(here, ran);
	log_who_set(former);
}

static void unpin_keys(struct confab_event *ev)
{
	for (unsigned i = 0; i < ev->keys.n; i++) {
		struct row *r = ev->keys.items[i].pinned
			? row_find(ev->lg, ev->keys.items[i].kind, ev->keys.items[i].id)
			: NULL;

		if (r && r->pins && --r->pins == 0 && !r->rev) {
			row_forget(ev->lg, r); /* that there is none was for this event */
		}
	}
}

static void event_free(struct confab_event *ev)
{
	if (ev->traced) {
		trace_over(ev);
		ev->pl->trace_gone = ev->id;
	}
	settings_wait_end(ev); /* it looks into the body */
	unpin_keys(ev);
	free(ev->keys.items);
	free(ev->out.text);
	hooks_release(ev->hooks);
	draft_free(ev->draft);
	free(ev->hold_queue);
	json_decref(ev->hold_why);
	json_decref(ev->message.json);
	json_decref(ev->body);
	json_decref(ev->scrap);
	json_decref(ev->out.ok);
	slot_free_all(&ev->slots);
	session_drop(ev->actor.session);
	if (ev->user_lg) {
		chat_log_unpin(ev->user_lg);
	}
	if (ev->about_lg) {
		chat_log_unpin(ev->about_lg);
	}
	chat_log_unpin(ev->lg);
	ev->pl->stats.live--;
	kind_end(ev->kind);
	free(ev);
}

static void name_log(struct confab_event *ev, const char *channel_id)
{
	if (channel_id) {
		id_copy(ev->channel_id, sizeof(ev->channel_id), channel_id);
	}
	if (ev->kind->row->log == CONFAB_LOG_OWN) {
		chat_own_log(ev->log_id, ev->actor.id);
	} else {
		id_copy(ev->log_id, sizeof(ev->log_id), ev->channel_id);
	}
}

/** A resend that was not looked up yet may be written: nobody may say that nothing was done. */
static bool may_be_written(const struct confab_event *ev)
{
	return ev->again && ev->cid[0] && ev->step == 0;
}

/* -------------------------------------------------------------------------------------------- */

struct pipeline *pipeline_new(struct chat *chat, struct net *net)
{
	struct pipeline *pl = calloc(1, sizeof(*pl));

	assert(pl);
	pl->chat = chat;
	pl->kinds = kinds_new();
	pl->hooks = hooks_new();
	pl->commands = commands_new();
	pl->meter = meter_new();
	pl->digest = digest_new();
	pl->fanout = fanout_new(pl, net);
	chat->ports = (struct chat_ports){
		fanout_subscribe, fanout_unsubscribe, fanout_close, pl->fanout};
	return pl;
}

void pipeline_free(struct pipeline *pl)
{
	if (!pl) {
		return;
	}
	fanout_free(pl->fanout);
	digest_free(pl->digest);
	meter_free(pl->meter);
	commands_free(pl->commands);
	hooks_free(pl->hooks);
	kinds_free(pl->kinds);
	free(pl);
}

struct confab_event *event_make(struct pipeline *pl, const struct kind *kind,
	const struct confab_actor *actor, const char *channel_id, json_t *body,
	void (*done)(struct confab_event *ev, void *arg), void *arg)
{
	struct confab_event *ev = calloc(1, sizeof(*ev));
	const char *cid = json_str(body, "cid");
	char own[CONFAB_ID_MAX + 2];

	assert(ev);
	ev->pl = pl;
	ev->id = ++pl->next_event;
	ev->kind = kind;
	kind_begin(kind);
	ev->actor = *actor;
	ev->body = body;
	ev->done = done;
	ev->arg = arg;
	ev->born_us = loop_now_us(pl->chat->loop);
	ev->again = json_bool(body, "again");
	if (cid) {
		id_copy(ev->cid, sizeof(ev->cid), cid);
		json_hash(body, pl->digest, ev->hash);
	}
	if (actor->session) {
		session_hold(actor->session);
	}
	name_log(ev, channel_id);
	ev->lg = chat_log_get(pl->chat, ev->log_id);
	chat_log_pin(ev->lg);
	if (actor->kind == CONFAB_ACTOR_USER || actor->kind == CONFAB_ACTOR_ADMIN) {
		if (actor->id[0]) {
			chat_own_log(own, actor->id);
			ev->user_lg = chat_log_get(pl->chat, own);
			chat_log_pin(ev->user_lg);
		}
	}
	if (kind->row->flags & KIND_ABOUT_USER && json_str(body, "user")) {
		chat_own_log(own, json_str(body, "user"));
		ev->about_lg = chat_log_get(pl->chat, own);
		chat_log_pin(ev->about_lg);
	}
	pl->stats.live++;
	pl->stats.events++;
	if (pl->traces && trace_wants(ev)) {
		ev->traced = true;
		trace_born(ev);
	}
	return ev;
}

void event_start(struct confab_event *ev)
{
	if (ev->pl->draining) {
		event_fail(ev, "busy", "this server is stopping; connect again", 1000);
		return;
	}
	if (!strand_join(ev)) {
		ev->place = EVENT_STRAND;
		return;
	}
	ev->place = EVENT_WALKING;
	event_walk_named(ev);
}

void event_resume(struct confab_event *ev)
{
	if (ev->doomed) {
		strand_fail(ev);
		return;
	}
	if (ev->place != EVENT_BATCH) {
		ev->place = EVENT_WALKING;
	}
	event_walk_named(ev);
}

void event_error(struct confab_event *ev, const char *code, const char *text, unsigned retry_ms,
	const char *plugin)
{
	char *former;

	if (strcmp(code, "busy") == 0 && may_be_written(ev)) {
		code = "unknown";
		text = NULL;
	}
	json_decref(ev->out.ok);
	ev->out.ok = NULL;
	ev->out.is = OUTCOME_ERROR;
	snprintf(ev->out.code, sizeof(ev->out.code), "%s", code);
	former = ev->out.text; /* may be what is said again */
	ev->out.text = strndup(text ? text : wire_error_text(code), TEXT_MAX);
	assert(ev->out.text);
	free(former);
	ev->out.retry_ms = retry_ms;
	snprintf(ev->out.plugin, sizeof(ev->out.plugin), "%s", plugin ? plugin : "");
}

void event_fail(struct confab_event *ev, const char *code, const char *text, unsigned retry_ms)
{
	event_error(ev, code, text, retry_ms, NULL);
	event_finish(ev);
}

/** By what the answer says. */
static enum kind_end end_of(const struct outcome *out)
{
	if (out->is == OUTCOME_OK) {
		if (json_object_get(out->ok, "again")) {
			return KIND_END_REPEAT;
		}
		if (json_object_get(out->ok, "held")) {
			return KIND_END_HELD;
		}
		return json_object_get(out->ok, "handled") ? KIND_END_HANDLED : KIND_END_OK;
	}
	if (strcmp(out->code, "busy") == 0) {
		return KIND_END_BUSY;
	}
	return strcmp(out->code, "unknown") == 0 ? KIND_END_UNKNOWN : KIND_END_REFUSED;
}

void event_outcome_take(struct confab_event *to, struct confab_event *from)
{
	json_decref(to->out.ok);
	free(to->out.text);
	to->out = from->out;
	from->out.ok = NULL;
	from->out.text = NULL;
}

json_t *event_take_ok(struct confab_event *ev)
{
	json_t *ok = ev->out.ok;

	ev->out.ok = NULL;
	return ok;
}

void event_answer(struct confab_event *ev)
{
	if (ev->answered) {
		return;
	}
	ev->answered = true;
	if (ev->out.is == OUTCOME_NONE) {
		log_error("event '%s', ended without an outcome", ev->kind->row->name);
		event_error(ev, "internal", NULL, 0, NULL);
	}
	if (ev->out.is == OUTCOME_OK) {
		ev->pl->stats.ok++;
	} else {
		ev->pl->stats.refused++;
	}
	kind_count(ev->kind, end_of(&ev->out));
	if (ev->done) {
		ev->done(ev, ev->arg);
	}
}

/** What changed nothing has no entry to be found by. Its cid is kept with the newest, so that a resend is not
 *  judged by what happened since, as long as this node serves the log. */
static void remember_unchanged(struct confab_event *ev)
{
	char *result;

	if (!ev->unchanged || !ev->cid_held || ev->out.is != OUTCOME_OK) {
		return;
	}
	result = json_dumps(ev->out.ok, JSON_COMPACT);
	seen_put(ev->lg, ev->actor.id, ev->cid, ev->hash, NULL, result)->unchanged = true;
	ev->cid_held = false;
	free(result);
}

/** Leave the queue of the log, when the event ends there for another reason than its commit. */
static void leave_queue(struct confab_event *ev)
{
	struct confab_event **at = &ev->lg->wait_head, *before = NULL;

	while (*at && *at != ev) {
		before = *at;
		at = &(*at)->next;
	}
	if (*at) {
		*at = ev->next;
		if (ev->lg->wait_tail == ev) {
			ev->lg->wait_tail = before;
		}
		ev->lg->n_wait--;
		ev->next = NULL;
	}
}

void event_finish(struct confab_event *ev)
{
	bool broken = ev->out.is == OUTCOME_ERROR &&
		(strcmp(ev->out.code, "busy") == 0 || strcmp(ev->out.code, "unknown") == 0);

	if (ev->place == EVENT_QUEUED) {
		leave_queue(ev);
	}
	ev->place = EVENT_DONE;
	ticket_void(ev);
	remember_unchanged(ev);
	event_answer(ev);
	if (ev->cid_held) {
		seen_drop(ev->lg, ev->actor.id, ev->cid);
	}
	strand_leave(ev, broken);
	event_free(ev);
}

const json_t *event_lend(
	struct confab_event *ev, struct chat_log *lg, const char *kind, const char *id)
{
	bool known;
	const json_t *over = batch_row(lg->draft_batch, kind, id, &known);
	json_t *j;

	if (known) {
		return over;
	}
	j = row_json(row_find(lg, kind, id));
	if (!j) {
		return NULL;
	}
	if (!ev->scrap) {
		ev->scrap = json_array();
	}
	json_array_append_new(ev->scrap, j);
	return j;
}

static enum confab_verdict kind_judges(struct confab_event *ev)
{
	struct blame *b = pipeline_blame(ev->pl, ev->kind->owner);
	struct blame_call call = blame_enter(b, BLAME_KIND);
	enum confab_verdict v = ev->kind->row->judge(ev, ev->kind->ctx);

	blame_leave(b, &call, BLAME_KIND, false);
	return v;
}

const struct channel *event_channel(const struct confab_event *ev)
{
	return ev->lg->state == LOG_READY ? ev->lg->channel : NULL;
}

const struct config_type *event_type(const struct confab_event *ev)
{
	const struct channel *ch = event_channel(ev);
	const char *made = ev->kind->row->flags & CONFAB_KIND_MAKES_LOG ? json_str(ev->body, "type")
									: NULL;

	if (ch) {
		return ch->type;
	}
	return made ? config_type(ev->pl->chat->config, made) : NULL;
}

enum confab_verdict event_judge(struct confab_event *ev)
{
	const struct confab_kind_row *row = ev->kind->row;
	struct channel *ch = ev->lg->channel;
	const char *why;
	char text[80];

	if (ev->lg->state == LOG_ABSENT && !(row->flags & CONFAB_KIND_MAKES_LOG)) {
		event_error(ev, row->log == CONFAB_LOG_CHANNEL ? "no_channel" : "no_user", NULL, 0,
			NULL);
		return CONFAB_REJECT;
	}
	if (row->log == CONFAB_LOG_CHANNEL && ch && ch->deleted) {
		if (row->flags & CONFAB_KIND_MAKES_LOG) {
			event_error(
				ev, "exists", "this id was a channel's that was deleted", 0, NULL);
			return CONFAB_REJECT;
		}
		event_error(ev, "no_channel", "this channel was deleted", 0, NULL);
		return CONFAB_REJECT;
	}
	if (ch && ch->type && !ch->type->typing && strcmp(row->name, "typing") == 0) {
		event_error(ev, "forbidden", "who is typing is not shown here", 0, NULL);
		return CONFAB_REJECT;
	}
	if (pipeline_off(ev->pl, ev->kind->owner, ev)) {
		snprintf(text, sizeof(text), "the plugin '%s' is off in this channel",
			ev->kind->owner_name);
		event_error(ev, "forbidden", text, 0, ev->kind->owner_name);
		return CONFAB_REJECT;
	}
	why = row->grant
		? permit_refusal(&ev->actor, row->log == CONFAB_LOG_CHANNEL ? ch : NULL, row->grant)
		: NULL;
	if (why) {
		event_error(ev, channel_hides(ch, &ev->actor) ? "no_channel" : why, NULL,
			permit_wait_ms(&ev->actor, ch, why), NULL);
		return CONFAB_REJECT;
	}
	return row->judge ? kind_judges(ev) : CONFAB_PASS;
}

void pipeline_system(struct pipeline *pl, const char *kind, const char *log_user,
	const char *channel_id, json_t *body, void (*done)(struct confab_event *ev, void *arg),
	void *arg)
{
	struct confab_actor system = {.kind = CONFAB_ACTOR_SYSTEM};
	const struct kind *k = kind_find(pl->kinds, kind);
	struct confab_event *ev;

	assert(k);
	ev = event_make(pl, k, &system, channel_id, body, done, arg);
	if (log_user) {
		chat_log_unpin(ev->lg);
		chat_own_log(ev->log_id, log_user);
		ev->lg = chat_log_get(pl->chat, ev->log_id);
		chat_log_pin(ev->lg);
	}
	event_start(ev);
}
