/**
 * hist: quantiles are right to three digits, at the edges and against sorted values.
 *
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "hist.h"

#include <stdlib.h>

static struct hist a, b;

static void assert_near(uint64_t got, uint64_t want)
{
	/* rounded up within a bucket, never down */
	assert_true(got >= want);
	assert_true(got - want <= want / 1000);
}

static void empty_and_single(void **state)
{
	(void)state;
	hist_clear(&a);
	assert_int_equal(hist_quantile(&a, .5), 0);
	hist_add(&a, 1234567, 1);
	assert_int_equal(hist_quantile(&a, 0), 1234567);
	assert_int_equal(hist_quantile(&a, .5), 1234567);
	assert_int_equal(hist_quantile(&a, 1), 1234567);
}

static void one_value_each(void **state)
{
	static const uint64_t rows[] = {0, 1, 1023, 1024, 2047, 2048, 2049, 4095, 4096, 99999,
		1000000, 123456789, 1ull << 39, (1ull << 40) - 1};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		hist_clear(&a);
		hist_add(&a, rows[i], 1);
		hist_add(&a, UINT64_MAX, 1);
		assert_near(hist_quantile(&a, .5), rows[i]);
		assert_true(hist_quantile(&a, 1) == UINT64_MAX);
	}
}

static void uniform(void **state)
{
	(void)state;
	hist_clear(&a);
	for (uint64_t v = 1; v <= 100000; v++)
		hist_add(&a, v * 1000, 1);
	assert_int_equal(a.count, 100000);
	assert_near(hist_quantile(&a, .5), 50000000);
	assert_near(hist_quantile(&a, .9), 90000000);
	assert_near(hist_quantile(&a, .99), 99000000);
	assert_near(hist_quantile(&a, .999), 99900000);
	assert_int_equal(hist_quantile(&a, 1), 100000000);
}

static int by_value(const void *x, const void *y)
{
	uint64_t p = *(const uint64_t *)x, q = *(const uint64_t *)y;
	return p < q ? -1 : p > q;
}

static void skewed_against_sorted(void **state)
{
	static uint64_t values[50000];
	static const double points[] = {.1, .5, .9, .99, .999, .9999};
	uint64_t seed = 42;

	(void)state;
	hist_clear(&a);
	for (size_t i = 0; i < 50000; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		values[i] = (seed >> 33) >> (seed >> 59);
		hist_add(&a, values[i], 1);
	}
	qsort(values, 50000, sizeof values[0], by_value);
	for (size_t i = 0; i < sizeof points / sizeof points[0]; i++)
		assert_near(
			hist_quantile(&a, points[i]), values[(size_t)(points[i] * 50000 + .5) - 1]);
}

static void merged(void **state)
{
	(void)state;
	hist_clear(&a);
	hist_clear(&b);
	hist_add(&a, 10, 90);
	hist_add(&b, 5000, 10);
	hist_merge(&a, &b);
	assert_int_equal(a.count, 100);
	assert_int_equal(a.max, 5000);
	assert_int_equal(hist_quantile(&a, .9), 10);
	assert_near(hist_quantile(&a, .91), 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_and_single),
		cmocka_unit_test(one_value_each),
		cmocka_unit_test(uniform),
		cmocka_unit_test(skewed_against_sorted),
		cmocka_unit_test(merged),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
