/**
 * Buckets: where a value goes, what is below a bound, and sums.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/histogram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void a_value_is_counted_at_its_bound(void **state)
{
	static const struct {
		uint64_t value;
		unsigned power; /* the lowest that holds it */
	} rows[] = {{0, 0}, {1, 0}, {2, 1}, {3, 2}, {4, 2}, {5, 3}, {1024, 10}, {1025, 11}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct histogram h = {0};

		histogram_add(&h, rows[i].value, 1);
		assert_int_equal(histogram_upto(&h, rows[i].power), 1);
		if (rows[i].power > 0)
			assert_int_equal(histogram_upto(&h, rows[i].power - 1), 0);
	}
}

static void what_is_huge_is_in_the_count_alone(void **state)
{
	struct histogram h = {0};

	(void)state;
	histogram_add(&h, UINT64_MAX, 1);
	assert_int_equal(histogram_upto(&h, HISTOGRAM_BUCKETS - 2), 0);
	assert_int_equal(h.count, 1);
}

static void sums_and_merging(void **state)
{
	struct histogram a = {0}, b = {0};

	(void)state;
	histogram_add(&a, 10, 3);
	histogram_add(&b, 100, 2);
	histogram_merge(&a, &b);
	assert_int_equal(a.count, 5);
	assert_int_equal(a.sum, 230);
	assert_int_equal(histogram_upto(&a, 4), 3);
	assert_int_equal(histogram_upto(&a, 7), 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_is_counted_at_its_bound),
		cmocka_unit_test(what_is_huge_is_in_the_count_alone),
		cmocka_unit_test(sums_and_merging),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
