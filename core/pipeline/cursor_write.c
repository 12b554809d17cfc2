/**
 * Cursor records: highest wins.
 *
 * SPDX-License-Identifier: MIT
 */
#include "pipeline/cursor_write.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <confab/provider/store.h>
#include "base/json.h"
#include "chat/cursor.h"
#include "chat/row.h"
#include "pipeline/event_internal.h"
#include "pipeline/fanout.h"
#include "pipeline/pipeline.h"
#include "store/store.h"

#define PAUSE_US 2000000

/** Events that wait for a cursor's next write. */
struct cursor_wait {
	struct cursor_wait *next;
	struct confab_event *ev;
};

/** One write under way, or the pause before it. The user's log is pinned meanwhile. */
struct cursor_put {
	struct pipeline *pl;
	struct chat_log *user_lg;
	struct cursor *cursor;
	struct cursor_wait *waits;
	struct timer pause;
};

static void put_start(struct cursor_put *put);

static json_t *cursor_ok(const struct cursor *c, const struct user *u, const struct chat_log *lg)
{
	struct unread unread = cursor_unread(u, lg, c);

	return json_pack("{s:{s:I,s:I,s:I},s:I,s:I,s:I}", "read", "seq", (json_int_t)c->read_seq,
		"ord", (json_int_t)c->read_ord, "all", (json_int_t)c->read_all, "delivered",
		(json_int_t)c->delivered, "unread", (json_int_t)unread.unread, "mentions",
		(json_int_t)unread.mentions);
}

static void wait_add(struct cursor *c, struct confab_event *ev)
{
	struct cursor_wait *w = malloc(sizeof(*w));

	assert(w);
	*w = (struct cursor_wait){.next = c->waits, .ev = ev};
	c->waits = w;
	ev->place = EVENT_WAITING;
}

/** What is stored, as the answer: in memory the cursor may be further on already. */
static json_t *stored_ok(
	const struct confab_cursor *from, const struct user *u, const struct chat_log *lg)
{
	struct cursor c = {.read_seq = from->read_seq,
		.read_ord = from->read_ord,
		.read_all = from->read_all,
		.delivered = from->delivered};
	json_t *ok;

	for (size_t i = 0; i < from->n_own; i++) {
		marks_add(&c.own, from->own[i].seq, from->own[i].all);
	}
	ok = cursor_ok(&c, u, lg);
	marks_fini(&c.own);
	return ok;
}

static void waits_answer(
	struct cursor_wait *w, const struct cursor_put *put, const struct confab_cursor_put *call)
{
	for (struct cursor_wait *next; w; w = next) {
		struct confab_event *ev = w->ev;

		next = w->next;
		free(w);
		ev->place = EVENT_WALKING;
		if (call->call.rc) {
			event_fail(ev, "busy", "the store is busy; send it again", 1000);
			continue;
		}
		ev->out.is = OUTCOME_OK;
		ev->out.ok = stored_ok(&call->out, put->user_lg->user, ev->lg);
		ev->rev = 1; /* stored: the persist step is over */
		event_resume(ev);
	}
}

static void put_done(struct confab_cursor_put *call, void *arg)
{
	struct cursor_put *put = arg;
	struct cursor_wait *waits = put->waits;
	struct cursor *c = put->cursor;
	bool more = c->dirty;

	put->waits = NULL;
	c->unstored = call->call.rc != 0;
	waits_answer(waits, put, call);
	if (!call->call.rc) {
		cursor_take(put->user_lg->user, &call->out);
	}
	if (more) {
		timer_start(put->pl->chat->loop, &put->pause, PAUSE_US);
		return;
	}
	c->putting = false;
	if (c->dirty) {
		c->putting = true;
		timer_start(put->pl->chat->loop, &put->pause, PAUSE_US);
		return;
	}
	chat_log_unpin(put->user_lg);
	free(put);
}

static void put_send(void *arg)
{
	put_start(arg);
}

