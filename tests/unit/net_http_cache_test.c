/**
 * net/http_date, http_etag, http_range: what static files and caches need.
 *
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "net/http_date.h"
#include "net/http_etag.h"
#include "net/http_range.h"

static const struct {
	const char *text;
	int64_t unix_s; /* -1: no date */
} dates[] = {
	{"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
	{"Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
	{"Sun Nov  6 08:49:37 1994", 784111777},
	{"Wed Nov 16 08:49:37 1994", 784975777},
	{"Thu, 01 Jan 1970 00:00:00 GMT", 0},
	{"Tue, 29 Feb 2000 23:59:59 GMT", 951868799},
	{"Thu, 29 Feb 2024 12:00:00 GMT", 1709208000},
	{"Monday, 01-Jan-01 00:00:00 GMT", 978307200},
	{"Sat, 31 Dec 2016 23:59:60 GMT", 1483228800}, /* a leap second */
	{"", -1},
	{"Sun", -1},
	{"Sun, 06 Nov 1994 08:49:37", -1},
	{"Sun, 06 Nov 1994 08:49:37 UTC", -1},
	{"Sun, 06 Nov 1994 08:49:37 GMT ", -1},
	{"Sun, 6 Nov 1994 08:49:37 GMT", -1},
	{"Sun, 00 Nov 1994 08:49:37 GMT", -1},
	{"Sun, 31 Nov 1994 08:49:37 GMT", -1},
	{"Sun, 29 Feb 1900 08:49:37 GMT", -1},
	{"Sun, 06 nov 1994 08:49:37 GMT", -1},
	{"Sun, 06 Nov 1994 24:00:00 GMT", -1},
	{"Sun, 06 Nov 1994 08:60:00 GMT", -1},
	{"Sun, 06 Nov 1994 8:49:37 GMT", -1},
	{"Sun, 06-Nov 94 08:49:37 GMT", -1},
	{"784111777", -1},
};

static void dates_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
		int64_t s = -1;

		if (http_date_parse(dates[i].text, &s) != (dates[i].unix_s >= 0))
			fail_msg("%s: %lld", dates[i].text, (long long)s);
		assert_int_equal(s, dates[i].unix_s);
	}
}

static void dates_written(void **state)
{
	char text[HTTP_DATE_SIZE];

	(void)state;
	http_date_format(784111777, text);
	assert_string_equal(text, "Sun, 06 Nov 1994 08:49:37 GMT");
	http_date_format(-5, text);
	assert_string_equal(text, "Thu, 01 Jan 1970 00:00:00 GMT");
	http_date_format(INT64_MAX, text);
	assert_string_equal(text, "Fri, 31 Dec 9999 23:59:59 GMT");
	for (int64_t s = 0; s < 253402300799; s += 86399 * 17) {
		int64_t back;

		http_date_format(s, text);
		assert_true(http_date_parse(text, &back));
		assert_true(back == s);
	}
}

static const struct {
	const char *list;
	const char *etag;
	bool strong, weak;
} tags[] = {
	{"\"a\"", "\"a\"", true, true},
	{"\"a\", \"b\"", "\"b\"", true, true},
	{"\"a\",\"b\"", "\"b\"", true, true},
	{"W/\"a\"", "\"a\"", false, true},
	{"\"a\"", "W/\"a\"", false, true},
	{"W/\"a\"", "W/\"a\"", false, true},
	{"*", "\"a\"", true, true},
	{" * ", "\"a\"", true, true},
	{"\"a,b\"", "\"a,b\"", true, true},
	{"\"A\"", "\"a\"", false, false},
	{"\"ab\"", "\"a\"", false, false},
	{"a", "\"a\"", false, false},
	{"\"a", "\"a\"", false, false},
	{"", "\"a\"", false, false},
	{"\"*\"", "\"a\"", false, false},
};

static void tags_match(void **state)
{
	char tag[HTTP_ETAG_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		bool strong = http_etag_in(tags[i].list, tags[i].etag, HTTP_ETAG_STRONG);
		bool weak = http_etag_in(tags[i].list, tags[i].etag, HTTP_ETAG_WEAK);

		if (strong != tags[i].strong || weak != tags[i].weak)
			fail_msg("%s %s", tags[i].list, tags[i].etag);
	}
	http_etag_format(UINT64_MAX, -1, tag);
	assert_string_equal(tag, "\"ffffffffffffffff-ffffffffffffffff\"");
}

#define BEFORE "Sun, 06 Nov 1994 08:49:36 GMT"
#define AT "Sun, 06 Nov 1994 08:49:37 GMT"

