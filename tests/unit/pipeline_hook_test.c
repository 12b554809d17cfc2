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

/** A hook of a copy of a plugin. */
static void add_copy(struct hooks *h, const char *plugin, const void *copy)
{
	struct hook proto = {.row = CONFAB_DECIDE(CONFAB_MODERATE, "message.*", pass, "test"),
		.owner = copy,
		.plugin = plugin};
	struct confab_error err = {0};

	assert_int_equal(hook_add(h, &proto, &err), 0);
}

/** Plugins of a list from some place on, those that are off left out. */
static void is_rest(const struct hook_list *list, uint32_t from, const char *expected)
{
	char names[200] = "";

	for (uint32_t i = from; i < list->n; i++) {
		if (!list->items[i]->off) {
			strcat(names, list->items[i]->plugin);
			strcat(names, " ");
		}
	}
	assert_string_equal(names, expected);
}

static void test_after_a_wait_everybody_is_called_once(void **state)
{
	static const int a1, a2, b1, b2, c1;
	const struct hook_list *walk;
	struct hooks *h = hooks_new();

	(void)state;
	add_copy(h, "ann", &a1);
	add_copy(h, "ann", &a1);
	add_copy(h, "bob", &b1);
	add_copy(h, "cyd", &c1);
	walk = hooks_take(h, CONFAB_MODERATE);
	assert_ptr_equal(hooks_continue(h, CONFAB_MODERATE, walk, 1), walk);
	/* It waits for ann's first hook; ann, who now has three, and bob are replaced. */
	add_copy(h, "ann", &a2);
	add_copy(h, "ann", &a2);
	add_copy(h, "ann", &a2);
	add_copy(h, "bob", &b2);
	hook_remove_all(h, &a1);
	hook_remove_all(h, &b1);
	walk = hooks_continue(h, CONFAB_MODERATE, walk, 1);
	is_rest(walk, 1, "ann ann bob cyd ");
	/* It waits again, for bob's new copy; then cyd goes, and dan comes. */
	hook_remove_all(h, &c1);
	add_copy(h, "dan", &a1);
	walk = hooks_continue(h, CONFAB_MODERATE, walk, 4);
	is_rest(walk, 4, "dan ");
	hook_remove_all(h, &a1);
	hook_remove_all(h, &a2);
	hook_remove_all(h, &b2);
	walk = hooks_continue(h, CONFAB_MODERATE, walk, 4);
	assert_int_equal(walk->n, 4);
	hooks_release(walk);
	hooks_free(h);
}

/* What a hook does to the hooks while they are walked. */
struct meddler {
	struct hooks *hooks;
	const char *removes; /* "": all of its own */
	uint64_t removes_id;
	bool adds;
	unsigned calls;
};

static enum confab_verdict meddle(struct confab_event *ev, void *ctx)
{
	struct meddler *m = ctx;
	struct confab_error err = {0};

	(void)ev;
	m->calls++;
	if (m->removes) {
		hook_remove(m->hooks, m->removes, m->removes_id);
	}
	if (m->adds) {
		assert_int_equal(add(m->hooks, "added", NULL, NULL, &err), 0);
	}
	return CONFAB_PASS;
}

static void add_meddler(struct hooks *h, const char *plugin, uint64_t id, struct meddler *m)
{
	/* Of a plugin that may be unmapped meanwhile: hooks copy their strings. */
	char kinds[] = "message.*", doc[] = "test";
	struct confab_error err = {0};
	struct hook proto = {.row = CONFAB_DECIDE(CONFAB_MODERATE, kinds, meddle, doc),
		.owner = plugin,
		.plugin = plugin,
		.ctx = m,
		.id = id};

	m->hooks = h;
	assert_int_equal(hook_add(h, &proto, &err), 0);
	memset(kinds, 'x', sizeof(kinds) - 1);
}

