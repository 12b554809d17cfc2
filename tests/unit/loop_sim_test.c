/**
 * The simulation: the same seed gives the same run, another seed another; faults delay but never
 * reorder one poster's mail; virtual time jumps.
 *
 * SPDX-License-Identifier: MIT
 */
#include "loop/sim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/chance.h"
#include "base/clock.h"
#include "loop/loop.h"
#include "loop/work.h"

#define LOOPS 4
#define LETTERS 500

/* A small world: loops that write to each other, a lane, a pool, timers. */
struct world {
	struct loop *loop[LOOPS];
	struct lane *lane;
	struct pool *pool;
	uint32_t next[LOOPS][LOOPS]; /* receiver, sender */
	unsigned got, done, fired, wrong;
	uint64_t last_piece;
	struct timer tick;
};

struct letter {
	struct mail mail;
	struct world *world;
	unsigned from, to;
	uint32_t number;
};

struct sender {
	struct mail mail;
	struct world *world;
	unsigned from;
	uint32_t sent[LOOPS];
	unsigned left;
};

struct piece {
	struct work work;
	struct world *world;
	uint64_t number;
};

static void letter_run(struct mail *m)
{
	struct letter *l = (struct letter *)m;
	struct world *w = l->world;

	if (loop_current() != w->loop[l->to] || w->next[l->to][l->from]++ != l->number)
		w->wrong++;
	w->got++;
	free(l);
}

static int piece_run(struct work *work)
{
	struct piece *p = (struct piece *)work;

	if (loop_current() != NULL)
		p->world->wrong++;
	return 7;
}

static void piece_done(struct work *work, int rc)
{
	struct piece *p = (struct piece *)work;

	if (rc != 7 || loop_current() != work->home)
		p->world->wrong++;
	p->world->done++;
	free(p);
}

static struct work *piece_new(struct world *w)
{
	struct piece *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	p->work.run = piece_run;
	p->work.done = piece_done;
	p->world = w;
	return &p->work;
}

/* Each turn a sender writes to a few others and gives some work away, then writes to itself. */
static void sender_run(struct mail *m)
{
	struct sender *s = (struct sender *)m;
	struct world *w = s->world;
	unsigned burst = 1 + (unsigned)chance_below(3);

	for (unsigned i = 0; i < burst && s->left > 0; i++, s->left--) {
		struct letter *l = calloc(1, sizeof(*l));

		assert_non_null(l);
		l->mail.run = letter_run;
		l->world = w;
		l->from = s->from;
		l->to = (unsigned)chance_below(LOOPS);
		l->number = s->sent[l->to]++;
		loop_post(w->loop[l->to], &l->mail);
	}
	lane_submit(w->lane, piece_new(w));
	if (pool_submit(w->pool, piece_new(w)) != 0)
		w->wrong++;
	if (s->left > 0)
		loop_post(loop_current(), m);
	else
		free(s);
}

static void ticked(void *arg)
{
	struct world *w = arg;

	w->fired++;
	if (w->fired < 100)
		timer_start(w->loop[0], &w->tick, 1000 + (int64_t)chance_below(1000));
}

static bool all_got(void *arg)
{
	struct world *w = arg;

	return w->got == LOOPS * LETTERS;
}

static const struct sim_faults stormy = {
	.mail_late = 100000,
	.mail_late_us = 20000,
	.lane_late = 200000,
	.lane_late_us = 50000,
	.work_late = 300000,
	.work_late_us = 9000,
	.batch_short = 300000,
};

static uint64_t world_run(uint64_t seed, const struct sim_faults *faults)
{
	struct world w = {0};
	uint64_t hash;

	sim_begin(seed);
	sim_faults_set(faults);
	for (unsigned i = 0; i < LOOPS; i++) {
		struct sender *s = calloc(1, sizeof(*s));

		assert_non_null(s);
		w.loop[i] = loop_new("node", NULL);
		assert_non_null(w.loop[i]);
		*s = (struct sender){{NULL, sender_run}, &w, i, {0}, LETTERS};
		assert_int_equal(loop_start(w.loop[i], NULL), 0);
		loop_post(w.loop[i], &s->mail);
	}
	w.lane = lane_new("lane", NULL);
	w.pool = pool_new("pool", 3, 10000, NULL);
	timer_init(&w.tick, ticked, &w);
	timer_start(w.loop[0], &w.tick, 1000);
	assert_true(sim_run_until(sim_now_us() + 3600000000, all_got, &w));
	while (sim_step())
		;
	assert_int_equal(w.wrong, 0);
	assert_int_equal(w.fired, 100);
	assert_true(w.done > 0);
	hash = sim_trace_hash();
	lane_free(w.lane);
	pool_free(w.pool);
	for (unsigned i = 0; i < LOOPS; i++) {
		loop_stop(w.loop[i]);
		loop_join(w.loop[i]);
		loop_free(w.loop[i]);
	}
	sim_end();
	return hash;
}

