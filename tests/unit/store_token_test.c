/**
 * The search tokenizer: a row per text.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const struct {
	const char *text, *document, *query; /* query NULL: the same */
} rows[] = {
	{"", "", NULL},
	{"  \t.,;!?", "", NULL},
	{"Hello, World", "hello world", NULL},
	{"the THE The", "the", NULL},
	{"don't l\u2019\u00e9t\u00e9", "dont lete", NULL},
	{"3.14 and foo_bar", "3 14 and foo bar", NULL},
	{"stra\u00dfe STRASSE", "strasse", NULL},
	{"\uff28\uff45\uff4c\uff4c\uff4f \ufb01n", "hello fin", NULL},
	{"na\u00efve nai\u0308ve", "naive", NULL},
	{"\u041f\u0440\u0438\u0432\u0435\u0442, \u041c\u0418\u0420",
		"\u043f\u0440\u0438\u0432\u0435\u0442 \u043c\u0438\u0440", NULL},
	{"\u1f08\u03b8\u1fc6\u03bd\u03b1\u03b9 \u03a3\u039f\u03a6\u039f\u03a3",
		"\u03b1\u03b8\u03b7\u03bd\u03b1\u03b9 \u03c3\u03bf\u03c6\u03bf\u03c3", NULL},
	{"\u6771\u4eac\u90fd", "\u6771\u4eac \u4eac\u90fd \u90fd", "\u6771\u4eac \u4eac\u90fd"},
	{"\u4eac", "\u4eac", NULL},
	{"\u30ac\u30ae", "\u30ac\u30ae \u30ae", "\u30ac\u30ae"},
	{"\u30b3\u30fc\u30d2", "\u30b3\u30fc \u30fc\u30d2 \u30d2", "\u30b3\u30fc \u30fc\u30d2"},
	{"abc\u6771\u4eac", "abc \u6771\u4eac \u4eac", "abc \u6771\u4eac"},
	{"\u0e01\u0e34\u0e19", "\u0e01\u0e34 \u0e34\u0e19 \u0e19", "\u0e01\u0e34 \u0e34\u0e19"},
	{"\u0928\u092e\u0938\u094d\u0924\u0947", "\u0928\u092e\u0938\u094d\u0924\u0947", NULL},
	{"\u05e9\u05b8\u05c1\u05dc\u05d5\u05b9\u05dd", "\u05e9\u05dc\u05d5\u05dd", NULL},
	{"\u0645\u0631\u062d\u0628\u064b\u0627", "\u0645\u0631\u062d\u0628\u0627", NULL},
	{"\ud55c\uad6d\uc5b4 \ub9d0", "\ud55c\uad6d\uc5b4 \ub9d0", NULL},
	{"ok \U0001f44d\U0001f44d!", "ok \U0001f44d", NULL},
	{"a\xff\xfe"
	 "b",
		"a b", NULL},
	{"so\u00adft", "soft", NULL},
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf b;
		buf_init(&b);
		buf_str(&b, "");
		(void)token_text(&b, rows[i].text, strlen(rows[i].text), TOKEN_DOCUMENT);
		assert_string_equal(b.bytes ? b.bytes : "", rows[i].document);
		buf_fini(&b);
		buf_init(&b);
		(void)token_text(&b, rows[i].text, strlen(rows[i].text), TOKEN_QUERY);
		assert_string_equal(
			b.bytes ? b.bytes : "", rows[i].query ? rows[i].query : rows[i].document);
		buf_fini(&b);
	}
}

static void test_bounds(void **state)
{
	(void)state;
	struct buf text, b;
	const char *words[TOKENS_QUERY];

	buf_init(&text);
	buf_init(&b);
	for (int i = 0; i < 40000; i++)
		buf_fmt(&text, "w%d ", i);
	assert_int_equal(token_text(&b, text.bytes, text.len, TOKEN_DOCUMENT), TOKENS_DOCUMENT);
	buf_clear(&b);
	assert_int_equal(token_text(&b, text.bytes, text.len, TOKEN_QUERY), TOKENS_QUERY);
	assert_int_equal(token_split(b.bytes, words, TOKENS_QUERY), TOKENS_QUERY);
	assert_string_equal(words[15], "w15");
	buf_clear(&text);
	buf_clear(&b);
	for (int i = 0; i < 100; i++)
		buf_str(&text, "\u00f8");
	assert_int_equal(token_text(&b, text.bytes, text.len, TOKEN_DOCUMENT), 1);
	assert_int_equal(b.len, TOKEN_BYTES_MAX);
	buf_fini(&text);
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_bounds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
