/**
 * base/map: against a plain array, through growth, death and walks.
 *
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/map.h"

#include <stdio.h>

#define N 3000

static int values[N];

static const char *key_of(char out[16], int i)
{
	(void)snprintf(out, 16, "key-%d", i);
	return out;
}

static void strings(void **state)
{
	struct strmap *m = strmap_new();
	char key[16];

	(void)state;
	assert_null(strmap_find(m, "x"));
	assert_null(strmap_take(m, "x"));
	for (int i = 0; i < N; i++)
		assert_null(strmap_put(m, key_of(key, i), &values[i]));
	assert_int_equal(strmap_count(m), N);
	for (int i = 0; i < N; i++)
		assert_ptr_equal(strmap_find(m, key_of(key, i)), &values[i]);
	assert_ptr_equal(strmap_put(m, "key-7", &values[8]), &values[7]);
	assert_ptr_equal(strmap_find(m, "key-7"), &values[8]);
	assert_int_equal(strmap_count(m), N);
	for (int i = 0; i < N; i += 2)
		assert_non_null(strmap_take(m, key_of(key, i)));
	for (int i = 0; i < N; i++)
		assert_int_equal(strmap_find(m, key_of(key, i)) != NULL, i % 2);
	assert_null(strmap_put(m, "", &values[0]));
	assert_ptr_equal(strmap_find(m, ""), &values[0]);
	strmap_free(m);
	strmap_free(NULL);
}

static void walk_and_take(void **state)
{
	struct strmap *m = strmap_new();
	char key[16];
	const char *at;
	size_t pos = 0, seen = 0;
	void *value;

	(void)state;
	for (int i = 0; i < N; i++)
		(void)strmap_put(m, key_of(key, i), &values[i]);
	while (strmap_next(m, &pos, &at, &value)) {
		int *v = value;

		assert_string_equal(at, key_of(key, (int)(v - values)));
		seen++;
		if ((v - values) % 3 != 0)
			assert_ptr_equal(strmap_take(m, at), v);
	}
	assert_int_equal(seen, N);
	assert_int_equal(strmap_count(m), N / 3);
	strmap_free(m);
}

static void numbers(void **state)
{
	struct nummap *m = nummap_new();
	uint64_t key;
	size_t pos = 0, seen = 0;

	(void)state;
	assert_null(nummap_find(m, 0));
	assert_null(nummap_put(m, 0, &values[0]));
	assert_null(nummap_put(m, UINT64_MAX, &values[1]));
	assert_ptr_equal(nummap_find(m, 0), &values[0]);
	assert_ptr_equal(nummap_take(m, UINT64_MAX), &values[1]);
	assert_null(nummap_take(m, UINT64_MAX));
	for (uint64_t i = 1; i < N; i++)
		assert_null(nummap_put(m, i << 32, &values[i]));
	while (nummap_next(m, &pos, &key, NULL)) {
		seen++;
		assert_non_null(nummap_take(m, key));
	}
	assert_int_equal(seen, N);
	assert_int_equal(nummap_count(m), 0);
	nummap_free(m);
	nummap_free(NULL);
}

/* One pair comes and goes for ever: the dead are swept, the table does not grow. */
static void churn(void **state)
{
	struct nummap *m = nummap_new();

	(void)state;
	for (uint64_t i = 0; i < 100000; i++) {
		assert_null(nummap_put(m, i, &values[0]));
		assert_ptr_equal(nummap_take(m, i), &values[0]);
		assert_null(nummap_find(m, i));
	}
	assert_int_equal(nummap_count(m), 0);
	nummap_free(m);
}

/* A lent map keeps the key of the value it holds now, as the former one may be freed. */
static void lent_keys(void **state)
{
	struct strmap *m = strmap_new_lent();
	char first[] = "key", second[] = "key";
	const char *key = NULL;
	size_t pos = 0;

	(void)state;
	assert_null(strmap_put(m, first, first));
	assert_ptr_equal(strmap_put(m, second, second), first);
	memset(first, 'x', sizeof(first) - 1);
	assert_ptr_equal(strmap_find(m, "key"), second);
	assert_true(strmap_next(m, &pos, &key, NULL));
	assert_ptr_equal(key, second);
	assert_ptr_equal(strmap_take(m, "key"), second);
	assert_int_equal(strmap_count(m), 0);
	strmap_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lent_keys),
		cmocka_unit_test(strings),
		cmocka_unit_test(walk_and_take),
		cmocka_unit_test(numbers),
		cmocka_unit_test(churn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
