/**
 * pipeline/ticket: a deferred event is answered once, by whoever comes first.
 *
 * SPDX-License-Identifier: MIT
 */
#include "pipeline_world.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static struct pipeline_world w;
static struct session *ann;

static int setup(void **state)
{
	(void)state;
	pipeline_world_begin(&w, NULL, NULL);
	ann = pipeline_world_person(&w, "ann", "s-ann");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pipeline_world_end(&w, true);
	return 0;
}

static void deferred(struct told *told)
{
	pipeline_world_say(&w, ann, "den", "cid-1", "wait", told);
	pipeline_world_pass(10);
	assert_false(told->done);
	assert_int_equal(w.waiting, 1);
	assert_non_null(confab_ticket_event(w.tickets[0]));
}

static void test_passed_once(void **state)
{
	struct told told;

	(void)state;
	deferred(&told);
	assert_int_equal(confab_resume(w.tickets[0], CONFAB_PASS, NULL, NULL), 0);
	assert_int_equal(confab_resume(w.tickets[0], CONFAB_REJECT, "late", "late"), CONFAB_EGONE);
	pipeline_world_until(&told.done);
	assert_string_equal(told.code, "ok");
	assert_int_equal(confab_resume(w.tickets[0], CONFAB_PASS, NULL, NULL), CONFAB_EGONE);
	assert_null(confab_ticket_event(w.tickets[0]));
	pipeline_world_pass(5000);
	assert_int_equal(w.told, 2); /* the user and this one: nobody twice */
}

static void test_rejected_with_its_reason(void **state)
{
	struct told told;

	(void)state;
	deferred(&told);
	assert_int_equal(confab_resume(w.tickets[0], CONFAB_REJECT, "spam", "no"), 0);
	pipeline_world_until(&told.done);
	assert_string_equal(told.code, "spam");
}

static void test_a_missed_deadline(void **state)
{
	struct told told;
	int64_t before_us = sim_now_us();

	(void)state;
	deferred(&told);
	pipeline_world_until(&told.done);
	assert_string_equal(told.code, "busy");
	assert_in_range(sim_now_us() - before_us, 1000000, 1100000);
	assert_int_equal(confab_resume(w.tickets[0], CONFAB_PASS, NULL, NULL), CONFAB_EGONE);
	assert_null(confab_ticket_event(w.tickets[0]));
}

static void *resume_there(void *arg)
{
	return (void *)(intptr_t)confab_resume(*(confab_ticket *)arg, CONFAB_PASS, NULL, NULL);
}

/* Two threads try; in a simulation the loop takes their mail when both are over. */
static void test_from_other_threads(void **state)
{
	struct told told;
	pthread_t one, two;
	void *a, *b;

	(void)state;
	deferred(&told);
	assert_int_equal(pthread_create(&one, NULL, resume_there, &w.tickets[0]), 0);
	assert_int_equal(pthread_join(one, &a), 0);
	assert_int_equal(pthread_create(&two, NULL, resume_there, &w.tickets[0]), 0);
	assert_int_equal(pthread_join(two, &b), 0);
	assert_int_equal((intptr_t)a, 0);
	assert_int_equal((intptr_t)b, CONFAB_EGONE);
	pipeline_world_until(&told.done);
	assert_string_equal(told.code, "ok");
}

static void test_no_such_ticket(void **state)
{
	(void)state;
	assert_int_equal(confab_resume(0, CONFAB_PASS, NULL, NULL), CONFAB_EGONE);
	assert_int_equal(confab_resume(UINT64_MAX, CONFAB_PASS, NULL, NULL), CONFAB_EGONE);
	assert_null(confab_ticket_event(UINT64_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
		T(test_passed_once),
		T(test_rejected_with_its_reason),
		T(test_a_missed_deadline),
		T(test_from_other_threads),
		T(test_no_such_ticket),
	};

	return cmocka_run_group_tests_name("pipeline ticket", tests, NULL, NULL);
}
