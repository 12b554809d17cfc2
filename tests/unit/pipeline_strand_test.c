/**
 * pipeline/strand: the order of one session's changes in one log; others go on.
 *
 * SPDX-License-Identifier: MIT
 */
#include "pipeline_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static struct pipeline_world w;
static struct session *ann, *bob;

static int setup(void **state)
{
	(void)state;
	pipeline_world_begin(&w, NULL, NULL);
	ann = pipeline_world_person(&w, "ann", "s-ann");
	bob = pipeline_world_person(&w, "bob", "s-bob");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pipeline_world_end(&w, true);
	return 0;
}

static void faults(unsigned busy, unsigned lost, unsigned delayed)
{
	struct memory_faults f = {
		.busy = busy, .lost = lost, .delayed = delayed, .delay_max_us = 20000};

	memory_faults_set(w.memory, &f);
}

static void answer(unsigned ticket, enum confab_verdict v)
{
	assert_int_equal(confab_resume(w.tickets[ticket], v, "refused", "no"), 0);
}

static void test_later_ones_wait_behind_a_deferred_one(void **state)
{
	struct told first, second, other, elsewhere;

	(void)state;
	pipeline_world_say(&w, ann, "den", "cid-1", "wait", &first);
	pipeline_world_say(&w, ann, "den", "cid-2", "behind it", &second);
	pipeline_world_say(&w, bob, "den", "cid-3", "of another session", &other);
	pipeline_world_say(&w, ann, "hall", "cid-4", "in another log", &elsewhere);
	pipeline_world_pass(500);
	assert_false(first.done);
	assert_false(second.done);
	assert_true(other.done && elsewhere.done);
	answer(0, CONFAB_PASS);
	pipeline_world_until(&second.done);
	assert_string_equal(first.code, "ok");
	assert_int_equal(first.rev, other.rev + 1);
	assert_int_equal(second.rev, first.rev + 1);
}

static void test_a_refused_one_lets_the_next_go_on(void **state)
{
	struct told first, second;

	(void)state;
	pipeline_world_say(&w, ann, "den", "cid-1", "wait", &first);
	pipeline_world_say(&w, ann, "den", "cid-2", "behind it", &second);
	answer(0, CONFAB_REJECT);
	pipeline_world_until(&second.done);
	assert_string_equal(first.code, "refused");
	assert_string_equal(second.code, "ok");
	assert_true(first.place < second.place);
}

static void test_what_waits_behind_busy_ends_busy(void **state)
{
	struct told told[4];
	char cid[8];

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		snprintf(cid, sizeof(cid), "cid-%u", i);
		pipeline_world_say(&w, ann, "den", cid, i ? "behind" : "wait", &told[i]);
	}
	pipeline_world_until(&told[3].done); /* the first one's deadline */
	for (unsigned i = 0; i < 4; i++) {
		assert_string_equal(told[i].code, "busy");
		assert_int_equal(told[i].place, told[0].place + i);
	}
}

/* What the store still holds must not be freed under it: ASan sees it, and the answer comes once. */
static void test_one_that_the_store_holds_ends_when_it_comes_back(void **state)
{
	struct told told[3], again;
	char cid[8];

	(void)state;
	pipeline_world_say(&w, ann, "den", "cid-0", "makes the log", &told[0]);
	pipeline_world_until(&told[0].done);
	faults(1000, 0, 1000);
	for (unsigned i = 0; i < 3; i++) {
		snprintf(cid, sizeof(cid), "cid-b%u", i);
		/* what is a resend is looked up before it can follow */
		pipeline_world_say(&w, ann, "den", cid, i ? "again" : "one", &told[i]);
	}
	for (unsigned i = 0; i < 3; i++) {
		pipeline_world_until(&told[i].done);
		/* what was not looked up may have been written before */
		assert_string_equal(told[i].code, i ? "unknown" : "busy");
	}
	faults(0, 0, 0);
	pipeline_world_say(&w, ann, "den", "cid-b1", "again", &again);
	pipeline_world_until(&again.done);
	assert_string_equal(again.code, "ok");
	assert_int_equal(again.rev, 2);
	assert_int_equal(w.pl->stats.live, 0);
}

static void test_a_session_that_ends_leaves_its_changes(void **state)
{
	struct told first, second;

	(void)state;
	pipeline_world_say(&w, ann, "den", "cid-1", "wait", &first);
	pipeline_world_say(&w, ann, "den", "cid-2", "behind it", &second);
	pipeline_world_leave(&w);
	answer(0, CONFAB_PASS);
	pipeline_world_until(&second.done);
	assert_string_equal(first.code, "ok");
	assert_string_equal(second.code, "ok");
	ann = pipeline_world_person(&w, "ann", "s-ann");
	bob = pipeline_world_person(&w, "bob", "s-bob");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
		T(test_later_ones_wait_behind_a_deferred_one),
		T(test_a_refused_one_lets_the_next_go_on),
		T(test_what_waits_behind_busy_ends_busy),
		T(test_one_that_the_store_holds_ends_when_it_comes_back),
		T(test_a_session_that_ends_leaves_its_changes),
	};

	return cmocka_run_group_tests_name("pipeline strand", tests, NULL, NULL);
}
