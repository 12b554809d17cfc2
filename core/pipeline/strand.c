/**
 * The order of one session's durable events in one log.
 *
 * SPDX-License-Identifier: MIT
 */
#include "pipeline/strand.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "chat/session.h"
#include "pipeline/event_internal.h"
#include "pipeline/kind.h"
#include "pipeline/pipeline.h"
#include "pipeline/ticket.h"

struct strand {
	struct strand *next; /* of its session */
	struct session *session;
	struct confab_event *head, *tail;
	char log[];
};

static struct strand *strand_get(struct session *s, const char *log)
{
	struct strand *st;

	for (st = s->strands; st; st = st->next) {
		if (strcmp(st->log, log) == 0) {
			return st;
		}
	}
	st = calloc(1, sizeof(*st) + strlen(log) + 1);
	assert(st);
	strcpy(st->log, log);
	st->session = s;
	st->next = s->strands;
	s->strands = st;
	return st;
}

static void strand_free(struct strand *st)
{
	struct strand **at = &st->session->strands;

	while (*at != st) {
		at = &(*at)->next;
	}
	*at = st->next;
	free(st);
}

/** The first that waits walks, if all ahead of it are queued. It may end the strand: touch nothing after. */
static void strand_walk(struct strand *st)
{
	for (struct confab_event *ev = st->head; ev; ev = ev->strand_next) {
		if (ev->place == EVENT_STRAND) {
			ev->place = EVENT_WALKING;
			event_resume(ev);
			return;
		}
		if (ev->place != EVENT_QUEUED && ev->place != EVENT_BATCH) {
			return;
		}
	}
}

/* -------------------------------------------------------------------------------------------- */

bool strand_join(struct confab_event *ev)
{
	struct strand *st;
	bool clear = true;

	if (!ev->actor.session || ev->kind->row->class_ != CONFAB_DURABLE) {
		return true;
	}
	st = strand_get(ev->actor.session, ev->log_id);
	for (struct confab_event *ahead = st->head; ahead && clear; ahead = ahead->strand_next) {
		clear = ahead->place == EVENT_QUEUED || ahead->place == EVENT_BATCH;
	}
	ev->strand = st;
	if (st->tail) {
		st->tail->strand_next = ev;
	} else {
		st->head = ev;
	}
	st->tail = ev;
	return clear;
}

void strand_advance(struct confab_event *ev)
{
	if (ev->strand && ev->strand_next) {
		strand_walk(ev->strand);
	}
}

bool strand_wait(struct confab_event *ev)
{
	if (!ev->strand || ev->strand->head == ev) {
		return false;
	}
	json_decref(ev->out.ok);
	free(ev->out.text);
	ev->out = (struct outcome){0};
	ev->place = EVENT_STRAND;
	return true;
}

void strand_fail(struct confab_event *ev)
{
	event_fail(ev, "busy",
		"an earlier change of this session could not be stored; "
		"send this one again after it",
		1000);
}

void strand_leave(struct confab_event *ev, bool broken)
{
	struct strand *st = ev->strand;
	struct confab_event **at, *before = NULL, *behind;

	if (!st) {
		return;
	}
	ev->strand = NULL;
	for (at = &st->head; *at != ev; at = &(*at)->strand_next) {
		before = *at;
	}
	*at = behind = ev->strand_next;
	if (st->tail == ev) {
		st->tail = before;
	}
	ev->strand_next = NULL;
	if (!st->head) {
		strand_free(st);
		return;
	}
	/* The one behind, ending busy too, goes on to the one behind it. In a batch it has its own fate;
	   what the store or a load still holds must live until that comes back. */
	if (broken && behind && behind->place == EVENT_WAITING && !ticket_waits(behind)) {
		behind->doomed = true;
		return;
	}
	if (broken && behind && behind->place != EVENT_BATCH) {
		strand_fail(behind);
		return;
	}
	strand_walk(st);
}
