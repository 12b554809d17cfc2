/**
 * pipeline/commit: batches in order, a busy store, a log that was cut short by another node, a known cid
 * among others. What the store is not sure of is in pipeline_doubt_test.c.
 *
 * SPDX-License-Identifier: MIT
 */
#include "pipeline_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define MANY 8

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

static void say_many(struct told told[MANY], const char *cid, unsigned first)
{
	static char cids[MANY][24];

	for (unsigned i = first; i < MANY; i++) {
		snprintf(cids[i], sizeof(cids[i]), "%s-%u", cid, i);
		pipeline_world_say(&w, ann, "den", cids[i], "one", &told[i]);
	}
}

static void test_what_comes_meanwhile_is_the_next_batch(void **state)
{
	struct memory_faults slow = {.delayed = 1000, .delay_max_us = 50000};
	struct told told[MANY];
	uint64_t commits = w.pl->stats.commits;

	(void)state;
	memory_faults_set(w.memory, &slow);
	say_many(told, "cid", 0);
	pipeline_world_until(&told[MANY - 1].done);
	for (unsigned i = 0; i < MANY; i++) {
		assert_string_equal(told[i].code, "ok");
		assert_int_equal(told[i].rev, i + 1);
		assert_int_equal(told[i].seq, i + 1);
	}
	assert_in_range(w.pl->stats.commits - commits, 1, MANY - 1);
	assert_int_equal(chat_log_find(w.chat, "den")->rev, MANY);
}

static void test_busy_is_not_written(void **state)
{
	struct memory_faults busy = {.busy = 1000}, none = {0};
	struct told told, again;

	(void)state;
	memory_faults_set(w.memory, &busy);
	pipeline_world_say(&w, ann, "den", "cid-1", "one", &told);
	pipeline_world_until(&told.done);
	assert_string_equal(told.code, "busy");
	memory_faults_set(w.memory, &none);
	pipeline_world_say(&w, ann, "den", "cid-1", "one", &again);
	pipeline_world_until(&again.done);
	assert_string_equal(again.code, "ok");
	assert_int_equal(again.rev, 1);
	assert_false(again.again);
}

/* The store writes a first part of a batch and says that the log has moved. */
static void test_a_batch_that_is_cut_short_keeps_its_order(void **state)
{
	struct memory_faults partial = {.partial = 1000, .delayed = 1000, .delay_max_us = 20000};
	struct told told[MANY];

	(void)state;
	memory_faults_set(w.memory, &partial);
	say_many(told, "cid", 0);
	pipeline_world_until(&told[MANY - 1].done);
	for (unsigned i = 0; i < MANY; i++) {
		pipeline_world_until(&told[i].done);
		assert_string_equal(told[i].code, "ok");
		assert_int_equal(told[i].rev, i + 1);
	}
	assert_true(w.pl->stats.moved > 0);
}

/* The node forgets which cids it has seen: then only the store's unique key is left to find one. */
static void forget_seen(void *arg)
{
	struct chat_log *lg = arg;

	seen_forget_all(lg);
}

static void test_a_known_cid_in_a_batch_harms_no_other(void **state)
{
	struct memory_faults slow = {.delayed = 1000, .delay_max_us = 50000};
	struct told first, told[MANY];

	(void)state;
	pipeline_world_say(&w, ann, "den", "cid-3", "one", &first);
	pipeline_world_until(&first.done);
	pipeline_world_run(&w, forget_seen, chat_log_find(w.chat, "den"));
	memory_faults_set(w.memory, &slow);
	say_many(told, "cid", 0);
	for (unsigned i = 0, rev = 1; i < MANY; i++) {
		pipeline_world_until(&told[i].done);
		assert_string_equal(told[i].code, "ok");
		assert_int_equal(told[i].again, i == 3);
		assert_int_equal(told[i].rev, i == 3 ? first.rev : ++rev);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
		T(test_what_comes_meanwhile_is_the_next_batch),
		T(test_busy_is_not_written),
		T(test_a_batch_that_is_cut_short_keeps_its_order),
		T(test_a_known_cid_in_a_batch_harms_no_other),
	};

	return cmocka_run_group_tests_name("pipeline commit", tests, NULL, NULL);
}
