/**
 * base/clock and base/chance: the machine's source, and the door that replaces it.
 *
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/chance.h"
#include "base/clock.h"

static int64_t fixed(void *ctx)
{
	return *(int64_t *)ctx;
}

static void count_up(void *ctx, void *buf, size_t len)
{
	unsigned char *next = ctx, *p = buf;

	for (size_t i = 0; i < len; i++)
		p[i] = (*next)++;
}

static void time_goes_on(void **state)
{
	int64_t before = clock_mono_us();

	(void)state;
	assert_true(clock_mono_us() >= before);
	assert_true(clock_real_ms() > 1700000000000); /* 2023 */
}

static void time_is_replaced(void **state)
{
	int64_t now = 42;
	const struct clock_source src = {fixed, fixed, &now};

	(void)state;
	clock_source_set(&src);
	assert_int_equal(clock_mono_us(), 42);
	now = 43;
	assert_int_equal(clock_real_ms(), 43);
	clock_source_set(NULL);
	assert_true(clock_real_ms() > 43);
}

static void chance_is_not_constant(void **state)
{
	unsigned char big[1000] = {0};
	size_t zeros = 0;

	(void)state;
	assert_true(chance_u64() != chance_u64());
	chance_bytes(big, sizeof(big));
	for (size_t i = 0; i < sizeof(big); i++)
		zeros += big[i] == 0;
	assert_true(zeros < 50);
	chance_bytes(big, 0);
}

static void below_reaches_all(void **state)
{
	unsigned seen[6] = {0};

	(void)state;
	for (int i = 0; i < 6000; i++)
		seen[chance_below(6)]++;
	for (int i = 0; i < 6; i++)
		assert_in_range(seen[i], 700, 1300);
	assert_int_equal(chance_below(1), 0);
	assert_true(chance_below(UINT64_MAX) < UINT64_MAX);
}

static void chance_is_replaced(void **state)
{
	unsigned char next = 0, bytes[3];

	(void)state;
	chance_source_set(count_up, &next);
	chance_bytes(bytes, 3);
	assert_memory_equal(bytes, "\0\1\2", 3);
	chance_source_set(NULL, NULL);
	chance_bytes(bytes, 3);
	assert_int_equal(next, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(time_goes_on),
		cmocka_unit_test(time_is_replaced),
		cmocka_unit_test(chance_is_not_constant),
		cmocka_unit_test(below_reaches_all),
		cmocka_unit_test(chance_is_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
