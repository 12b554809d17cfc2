/**
 * net/http_target and net/http_char: strict paths, parameters of a query, lists.
 *
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "net/http_target.h"

struct row {
	const char *in;
	const char *out; /* decoded, or NULL */
	const char *why; /* part of the sentence */
};

static const struct row paths[] = {
	{"/", "/", NULL},
	{"/a/b/", "/a/b/", NULL},
	{"/a%20b", "/a b", NULL},
	{"/%41%62%63", "/Abc", NULL},
	{"/%e2%82%AC", "/\xE2\x82\xAC", NULL},
	{"/%25", "/%", NULL},
	{"/%252e%252e/", "/%2e%2e/", NULL}, /* decoded once, never twice */
	{"/a+b", "/a+b", NULL},
	{"//", "//", NULL},
	{"/...", "/...", NULL},
	{"/.a/..b/c.", "/.a/..b/c.", NULL},
	{"", NULL, "begin with a slash"},
	{"a", NULL, "begin with a slash"},
	{"*", NULL, "begin with a slash"},
	{"%2Fa", NULL, "begin with a slash"},
	{"/.", NULL, "dot segment"},
	{"/..", NULL, "dot segment"},
	{"/../", NULL, "dot segment"},
	{"/a/./b", NULL, "dot segment"},
	{"/a/../b", NULL, "dot segment"},
	{"/a/%2e%2E/b", NULL, "dot segment"},
	{"/a/.%2e", NULL, "dot segment"},
	{"/%2e", NULL, "dot segment"},
	{"/a%2Fb", NULL, "encoded slash"},
	{"/a%2fb", NULL, "encoded slash"},
	{"/a%5Cb", NULL, "backslash"},
	{"/a\\b", NULL, "backslash"},
	{"/%00", NULL, "control"},
	{"/a%00.txt", NULL, "control"},
	{"/%0d%0a", NULL, "control"},
	{"/%7f", NULL, "control"},
	{"/%", NULL, "escape"},
	{"/%4", NULL, "escape"},
	{"/%4g", NULL, "escape"},
	{"/%g4", NULL, "escape"},
	{"/%-1", NULL, "escape"},
	{"/%%41", NULL, "escape"},
	{"/%ff", NULL, "UTF-8"},
	{"/%c0%ae", NULL, "UTF-8"},
	{"/%ed%a0%80", NULL, "UTF-8"},
};

static void paths_decode(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct http_slice raw = {paths[i].in, strlen(paths[i].in)};
		char out[64];
		const char *why = http_path_decode(raw, out, sizeof(out));

		if ((why == NULL) != (paths[i].out != NULL))
			fail_msg("%s: %s", paths[i].in, why != NULL ? why : "not refused");
		if (why == NULL)
			assert_string_equal(out, paths[i].out);
		else
			assert_non_null(strstr(why, paths[i].why));
	}
}

static void path_fits(void **state)
{
	struct http_slice raw = {"/abc", 4};
	char out[5];

	(void)state;
	assert_null(http_path_decode(raw, out, 5));
	assert_string_equal(out, "/abc");
	assert_non_null(http_path_decode(raw, out, 4));
}

static const struct {
	const char *query;
	const char *key;
	const char *out;
} queries[] = {
	{"a=1&b=2", "a", "1"},
	{"a=1&b=2", "b", "2"},
	{"a=1&a=2", "a", "1"},
	{"a", "a", ""},
	{"a=", "a", ""},
	{"b&a&c", "a", ""},
	{"a=b=c", "a", "b=c"},
	{"a=x+y%2Bz", "a", "x y+z"},
	{"a=%E2%82%AC", "a", "\xE2\x82\xAC"},
	{"&&a=1", "a", "1"},
	{"", "a", NULL},
	{"ab=1", "a", NULL},
	{"b=a", "a", NULL},
	{"a=%", "a", NULL},
	{"a=%4", "a", NULL},
	{"a=%4&b=41", "a", NULL},
	{"a=%00", "a", NULL},
	{"a=%ff", "a", NULL},
	{"a=0123456789abcdef", "a", NULL},
	{"a=0123456789abcde", "a", "0123456789abcde"},
};

static void parameters(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
		char out[16];
		bool found = http_query_find(queries[i].query, queries[i].key, out, sizeof(out));

		if (found != (queries[i].out != NULL))
			fail_msg("%s: %s", queries[i].query, found ? out : "not found");
		if (found)
			assert_string_equal(out, queries[i].out);
	}
}

static void lists(void **state)
{
	struct http_slice rest = {" a ,,\tb c\t, ", 12}, item;

	(void)state;
	assert_true(http_list_next(&rest, &item));
	assert_true(http_same(item.at, item.len, "A"));
	assert_true(http_list_next(&rest, &item));
	assert_true(http_same(item.at, item.len, "b C"));
	assert_false(http_list_next(&rest, &item));
	assert_true(http_is_token("a-b", 3));
	assert_false(http_is_token("", 0));
	assert_false(http_is_token("a b", 3));
	assert_false(http_same("ab", 2, "abc"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_decode),
		cmocka_unit_test(path_fits),
		cmocka_unit_test(parameters),
		cmocka_unit_test(lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
