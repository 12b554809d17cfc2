/**
 * The steps, in order.
 *
 * SPDX-License-Identifier: MIT
 */
#include "pipeline/steps.h"

#include <stdio.h>
#include <string.h>

#include <confab/provider/store.h>
#include "base/clock.h"
#include "base/json_read.h"
#include "chat/channel.h"
#include "chat/row.h"
#include "chat/seen.h"
#include "chat/session.h"
#include "pipeline/command.h"
#include "pipeline/commit.h"
#include "pipeline/cursor_write.h"
#include "pipeline/dispatch.h"
#include "pipeline/draft.h"
#include "pipeline/event_internal.h"
#include "pipeline/fanout.h"
#include "pipeline/kind.h"
#include "pipeline/meter.h"
#include "pipeline/pipeline.h"
#include "pipeline/settings.h"
#include "pipeline/strand.h"
#include "pipeline/trace.h"
#include "store/store.h"

static bool is_durable(const struct confab_event *ev)
{
	return ev->kind->row->class_ == CONFAB_DURABLE;
}

/* --- known: a resend gets its first result ------------------------------------------------------ */

static enum step_answer answer_known(
	struct confab_event *ev, const uint8_t hash[32], const char *result)
{
	json_t *ok;

	if (memcmp(hash, ev->hash, 32) != 0) {
		ev->pl->stats.conflicts++;
		event_error(ev, "conflict", NULL, 0, NULL);
		return STEP_END;
	}
	ok = result && *result ? json_read(result, strlen(result)) : json_object();
	json_object_set_new(ok, "again", json_true());
	ev->out.is = OUTCOME_OK;
	ev->out.ok = ok;
	ev->pl->stats.repeats++;
	return STEP_END;
}

static void known_answered(struct confab_known *call, void *arg)
{
	struct confab_event *ev = arg;

	ev->place = EVENT_WALKING;
	if (call->call.rc) {
		event_fail(ev, "busy", NULL, 1000);
		return;
	}
	if (call->n_entries) {
		(void)answer_known(ev, call->entries[0].hash, call->entries[0].result);
		event_finish(ev);
		return;
	}
	event_resume(ev);
}

static enum step_answer ask_known(struct confab_event *ev, const char *log)
{
	struct confab_known *call = store_known_new(ev->pl->chat->store);
	const char **cids = confab_arena_alloc(call->call.arena, sizeof(char *));

	cids[0] = ev->cid;
	call->log = confab_arena_dup(call->call.arena, log, strlen(log));
	call->sender = ev->actor.id;
	call->cids = cids;
	call->n = 1;
	ev->place = EVENT_WAITING;
	store_known(ev->pl->chat->store, call, known_answered, ev);
	return STEP_WAIT;
}

static enum step_answer step_known(struct confab_event *ev)
{
	struct chat_log *lg = ev->lg;
	char own[CONFAB_ID_MAX + 2];
	struct seen *seen;

	if (!is_durable(ev) || !ev->cid[0]) {
		return STEP_NEXT;
	}
	seen = seen_find(lg, ev->actor.id, ev->cid);
	if (seen && seen->event && seen->event != ev) {
		event_error(ev, "unknown", "this change is under way; send the same cid again", 500,
			NULL);
		return STEP_END;
	}
	if (seen && !seen->event && !(seen->unchanged && ev->again)) {
		return answer_known(ev, seen->hash, seen->result);
	}
	if (!seen || seen->event) {
		seen = seen_put(lg, ev->actor.id, ev->cid, ev->hash, ev, NULL);
		ev->cid_held = true;
	}
	if (ev->again && ev->looked == 0) {
		ev->looked = 1;
		return ask_known(ev, ev->log_id);
	}
	chat_own_log(own, ev->actor.id);
	if (ev->again && ev->looked == 1 && strcmp(own, ev->log_id) != 0) {
		ev->looked = 2;
		return ask_known(ev, own);
	}
	/* only memory knows what changed nothing; it was said, and the store knows of none before */
	return seen->event ? STEP_NEXT : answer_known(ev, seen->hash, seen->result);
}