static void the_same_seed_gives_the_same_run(void **state)
{
	static const struct sim_faults calm;

	(void)state;
	for (uint64_t seed = 0; seed < 20; seed++) {
		uint64_t first = world_run(seed, &stormy);

		assert_true(world_run(seed, &stormy) == first);
		assert_true(world_run(seed + 1, &stormy) != first);
		assert_true(world_run(seed, &calm) != first);
	}
}

static void late(void *arg)
{
	*(int64_t *)arg = clock_mono_us();
}

static void time_jumps_to_the_next_timer(void **state)
{
	struct loop *loop;
	struct timer t;
	int64_t fired_us = 0, began_us;
	int64_t began_ms;

	(void)state;
	sim_begin(3);
	loop = loop_new("patient", NULL);
	assert_non_null(loop);
	assert_int_equal(loop_start(loop, NULL), 0);
	began_us = sim_now_us();
	began_ms = clock_real_ms();
	timer_init(&t, late, &fired_us);
	timer_start(loop, &t, 86400000000);
	assert_true(sim_run_until(began_us + 86400000000 + 10, NULL, NULL));
	assert_true(fired_us == began_us + 86400000000);
	assert_true(clock_real_ms() - began_ms == 86400000);
	assert_false(sim_step()); /* nothing left */
	loop_free(loop);
	sim_end();
}

static void readable(void *arg, unsigned what)
{
	(void)arg;
	(void)what;
}

static void there_are_no_descriptors(void **state)
{
	struct loop *loop;
	struct watch w;

	(void)state;
	sim_begin(4);
	loop = loop_new("deaf", NULL);
	assert_non_null(loop);
	watch_init(&w, readable, NULL);
	assert_int_equal(watch_start(loop, &w, 0, WATCH_READ, NULL), CONFAB_EUNSUPPORTED);
	watch_stop(&w);
	loop_free(loop);
	sim_end();
}

static void closed_done(struct work *work, int rc)
{
	struct piece *p = (struct piece *)work;

	assert_int_equal(rc, CONFAB_ECLOSED);
	p->world->done++;
}

static void a_pool_that_ends_answers_what_waits(void **state)
{
	struct world w = {0};
	struct piece p[3];

	(void)state;
	sim_begin(5);
	w.loop[0] = loop_new("asks", NULL);
	w.pool = pool_new("ends", 1, 3, NULL);
	for (unsigned i = 0; i < 3; i++) {
		p[i] = (struct piece){.world = &w};
		p[i].work.run = piece_run;
		p[i].work.done = closed_done;
		p[i].work.home = w.loop[0];
		assert_int_equal(pool_submit(w.pool, &p[i].work), 0);
	}
	assert_int_equal(pool_submit(w.pool, &p[0].work), CONFAB_EBUSY);
	pool_free(w.pool);
	loop_free(w.loop[0]);
	assert_int_equal(w.done, 3);
	sim_end();
}

static void stop_self(struct mail *m)
{
	(void)m;
	loop_stop(loop_current());
}

static void a_loop_can_be_run_to_its_end(void **state)
{
	struct loop *loop;
	struct mail m = {NULL, stop_self};

	(void)state;
	sim_begin(6);
	loop = loop_new("main", NULL);
	assert_non_null(loop);
	loop_post(loop, &m);
	loop_run(loop);
	loop_free(loop);
	sim_end();
	assert_false(sim_on());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_seed_gives_the_same_run),
		cmocka_unit_test(time_jumps_to_the_next_timer),
		cmocka_unit_test(there_are_no_descriptors),
		cmocka_unit_test(a_pool_that_ends_answers_what_waits),
		cmocka_unit_test(a_loop_can_be_run_to_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
