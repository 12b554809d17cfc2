/**
 * base/utf8: each row whole, byte by byte, and cut.
 *
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/utf8.h"

struct row {
	const char *bytes;
	size_t len;
	int bad_at; /* first byte that cannot be right, -1: none */
	int whole;  /* ends at a boundary */
};

#define ROW(s, bad_at, whole) \
	{ \
		s, sizeof(s) - 1, bad_at, whole \
	}

static const struct row rows[] = {
	ROW("", -1, 1),
	ROW("plain ASCII that is longer than one word", -1, 1),
	ROW("\x7F", -1, 1),
	ROW("\xC2\x80", -1, 1),
	ROW("\xDF\xBF", -1, 1),
	ROW("\xE0\xA0\x80", -1, 1),
	ROW("\xED\x9F\xBF", -1, 1),
	ROW("\xEE\x80\x80", -1, 1),
	ROW("\xEF\xBF\xBF", -1, 1),
	ROW("\xF0\x90\x80\x80", -1, 1),
	ROW("\xF4\x8F\xBF\xBF", -1, 1),
	ROW("12345678\xC3\xA4"
	    "12345678\xE2\x82\xAC",
		-1, 1),
	ROW("\x80", 0, 0),
	ROW("\xBF", 0, 0),
	ROW("\xC0\x80", 0, 0),
	ROW("\xC1\xBF", 0, 0),
	ROW("\xE0\x9F\xBF", 1, 0),
	ROW("\xED\xA0\x80", 1, 0), /* the first surrogate */
	ROW("\xED\xBF\xBF", 1, 0),
	ROW("\xF0\x8F\xBF\xBF", 1, 0),
	ROW("\xF4\x90\x80\x80", 1, 0), /* U+110000 */
	ROW("\xF5\x80\x80\x80", 0, 0),
	ROW("\xFF", 0, 0),
	ROW("a\xC3(", 2, 0),
	ROW("\xE2\x82(", 2, 0),
	ROW("\xF0\x9F\x98(", 3, 0),
	ROW("\xC3", -1, 0),
	ROW("\xE2\x82", -1, 0),
	ROW("\xF0\x9F\x98", -1, 0),
	ROW("12345678\xF0\x9F\x98\x80"
	    "1234567\xFE",
		19, 0),
};

static void rows_hold(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];
		utf8_state s = 0;
		int bad_at = -1;

		assert_int_equal(utf8_valid(r->bytes, r->len), r->bad_at < 0 && r->whole);
		for (size_t at = 0; at < r->len && bad_at < 0; at++) {
			if (!utf8_feed(&s, r->bytes + at, 1))
				bad_at = (int)at;
		}
		assert_int_equal(bad_at, r->bad_at);
		if (bad_at < 0)
			assert_int_equal(utf8_complete(s), r->whole);
	}
}

/* Every code point but the surrogates, encoded by the rule, is one character. */
static void all_code_points(void **state)
{
	(void)state;
	for (uint32_t cp = 0x80; cp <= 0x10FFFF; cp++) {
		unsigned char b[4];
		size_t n = cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
		static const unsigned char first[] = {0, 0, 0xC0, 0xE0, 0xF0};

		for (size_t i = 0; i < n; i++)
			b[i] = (unsigned char)(0x80 | (cp >> (6 * (n - 1 - i)) & 0x3F));
		b[0] = (unsigned char)(first[n] | cp >> (6 * (n - 1)));
		assert_int_equal(utf8_valid(b, n), cp < 0xD800 || cp > 0xDFFF);
	}
}

static void cut_at_boundary(void **state)
{
	(void)state;
	assert_int_equal(utf8_cut("abc", 3, 5), 3);
	assert_int_equal(utf8_cut("abc", 3, 2), 2);
	assert_int_equal(utf8_cut("a\xE2\x82\xAC", 4, 3), 1);
	assert_int_equal(utf8_cut("a\xE2\x82\xAC", 4, 2), 1);
	assert_int_equal(utf8_cut("a\xE2\x82\xAC", 4, 4), 4);
	assert_int_equal(utf8_cut("\xF0\x9F\x98\x80", 4, 3), 0);
	assert_int_equal(utf8_cut("", 0, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_hold),
		cmocka_unit_test(all_code_points),
		cmocka_unit_test(cut_at_boundary),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
