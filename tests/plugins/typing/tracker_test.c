/**
 * typing: who types where, until when, and how often others hear of it.
 *
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "typing/tracker.h"

static const struct tracker_limits limits = {2000, 6000, 50};

struct step {
	int64_t now_ms;
	const char *channel, *user;
	uint64_t parent;
	bool stop;
	enum tracker_answer answer;
};

static const struct step steps[] = {
	{0, "general", "ann", 0, false, TRACKER_SHOW},
	{1999, "general", "ann", 0, false, TRACKER_KNOWN},  /* too soon */
	{1999, "general", "bob", 0, false, TRACKER_SHOW},   /* not for others */
	{1999, "random", "ann", 0, false, TRACKER_SHOW},    /* nor elsewhere */
	{2000, "general", "ann", 0, false, TRACKER_SHOW},   /* goes on */
	{2001, "general", "ann", 77, false, TRACKER_SHOW},  /* another thread is news */
	{2100, "general", "ann", 0, true, TRACKER_SHOW},    /* stops */
	{2100, "general", "ann", 0, true, TRACKER_KNOWN},   /* has stopped */
	{2200, "general", "ann", 77, false, TRACKER_KNOWN}, /* not again at once */
	{4001, "general", "ann", 77, false, TRACKER_SHOW},
	{9000, "general", "bob", 0, true, TRACKER_SHOW},   /* nobody has looked for bob's end */
	{11000, "general", "eve", 0, true, TRACKER_KNOWN}, /* never typed */
	{11000, "general", "ann", 77, false, TRACKER_SHOW},
};

static void updates(void **state)
{
	(void)state;
	struct tracker *t = tracker_new(&limits);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		const struct step *s = &steps[i];
		int64_t until_ms = 0;
		enum tracker_answer answer = s->stop
			? tracker_stop(t, s->channel, s->user)
			: tracker_start(t, s->channel, s->user, s->parent, s->now_ms, &until_ms);
		if (answer != s->answer)
			fail_msg("step %zu: %d, expected %d", i, answer, s->answer);
		if (answer == TRACKER_SHOW && !s->stop)
			assert_int_equal(until_ms, s->now_ms + 6000);
	}
	tracker_free(t);
}

static void ends(void **state)
{
	(void)state;
	struct tracker *t = tracker_new(&limits);
	int64_t until_ms;
	tracker_start(t, "a", "ann", 0, 0, &until_ms);
	tracker_start(t, "a", "bob", 0, 1000, &until_ms);
	tracker_start(t, "a", "ann", 0, 3000, &until_ms);
	assert_int_equal(tracker_expire(t, 6999), 0);
	assert_int_equal(tracker_expire(t, 7000), 1);
	assert_int_equal(tracker_stop(t, "a", "bob"), TRACKER_KNOWN);
	assert_int_equal(tracker_expire(t, 9000), 1);
	assert_int_equal(tracker_count(t), 0);
	tracker_free(t);
	tracker_free(NULL);
}

/* Hostile: more typists than are remembered, ids that are too long. */
static void many(void **state)
{
	(void)state;
	struct tracker *t = tracker_new(&limits);
	int64_t until_ms;
	char user[80];
	for (int i = 0; i < 1000; i++) {
		snprintf(user, sizeof(user), "user%d", i);
		assert_int_equal(tracker_start(t, "a", user, 0, 1, &until_ms),
			i < 50 ? TRACKER_SHOW : TRACKER_FULL);
	}
	assert_int_equal(tracker_count(t), 50);
	assert_int_equal(tracker_start(t, "a", "late", 0, 6001, &until_ms), TRACKER_SHOW);
	assert_int_equal(tracker_count(t), 1);
	memset(user, 'x', 70);
	user[70] = '\0';
	assert_int_equal(tracker_start(t, "a", user, 0, 6001, &until_ms), TRACKER_FULL);
	tracker_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(updates),
		cmocka_unit_test(ends),
		cmocka_unit_test(many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
