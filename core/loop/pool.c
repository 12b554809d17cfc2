/*
 * The worker pool: threads that take pieces from one queue.
 *
 * SPDX-License-Identifier: MIT
 */
#include "loop/work.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "loop/sim_internal.h"
#include "loop/thread.h"
#include "loop/work_internal.h"

#define POOL_THREADS_MAX 64

struct pool {
	char name[16];
	pthread_mutex_t lock;
	pthread_cond_t arrived;
	struct work_queue queue; /* under lock, like closing */
	bool closing;
	unsigned max_queue;
	unsigned count;
	struct thread *threads;
	struct sim_actor *actor; /* simulation: instead of threads */
};

static void pool_main(void *arg)
{
	struct pool *p = arg;

	pthread_mutex_lock(&p->lock);
	while (!p->closing) {
		struct work *w = work_queue_take(&p->queue);

		if (w == NULL) {
			pthread_cond_wait(&p->arrived, &p->lock);
			continue;
		}
		pthread_mutex_unlock(&p->lock);
		work_complete(w, w->run(w));
		pthread_mutex_lock(&p->lock);
	}
	pthread_mutex_unlock(&p->lock);
}

/* As many of the oldest pieces as there would be threads are at work at a time. */
static int64_t sim_pool_due_us(void *self)
{
	struct pool *p = self;
	int64_t due_us = INT64_MAX;
	unsigned i = 0;

	for (struct work *w = p->queue.first; w != NULL && i < p->count; w = w->next, i++)
		due_us = w->not_before_us < due_us ? w->not_before_us : due_us;
	return due_us;
}

static void sim_pool_turn(void *self)
{
	struct pool *p = self;
	struct work_queue rest = {0};
	struct work *chosen = NULL, *w;
	uint64_t seen = 0;
	unsigned i = 0;

	for (w = p->queue.first; w != NULL && i < p->count; w = w->next, i++)
		if (w->not_before_us <= sim_now_us() && (++seen == 1 || sim_draw(seen) == 0))
			chosen = w;
	assert(chosen != NULL);
	while ((w = work_queue_take(&p->queue)) != NULL)
		if (w != chosen)
			work_queue_append(&rest, w);
	p->queue = rest;
	work_complete(chosen, chosen->run(chosen));
}

/* ------------------------------------------------------------------------------------------- */

struct pool *pool_new(
	const char *name, unsigned threads, unsigned max_queue, struct confab_error *err)
{
	struct pool *p = alloc_zero(1, sizeof(*p));

	assert(threads >= 1 && threads <= POOL_THREADS_MAX);
	(void)snprintf(p->name, sizeof(p->name), "%s", name);
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->arrived, NULL);
	p->max_queue = max_queue;
	p->count = threads;
	if (sim_on()) {
		p->actor = sim_actor_new(p, p->name, sim_pool_due_us, sim_pool_turn);
		return p;
	}
	p->threads = alloc_zero(threads, sizeof(*p->threads));
	for (unsigned i = 0; i < threads; i++) {
		if (thread_start(&p->threads[i], p->name, pool_main, p, err) != 0) {
			pool_free(p);
			return NULL;
		}
	}
	return p;
}

void pool_free(struct pool *p)
{
	struct work *w;

	if (p == NULL)
		return;
	pthread_mutex_lock(&p->lock);
	p->closing = true;
	pthread_cond_broadcast(&p->arrived);
	pthread_mutex_unlock(&p->lock);
	for (unsigned i = 0; p->threads != NULL && i < p->count; i++)
		thread_join(&p->threads[i]);
	while ((w = work_queue_take(&p->queue)) != NULL)
		work_complete(w, CONFAB_ECLOSED);
	if (p->actor != NULL)
		sim_actor_free(p->actor);
	pthread_cond_destroy(&p->arrived);
	pthread_mutex_destroy(&p->lock);
	free(p->threads);
	free(p);
}

int pool_submit(struct pool *p, struct work *w)
{
	bool taken;

	work_prepare(w);
	if (p->actor != NULL)
		w->not_before_us = sim_now_us() + sim_work_delay_us();
	pthread_mutex_lock(&p->lock);
	taken = !p->closing && p->queue.count < p->max_queue;
	if (taken) {
		work_queue_append(&p->queue, w);
		pthread_cond_signal(&p->arrived);
	}
	pthread_mutex_unlock(&p->lock);
	return taken ? 0 : CONFAB_EBUSY;
}

unsigned pool_waiting(struct pool *p)
{
	unsigned n;

	pthread_mutex_lock(&p->lock);
	n = p->queue.count;
	pthread_mutex_unlock(&p->lock);
	return n;
}
