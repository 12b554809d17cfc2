/**
 * Pools and lanes: every piece gets its done exactly once, on the loop that asked; lanes keep order
 * and hand over what waits; a full pool refuses.
 *
 * SPDX-License-Identifier: MIT
 */
#include "loop/work.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <semaphore.h>

#define PIECES 2000

struct desk {
	struct loop *loop;
	struct lane *lane;
	struct pool *pool;
	sem_t started, gate;
	unsigned submitted, done, closed, wrong;
	unsigned batches;
	_Atomic unsigned ran;
	unsigned last_run; /* lane's thread only */
	unsigned wanted;
};

struct piece {
	struct work work;
	struct desk *desk;
	unsigned number;
};

static void piece_done(struct work *w, int rc)
{
	struct piece *p = (struct piece *)w;
	struct desk *d = p->desk;

	if (loop_current() != d->loop)
		d->wrong++;
	d->done++;
	if (rc == CONFAB_ECLOSED)
		d->closed++;
	else if (rc != (int)p->number)
		d->wrong++;
	if (d->done == d->wanted)
		loop_stop(d->loop);
}

static struct piece *pieces_new(struct desk *d, unsigned n, int (*run)(struct work *w))
{
	struct piece *p = calloc(n, sizeof(*p));

	assert_non_null(p);
	for (unsigned i = 0; i < n; i++)
		p[i] = (struct piece){{.run = run, .done = piece_done, .home = d->loop}, d, i};
	return p;
}

static int desk_open(void **state)
{
	static struct desk desk;

	desk = (struct desk){.loop = loop_new("desk", NULL)};
	sem_init(&desk.started, 0, 0);
	sem_init(&desk.gate, 0, 0);
	*state = &desk;
	return desk.loop == NULL ? -1 : 0;
}

static int desk_close(void **state)
{
	struct desk *d = *state;

	lane_free(d->lane);
	pool_free(d->pool);
	loop_free(d->loop);
	sem_destroy(&d->started);
	sem_destroy(&d->gate);
	return d->wrong == 0 ? 0 : -1;
}

static int run_in_order(struct work *w)
{
	struct piece *p = (struct piece *)w;

	if (p->number != p->desk->last_run++)
		return -1;
	return (int)p->number;
}

static void a_lane_keeps_order(void **state)
{
	struct desk *d = *state;
	struct piece *p = pieces_new(d, PIECES, run_in_order);

	d->lane = lane_new("lane", NULL);
	assert_non_null(d->lane);
	d->wanted = PIECES;
	for (unsigned i = 0; i < PIECES; i++)
		lane_submit(d->lane, &p[i].work);
	loop_run(d->loop);
	assert_int_equal(d->done, PIECES);
	assert_int_equal(d->last_run, PIECES);
	assert_int_equal(lane_waiting(d->lane), 0);
	free(p);
}

/* The first waits at the gate, takes what came meanwhile and finishes all together. */
static int run_group(struct work *w)
{
	struct piece *p = (struct piece *)w;
	struct desk *d = p->desk;
	struct work *taken, *next;

	sem_post(&d->started);
	sem_wait(&d->gate);
	d->batches++;
	d->last_run = p->number + 1;
	for (taken = lane_take_waiting(d->lane); taken != NULL; taken = next) {
		struct piece *t = (struct piece *)taken;

		next = taken->next;
		if (t->number != d->last_run++)
			d->batches += 100;
		lane_finish(taken, (int)t->number);
	}
	return (int)p->number;
}

static void a_lane_hands_over_what_waits(void **state)
{
	struct desk *d = *state;
	struct piece *p = pieces_new(d, 50, run_group);

	d->lane = lane_new("group", NULL);
	assert_non_null(d->lane);
	d->wanted = 50;
	lane_submit(d->lane, &p[0].work);
	sem_wait(&d->started);
	for (unsigned i = 1; i < 50; i++)
		lane_submit(d->lane, &p[i].work);
	assert_int_equal(lane_waiting(d->lane), 49);
	sem_post(&d->gate);
	loop_run(d->loop);
	assert_int_equal(d->done, 50);
	assert_int_equal(d->batches, 1);
	free(p);
}

static void a_lane_runs_what_waits_before_it_ends(void **state)
{
	struct desk *d = *state;
	struct piece *p = pieces_new(d, 10, run_in_order);

	d->lane = lane_new("end", NULL);
	assert_non_null(d->lane);
	for (unsigned i = 0; i < 10; i++)
		lane_submit(d->lane, &p[i].work);
	lane_free(d->lane);
	d->lane = NULL;
	loop_free(d->loop); /* runs the completions */
	d->loop = loop_new("desk", NULL);
	assert_int_equal(d->done, 10);
	assert_int_equal(d->closed, 0);
	d->wrong = 0; /* the loop is another now */
	free(p);
}

static int run_counted(struct work *w)
{
	struct piece *p = (struct piece *)w;

	atomic_fetch_add(&p->desk->ran, 1);
	return (int)p->number;
}

static void a_pool_does_everything_once(void **state)
{
	struct desk *d = *state;
	struct piece *p = pieces_new(d, PIECES, run_counted);

	d->pool = pool_new("pool", 4, PIECES, NULL);
	assert_non_null(d->pool);
	d->wanted = PIECES;
	for (unsigned i = 0; i < PIECES; i++)
		assert_int_equal(pool_submit(d->pool, &p[i].work), 0);
	loop_run(d->loop);
	assert_int_equal(d->done, PIECES);
	assert_int_equal(d->ran, PIECES);
	free(p);
}

static int run_at_gate(struct work *w)
{
	struct piece *p = (struct piece *)w;

	sem_post(&p->desk->started);
	sem_wait(&p->desk->gate);
	atomic_fetch_add(&p->desk->ran, 1);
	return (int)p->number;
}

static void a_full_pool_refuses_and_answers_what_waits_at_its_end(void **state)
{
	struct desk *d = *state;
	struct piece *p = pieces_new(d, 6, run_at_gate);

	d->pool = pool_new("full", 1, 3, NULL);
	assert_non_null(d->pool);
	assert_int_equal(pool_submit(d->pool, &p[0].work), 0);
	sem_wait(&d->started); /* it runs: the queue is empty */
	for (unsigned i = 1; i <= 3; i++)
		assert_int_equal(pool_submit(d->pool, &p[i].work), 0);
	assert_int_equal(pool_submit(d->pool, &p[4].work), CONFAB_EBUSY);
	assert_int_equal(pool_waiting(d->pool), 3);
	for (unsigned i = 0; i < 4; i++)
		sem_post(&d->gate);
	pool_free(d->pool); /* what the worker has not begun yet is answered */
	d->pool = NULL;
	d->wanted = 4;
	loop_run(d->loop);
	assert_int_equal(d->done, 4);
	assert_int_equal(d->closed + d->ran, 4);
	free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define WORK_TEST(name) cmocka_unit_test_setup_teardown(name, desk_open, desk_close)
		WORK_TEST(a_lane_keeps_order),
		WORK_TEST(a_lane_hands_over_what_waits),
		WORK_TEST(a_lane_runs_what_waits_before_it_ends),
		WORK_TEST(a_pool_does_everything_once),
		WORK_TEST(a_full_pool_refuses_and_answers_what_waits_at_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
