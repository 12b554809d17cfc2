/**
 * base/json: what strangers send, the plain writer, and the hash of a request.
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
#include "base/digest.h"
#include "base/json.h"
#include "base/json_read.h"

#include <stdlib.h>

struct row {
	const char *text;
	int code;         /* of json_parse_bounded */
	const char *says; /* part of the error's text */
};

static const struct row rows[] = {
	{"{}", 0, NULL},
	{"[]", 0, NULL},
	{"null", 0, NULL},
	{"\"\"", 0, NULL},
	{" { \"a\" : [ 1 , -2.5e+3 , true , false , null ] } ", 0, NULL},
	{"\"a longer string without anything \xC3\xA4 special, \\u00e4 \\ud83d\\ude00 \\\\u0000\"",
		0, NULL},
	{"9007199254740991", 0, NULL},
	{"-9007199254740991", 0, NULL},
	{"1e308", 0, NULL},
	{"0.1", 0, NULL},
	{"9007199254740992", CONFAB_EPROTO, "beyond 2^53-1 at byte 0"},
	{"[-9007199254740992]", CONFAB_EPROTO, "beyond 2^53-1 at byte 1"},
	{"99999999999999999999999999999", CONFAB_EPROTO, "beyond 2^53-1"},
	{"1e309", CONFAB_EPROTO, "out of range"},
	{"4.9406564584124654e-324", 0, NULL}, /* what 5e-324 is written as */
	{"1e-325", CONFAB_EPROTO, "out of range"},
	{"1e99999999999999999999", CONFAB_EPROTO, "out of range"},
	{"99999e308", CONFAB_EPROTO, "overflow"},
	{"NaN", CONFAB_EPROTO, NULL},
	{"Infinity", CONFAB_EPROTO, NULL},
	{"-Infinity", CONFAB_EPROTO, NULL},
	{"01", CONFAB_EPROTO, NULL},
	{"-", CONFAB_EPROTO, NULL},
	{"1.", CONFAB_EPROTO, NULL},
	{"+1", CONFAB_EPROTO, NULL},
	{"", CONFAB_EPROTO, NULL},
	{"{} {}", CONFAB_EPROTO, NULL},
	{"{\"a\":1,\"a\":2}", CONFAB_EPROTO, "duplicate"},
	{"[{\"x\":{\"a\":1,\"\\u0061\":2}}]", CONFAB_EPROTO, "duplicate"},
	{"[1,]", CONFAB_EPROTO, NULL},
	{"[1", CONFAB_EPROTO, NULL},
	{"]", CONFAB_EPROTO, "not opened at byte 0"},
	{"[}", CONFAB_EPROTO, NULL},
	{"\"abc", CONFAB_EPROTO, "without end at byte 0"},
	{"\"abc\\\"", CONFAB_EPROTO, "without end"},
	{"\"abc\\", CONFAB_EPROTO, "without end"},
	{"\"\\u0000\"", CONFAB_EPROTO, "NUL"},
	{"{\"a\\u0000b\":1}", CONFAB_EPROTO, "NUL"},
	{"\"a\nb\"", CONFAB_EPROTO, "control character in a string at byte 2"},
	{"\"12345678\xC0\x80\"", CONFAB_EPROTO, "bad UTF-8 at byte 9"},
	{"\"\xED\xA0\x80\"", CONFAB_EPROTO, "bad UTF-8 at byte 2"},
	{"\"\xC3\"", CONFAB_EPROTO, "bad UTF-8"},
	{"\"\\\xFF\"", CONFAB_EPROTO, "bad UTF-8"},
	{"\"\\ud83d\"", CONFAB_EPROTO, NULL},
	{"\"\\ude00\"", CONFAB_EPROTO, NULL},
	{"\xEF\xBB\xBF{}", CONFAB_EPROTO, "outside of a string at byte 0"},
	{"'a'", CONFAB_EPROTO, NULL},
	{"// no\n1", CONFAB_EPROTO, NULL},
};

