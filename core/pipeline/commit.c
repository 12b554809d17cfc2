/**
 * Batches: judged, built, committed, applied.
 *
 * SPDX-License-Identifier: MIT
 */
#include "pipeline/commit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <confab/provider/store.h>
#include "base/log.h"
#include "chat/cursor.h"
#include "chat/load.h"
#include "chat/parse.h"
#include "chat/row.h"
#include "chat/seen.h"
#include "chat/session.h"
#include "pipeline/change.h"
#include "pipeline/event_internal.h"
#include "pipeline/fanout.h"
#include "pipeline/kind.h"
#include "pipeline/pipeline.h"
#include "pipeline/strand.h"
#include "store/store.h"

#define BATCH_MAX 256

static void commit_kick(struct pipeline *pl, struct chat_log *lg);

static struct confab_event *queue_pop(struct chat_log *lg)
{
	struct confab_event *ev = lg->wait_head;

	if (ev) {
		lg->wait_head = ev->next;
		if (!lg->wait_head) {
			lg->wait_tail = NULL;
		}
		ev->next = NULL;
		ev->place = EVENT_WALKING;
		lg->n_wait--;
	}
	return ev;
}

/** Put one back: before all that waits, but behind what its own strand has ahead of it. */
static void queue_put_back(struct chat_log *lg, struct confab_event *ev)
{
	struct confab_event **at = &lg->wait_head, *before = NULL;

	for (struct confab_event **p = at; *p; p = &(*p)->next) {
		if (ev->strand && (*p)->strand == ev->strand && (*p)->id < ev->id) {
			at = &(*p)->next;
			before = *p;
		}
	}
	ev->place = EVENT_QUEUED;
	ev->next = *at;
	*at = ev;
	if (lg->wait_tail == before) {
		lg->wait_tail = ev;
	}
	lg->n_wait++;
}

/** Put a list back in its order, before everything that waits: they were there first. */
static void queue_put_back_all(struct chat_log *lg, struct confab_event *first)
{
	struct confab_event *last = first;

	if (!first) {
		return;
	}
	for (;; last = last->next) {
		last->place = EVENT_QUEUED;
		lg->n_wait++;
		if (!last->next) {
			break;
		}
	}
	last->next = lg->wait_head;
	lg->wait_head = first;
	if (!lg->wait_tail) {
		lg->wait_tail = last;
	}
}

/** Parse the result that is kept with an entry, as the answer. */
static void answer_result(struct confab_event *ev, const char *result, bool again)
{
	json_t *ok = json_loads(result && *result ? result : "{}", 0, NULL);

	if (!ok) {
		ok = json_object();
	}
	if (again) {
		json_object_set_new(ok, "again", json_true());
		ev->pl->stats.repeats++;
	}
	json_decref(ev->out.ok);
	ev->out.is = OUTCOME_OK;
	ev->out.ok = ok;
}

/* --- building -------------------------------------------------------------------------------- */

/** Judge an event as things stand and build its change. @return true: it is in the batch */
static bool build_one(struct batch *b, struct confab_event *ev)
{
	struct confab_change *c;
	int rc;

	if (event_judge(ev) != CONFAB_PASS) {
		event_finish(ev);
		return false;
	}
	c = change_begin(b, ev);
	rc = ev->kind->row->build(ev, c, ev->kind->ctx);
	if (rc) {
		change_drop(c);
		if (ev->out.is != OUTCOME_ERROR) {
			event_error(ev, "internal", confab_code_text(rc), 0, NULL);
		}
		event_finish(ev);
		return false;
	}
	if (!c->entry.n_rows && c->after.first == b->tally.first) {
		/* nothing changed: no rev, but what the kind wants to answer is answered */
		ev->out.is = OUTCOME_OK;
		ev->out.ok = c->reply ? json_incref(c->reply) : json_object();
		json_object_set_new(ev->out.ok, "rev", json_integer((json_int_t)b->lg->rev));
		change_drop(c);
		event_finish(ev);
		return false;
	}
	change_take(c);
	ev->rev = c->entry.rev;
	ev->ts = c->entry.ts;
	ev->place = EVENT_BATCH;
	*b->tail = ev;
	b->tail = &ev->next;
	/* slow mode is judged by what was sent before: nothing may follow unseen */
	if (c->entry.message && b->lg->channel && b->lg->channel->slow_ms) {
		b->closed = true;
	}
	return true;
}