/* --- hooks ---------------------------------------------------------------------------------------- */

static enum step_answer step_accept(struct confab_event *ev)
{
	if (ev->approved) {
		return STEP_NEXT; /* it was accepted when it was sent */
	}
	if (!meter_accept(ev)) {
		return STEP_END;
	}
	return dispatch_decide(ev, CONFAB_ACCEPT);
}

/* --- resolve ---------------------------------------------------------------------------------------- */

static void resolve_loaded(struct log_waiter *w, int rc)
{
	struct confab_event *ev =
		(struct confab_event *)((char *)w - offsetof(struct confab_event, waiter));

	ev->place = EVENT_WALKING;
	if (rc) {
		event_fail(ev, "busy", "the store cannot be read now; try again", 1000);
		return;
	}
	event_resume(ev);
}

static bool have_log(struct confab_event *ev, struct chat_log *lg)
{
	ev->waiter.fn = resolve_loaded;
	if (chat_log_load(lg, &ev->waiter)) {
		return true;
	}
	ev->place = EVENT_WAITING;
	return false;
}

static void keys_read(struct confab_row_get *call, void *arg)
{
	struct confab_event *ev = arg;

	ev->place = EVENT_WALKING;
	if (call->call.rc) {
		event_fail(ev, "busy", "the store cannot be read now; try again", 1000);
		return;
	}
	for (size_t i = 0; i < call->n; i++) {
		if (call->rows[i].kind) {
			row_put(ev->lg, &call->rows[i], false);
		} else {
			row_absent(ev->lg, call->kinds[i], call->ids[i]);
		}
	}
	event_resume(ev);
}

static void kind_names_keys(struct confab_event *ev)
{
	struct blame *b = pipeline_blame(ev->pl, ev->kind->owner);
	struct blame_call call = blame_enter(b, BLAME_KIND);

	ev->kind->row->keys(ev, &ev->keys);
	blame_leave(b, &call, BLAME_KIND, false);
}

/** Rows the kind names and that are not held are read; all are pinned until the end. */
static bool have_keys(struct confab_event *ev)
{
	struct confab_row_get *call;
	const char **kinds, **ids;
	size_t n = 0, missing = 0;

	if (!ev->keys_asked) {
		ev->keys_asked = true;
		if (ev->kind->row->keys) {
			kind_names_keys(ev);
		}
	}
	for (unsigned i = 0; i < ev->keys.n; i++) {
		struct key_row *key = &ev->keys.items[i];
		struct row *r = row_find(ev->lg, key->kind, key->id);

		if (r && !key->pinned) {
			key->pinned = true;
			r->pins++;
		}
		missing += r == NULL;
	}
	if (!missing || ev->lg->state == LOG_ABSENT) {
		return true;
	}
	call = store_row_get_new(ev->pl->chat->store);
	kinds = confab_arena_alloc(call->call.arena, sizeof(char *) * missing);
	ids = confab_arena_alloc(call->call.arena, sizeof(char *) * missing);
	for (unsigned i = 0; i < ev->keys.n; i++) {
		struct key_row *key = &ev->keys.items[i];

		if (!row_find(ev->lg, key->kind, key->id)) {
			kinds[n] = key->kind;
			ids[n++] = key->id;
		}
	}
	call->log = ev->lg->id;
	call->kinds = kinds;
	call->ids = ids;
	call->n = n;
	ev->place = EVENT_WAITING;
	store_row_get(ev->pl->chat->store, call, keys_read, ev);
	return false;
}

