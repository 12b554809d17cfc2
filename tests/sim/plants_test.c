/**
 * The laws of confab-sim can be broken: each planted fault is caught, and by the law that it breaks.
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

#include "sim/run.h"

#define EVENTS 400
#define SEEDS 12

static const struct {
	enum plant plant;
	const char *law; /* one of them, as it begins */
} rows[] = {
	{PLANT_ACK_FIRST, "acknowledged is durable"},
	{PLANT_CID, "acknowledged is durable"},
	{PLANT_HEAD_LATE, "a copy at a rev is complete"},
	{PLANT_WHOLE, "who may see it whole"},
	{PLANT_BODY, "what is shown is what was committed"},
	{PLANT_MARKS, "unread is what section 3 defines"},
	{PLANT_DROP_FRAME, "no stream has a hole"},
	{PLANT_SWAP_FRAMES, "no stream has a hole"},
	{PLANT_NO_RECHECK, "a change is judged at its rev"},
};

/** Some seed breaks the law; whatever else a plant breaks is not asked. */
static void is_caught(size_t row)
{
	char last[400] = "nothing at all";

	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct sim_plan plan = {.seed = seed, .events = EVENTS, .plant = rows[row].plant};
		struct sim_verdict v;

		sim_run(&plan, &v);
		if (v.broken && strncmp(v.first, rows[row].law, strlen(rows[row].law)) == 0) {
			return;
		}
		if (v.broken) {
			memcpy(last, v.first, sizeof(last));
		}
		if (v.stuck) {
			break;
		}
	}
	fail_msg("%s breaks %s, not '%s'", plant_name(rows[row].plant), last, rows[row].law);
}

static void every_planted_fault_is_caught(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		is_caught(i);
	}
	assert_int_equal(sizeof(rows) / sizeof(rows[0]), PLANTS - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_planted_fault_is_caught),
	};

	return cmocka_run_group_tests_name("sim plants", tests, NULL, NULL);
}
