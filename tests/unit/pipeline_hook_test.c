/**
 * pipeline/hook: the order of hooks, what they want, and what registering does to a walk in progress.
 *
 * SPDX-License-Identifier: MIT
 */
#include "pipeline/hook.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static enum confab_verdict pass(struct confab_event *ev, void *ctx)
{
	(void)ev;
	(void)ctx;
	return CONFAB_PASS;
}

static void look(const struct confab_event *ev, void *ctx)
{
	(void)ev;
	(void)ctx;
}

static int add(struct hooks *h, const char *plugin, const char *before, const char *after,
	struct confab_error *err)
{
	struct hook proto = {.row = CONFAB_DECIDE(CONFAB_MODERATE, "message.*", pass, "test"),
		.owner = plugin,
		.plugin = plugin,
		.before = before,
		.after = after};

	return hook_add(h, &proto, err);
}

static void is_order(struct hooks *h, const char *expected)
{
	const struct hook_list *list = hooks_take(h, CONFAB_MODERATE);
	char names[200] = "";

	for (uint32_t i = 0; list && i < list->n; i++) {
		strcat(names, list->items[i]->plugin);
		strcat(names, " ");
	}
	hooks_release(list);
	assert_string_equal(names, expected);
}

static void test_names_then_before_and_after(void **state)
{
	struct hooks *h = hooks_new();
	struct confab_error err = {0};

	(void)state;
	assert_null(hooks_take(h, CONFAB_MODERATE));
	assert_int_equal(add(h, "words", NULL, NULL, &err), 0);
	assert_int_equal(add(h, "audit", NULL, NULL, &err), 0);
	is_order(h, "audit words ");
	assert_int_equal(add(h, "spam", NULL, "words", &err), 0);
	is_order(h, "audit words spam ");
	assert_int_equal(add(h, "zebra", "audit", NULL, &err), 0);
	is_order(h, "words spam zebra audit ");
	hooks_free(h);
}

static void test_the_administrators_order_wins(void **state)
{
	static const char *const fixed[] = {"spam", "words"};
	struct hooks *h = hooks_new();
	struct confab_error err = {0};

	(void)state;
	assert_int_equal(hooks_order(h, CONFAB_MODERATE, fixed, 2, &err), 0);
	assert_int_equal(add(h, "words", NULL, NULL, &err), 0);
	assert_int_equal(add(h, "spam", NULL, "words", &err), 0);
	is_order(h, "spam words ");
	hooks_free(h);
}

static void test_a_cycle_is_named(void **state)
{
	struct hooks *h = hooks_new();
	struct confab_error err = {0};

	(void)state;
	assert_int_equal(add(h, "one", NULL, "two", &err), 0);
	assert_int_equal(add(h, "two", NULL, "one", &err), CONFAB_EINVAL);
	assert_non_null(strstr(err.text, "one"));
	assert_non_null(strstr(err.text, "two"));
	is_order(h, "one ");
	hooks_free(h);
}

static void test_stage_and_function_must_fit(void **state)
{
	struct hooks *h = hooks_new();
	struct confab_error err = {0};
	struct hook wrong[] = {
		{.row = {CONFAB_OBSERVE, "*", pass, NULL, "test"}, .plugin = "one"},
		{.row = {CONFAB_MODERATE, "*", NULL, look, "test"}, .plugin = "one"},
		{.row = {CONFAB_MODERATE, NULL, pass, NULL, "test"}, .plugin = "one"},
		{.row = {0, "*", pass, NULL, "test"}, .plugin = "one"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(hook_add(h, &wrong[i], &err), CONFAB_EINVAL);
	}
	hooks_free(h);
}

static void test_what_it_wants(void **state)
{
	static const struct {
		const char *kinds, *kind;
		bool wants;
	} rows[] = {
		{"*", "message.send", true},
		{"message.*", "message.send", true},
		{"message.*", "messages.send", false},
		{"message.*", "read", false},
		{"message.send message.edit", "message.edit", true},
		{"message.send message.edit", "message.delete", false},
		{"message.sendx", "message.send", false},
		{"typing member.*", "member.kick", true},
		{"read", "read", true},
	};
	struct hook hk = {.plugin = "one"};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		hk.row.kinds = rows[i].kinds;
		if (hook_wants(&hk, rows[i].kind) != rows[i].wants) {
			fail_msg("'%s' and %s", rows[i].kinds, rows[i].kind);
		}
	}
}

static void test_a_walk_goes_on_over_its_own_list(void **state)
{
	struct hooks *h = hooks_new();
	struct confab_error err = {0};
	static const char one[] = "one", two[] = "two";
	const struct hook_list *walk;

	(void)state;
	assert_int_equal(add(h, one, NULL, NULL, &err), 0);
	assert_int_equal(add(h, two, NULL, NULL, &err), 0);
	walk = hooks_take(h, CONFAB_MODERATE);
	hook_remove_all(h, two);
	assert_int_equal(add(h, "three", NULL, NULL, &err), 0);
	assert_int_equal(walk->n, 2); /* as it was, but who was removed is not called */
	assert_false(walk->items[0]->off);
	assert_true(walk->items[1]->off);
	is_order(h, "one three ");
	hooks_free(h);
	assert_string_equal(walk->items[1]->plugin, "two"); /* it lives as long as the walk */
	hooks_release(walk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_then_before_and_after),
		cmocka_unit_test(test_the_administrators_order_wins),
		cmocka_unit_test(test_a_cycle_is_named),
		cmocka_unit_test(test_stage_and_function_must_fit),
		cmocka_unit_test(test_what_it_wants),
		cmocka_unit_test(test_a_walk_goes_on_over_its_own_list),
	};

	return cmocka_run_group_tests_name("pipeline hook", tests, NULL, NULL);
}