static enum step_answer step_resolve(struct confab_event *ev)
{
	if (ev->user_lg && !have_log(ev, ev->user_lg)) {
		return STEP_WAIT;
	}
	if (ev->user_lg) {
		ev->actor.user = ev->user_lg->user;
	}
	if (ev->about_lg && !have_log(ev, ev->about_lg)) {
		return STEP_WAIT;
	}
	if (!have_log(ev, ev->lg) || !have_keys(ev)) {
		return STEP_WAIT;
	}
	return settings_step(ev);
}

/* --- judge, change, moderate -------------------------------------------------------------------------- */

static enum step_answer step_authorize(struct confab_event *ev)
{
	if (!ev->hooks && event_judge(ev) != CONFAB_PASS) {
		return strand_wait(ev) ? STEP_WAIT : STEP_END;
	}
	return dispatch_decide(ev, CONFAB_AUTHORIZE);
}

static enum step_answer step_transform(struct confab_event *ev)
{
	enum step_answer answer;

	if (!ev->draft && ev->kind->row->flags & KIND_HAS_DRAFT) {
		ev->draft = draft_new(ev);
		answer = command_step(ev);
		if (answer != STEP_NEXT) {
			return answer;
		}
	}
	return dispatch_decide(ev, CONFAB_TRANSFORM);
}

static enum step_answer step_moderate(struct confab_event *ev)
{
	return ev->approved ? STEP_NEXT : dispatch_decide(ev, CONFAB_MODERATE);
}

/** After every wait; durable kinds are judged again at each commit attempt too (commit.c). */
static enum step_answer step_recheck(struct confab_event *ev)
{
	if (is_durable(ev)) {
		return STEP_NEXT;
	}
	return event_judge(ev) == CONFAB_PASS ? STEP_NEXT : STEP_END;
}

static enum step_answer step_persist(struct confab_event *ev)
{
	switch (ev->kind->row->class_) {
	case CONFAB_DURABLE:
		if (ev->place == EVENT_BATCH) {
			return STEP_NEXT;
		}
		commit_enqueue(ev);
		return STEP_WAIT;
	case CONFAB_CURSOR:
		return cursor_write(ev) ? STEP_NEXT : STEP_WAIT;
	case CONFAB_EPHEMERAL:
		break;
	}
	return STEP_NEXT;
}

/** Durable entries went out with their batch. */
static enum step_answer step_fanout(struct confab_event *ev)
{
	json_t *show;

	if (ev->kind->row->show) {
		struct blame *b = pipeline_blame(ev->pl, ev->kind->owner);
		struct blame_call call = blame_enter(b, BLAME_KIND);

		show = ev->kind->row->show(ev, ev->kind->ctx);
		blame_leave(b, &call, BLAME_KIND, false);
		if (show) {
			uint64_t before = ev->pl->stats.frames;
			int64_t began_us = ev->traced ? clock_mono_us() : 0;

			fanout_show(ev->pl->fanout, ev->lg, ev->actor.id, show,
				ev->actor.session ? ev->actor.session->conn : 0);
			if (ev->traced) {
				trace_fanout(
					ev, ev->pl->stats.frames - before, ev->lg->subs, began_us);
			}
		}
	}
	if (ev->out.is == OUTCOME_NONE) {
		ev->out.is = OUTCOME_OK;
		ev->out.ok = json_object();
	}
	event_answer(ev);
	return STEP_NEXT;
}

static enum step_answer step_observe(struct confab_event *ev)
{
	dispatch_observe(ev);
	return STEP_NEXT;
}

/* -------------------------------------------------------------------------------------------- */

const struct step pipeline_steps[] = {
	{"known", step_known},
	{"accept", step_accept},
	{"resolve", step_resolve},
	{"authorize", step_authorize},
	{"transform", step_transform},
	{"moderate", step_moderate},
	{"recheck", step_recheck},
	{"persist", step_persist},
	{"fanout", step_fanout},
	{"observe", step_observe},
};
const unsigned pipeline_n_steps = sizeof(pipeline_steps) / sizeof(pipeline_steps[0]);
