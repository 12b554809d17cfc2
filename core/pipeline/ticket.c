/**
 * Tickets are answered from any thread: the table of open ones is shared by all threads of the process
 * and guarded by a mutex; what is answered travels to its logic loop by mail.
 *
 * SPDX-License-Identifier: MIT
 */
#include "pipeline/ticket.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/map.h"
#include "config/config.h"
#include "pipeline/dispatch.h"
#include "pipeline/event_internal.h"
#include "pipeline/hold.h"
#include "pipeline/hook.h"
#include "pipeline/kind.h"
#include "pipeline/pipeline.h"

/** One open ticket; freed when its answer (or deadline) has been taken on the logic thread. */
struct ticket {
	struct mail mail;
	struct confab_event *ev; /* logic thread only; NULL: void */
	struct loop *loop;
	confab_ticket id;
	const void *owner; /* whose answer is waited for, and who counts it */
	void (*ended)(const void *owner);
	bool answered; /* under the mutex */
	enum confab_verdict verdict;
	char code[33], text[200];
};

/** The door: tickets are plain numbers, so that plugins can keep them anywhere. */
static struct {
	pthread_mutex_t mutex;
	struct nummap *open;
	confab_ticket next;
} tickets = {.mutex = PTHREAD_MUTEX_INITIALIZER, .next = 1};

static struct ticket *ticket_find(confab_ticket id)
{
	struct ticket *t;

	pthread_mutex_lock(&tickets.mutex);
	t = tickets.open ? nummap_find(tickets.open, id) : NULL;
	pthread_mutex_unlock(&tickets.mutex);
	return t;
}

/** It is open no more. Logic thread. */
static void ticket_forget(struct ticket *t)
{
	void (*ended)(const void *owner) = t->ended;
	const void *owner = t->owner;

	pthread_mutex_lock(&tickets.mutex);
	nummap_take(tickets.open, t->id);
	if (!nummap_count(tickets.open)) {
		nummap_free(tickets.open);
		tickets.open = NULL;
	}
	pthread_mutex_unlock(&tickets.mutex);
	free(t);
	if (ended) {
		ended(owner);
	}
}

/** Claim the right to answer. */
static bool ticket_claim(struct ticket *t)
{
	bool mine;

	pthread_mutex_lock(&tickets.mutex);
	mine = !t->answered;
	t->answered = true;
	pthread_mutex_unlock(&tickets.mutex);
	return mine;
}

static void ticket_settle(
	struct confab_event *ev, enum confab_verdict v, const char *code, const char *text)
{
	const char *plugin = ev->running ? ev->running->plugin : NULL;

	timer_stop(&ev->deadline);
	ev->ticket = 0;
	switch (v) {
	case CONFAB_PASS:
		event_resume(ev);
		return;
	case CONFAB_STOP:
		ev->out.is = OUTCOME_OK;
		ev->out.ok = json_pack("{s:b}", "handled", 1);
		event_finish(ev);
		return;
	case CONFAB_HOLD:
		if (!ev->hold_queue) {
			break;
		}
		if (ev->doomed) {
			event_resume(ev);
		} else if (hold_event(ev) == STEP_END) {
			event_finish(ev);
		}
		return;
	case CONFAB_REJECT:
	case CONFAB_DEFER:
		break;
	}
	event_error(ev, *code ? code : "refused", *text ? text : "refused", 0, plugin);
	event_finish(ev);
}

static void ticket_answered(struct mail *m)
{
	struct ticket *t = (struct ticket *)m;

	if (t->ev) {
		struct confab_event *ev = t->ev;
		enum confab_verdict v = t->verdict;
		char code[33], text[200];

		snprintf(code, sizeof(code), "%s", t->code);
		snprintf(text, sizeof(text), "%s", t->text);
		ticket_forget(t);
		ticket_settle(ev, v, code, text);
	} else {
		ticket_forget(t);
	}
}

/** End the wait as the administrator wants it. @return false: an answer is on its way, which ends it */
static bool ticket_give_up(struct confab_event *ev, const char *why)
{
	struct ticket *t = ticket_find(ev->ticket);

	if (!t || !ticket_claim(t)) {
		return false;
	}
	timer_stop(&ev->deadline);
	ev->ticket = 0;
	ticket_forget(t);
	dispatch_late(ev);
	if (ev->deadline_pass) {
		event_resume(ev);
		return true;
	}
	event_error(ev, "busy", why, 1000, ev->running ? ev->running->plugin : NULL);
	event_finish(ev);
	return true;
}

static void ticket_late(void *arg)
{
	(void)ticket_give_up(arg, "a check took too long; try again");
}

/** Does it wait for an answer of this owner? Under the mutex. */
static bool waits_for(const struct ticket *t, const struct pipeline *pl, const void *owner)
{
	return t->owner == owner && !t->answered && t->ev && t->ev->pl == pl;
}