/* --- applying -------------------------------------------------------------------------------- */

static void apply_author(struct pipeline *pl, struct chat_log *lg, const struct confab_entry *e)
{
	struct user *author = e->message ? chat_user_find(pl->chat, e->sender) : NULL;
	struct member *m;

	if (!author || !lg->channel) {
		return;
	}
	if (e->counts) {
		struct cursor *c = cursor_get(author, lg->id);

		marks_add(&c->own, e->seq, e->counts_all);
		c->last_own = e->seq;
	}
	m = permit_member(lg->channel, e->sender);
	if (m && e->ts > m->last_sent_ms) {
		m->last_sent_ms = e->ts;
	}
}

static void apply_entry(struct pipeline *pl, struct chat_log *lg, const struct confab_entry *e)
{
	load_made(lg);
	for (size_t i = 0; i < e->n_rows; i++) {
		struct row *r = row_put(
			lg, &e->rows[i], parse_kind_stays(lg->user != NULL, e->rows[i].kind));

		chat_row_changed(lg, r);
	}
	lg->rev = e->rev;
	lg->seq = e->seq;
	lg->ord = e->ord;
	lg->all = e->all;
	lg->first = e->first;
	lg->ts = e->ts;
	if (e->deleted) {
		marks_add(&lg->deleted, e->deleted, e->deleted_all);
	}
	apply_author(pl, lg, e);
}

/** After frames went out: subscriptions follow what the rows now say. */
static void apply_rights(struct pipeline *pl, struct chat_log *lg, const struct confab_entry *e)
{
	for (size_t i = 0; lg->user && i < e->n_rows; i++) {
		if (strcmp(e->rows[i].kind, "session") == 0 && e->rows[i].gone) {
			fanout_revoked(pl->fanout, lg->user, e->rows[i].id);
		}
	}
	if (!lg->channel) {
		return;
	}
	for (size_t i = 0; i < e->n_rows; i++) {
		struct user *u;

		if (strcmp(e->rows[i].kind, "member") != 0) {
			continue;
		}
		u = chat_user_find(pl->chat, e->rows[i].id);
		if (u) {
			fanout_rights(pl->fanout, u, lg);
		}
	}
	if (lg->channel->deleted) {
		fanout_rights_all(pl->fanout, lg);
	}
}

static void run_todos(struct pipeline *pl, const struct confab_entry *e)
{
	for (size_t i = 0; pl->todo_run && i < e->n_todos; i++) {
		const struct confab_todo *t = &e->todos[i];

		pl->todo_run(pl->todo_ctx, t->log, t->rev, t->n, t->name, t->body);
	}
}

/** What observers see of a new message. */
static void show_message(struct batch *b, struct confab_event *ev, const struct confab_entry *e)
{
	char id[24];
	bool known;

	if (!e->message) {
		return;
	}
	snprintf(id, sizeof(id), "%" PRIu64, e->seq);
	ev->message = (struct confab_message){.seq = e->seq,
		.rev = e->rev,
		.sender = ev->actor.id,
		.json = json_incref((json_t *)batch_row(b, "message", id, &known))};
}

static void batch_done(struct pipeline *pl, struct chat_log *lg, struct batch *b)
{
	const struct confab_entry *entries = b->call->entries;
	struct confab_event *ev = b->events, *next;
	uint64_t prev = lg->rev;
	int64_t born_us = ev ? ev->born_us : 0;

	chat_log_head(lg, &b->call->head); /* the epoch of a log just made */
	lg->rev = prev;
	for (size_t i = 0; i < b->n; i++) {
		apply_entry(pl, lg, &b->changes[i].entry);
	}
	pl->stats.commits++;
	pl->stats.entries += b->n;
	histogram_add(&pl->stats.commit_entries, b->n, 1);
	histogram_add(
		&pl->stats.commit_us, (uint64_t)(loop_now_us(pl->chat->loop) - b->sent_us), 1);
	for (size_t i = 0; ev; ev = next, i++) {
		next = ev->next;
		ev->next = NULL;
		answer_result(ev, entries[i].result, false);
		show_message(b, ev, &entries[i]);
		if (ev->cid[0]) {
			seen_put(lg, ev->actor.id, ev->cid, ev->hash, NULL, entries[i].result);
			ev->cid_held = false;
		}
		event_answer(ev);
		ev->next = next;
	}
	fanout_entries(pl->fanout, lg, prev, entries, b->n, born_us);
	for (size_t i = 0; i < b->n; i++) {
		apply_rights(pl, lg, &entries[i]);
		run_todos(pl, &entries[i]);
	}
	for (ev = b->events; ev; ev = next) {
		next = ev->next;
		ev->next = NULL;
		event_resume(ev);
	}
	b->events = NULL;
}

