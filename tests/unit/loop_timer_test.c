/**
 * Timers fire in order of their due times, once, and may be stopped, started or freed from inside
 * any callback. Virtual time: no test waits.
 *
 * SPDX-License-Identifier: MIT
 */
#include "loop/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/chance.h"
#include "loop/sim.h"

#define TIMERS 3000

struct bench {
	struct loop *loop;
	int64_t last_us;
	unsigned fired, wrong;
};

struct one {
	struct timer timer;
	struct bench *bench;
	struct one *victim;
	int64_t due_us;
	unsigned again;
};

static int bench_open(void **state)
{
	static struct bench bench;

	sim_begin(1);
	bench = (struct bench){.loop = loop_new("timers", NULL)};
	if (bench.loop == NULL || loop_start(bench.loop, NULL) != 0)
		return -1;
	*state = &bench;
	return 0;
}

static int bench_close(void **state)
{
	struct bench *b = *state;

	loop_free(b->loop);
	sim_end();
	return 0;
}

static void run_for(int64_t us)
{
	(void)sim_run_until(sim_now_us() + us, NULL, NULL);
}

static void in_order(void *arg)
{
	struct one *o = arg;

	if (o->due_us < o->bench->last_us || o->due_us > sim_now_us())
		o->bench->wrong++;
	o->bench->last_us = o->due_us;
	o->bench->fired++;
}

static void many_fire_in_order(void **state)
{
	struct bench *b = *state;
	struct one *all = calloc(TIMERS, sizeof(*all));
	unsigned stopped = 0;

	assert_non_null(all);
	for (unsigned i = 0; i < TIMERS; i++) {
		int64_t after_us = 1 + (int64_t)chance_below(5000000);

		all[i].bench = b;
		timer_init(&all[i].timer, in_order, &all[i]);
		timer_start(b->loop, &all[i].timer, after_us);
		all[i].due_us = all[i].timer.due_us;
	}
	for (unsigned i = 0; i < TIMERS; i += 3) {
		timer_stop(&all[i].timer);
		timer_stop(&all[i].timer); /* twice is fine */
		assert_false(timer_running(&all[i].timer));
		stopped++;
	}
	run_for(6000000);
	assert_int_equal(b->fired, TIMERS - stopped);
	assert_int_equal(b->wrong, 0);
	free(all);
}

static void stop_victim(void *arg)
{
	struct one *o = arg;

	o->bench->fired++;
	timer_stop(&o->victim->timer);
}

static void one_due_at_the_same_time_can_be_stopped(void **state)
{
	struct bench *b = *state;
	struct one a = {.bench = b}, c = {.bench = b};

	a.victim = &c;
	c.victim = &a;
	timer_init(&a.timer, stop_victim, &a);
	timer_init(&c.timer, stop_victim, &c);
	timer_start(b->loop, &a.timer, 100);
	timer_start(b->loop, &c.timer, 100);
	run_for(1000);
	assert_int_equal(b->fired, 1);
}

static void start_again(void *arg)
{
	struct one *o = arg;

	assert_false(timer_running(&o->timer));
	o->bench->fired++;
	if (--o->again > 0)
		timer_start(o->bench->loop, &o->timer, 0);
}

static void one_that_starts_itself_waits_for_the_next_turn(void **state)
{
	struct bench *b = *state;
	struct one o = {.bench = b, .again = 5};

	timer_init(&o.timer, start_again, &o);
	timer_start(b->loop, &o.timer, -7); /* the past is now */
	run_for(1);
	assert_true(sim_step() || b->fired > 0);
	run_for(1000);
	assert_int_equal(b->fired, 5);
	assert_true(sim_steps() >= 5);
}

static void free_itself(void *arg)
{
	struct one *o = arg;

	o->bench->fired++;
	free(o);
}

static void one_may_free_itself(void **state)
{
	struct bench *b = *state;
	struct one *o = calloc(1, sizeof(*o));

	assert_non_null(o);
	o->bench = b;
	timer_init(&o->timer, free_itself, o);
	timer_start(b->loop, &o->timer, 10);
	run_for(100);
	assert_int_equal(b->fired, 1);
}

static void starting_again_moves_it(void **state)
{
	struct bench *b = *state;
	struct one o = {.bench = b, .again = 1};

	timer_init(&o.timer, start_again, &o);
	timer_start(b->loop, &o.timer, 1000);
	timer_start(b->loop, &o.timer, 9000);
	run_for(5000);
	assert_int_equal(b->fired, 0);
	assert_true(timer_running(&o.timer));
	timer_start(b->loop, &o.timer, 10);
	run_for(100);
	assert_int_equal(b->fired, 1);
}

static void a_freed_loop_leaves_its_timers_stopped(void **state)
{
	struct loop *loop = loop_new("short", NULL);
	struct timer t;

	assert_non_null(loop);
	timer_init(&t, start_again, *state);
	timer_start(loop, &t, 10);
	loop_free(loop);
	assert_false(timer_running(&t));
	timer_stop(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TIMER_TEST(name) cmocka_unit_test_setup_teardown(name, bench_open, bench_close)
		TIMER_TEST(many_fire_in_order),
		TIMER_TEST(one_due_at_the_same_time_can_be_stopped),
		TIMER_TEST(one_that_starts_itself_waits_for_the_next_turn),
		TIMER_TEST(one_may_free_itself),
		TIMER_TEST(starting_again_moves_it),
		TIMER_TEST(a_freed_loop_leaves_its_timers_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