/** The ids of all that wait for an owner. @return the caller's to free(), *n of them */
static confab_ticket *tickets_of(const struct pipeline *pl, const void *owner, unsigned *n)
{
	confab_ticket *ids = NULL;
	size_t pos = 0;
	void *value;

	*n = 0;
	pthread_mutex_lock(&tickets.mutex);
	if (tickets.open) {
		ids = calloc(nummap_count(tickets.open), sizeof(*ids));
		assert(ids);
	}
	while (ids && nummap_next(tickets.open, &pos, NULL, &value)) {
		const struct ticket *t = value;

		if (waits_for(t, pl, owner)) {
			ids[(*n)++] = t->id;
		}
	}
	pthread_mutex_unlock(&tickets.mutex);
	return ids;
}

/** May a hook wait here? A ticket for each event, at stages that can be entered again. */
static bool may_defer(const struct confab_event *ev)
{
	const struct hook *hk = ev->running;

	return hk && !ev->ticket &&
		(hk->row.stage == CONFAB_TRANSFORM || hk->row.stage == CONFAB_MODERATE);
}

/* -------------------------------------------------------------------------------------------- */

enum confab_verdict confab_defer(struct confab_event *ev, unsigned deadline_ms, confab_ticket *out)
{
	const struct config_pipeline *rules = config_pipeline(ev->pl->chat->config);
	const struct hook *hk = ev->running;
	struct ticket *t;

	*out = 0;
	if (!may_defer(ev)) {
		log_error("plugin '%s', deferred '%s' twice, or where nobody may wait",
			hk ? hk->plugin : "?", ev->kind->row->name);
		event_error(ev, "internal", NULL, 0, hk ? hk->plugin : NULL);
		return CONFAB_REJECT;
	}
	if (hk->defer_begin && !hk->defer_begin(hk->owner)) {
		event_error(ev, "busy", "too much waits for a check already; try again", 1000,
			hk->plugin);
		return CONFAB_REJECT;
	}
	t = calloc(1, sizeof(*t));
	assert(t);
	t->owner = hk->owner;
	t->ended = hk->defer_end;
	if (deadline_ms == 0 || deadline_ms > rules->defer_timeout_ms) {
		deadline_ms = (unsigned)rules->defer_timeout_ms;
	}
	ev->deadline_pass = rules->on_deadline == CONFIG_LATE_PASS;
	t->ev = ev;
	t->loop = ev->pl->chat->loop;
	t->mail.run = ticket_answered;
	pthread_mutex_lock(&tickets.mutex);
	t->id = tickets.next++;
	if (!tickets.open) {
		tickets.open = nummap_new();
	}
	nummap_put(tickets.open, t->id, t);
	pthread_mutex_unlock(&tickets.mutex);
	ev->ticket = t->id;
	*out = t->id;
	timer_init(&ev->deadline, ticket_late, ev);
	timer_start(t->loop, &ev->deadline, (int64_t)deadline_ms * 1000);
	return CONFAB_DEFER;
}

int confab_resume(confab_ticket id, enum confab_verdict v, const char *code, const char *text)
{
	struct ticket *t;

	pthread_mutex_lock(&tickets.mutex);
	t = tickets.open ? nummap_find(tickets.open, id) : NULL;
	if (!t || t->answered) {
		pthread_mutex_unlock(&tickets.mutex);
		return CONFAB_EGONE;
	}
	t->answered = true;
	t->verdict = v;
	snprintf(t->code, sizeof(t->code), "%s", code ? code : "");
	snprintf(t->text, sizeof(t->text), "%s", text ? text : "");
	loop_post(t->loop, &t->mail);
	pthread_mutex_unlock(&tickets.mutex);
	return 0;
}

struct confab_event *confab_ticket_event(confab_ticket id)
{
	struct ticket *t = ticket_find(id);

	return t ? t->ev : NULL;
}

bool ticket_waits(const struct confab_event *ev)
{
	return ev->ticket != 0;
}

void ticket_void(struct confab_event *ev)
{
	struct ticket *t;

	if (!ev->ticket) {
		return;
	}
	t = ticket_find(ev->ticket);
	timer_stop(&ev->deadline);
	ev->ticket = 0;
	if (!t) {
		return;
	}
	if (ticket_claim(t)) {
		ticket_forget(t);
	} else {
		t->ev = NULL; /* its mail frees it */
	}
}

unsigned ticket_cancel_all(struct pipeline *pl, const void *owner)
{
	unsigned n;
	confab_ticket *ids = tickets_of(pl, owner, &n);

	/* The end of one may be the end of others too. */
	for (unsigned i = 0; i < n; i++) {
		const struct ticket *t = ticket_find(ids[i]);

		if (t && t->ev) {
			(void)ticket_give_up(t->ev, "a check was taken away meanwhile; try again");
		}
	}
	free(ids);
	return n;
}