static void put_start(struct cursor_put *put)
{
	struct store *s = put->pl->chat->store;
	struct confab_cursor_put *call = store_cursor_put_new(s);
	struct cursor *c = put->cursor;

	put->waits = c->waits;
	c->waits = NULL;
	c->dirty = false;
	c->put_us = loop_now_us(put->pl->chat->loop);
	call->cursor = (struct confab_cursor){.log = c->log,
		.user = put->user_lg->user->id,
		.read_seq = c->read_seq,
		.read_ord = c->read_ord,
		.read_all = c->read_all,
		.delivered = c->delivered};
	store_cursor_put(s, call, put_done, put);
}

/** ord and all as the log had them at seq; false: the message is not known. */
static bool place_of(struct confab_event *ev, uint64_t *seq, uint64_t *ord, uint64_t *all)
{
	char id[24];
	const json_t *message;

	if (*seq >= ev->lg->seq) {
		*seq = ev->lg->seq;
		*ord = ev->lg->ord;
		*all = ev->lg->all;
		return true;
	}
	snprintf(id, sizeof(id), "%" PRIu64, *seq);
	message = event_lend(ev, ev->lg, "message", id);
	if (!message) {
		return false;
	}
	*ord = (uint64_t)json_int(message, "ord", 0);
	*all = (uint64_t)json_int(message, "all", 0);
	return true;
}

static bool raise_cursor(struct confab_event *ev, struct cursor *c)
{
	uint64_t seq = (uint64_t)json_int(ev->body, "seq", 0), ord = 0, all = 0;
	uint64_t delivered = (uint64_t)json_int(ev->body, "delivered", 0);
	bool moved = false;

	if (delivered > ev->lg->seq) {
		delivered = ev->lg->seq;
	}
	if (seq && place_of(ev, &seq, &ord, &all) && seq > c->read_seq) {
		c->read_seq = seq;
		c->read_ord = ord > c->read_ord ? ord : c->read_ord;
		c->read_all = all > c->read_all ? all : c->read_all;
		marks_trim(&c->own, seq);
		moved = true;
	}
	if (seq > delivered) {
		delivered = seq;
	}
	if (delivered > c->delivered) {
		c->delivered = delivered;
		moved = true;
	}
	return moved;
}

/** The user's other sessions hear of it at once. */
static void tell_own(struct confab_event *ev, const struct cursor *c)
{
	json_t *body = cursor_ok(c, ev->actor.user, ev->lg);

	json_object_set_new(body, "ev", json_string("cursor"));
	json_object_set_new(body, "channel", json_string(ev->lg->id));
	json_object_set_new(body, "user", json_string(ev->actor.id));
	fanout_to_user(ev->pl->fanout, ev->actor.user, ev->actor.session, body);
}

/* -------------------------------------------------------------------------------------------- */

bool cursor_write(struct confab_event *ev)
{
	struct cursor *c;
	struct cursor_put *put;
	int64_t since;

	if (ev->rev) {
		return true;
	}
	if (!ev->actor.user) {
		event_error(ev, "internal", NULL, 0, NULL);
		return true;
	}
	c = cursor_get(ev->actor.user, ev->lg->id);
	if (!raise_cursor(ev, c) && !c->putting && !c->unstored) {
		ev->out.is = OUTCOME_OK;
		ev->out.ok = cursor_ok(c, ev->actor.user, ev->lg);
		return true;
	}
	tell_own(ev, c);
	wait_add(c, ev);
	c->dirty = true;
	if (c->putting) {
		return false;
	}
	c->putting = true;
	put = calloc(1, sizeof(*put));
	assert(put);
	*put = (struct cursor_put){.pl = ev->pl, .user_lg = ev->user_lg, .cursor = c};
	chat_log_pin(put->user_lg);
	timer_init(&put->pause, put_send, put);
	since = loop_now_us(ev->pl->chat->loop) - c->put_us;
	if (since >= PAUSE_US || !c->put_us) {
		put_start(put);
	} else {
		timer_start(ev->pl->chat->loop, &put->pause, PAUSE_US - since);
	}
	return false;
}
