/*
 * A piece of work on its way from a loop to a thread and home again.
 *
 * SPDX-License-Identifier: MIT
 */
#include "loop/work.h"

#include <assert.h>
#include <stddef.h>

#include "loop/work_internal.h"

static void came_home(struct mail *m)
{
	struct work *w = (struct work *)((char *)m - offsetof(struct work, mail));

	w->done(w, w->rc);
}

/* ------------------------------------------------------------------------------------------- */

void work_queue_append(struct work_queue *q, struct work *w)
{
	w->next = NULL;
	if (q->first == NULL)
		q->first = w;
	else
		q->last->next = w;
	q->last = w;
	q->count++;
}

struct work *work_queue_take(struct work_queue *q)
{
	struct work *w = q->first;

	if (w == NULL)
		return NULL;
	q->first = w->next;
	q->count--;
	w->next = NULL;
	return w;
}

void work_prepare(struct work *w)
{
	if (loop_current() != NULL)
		w->home = loop_current();
	assert(w->home != NULL && w->run != NULL && w->done != NULL);
	w->mail.run = came_home;
	w->rc = 0;
	w->not_before_us = 0;
}

void work_complete(struct work *w, int rc)
{
	w->rc = rc;
	loop_post(w->home, &w->mail);
}
