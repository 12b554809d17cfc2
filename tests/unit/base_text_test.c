/**
 * Words and folding, a row per case.
 *
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <confab/text.h>

static void words_are_runs_of_letters_marks_and_numbers(void **state)
{
	static const struct {
		const char *text, *words; /* separated by "|" */
	} rows[] = {
		{"", ""},
		{" .,- ", ""},
		{"one", "one"},
		{"Don't do_it, 3x!", "Don|t|do|it|3x"},
		{"caf\u00e9 cafe\u0301s", "caf\u00e9|cafe\u0301s"},
		{"\u043f\u0440\u0438\u0432\u0435\u0442\u2014\u043c\u0438\u0440",
			"\u043f\u0440\u0438\u0432\u0435\u0442|\u043c\u0438\u0440"},
		{"a\U0001f600b", "a|b"},
		{"\u6771\u4eac\u3001x", "\u6771\u4eac|x"},
		{"bad\xff"
		 "bytes\xc3",
			"bad|bytes"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *text = rows[i].text;
		char got[200] = "";
		size_t at = 0, word, n;
		while (confab_text_word(text, strlen(text), &at, &word, &n)) {
			strcat(got, got[0] != '\0' ? "|" : "");
			strncat(got, text + word, n);
		}
		assert_string_equal(got, rows[i].words);
		assert_int_equal(at, strlen(text));
	}
}

static void folded_texts_are_the_same_for_people(void **state)
{
	static const struct {
		const char *one, *other;
	} rows[] = {
		{"Hello", "hELLO"},
		{"stra\u00dfe", "STRASSE"},
		{"\u00c9t\u00e9", "e\u0301te\u0301"},
		{"\u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2",
			"\u03a3\u038a\u03a3\u03a5\u03a6\u039f\u03a3"},
		{"\ufb01n", "FIN"},
		{"\u212a", "k"},
		{"", ""},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t one_len = 99, other_len = 99;
		char *one = confab_text_fold(rows[i].one, strlen(rows[i].one), &one_len);
		char *other = confab_text_fold(rows[i].other, strlen(rows[i].other), &other_len);
		assert_non_null(one);
		assert_string_equal(one, other);
		assert_int_equal(one_len, strlen(one));
		assert_int_equal(other_len, one_len);
		free(one);
		free(other);
	}
}

static void what_differs_stays_different(void **state)
{
	(void)state;
	char *plain = confab_text_fold("ete", 3, NULL);
	char *accents = confab_text_fold("\u00e9t\u00e9", strlen("\u00e9t\u00e9"), NULL);
	char *broken = confab_text_fold("a\xff", 2, NULL);
	assert_string_not_equal(plain, accents);
	assert_string_equal(broken, "a\ufffd");
	free(plain);
	free(accents);
	free(broken);
	char *big = calloc(1, ((size_t)1 << 20) + 2);
	memset(big, 'A', ((size_t)1 << 20) + 1);
	char *all = confab_text_fold(big, (size_t)1 << 20, NULL);
	assert_non_null(all);
	assert_null(confab_text_fold(big, ((size_t)1 << 20) + 1, NULL));
	free(all);
	free(big);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_runs_of_letters_marks_and_numbers),
		cmocka_unit_test(folded_texts_are_the_same_for_people),
		cmocka_unit_test(what_differs_stays_different),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
