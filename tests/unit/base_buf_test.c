/**
 * base/buf: appending, numbers, JSON strings, and counted text.
 *
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"

#include <stdlib.h>

static void appends(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b);
	buf_str(&b, "ab");
	buf_char(&b, 'c');
	buf_add(&b, "\0d", 2);
	buf_fmt(&b, "-%s-%d", "e", 7);
	assert_int_equal(b.len, 9);
	assert_memory_equal(b.bytes, "abc\0d-e-7", 10);
	buf_clear(&b);
	assert_int_equal(b.len, 0);
	assert_string_equal(b.bytes, "");
	for (int i = 0; i < 10000; i++)
		buf_char(&b, (char)('a' + i % 26));
	assert_int_equal(strlen(b.bytes), 10000);
	buf_fini(&b);
	buf_fini(&b);
}

static void numbers(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b);
	buf_num(&b, 0);
	buf_char(&b, ' ');
	buf_num(&b, INT64_MIN);
	buf_char(&b, ' ');
	buf_num(&b, INT64_MAX);
	buf_char(&b, ' ');
	buf_unum(&b, UINT64_MAX);
	assert_string_equal(
		b.bytes, "0 -9223372036854775808 9223372036854775807 18446744073709551615");
	buf_fini(&b);
}

static void json_strings(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b);
	buf_json_str(&b, "a\"\\/\b\f\n\r\t\x01\x1f\x7f\0\xC3\xA4z", 16);
	assert_string_equal(
		b.bytes, "\"a\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\\u0000\xC3\xA4z\"");
	buf_clear(&b);
	buf_json_str(&b, "", 0);
	assert_string_equal(b.bytes, "\"\"");
	buf_fini(&b);
}

static void gives_away(void **state)
{
	struct buf b;
	size_t len = 99;
	char *bytes;

	(void)state;
	buf_init(&b);
	bytes = buf_take(&b, &len);
	assert_string_equal(bytes, "");
	assert_int_equal(len, 0);
	free(bytes);
	buf_str(&b, "xyz");
	bytes = buf_take(&b, NULL);
	assert_string_equal(bytes, "xyz");
	assert_null(b.bytes);
	free(bytes);
}

static void text_counts(void **state)
{
	struct text *t = text_new("hello", 5);

	(void)state;
	assert_int_equal(t->len, 5);
	assert_string_equal(t->bytes, "hello");
	assert_ptr_equal(text_ref(t), t);
	text_unref(t);
	assert_string_equal(t->bytes, "hello");
	text_unref(t);
	text_unref(NULL);
	t = text_new(NULL, 0);
	assert_string_equal(t->bytes, "");
	text_unref(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(appends),
		cmocka_unit_test(numbers),
		cmocka_unit_test(json_strings),
		cmocka_unit_test(gives_away),
		cmocka_unit_test(text_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
