/**
 * Batches: judged, built, committed, applied.
 *
 * SPDX-License-Identifier: MIT
 */
#include "pipeline/commit.h"
#include "base/ids.h"
#include "base/json_read.h"
#include "pipeline/commit_internal.h"

#include <stdio.h>
#include <string.h>

#include <confab/provider/store.h>
#include "base/clock.h"
#include "base/log.h"
#include "chat/cursor.h"
#include "chat/load.h"
#include "chat/parse.h"
#include "chat/row.h"
#include "chat/seen.h"
#include "chat/session.h"
#include "config/config.h"
#include "pipeline/change.h"
#include "pipeline/event_internal.h"
#include "pipeline/fanout.h"
#include "pipeline/kind.h"
#include "pipeline/pipeline.h"
#include "pipeline/strand.h"
#include "pipeline/trace.h"
#include "store/store.h"

#define BATCH_MAX 256

/* How often a log in doubt is read back, how long is waited before the second time [us] (the third: twice
 * as long), and how often a change that was not found is tried again. */
#define DOUBT_READS 6
#define DOUBT_US 50000
#define DOUBTS_MAX 3
#define UNKNOWN_TEXT "the store did not say whether this was written; send the same cid again"

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

void commit_put_back(struct chat_log *lg, struct confab_event *first)
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