static void rows_hold(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct confab_error err = {0};
		json_t *value = json_parse_bounded(rows[i].text, strlen(rows[i].text), 4096, &err);

		if ((value == NULL) != (rows[i].code != 0) || err.code != rows[i].code)
			fail_msg("row %zu: %s: %s", i, rows[i].text, err.text);
		if (rows[i].says != NULL && strstr(err.text, rows[i].says) == NULL)
			fail_msg("row %zu: %s: says %s", i, rows[i].text, err.text);
		json_decref(value);
	}
}

static void nul_byte(void **state)
{
	struct confab_error err = {0};

	(void)state;
	assert_null(json_parse_bounded("[1,\0 2]", 7, 100, &err));
	assert_string_equal(err.text, "JSON, a NUL byte at byte 3");
	err.code = 0;
	assert_null(json_parse_bounded("\"a\0b\"", 5, 100, &err));
	assert_int_equal(err.code, CONFAB_EPROTO);
}

static void bounds(void **state)
{
	struct confab_error err = {0};
	char deep[2 * JSON_DEPTH_MAX + 2];
	json_t *value;

	(void)state;
	memset(deep, '[', JSON_DEPTH_MAX);
	memset(deep + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
	value = json_parse_bounded(deep, 2 * JSON_DEPTH_MAX, 1000, &err);
	assert_non_null(value);
	json_decref(value);
	memset(deep, '[', JSON_DEPTH_MAX + 1);
	assert_null(json_parse_bounded(deep, sizeof(deep), 1000, &err));
	assert_int_equal(err.code, CONFAB_ELIMIT);
	err.code = 0;
	assert_null(json_parse_bounded("[1,2,3]", 7, 6, &err));
	assert_int_equal(err.code, CONFAB_ELIMIT);
	value = json_parse_bounded("[1,2,3]", 7, 7, NULL);
	assert_non_null(value);
	json_decref(value);
	assert_null(json_parse_bounded("[", 1, 7, NULL));
}

static void writes(void **state)
{
	static const char text[] =
		"{\"b\":1,\"a\":[true,false,null,-7,0.5,\"x\\\"\\n\xC3\xA4\"],\"c\":{},\"d\":[]}";
	json_t *value = json_parse_bounded(text, sizeof(text) - 1, 1000, NULL);
	struct buf b;

	(void)state;
	buf_init(&b);
	json_write(&b, value);
	assert_string_equal(b.bytes, text);
	buf_fini(&b);
	json_decref(value);
}

static void hash_of(const char *text, uint8_t hash[32])
{
	json_t *value = json_parse_bounded(text, strlen(text), 1000, NULL);
	struct digest *digest = digest_new();

	assert_non_null(value);
	json_hash(value, digest, hash);
	digest_free(digest);
	json_decref(value);
}

static void hashes(void **state)
{
	/* sha256 of {"cid":"c","x":{"a":1,"b":2}} by another tool */
	static const uint8_t want[32] = {0x3e, 0xad, 0xac, 0xac, 0x78, 0x5e, 0x89, 0x89, 0xa2, 0x5e,
		0x97, 0x2c, 0xdc, 0xc9, 0x67, 0xcd, 0x82, 0xc0, 0x9a, 0x37, 0xd5, 0x90, 0x08, 0x67,
		0xee, 0xc2, 0x05, 0xb5, 0x30, 0x71, 0x35, 0xf4};
	uint8_t a[32], b[32];

	(void)state;
	hash_of("{\"x\":{\"b\":2,\"a\":1},\"cid\":\"c\",\"id\":4,\"again\":true,\"read\":3}", a);
	assert_memory_equal(a, want, 32);
	hash_of("{\"id\":5, \"cid\":\"c\", \"x\":{\"a\":1, \"b\":2}}", b);
	assert_memory_equal(a, b, 32);
	hash_of("{\"cid\":\"c\",\"x\":{\"a\":1,\"b\":2,\"id\":1}}", b);
	assert_memory_not_equal(a, b, 32);
}

static void members(void **state)
{
	static const char text[] = "{\"s\":\"x\",\"i\":5,\"t\":true,\"f\":false}";
	json_t *v = json_parse_bounded(text, sizeof(text) - 1, 100, NULL);

	(void)state;
	assert_string_equal(json_str(v, "s"), "x");
	assert_null(json_str(v, "i"));
	assert_null(json_str(v, "nope"));
	assert_int_equal(json_int(v, "i", 9), 5);
	assert_int_equal(json_int(v, "s", 9), 9);
	assert_int_equal(json_bool(v, "t"), 1);
	assert_int_equal(json_bool(v, "f"), 0);
	assert_int_equal(json_bool(v, "s"), 0);
	json_decref(v);
}

static void sharing_is_seen(void **state)
{
	json_t *part = json_pack("[s]", "deep");
	json_t *whole = json_pack("{s:b, s:n, s:{s:[iO]}}", "yes", 1, "no", "in", "side", 7, part);

	(void)state;
	assert_true(json_is_shared(whole));
	assert_false(json_is_shared(json_object_get(whole, "yes")));
	json_decref(part); /* the last other holder */
	assert_false(json_is_shared(whole));
	json_incref(whole);
	assert_true(json_is_shared(whole));
	json_decref(whole);
	json_decref(whole);
}

/** What the quick reader says yes to is what jansson reads; what it must not say yes to gives NULL. */
static void reads_as_jansson(void **state)
{
	static const char *const texts[] = {"{}", "[]", " [ ] ",
		"{\"a\":1,\"b\":[true,false,null]}", "\"\"", "\"abcdefg\\\"hijklmnop\"",
		"\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\u00e4 \\u20AC \\ud83d\\ude00\"", "\"\\ud83d\"",
		"\"\\ude00\"", "\"\\ud83dx\\ude00\"", "\"\\u0000\"", "\"\\u12\"", "\"\\x\"",
		"\"open", "\"open\\", "\"tab\there, behind more than a word\"",
		"\"behind more than a word\x7f\xc3\xa4\"", "{\"a\":1,\"a\":2}", "{\"a\" 1}",
		"{\"a\":}", "{\"a\":1,}", "{a:1}", "[1,]", "[1 2]", "[1]]", "[", "{", "", " ", "0",
		"-0", "-", "01", "-01", "1a", "123456789012345678", "-123456789012345678",
		"1234567890123456789", "99999999999999999999", "1.5", "1e3", "1.", ".5", "+1",
		"true", "truex", "tru", "nul", "[true1]", "{\"\":{\"\":[[\"\"]]}}",
		"\"\\u0041\\u0000\"", "{\"k\\u00e4y\":\"v\\n\",\"l\":\"\\u0061\"}"};
	char deep[512];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		size_t len = strlen(texts[i]);
		json_t *ours = json_read_checked(texts[i], len);
		json_t *theirs = json_loadb(
			texts[i], len, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);

		if (ours)
			assert_true(json_equal(ours, theirs));
		else if (theirs)
			assert_true(json_is_real(theirs) || len > 18);
		json_decref(ours);
		json_decref(theirs);
	}
	memset(deep, '[', 200);
	memset(deep + 200, ']', 200);
	assert_null(json_read_checked(deep, 400));
	assert_null(json_read("\"text\"", 6));
	assert_null(json_read("[\"\xff\"]", 5));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_hold),
		cmocka_unit_test(nul_byte),
		cmocka_unit_test(bounds),
		cmocka_unit_test(reads_as_jansson),
		cmocka_unit_test(writes),
		cmocka_unit_test(hashes),
		cmocka_unit_test(sharing_is_seen),
		cmocka_unit_test(members),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