/** Some entries of ours may be among those that moved the log: they are done. */
static struct confab_event *settle_moved(struct chat_log *lg, struct batch *b)
{
	struct confab_event *ev = b->events, *next, *left = NULL, **tail = &left;

	for (; ev; ev = next) {
		const struct confab_entry *found = NULL;

		next = ev->next;
		ev->next = NULL;
		for (size_t i = 0; i < b->call->n_moved && ev->cid[0] && !found; i++) {
			const struct confab_entry *e = &b->call->moved[i];

			if (strcmp(e->cid, ev->cid) == 0 && strcmp(e->sender, ev->actor.id) == 0) {
				found = e;
			}
		}
		if (found) {
			answer_result(ev, found->result, false);
			seen_put(lg, ev->actor.id, ev->cid, ev->hash, NULL, found->result);
			ev->cid_held = false;
			event_finish(ev);
			continue;
		}
		*tail = ev;
		tail = &ev->next;
	}
	b->events = NULL;
	return left;
}

static void batch_moved(struct pipeline *pl, struct chat_log *lg, struct batch *b)
{
	struct confab_event *left;

	pl->stats.moved++;
	commit_take_in(pl, lg, b->call->moved, (unsigned)b->call->n_moved);
	left = settle_moved(lg, b);
	if (!b->call->n_moved) {
		/* another history: nothing here can be trusted to be judged by */
		lg->rev = 0;
		chat_log_head(lg, &b->call->head);
	}
	queue_put_back_all(lg, left);
}

static void batch_fail(
	struct pipeline *pl, struct batch *b, const char *code, const char *text, unsigned retry_ms)
{
	struct confab_event *ev;

	while ((ev = b->events) != NULL) {
		b->events = ev->next;
		ev->next = NULL;
		if (strcmp(code, "unknown") == 0) {
			pl->stats.unknown++;
		} else {
			pl->stats.busy++;
		}
		ev->place = EVENT_WALKING;
		event_fail(ev, code, text, retry_ms);
	}
}

/* --- a cid the store knows --------------------------------------------------------------------- */

static void known_found(struct confab_known *call, void *arg)
{
	struct confab_event *ev = arg;
	struct chat_log *lg = ev->lg;
	struct pipeline *pl = ev->pl;

	if (call->call.rc) {
		event_fail(ev, "busy", "the store cannot be asked now; send it again", 1000);
	} else if (call->n_entries && memcmp(call->entries[0].hash, ev->hash, 32) == 0) {
		answer_result(ev, call->entries[0].result, true);
		event_finish(ev);
	} else if (call->n_entries) {
		pl->stats.conflicts++;
		event_fail(
			ev, "conflict", "this cid was used for another change; make a new one", 0);
	} else if (ev->refused_once) {
		event_fail(ev, "internal", "the store refused this change", 0);
	} else {
		ev->refused_once = true;
		queue_put_back(lg, ev);
	}
	commit_kick(pl, lg);
}