void commit_answer(struct confab_event *ev, const char *result, bool again)
{
	json_t *ok = result && *result ? json_read(result, strlen(result)) : NULL;

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

/**
 * An event ends without an entry. What it was judged by may be changes of this very batch, which are not
 * true yet: then it waits for them and is judged again behind them.
 */
static void end_behind(struct batch *b, struct confab_event *ev)
{
	if (!b->n) {
		event_finish(ev);
		return;
	}
	json_decref(event_take_ok(ev));
	ev->out.is = OUTCOME_NONE;
	b->closed = true;
	commit_put_back(b->lg, ev);
}

/** Is a message in it larger than may be stored? Then the event has its error. */
static bool too_large(struct confab_event *ev, const struct confab_change *c)
{
	int64_t most = config_limits(ev->pl->chat->config)->message_bytes;

	for (size_t i = 0; i < c->entry.n_rows; i++) {
		if ((int64_t)c->rows[i].body_len > most &&
			strcmp(c->rows[i].kind, "message") == 0) {
			event_error(ev, "limit", "the message is larger than this server stores", 0,
				NULL);
			return true;
		}
	}
	return false;
}

static int kind_builds(struct confab_event *ev, struct confab_change *c)
{
	struct blame *b = pipeline_blame(ev->pl, ev->kind->owner);
	struct blame_call call = blame_enter(b, BLAME_KIND);
	int rc = ev->kind->row->build(ev, c, ev->kind->ctx);

	blame_leave(b, &call, BLAME_KIND, rc != 0);
	return rc;
}

/** Judge an event as things stand and build its change. @return true: it is in the batch */
static bool build_one(struct batch *b, struct confab_event *ev)
{
	struct confab_change *c;
	int rc;

	if (event_judge(ev) != CONFAB_PASS) {
		end_behind(b, ev);
		return false;
	}
	c = change_begin(b, ev);
	rc = kind_builds(ev, c);
	if (!rc && too_large(ev, c)) {
		rc = CONFAB_ELIMIT;
	}
	if (rc) {
		change_drop(c);
		if (ev->out.is != OUTCOME_ERROR) {
			event_error(ev, "internal", confab_code_text(rc), 0, NULL);
		}
		end_behind(b, ev);
		return false;
	}
	if (!c->entry.n_rows && c->after.first == b->tally.first) {
		/* nothing changed: no rev, but what the kind wants to answer is answered */
		ev->unchanged = true;
		ev->out.is = OUTCOME_OK;
		ev->out.ok = c->reply ? json_incref(c->reply) : json_object();
		json_object_set_new(ev->out.ok, "rev", json_integer((json_int_t)b->lg->rev));
		change_drop(c);
		end_behind(b, ev);
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
		marks_add(&cursor_get(author, lg->id)->own, e->seq, e->counts_all);
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

/** How the entry made this user no member, or NULL: it is one, or it was none before. */
static const char *lost_how(
	const struct chat_log *lg, const struct confab_entry *e, const struct user *u)
{
	if (permit_joined(lg->channel, u) || strcmp(e->op, "member.unban") == 0) {
		return NULL;
	}
	return strcmp(e->sender, u->id) == 0 ? "left" : "removed";
}

static bool turns_rights(const struct confab_entry *e)
{
	for (size_t i = 0; i < e->n_rows; i++) {
		if (strcmp(e->rows[i].kind, "member") == 0 ||
			strcmp(e->rows[i].kind, "channel") == 0) {
			return true;
		}
	}
	return false;
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
			fanout_rights(pl->fanout, u, lg, lost_how(lg, e, u));
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

		pl->todo_run(pl->todo_ctx, t);
	}
}

/** What observers see of a new message. */
static void show_message(struct batch *b, struct confab_event *ev, const struct confab_entry *e)
{
	char id[ID_NUMBER_SIZE];
	bool known;

	if (!e->message) {
		return;
	}
	id_number(id, e->seq);
	ev->message = (struct confab_message){.seq = e->seq,
		.rev = e->rev,
		.sender = ev->actor.id,
		.json = json_incref((json_t *)batch_row(b, "message", id, &known))};
}

static void fan_out(struct pipeline *pl, struct chat_log *lg, uint64_t prev, const struct batch *b,
	int64_t born_us)
{
	uint64_t before = pl->stats.frames;
	int64_t began_us = pl->traces ? clock_mono_us() : 0;

	fanout_entries(pl->fanout, lg, prev, b->call->entries, b->n, born_us);
	for (struct confab_event *ev = pl->traces ? b->events : NULL; ev; ev = ev->next) {
		if (ev->traced) {
			trace_fanout(ev, pl->stats.frames - before, lg->subs, began_us);
		}
	}
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
	/* before the answers: whoever waits for a user's log too, waits behind the todo's change there */
	for (size_t i = 0; i < b->n; i++) {
		run_todos(pl, &entries[i]);
	}
	for (size_t i = 0; ev; ev = next, i++) {
		next = ev->next;
		ev->next = NULL;
		commit_answer(ev, entries[i].result, false);
		show_message(b, ev, &entries[i]);
		if (ev->cid[0]) {
			seen_put(lg, ev->actor.id, ev->cid, ev->hash, NULL, entries[i].result);
			ev->cid_held = false;
		}
		event_answer(ev);
		ev->next = next;
	}
	fan_out(pl, lg, prev, b, born_us);
	for (size_t i = 0; i < b->n; i++) {
		apply_rights(pl, lg, &entries[i]);
	}
	for (ev = b->events; ev; ev = next) {
		next = ev->next;
		ev->next = NULL;
		event_resume(ev);
	}
	b->events = NULL;
}

static const struct confab_entry *entry_of(
	const struct confab_event *ev, const struct confab_entry *entries, size_t n)
{
	for (size_t i = 0; i < n && ev->cid[0]; i++) {
		if (strcmp(entries[i].cid, ev->cid) == 0 &&
			strcmp(entries[i].sender, ev->actor.id) == 0) {
			return &entries[i];
		}
	}
	return NULL;
}

/** An entry bears this event's cid: that is what became of it. */
static void settle_one(
	struct chat_log *lg, struct confab_event *ev, const struct confab_entry *found)
{
	if (memcmp(found->hash, ev->hash, sizeof(ev->hash)) != 0) {
		ev->pl->stats.conflicts++;
		event_fail(
			ev, "conflict", "this cid was used for another change; make a new one", 0);
		return;
	}
	commit_answer(ev, found->result, false);
	seen_put(lg, ev->actor.id, ev->cid, ev->hash, NULL, found->result);
	ev->cid_held = false;
	event_finish(ev);
}

/** Entries of ours may be among those that the log turned out to have: they are done, and their todos
 *  are still to be run. The others stay in the batch. */
static void batch_settle(struct pipeline *pl, struct chat_log *lg, struct batch *b,
	const struct confab_entry *entries, size_t n)
{
	struct confab_event *ev = b->events, *next;
	struct confab_event **tail = &b->events;

	b->events = NULL;
	for (; ev; ev = next) {
		const struct confab_entry *found = entry_of(ev, entries, n);

		next = ev->next;
		ev->next = NULL;
		if (!found) {
			*tail = ev;
			tail = &ev->next;
			continue;
		}
		for (size_t i = 0; i < b->n; i++) {
			if (b->changes[i].ev == ev && b->changes[i].entry.rev == found->rev) {
				run_todos(pl, &b->changes[i].entry);
			}
		}
		settle_one(lg, ev, found);
	}
	b->tail = tail;
}

/** What is left of a batch waits for the next one, before everybody else. */
static void batch_requeue(struct chat_log *lg, struct batch *b)
{
	commit_put_back(lg, b->events);
	b->events = NULL;
}

static void batch_moved(struct pipeline *pl, struct chat_log *lg, struct batch *b)
{
	pl->stats.moved++;
	commit_take_in(pl, lg, b->call->moved, (unsigned)b->call->n_moved);
	batch_settle(pl, lg, b, b->call->moved, b->call->n_moved);
	if (!b->call->n_moved) {
		/* another history: nothing here can be trusted to be judged by */
		lg->rev = 0;
		chat_log_head(lg, &b->call->head);
	}
	batch_requeue(lg, b);
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

/* --- the store does not know --------------------------------------------------------------------- */

static void doubt_ask(void *arg);

static void batch_over(struct pipeline *pl, struct chat_log *lg, struct batch *b)
{
	lg->batch = NULL;
	batch_free(b);
	commit_kick(pl, lg);
	chat_log_unpin(lg);
}

/** The log was read back as far as it goes: what is not in it, was not written. */
static void doubt_over(struct pipeline *pl, struct chat_log *lg, struct batch *b)
{
	struct confab_event *ev;

	for (ev = b->events; ev; ev = ev->next) {
		ev->doubts++;
	}
	/* Back in the queue each can end alone, and take along what waits behind it in its strand. */
	batch_requeue(lg, b);
	for (ev = lg->wait_head; ev;) {
		if (ev->doubts < DOUBTS_MAX) {
			ev = ev->next;
			continue;
		}
		pl->stats.unknown++;
		event_fail(ev, "unknown", UNKNOWN_TEXT, 500);
		ev = lg->wait_head;
	}
	batch_over(pl, lg, b);
}

static void doubt_read(struct confab_entries *call, void *arg)
{
	struct batch *b = arg;
	struct chat_log *lg = b->lg;
	struct pipeline *pl = b->events->pl;
	uint64_t rev = lg->rev;

	if (call->call.rc) {
		if (b->asked < DOUBT_READS && !pl->draining) {
			timer_init(&b->doubt, doubt_ask, b);
			timer_start(pl->chat->loop, &b->doubt, DOUBT_US << b->asked);
			return;
		}
		batch_fail(pl, b, "unknown", UNKNOWN_TEXT, 500);
		batch_over(pl, lg, b);
		return;
	}
	if (!lg->epoch[0] && call->head.epoch) {
		snprintf(lg->epoch, sizeof(lg->epoch), "%s", call->head.epoch);
	}
	commit_take_in(pl, lg, call->entries, (unsigned)call->n);
	batch_settle(pl, lg, b, call->entries, call->n);
	if (!b->events) {
		batch_over(pl, lg, b);
	} else if (lg->rev > rev && lg->rev < call->head.rev) {
		doubt_ask(b);
	} else {
		doubt_over(pl, lg, b);
	}
}

static void doubt_ask(void *arg)
{
	struct batch *b = arg;
	struct store *store = b->lg->chat->store;
	struct confab_entries *call = store_entries_new(store);

	b->asked++;
	call->log = b->lg->id;
	call->after = b->lg->rev;
	call->limit = 1000;
	store_entries(store, call, doubt_read, b);
}

/* --- the store's answer ------------------------------------------------------------------------ */

/** For those of its events that are followed. */
static void trace_batch(const struct batch *b, int result)
{
	static const char *const results[] = {[CONFAB_COMMIT_DONE] = "done",
		[CONFAB_COMMIT_MOVED] = "moved",
		[CONFAB_COMMIT_REFUSED] = "refused",
		[CONFAB_COMMIT_BUSY] = "busy",
		[CONFAB_COMMIT_UNKNOWN] = "unknown"};

	for (struct confab_event *ev = b->events; ev; ev = ev->next) {
		if (ev->traced) {
			trace_store(
				ev, results[result], ev->rev, b->n, clock_mono_us() - b->sent_us);
		}
	}
}

static void commit_answered(struct confab_commit *call, void *arg)
{
	struct pipeline *pl = arg;
	struct chat_log *lg = chat_log_find(pl->chat, call->log);
	struct batch *b = lg->batch;

	if (pl->traces) {
		trace_batch(b, call->result);
	}
	if (call->result == CONFAB_COMMIT_UNKNOWN) {
		/* Nothing more is committed here until the log was read back. */
		store_call_keep(&call->call);
		doubt_ask(b);
		return;
	}
	/* It stays the batch in flight: what walks on meanwhile queues behind what comes back of it. */
	switch (call->result) {
	case CONFAB_COMMIT_DONE:
		batch_done(pl, lg, b);
		break;
	case CONFAB_COMMIT_MOVED:
		batch_moved(pl, lg, b);
		break;
	case CONFAB_COMMIT_REFUSED:
		refused_ask(pl, lg, b);
		break;
	case CONFAB_COMMIT_BUSY:
		batch_fail(
			pl, b, "busy", "the store is busy; nothing was written, try again", 1000);
		break;
	case CONFAB_COMMIT_UNKNOWN:
	default:
		batch_fail(pl, b, "unknown", UNKNOWN_TEXT, 500);
		break;
	}
	b->call = NULL; /* the store front frees it */
	batch_over(pl, lg, b);
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

void commit_kick(struct pipeline *pl, struct chat_log *lg)
{
	struct batch *b;
	struct confab_event *ev;

	if (lg->batch || lg->building || lg->paused || !lg->wait_head) {
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
	while (n && entries[0].rev <= lg->rev) {
		entries++;
		n--;
	}
	if (!n || entries[0].rev != lg->rev + 1) {
		return;
	}
	/* As far as everybody's rights stay as they are, then those, and on: nothing follows a kick. */
	while (n) {
		uint64_t prev = lg->rev;
		unsigned some = 0;

		do {
			apply_entry(pl, lg, &entries[some++]);
		} while (some < n && !turns_rights(&entries[some - 1]));
		fanout_entries(pl->fanout, lg, prev, entries, some, 0);
		apply_rights(pl, lg, &entries[some - 1]);
		entries += some;
		n -= some;
	}
}
