/**
 * Codes and errors: every code has a name and a text, the first error is kept, texts are cut well.
 *
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <confab/types.h>

static void every_code_has_name_and_text(void **state)
{
	(void)state;
	assert_string_equal(confab_code_name(CONFAB_OK), "OK");
	for (int code = CONFAB_EINTERNAL; code < CONFAB_OK; code++) {
		assert_int_equal(confab_code_name(code)[0], 'E');
		assert_string_not_equal(confab_code_name(code), "E?");
		const char *text = confab_code_text(code);
		assert_true(text[0] >= 'a' && text[0] <= 'z');
		assert_int_not_equal(text[strlen(text) - 1], '.');
	}
	assert_string_equal(confab_code_name(1), "E?");
	assert_string_equal(confab_code_name(CONFAB_EINTERNAL - 1), "E?");
}

static void the_first_error_counts(void **state)
{
	(void)state;
	struct confab_error err = {0};
	assert_int_equal(confab_error_set(&err, CONFAB_EIO, "open '%s'", "a"), CONFAB_EIO);
	assert_int_equal(confab_error_set(&err, CONFAB_EINVAL, "later"), CONFAB_EINVAL);
	assert_int_equal(err.code, CONFAB_EIO);
	assert_string_equal(err.text, "open 'a'");
	assert_int_equal(confab_error_set(NULL, CONFAB_EPERM, "nobody listens"), CONFAB_EPERM);
}

static void long_texts_end_at_a_character(void **state)
{
	(void)state;
	static const struct {
		const char *character;
		size_t pad; /* bytes before the first character */
		size_t len; /* what is left of 511 bytes */
	} rows[] = {
		{"x", 0, 511},
		{"\xc3\xa9", 0, 510},
		{"\xc3\xa9", 1, 511},
		{"\xe2\x82\xac", 0, 510},
		{"\xe2\x82\xac", 2, 509},
		{"\xf0\x9f\x98\x80", 0, 508},
		{"\xf0\x9f\x98\x80", 3, 511},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[1024] = "";
		memset(text, '.', rows[i].pad);
		while (strlen(text) < 600)
			strcat(text, rows[i].character);
		struct confab_error err = {0};
		assert_int_equal(confab_error_set(&err, CONFAB_EINVAL, "%s", text), CONFAB_EINVAL);
		assert_int_equal(strlen(err.text), rows[i].len);
		assert_memory_equal(err.text, text, rows[i].len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_has_name_and_text),
		cmocka_unit_test(the_first_error_counts),
		cmocka_unit_test(long_texts_end_at_a_character),
	};
	return cmocka_run_group_tests_name("base_error", tests, NULL, NULL);
}
