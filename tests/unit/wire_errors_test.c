/**
 * wire/errors: the tables are sorted and whole, and what net refuses by itself is in them.
 *
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "net/http_internal.h"
#include "wire/errors.h"

static void codes_are_words_in_order(void **state)
{
	const struct wire_error *row, *last = NULL;

	(void)state;
	for (size_t i = 0; (row = wire_error_at(i)) != NULL; i++) {
		size_t len = strlen(row->code);

		if (last && strcmp(last->code, row->code) >= 0) {
			fail_msg("'%s' stands behind '%s'", row->code, last->code);
		}
		assert_int_equal(strspn(row->code, "abcdefghijklmnopqrstuvwxyz_"), len);
		assert_in_range(len, 1, 32);
		assert_in_range(row->status, 400, 599);
		assert_ptr_equal(wire_error_find(row->code), row);
		assert_string_equal(wire_error_text(row->code), row->text);
		/* it has to fit into an answer */
		assert_in_range(strlen(row->text), 10, 199);
		last = row;
	}
	assert_non_null(last);
	assert_null(wire_error_find("no_such_code"));
	assert_string_equal(wire_error_text("no_such_code"), "no_such_code");
}

/** 503 means: try again; nothing else that is never done may say so. */
static void status_and_retry_agree(void **state)
{
	const struct wire_error *row;

	(void)state;
	for (size_t i = 0; (row = wire_error_at(i)) != NULL; i++) {
		bool again = row->status == 503 || row->status == 429 || row->status == 500 ||
			row->status == 408;

		if (again != (row->retry != RETRY_NEVER) && strcmp(row->code, "muted") != 0) {
			fail_msg("'%s': %d, but retry %s", row->code, row->status,
				wire_retry_name(row->retry));
		}
	}
}

static void net_speaks_the_same_words(void **state)
{
	(void)state;
	for (int status = 400; status < 600; status++) {
		const char *code = http_status_code(status);
		const struct wire_error *row = code ? wire_error_find(code) : NULL;

		if (!row) {
			fail_msg("%d is answered '%s', which is in no table", status,
				code ? code : "nothing");
		}
		assert_string_equal(http_status_retry(status), wire_retry_name(row->retry));
	}
	assert_null(http_status_code(200));
	assert_null(http_status_code(304));
}

static void closes_are_in_order(void **state)
{
	const struct wire_close_row *row;
	uint16_t last = 999;

	(void)state;
	for (size_t i = 0; (row = wire_close_at(i)) != NULL; i++) {
		assert_true(row->code > last);
		assert_true(row->code < 1012 || (row->code >= 4000 && row->code < 5000));
		assert_true(row->name[0] && row->text[0]);
		last = row->code;
	}
	assert_int_equal(last, CLOSE_DRAIN);
}

/* ------------------------------------------------------------------------------------------- */

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codes_are_words_in_order),
		cmocka_unit_test(status_and_retry_agree),
		cmocka_unit_test(net_speaks_the_same_words),
		cmocka_unit_test(closes_are_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
