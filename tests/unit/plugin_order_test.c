/**
 * plugin/order: before and after, else names; and cycles that are printed.
 *
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "plugin/order.h"

#define ITEMS_MAX 5

struct order_case {
	const char *label;
	struct order_item items[ITEMS_MAX];
	const char *expected; /* names in order, or the sentence */
};

static const struct order_case order_cases[] = {
	{"nothing", {{0}}, ""},
	{"one", {{"a", 0, NULL, NULL}}, "a"},
	{"by name", {{"c", 0, NULL, NULL}, {"a", 0, NULL, NULL}, {"b", 0, NULL, NULL}}, "a b c"},
	{"after", {{"a", 0, NULL, "b"}, {"b", 0, NULL, NULL}}, "b a"},
	{"before", {{"a", 0, NULL, NULL}, {"b", 0, "a", NULL}}, "b a"},
	{"unknown names", {{"b", 0, "x", "y"}, {"a", 0, "zz", NULL}}, "a b"},
	{"several names", {{"a", 0, NULL, "c  b "}, {"b", 0, NULL, NULL}, {"c", 0, NULL, NULL}},
		"b c a"},
	{"part of a name", {{"a", 0, NULL, "bc"}, {"b", 0, NULL, NULL}}, "a b"},
	{"groups first", {{"a", 1, "b", NULL}, {"b", 0, NULL, NULL}}, "b a"},
	{"chain",
		{{"a", 0, NULL, "b"}, {"b", 0, NULL, "c"}, {"c", 0, NULL, "d"},
			{"d", 0, NULL, NULL}},
		"d c b a"},
	{"two", {{"a", 0, "b", NULL}, {"b", 0, "a", NULL}},
		"plugins cannot be put in order: a before b before a"},
	{"itself is no cycle", {{"a", 0, "a", "a"}}, "a"},
	{"three, and one that only follows",
		{{"d", 0, NULL, "a"}, {"a", 0, "b", NULL}, {"b", 0, "c", NULL},
			{"c", 0, "a", NULL}},
		"plugins cannot be put in order: a before b before c before a"},
};

static void order(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(order_cases) / sizeof(order_cases[0]); i++) {
		const struct order_case *c = &order_cases[i];
		struct confab_error err = {0};
		size_t n = 0, out[ITEMS_MAX];
		char got[256] = "";
		while (n < ITEMS_MAX && c->items[n].name != NULL)
			n++;
		int rc = order_sort(c->items, n, out, &err);
		for (size_t k = 0; k < n && rc == 0; k++)
			snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s",
				k > 0 ? " " : "", c->items[out[k]].name);
		const char *text = rc == 0 ? got : err.text;
		if (strcmp(text, c->expected) != 0)
			fail_msg("%s: '%s', expected '%s'", c->label, text, c->expected);
		assert_int_equal(rc, err.code);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(order)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