static const struct {
	struct http_conditions c;
	int gets, puts; /* for what exists, tag "a", changed AT */
} conditions[] = {
	{{NULL, NULL, NULL, NULL}, 0, 0},
	{{"\"a\"", NULL, NULL, NULL}, 0, 0},
	{{"\"b\"", NULL, NULL, NULL}, 412, 412},
	{{"W/\"a\"", NULL, NULL, NULL}, 412, 412},
	{{"*", NULL, NULL, NULL}, 0, 0},
	{{NULL, "\"a\"", NULL, NULL}, 304, 412},
	{{NULL, "W/\"a\"", NULL, NULL}, 304, 412},
	{{NULL, "\"b\"", NULL, NULL}, 0, 0},
	{{NULL, "*", NULL, NULL}, 304, 412},
	{{NULL, "\"b\"", AT, NULL}, 0, 0}, /* the tag wins */
	{{NULL, NULL, AT, NULL}, 304, 0},
	{{NULL, NULL, BEFORE, NULL}, 0, 0},
	{{NULL, NULL, "yesterday", NULL}, 0, 0},
	{{NULL, NULL, NULL, AT}, 0, 0},
	{{NULL, NULL, NULL, BEFORE}, 412, 412},
	{{"\"a\"", NULL, NULL, BEFORE}, 0, 0}, /* the tag wins */
	{{"\"a\"", "\"a\"", NULL, NULL}, 304, 412},
};

static void conditions_hold(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++) {
		const struct http_conditions *c = &conditions[i].c;

		assert_int_equal(
			http_conditions_judge(c, "\"a\"", 784111777, true), conditions[i].gets);
		assert_int_equal(
			http_conditions_judge(c, "\"a\"", 784111777, false), conditions[i].puts);
	}
	/* nothing is there */
	assert_int_equal(http_conditions_judge(&conditions[4].c, NULL, 0, false), 412);
	assert_int_equal(http_conditions_judge(&conditions[8].c, NULL, 0, false), 0);
}

static const struct {
	const char *header;
	uint64_t size;
	enum http_range what;
	uint64_t from, to;
} ranges[] = {
	{NULL, 10, HTTP_RANGE_ALL, 0, 0},
	{"bytes=0-4", 10, HTTP_RANGE_PART, 0, 4},
	{"Bytes=9-9", 10, HTTP_RANGE_PART, 9, 9},
	{"bytes=5-", 10, HTTP_RANGE_PART, 5, 9},
	{"bytes=0-99", 10, HTTP_RANGE_PART, 0, 9},
	{"bytes=-3", 10, HTTP_RANGE_PART, 7, 9},
	{"bytes=-99", 10, HTTP_RANGE_PART, 0, 9},
	{"bytes=0-99999999999999999999999", 10, HTTP_RANGE_PART, 0, 9},
	{"bytes=10-", 10, HTTP_RANGE_BEYOND, 0, 0},
	{"bytes=99999999999999999999999-", 10, HTTP_RANGE_BEYOND, 0, 0},
	{"bytes=-0", 10, HTTP_RANGE_BEYOND, 0, 0},
	{"bytes=0-", 0, HTTP_RANGE_BEYOND, 0, 0},
	{"bytes=-1", 0, HTTP_RANGE_BEYOND, 0, 0},
	{"bytes=5-4", 10, HTTP_RANGE_ALL, 0, 0},
	{"bytes=0-1,3-4", 10, HTTP_RANGE_ALL, 0, 0},
	{"bytes=-", 10, HTTP_RANGE_ALL, 0, 0},
	{"bytes=", 10, HTTP_RANGE_ALL, 0, 0},
	{"bytes=a-b", 10, HTTP_RANGE_ALL, 0, 0},
	{"bytes=0-4 ", 10, HTTP_RANGE_ALL, 0, 0},
	{"bytes=+0-4", 10, HTTP_RANGE_ALL, 0, 0},
	{"lines=0-4", 10, HTTP_RANGE_ALL, 0, 0},
};

static void ranges_hold(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		uint64_t from = 0, to = 0;
		enum http_range what = http_range_parse(
			ranges[i].header, ranges[i].size, &from, &to);

		if (what != ranges[i].what || from != ranges[i].from || to != ranges[i].to)
			fail_msg("%s", ranges[i].header);
	}
	assert_true(http_range_applies(NULL, "\"a\"", 0));
	assert_true(http_range_applies("\"a\"", "\"a\"", 0));
	assert_false(http_range_applies("\"b\"", "\"a\"", 0));
	assert_false(http_range_applies("W/\"a\"", "\"a\"", 0));
	assert_true(http_range_applies(AT, "\"a\"", 784111777));
	assert_false(http_range_applies(BEFORE, "\"a\"", 784111777));
	assert_false(http_range_applies("*", "\"a\"", 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dates_read),
		cmocka_unit_test(dates_written),
		cmocka_unit_test(tags_match),
		cmocka_unit_test(conditions_hold),
		cmocka_unit_test(ranges_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