/* As the dispatcher walks. @return how many were called */
static unsigned walk(struct hooks *h)
{
	const struct hook_list *list = hooks_take(h, CONFAB_MODERATE);
	unsigned called = 0;

	for (uint32_t i = 0; list && i < list->n; i++) {
		if (list->items[i]->off || !hook_wants(list->items[i], "message.send")) {
			continue;
		}
		(void)list->items[i]->row.decide(NULL, list->items[i]->ctx);
		called++;
	}
	hooks_release(list);
	return called;
}

static void test_a_hook_removes_itself(void **state)
{
	static const char one[] = "one", two[] = "two";
	struct hooks *h = hooks_new();
	struct meddler first = {.removes = one, .removes_id = 7}, second = {0};

	(void)state;
	add_meddler(h, one, 7, &first);
	add_meddler(h, two, 8, &second);
	assert_int_equal(walk(h), 2);
	is_order(h, "two ");
	assert_int_equal(walk(h), 1);
	assert_int_equal(first.calls, 1);
	hooks_free(h);
}

static void test_a_hook_removes_one_behind_it_which_is_not_called(void **state)
{
	static const char one[] = "one", two[] = "two";
	struct hooks *h = hooks_new();
	struct meddler first = {.removes = two, .removes_id = 9}, second = {0};

	(void)state;
	add_meddler(h, one, 7, &first);
	add_meddler(h, two, 9, &second);
	assert_int_equal(walk(h), 1);
	assert_int_equal(second.calls, 0);
	is_order(h, "one ");
	hooks_free(h);
}

static void test_only_the_one_of_that_id_goes(void **state)
{
	static const char one[] = "one";
	struct hooks *h = hooks_new();
	struct meddler first = {0}, second = {0};

	(void)state;
	add_meddler(h, one, 1, &first);
	add_meddler(h, one, 2, &second);
	hook_remove(h, one, 3);
	is_order(h, "one one ");
	hook_remove(h, one, 1);
	assert_int_equal(walk(h), 1);
	assert_int_equal(second.calls, 1);
	hook_remove_all(h, one);
	assert_null(hooks_take(h, CONFAB_MODERATE));
	hooks_free(h);
}

static void test_a_hook_that_is_added_comes_with_the_next_event(void **state)
{
	static const char one[] = "one";
	struct hooks *h = hooks_new();
	struct meddler first = {.adds = true};

	(void)state;
	add_meddler(h, one, 1, &first);
	assert_int_equal(walk(h), 1);
	is_order(h, "added one ");
	first.adds = false;
	assert_int_equal(walk(h), 2);
	hooks_free(h);
}

/* The plugin is unloaded from inside its own hook, and the hooks themselves with it. */
static enum confab_verdict unload_all(struct confab_event *ev, void *ctx)
{
	struct meddler *m = ctx;

	(void)ev;
	m->calls++;
	hook_remove_all(m->hooks, m->removes);
	hooks_free(m->hooks);
	return CONFAB_PASS;
}

static void test_all_goes_from_inside_a_hook(void **state)
{
	static const char one[] = "one";
	struct hooks *h = hooks_new();
	struct meddler m = {.hooks = h, .removes = one};
	struct confab_error err = {0};
	struct hook proto = {.row = CONFAB_DECIDE(CONFAB_MODERATE, "*", unload_all, NULL),
		.owner = one,
		.plugin = one,
		.ctx = &m};

	(void)state;
	assert_int_equal(hook_add(h, &proto, &err), 0);
	assert_int_equal(hook_add(h, &proto, &err), 0);
	assert_int_equal(walk(h), 1);
	assert_int_equal(m.calls, 1);
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
		cmocka_unit_test(test_after_a_wait_everybody_is_called_once),
		cmocka_unit_test(test_a_hook_removes_itself),
		cmocka_unit_test(test_a_hook_removes_one_behind_it_which_is_not_called),
		cmocka_unit_test(test_only_the_one_of_that_id_goes),
		cmocka_unit_test(test_a_hook_that_is_added_comes_with_the_next_event),
		cmocka_unit_test(test_all_goes_from_inside_a_hook),
	};

	return cmocka_run_group_tests_name("pipeline hook", tests, NULL, NULL);
}
