/**
 * confab-sim: some seeds keep the laws, seeds that once did not are kept, the same seed gives the same run.
 *
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "sim/run.h"

#define EVENTS 400

/* Seeds 1 … 100, and so many of this table: what each found when it was new is in its commit. */
static const uint64_t found[] = {
	102, /* a cid sent twice at once */
	116, /* a change twice in a batch with somebody's known cid */
	350, /* a slow reader who does not watch any more */
	728, /* a batch of which only the beginning was written: the next one overtook the rest */
	835, /* an own message that only the store has */
	992, /* a change that was loaded for while the next one overtook it */
};

static void keeps_laws(uint64_t seed)
{
	struct sim_plan plan = {.seed = seed, .events = EVENTS};
	struct sim_verdict v;

	sim_run(&plan, &v);
	if (v.broken) {
		fail_msg("seed %llu: %s (replay: confab-sim --seed %llu --events %d --trace)",
			(unsigned long long)seed, v.first, (unsigned long long)seed, EVENTS);
	}
	assert_true(v.acked > 20);
}

static void first_seeds_keep_the_laws(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 100; seed++) {
		keeps_laws(seed);
	}
}

static void seeds_that_found_something_keep_the_laws(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(found) / sizeof(found[0]); i++) {
		keeps_laws(found[i]);
	}
}

static void the_same_seed_gives_the_same_run(void **state)
{
	struct sim_plan plan = {.seed = 7, .events = EVENTS}, other = {.seed = 8, .events = EVENTS};
	struct sim_verdict first, again, third;

	(void)state;
	sim_run(&plan, &first);
	sim_run(&other, &third);
	sim_run(&plan, &again);
	assert_true(first.hash == again.hash);
	assert_true(first.virtual_us == again.virtual_us && first.entries == again.entries);
	assert_true(first.hash != third.hash);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_seed_gives_the_same_run),
		cmocka_unit_test(first_seeds_keep_the_laws),
		cmocka_unit_test(seeds_that_found_something_keep_the_laws),
	};

	return cmocka_run_group_tests_name("sim seeds", tests, NULL, NULL);
}