/** Ask for each event of a refused batch whether the store knows it; order among them is kept by strands. */
static void batch_refused(struct pipeline *pl, struct chat_log *lg, struct batch *b)
{
	struct confab_event *ev = b->events, *next;

	log_debug("log '%s', batch refused (%s)", lg->id, b->call->call.text);
	b->events = NULL;
	for (; ev; ev = next) {
		struct confab_known *call;
		const char **cids;

		next = ev->next;
		ev->next = NULL;
		ev->place = EVENT_WAITING;
		if (!ev->cid[0]) {
			queue_put_back(lg, ev);
			continue;
		}
		call = store_known_new(pl->chat->store);
		cids = confab_arena_alloc(call->call.arena, sizeof(char *));
		cids[0] = ev->cid;
		call->log = lg->id;
		call->sender = ev->actor.id;
		call->cids = cids;
		call->n = 1;
		store_known(pl->chat->store, call, known_found, ev);
	}
}

/* --- the store's answer ------------------------------------------------------------------------ */

static void commit_answered(struct confab_commit *call, void *arg)
{
	struct pipeline *pl = arg;
	struct chat_log *lg = chat_log_find(pl->chat, call->log);
	struct batch *b = lg->batch;

	lg->batch = NULL;
	switch (call->result) {
	case CONFAB_COMMIT_DONE:
		batch_done(pl, lg, b);
		break;
	case CONFAB_COMMIT_MOVED:
		batch_moved(pl, lg, b);
		break;
	case CONFAB_COMMIT_REFUSED:
		batch_refused(pl, lg, b);
		break;
	case CONFAB_COMMIT_BUSY:
		batch_fail(
			pl, b, "busy", "the store is busy; nothing was written, try again", 1000);
		break;
	case CONFAB_COMMIT_UNKNOWN:
	default:
		batch_fail(pl, b, "unknown",
			"the store did not say whether this was written; send the same cid again",
			500);
		break;
	}
	b->call = NULL; /* the store front frees it */
	batch_free(b);
	commit_kick(pl, lg);
	chat_log_unpin(lg);
}

static void commit_send(struct pipeline *pl, struct chat_log *lg, struct batch *b)
{
	struct confab_commit *call = b->call;
	struct confab_entry *entries = confab_arena_alloc(
		call->call.arena, b->n * sizeof(*entries));

	for (size_t i = 0; i < b->n; i++) {
		entries[i] = b->changes[i].entry;
	}
	call->log = lg->id;
	call->at = lg->rev;
	call->entries = entries;
	call->n = b->n;
	b->sent_us = loop_now_us(pl->chat->loop);
	lg->batch = b;
	chat_log_pin(lg);
	store_commit(pl->chat->store, call, commit_answered, pl);
}

/** If nothing is in flight: judge and build what waits, and send it. */
static void commit_kick(struct pipeline *pl, struct chat_log *lg)
{
	struct batch *b;
	struct confab_event *ev;

	if (lg->batch || lg->building || !lg->wait_head) {
		return;
	}
	lg->building = true;
	b = batch_new(lg);
	lg->draft_batch = b;
	while (!b->closed && b->n < BATCH_MAX && (ev = queue_pop(lg)) != NULL) {
		(void)build_one(b, ev);
	}
	lg->draft_batch = NULL;
	lg->building = false;
	if (b->n) {
		commit_send(pl, lg, b);
	} else {
		batch_free(b);
		commit_kick(pl, lg);
	}
}

/* -------------------------------------------------------------------------------------------- */

void commit_enqueue(struct confab_event *ev)
{
	struct chat_log *lg = ev->lg;
	struct pipeline *pl = ev->pl;

	ev->place = EVENT_QUEUED;
	ev->next = NULL;
	if (lg->wait_tail) {
		lg->wait_tail->next = ev;
	} else {
		lg->wait_head = ev;
	}
	lg->wait_tail = ev;
	lg->n_wait++;
	strand_advance(ev);
	commit_kick(pl, lg);
}

void commit_take_in(
	struct pipeline *pl, struct chat_log *lg, const struct confab_entry *entries, unsigned n)
{
	uint64_t prev;

	while (n && entries[0].rev <= lg->rev) {
		entries++;
		n--;
	}
	if (!n || entries[0].rev != lg->rev + 1) {
		return;
	}
	prev = lg->rev;
	for (unsigned i = 0; i < n; i++) {
		apply_entry(pl, lg, &entries[i]);
	}
	fanout_entries(pl->fanout, lg, prev, entries, n, 0);
	for (unsigned i = 0; i < n; i++) {
		apply_rights(pl, lg, &entries[i]);
	}
}
