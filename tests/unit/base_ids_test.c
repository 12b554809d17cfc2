/**
 * base/ids: what is an id, what a cid, and ids made from both.
 *
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/ids.h"

#define S16 "abcdefghijklmnop"
#define S64 S16 S16 S16 S16

static void ids(void **state)
{
	(void)state;
	assert_true(id_valid("a"));
	assert_true(id_valid("Az09_.:-"));
	assert_true(id_valid(S64));
	assert_false(id_valid(S64 "x"));
	assert_false(id_valid(""));
	assert_false(id_valid("a b"));
	assert_false(id_valid("a/b"));
	assert_false(id_valid("@ann"));
	assert_false(id_valid("\xC3\xA4"));
	assert_false(id_valid("a\n"));
	assert_true(id_reserved("d.x"));
	assert_true(id_reserved("c."));
	assert_false(id_reserved("d"));
	assert_false(id_reserved("general"));
	assert_false(id_reserved("cd.x"));
}

static void cids(void **state)
{
	(void)state;
	assert_true(cid_valid(S16));
	assert_true(cid_valid(S64));
	assert_true(cid_valid("!#$%&'()*+,-./0~"));
	assert_false(cid_valid("abcdefghijklmno"));
	assert_false(cid_valid(S64 "x"));
	assert_false(cid_valid(S16 " "));
	assert_false(cid_valid(S16 "\""));
	assert_false(cid_valid(S16 "\\"));
	assert_false(cid_valid(S16 "\x7F"));
	assert_false(cid_valid(S16 "\xC3\xA4"));
	assert_false(cid_valid(""));
}

/* The constants come from Python: hashlib and base64.b32encode. */
static void made(void **state)
{
	char a[ID_MADE_SIZE], b[ID_MADE_SIZE];

	(void)state;
	id_direct(a, "ann", "bob");
	id_direct(b, "bob", "ann");
	assert_string_equal(a, b);
	assert_string_equal(a, "d.s4cj3jkgjflamlioss7f6bq64x");
	assert_true(id_valid(a) && id_reserved(a));
	id_made(a, "ann", S16);
	assert_string_equal(a, "c.ozsmbp2rqb2uwbk2vq5f3pwm2z");
	assert_true(id_valid(a) && id_reserved(a));
	id_made(b, "bob", S16);
	assert_string_not_equal(a, b);
	id_direct(a, S64, S64);
	assert_int_equal(strlen(a), ID_MADE_SIZE - 1);
}

static void random_ids(void **state)
{
	char a[33], b[33];

	(void)state;
	id_random(a, 32);
	id_random(b, 32);
	assert_int_equal(strlen(a), 32);
	assert_int_equal(strspn(a, "abcdefghijklmnopqrstuvwxyz234567"), 32);
	assert_string_not_equal(a, b);
	id_random(a, 0);
	assert_string_equal(a, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids),
		cmocka_unit_test(cids),
		cmocka_unit_test(made),
		cmocka_unit_test(random_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
