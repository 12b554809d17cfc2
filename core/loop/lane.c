/*
 * A lane: one thread, pieces in order; a piece may take along what waits behind it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "loop/work.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "loop/sim_internal.h"
#include "loop/thread.h"
#include "loop/work_internal.h"

struct lane {
	char name[16];
	pthread_mutex_t lock;
	pthread_cond_t arrived;
	struct work_queue queue; /* under lock, like closing */
	bool closing;
	struct thread thread;
	struct sim_actor *actor; /* simulation: instead of the thread */
};

static struct work *lane_take(struct lane *l)
{
	struct work *w;

	pthread_mutex_lock(&l->lock);
	while ((w = work_queue_take(&l->queue)) == NULL && !l->closing)
		pthread_cond_wait(&l->arrived, &l->lock);
	pthread_mutex_unlock(&l->lock);
	return w;
}

static void lane_main(void *arg)
{
	struct work *w;

	while ((w = lane_take(arg)) != NULL)
		work_complete(w, w->run(w));
}

static int64_t sim_lane_due_us(void *self)
{
	struct lane *l = self;

	return l->queue.first == NULL ? INT64_MAX : l->queue.first->not_before_us;
}

static void sim_lane_turn(void *self)
{
	struct lane *l = self;
	struct work *w = work_queue_take(&l->queue);

	work_complete(w, w->run(w));
}

/* ------------------------------------------------------------------------------------------- */

struct lane *lane_new(const char *name, struct confab_error *err)
{
	struct lane *l = alloc_zero(1, sizeof(*l));

	(void)snprintf(l->name, sizeof(l->name), "%s", name);
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->arrived, NULL);
	if (sim_on())
		l->actor = sim_actor_new(l, l->name, sim_lane_due_us, sim_lane_turn);
	else if (thread_start(&l->thread, l->name, lane_main, l, err) != 0) {
		lane_free(l);
		return NULL;
	}
	return l;
}

void lane_free(struct lane *l)
{
	if (l == NULL)
		return;
	while (l->actor != NULL && l->queue.first != NULL)
		sim_lane_turn(l);
	pthread_mutex_lock(&l->lock);
	l->closing = true;
	pthread_cond_signal(&l->arrived);
	pthread_mutex_unlock(&l->lock);
	thread_join(&l->thread);
	if (l->actor != NULL)
		sim_actor_free(l->actor);
	pthread_cond_destroy(&l->arrived);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

void lane_submit(struct lane *l, struct work *w)
{
	work_prepare(w);
	if (l->actor != NULL)
		w->not_before_us = sim_now_us() + sim_lane_delay_us();
	pthread_mutex_lock(&l->lock);
	work_queue_append(&l->queue, w);
	if (l->queue.count == 1)
		pthread_cond_signal(&l->arrived);
	pthread_mutex_unlock(&l->lock);
}

struct work *lane_take_waiting(struct lane *l)
{
	struct work *first;

	pthread_mutex_lock(&l->lock);
	first = l->queue.first;
	l->queue = (struct work_queue){0};
	pthread_mutex_unlock(&l->lock);
	return first;
}

void lane_finish(struct work *w, int rc)
{
	work_complete(w, rc);
}

unsigned lane_waiting(struct lane *l)
{
	unsigned n;

	pthread_mutex_lock(&l->lock);
	n = l->queue.count;
	pthread_mutex_unlock(&l->lock);
	return n;
}
