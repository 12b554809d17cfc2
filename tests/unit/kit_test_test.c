/**
 * kit/test: what authors of plugins test with: clients, time, settings, a store in trouble, and what is
 * said when it cannot go on.
 *
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <confab/chat.h>
#include <confab/doc.h>
#include <confab/event.h>
#include <confab/log.h>
#include <confab/op.h>
#include <confab/settings.h>
#include <confab/task.h>
#include <confab/test.h>

/* A plugin that greets after a while, keeps a note, and does its sums on a worker. */

enum { ROW_AFTER };

static const struct confab_setting settings[] = {
	[ROW_AFTER] = {"after", CONFAB_SETTING_DURATION, "10s", 1000, 60000,
		.flags = CONFAB_SETTING_RELOADABLE, .doc = "When to greet."},
};

struct greeter {
	struct confab_plugin *plugin;
	unsigned sums;
};

static void greet(void *arg)
{
	struct greeter *g = arg;
	(void)confab_emit(g->plugin, NULL, "message.send", "general",
		json_pack("{s:s}", "text", "hello everybody"));
}

static void put_done(void *arg, int rc, const char *key, const json_t *doc, uint64_t version)
{
	(void)key;
	(void)doc;
	(void)version;
	if (rc != 0)
		confab_reply_error(arg, "busy", confab_code_name(rc));
	else
		confab_reply(arg, json_object());
}

static void note_put(struct confab_request *rq, void *ctx)
{
	struct greeter *g = ctx;
	confab_doc_put(g->plugin, "notes", "one", json_deep_copy(confab_request_args(rq)), NULL, 0,
		CONFAB_ANY_VERSION, put_done, rq);
}

static int sum(void *arg)
{
	(void)arg;
	return 7;
}

static void sum_done(void *arg, int rc)
{
	struct greeter *g = arg;
	g->sums += (unsigned)rc;
	confab_log(g->plugin, CONFAB_LOG_INFO, "sum, done (%d)", rc);
}

static int load(struct confab_plugin *p, void **ctx, struct confab_error *err)
{
	const struct confab_settings *s = confab_plugin_settings(p);
	if (confab_setting_duration_ms(s, ROW_AFTER) == 13000)
		return confab_error_set(err, CONFAB_EINVAL, "after: 13 s is bad luck");
	struct greeter *g = calloc(1, sizeof(*g));
	assert_non_null(g);
	g->plugin = p;
	confab_timer_start(p, (unsigned)confab_setting_duration_ms(s, ROW_AFTER), 0, greet, g);
	(void)confab_work(p, sum, sum_done, g);
	*ctx = g;
	return 0;
}

static json_t *sums(struct confab_event *ev, const char *args, void *ctx)
{
	(void)ev;
	(void)args;
	return json_pack("{s:s}", "text", ((struct greeter *)ctx)->sums == 7 ? "seven" : "?");
}

static enum confab_verdict doubt(struct confab_event *ev, void *ctx)
{
	size_t len;
	(void)ctx;
	return strcmp(confab_draft_text(confab_event_draft(ev), &len), "doubtful") == 0
		? confab_hold(ev, "doubts", json_object())
		: CONFAB_PASS;
}

static const struct confab_hook_row hooks[] = {
	CONFAB_DECIDE(CONFAB_MODERATE, "message.send", doubt, "holds what is doubtful"),
};

static const struct confab_command_row commands[] = {{"sums", "the sums", NULL, sums}};

static const struct confab_op_row ops[] = {
	{.name = "note.put", .actor = CONFAB_OP_USER, .run = note_put, .doc = "Keep a note."},
};

static const struct confab_descriptor greeter = {
	CONFAB_HEAD("greeter", "1.0", "MIT"),
	CONFAB_ROWS(settings, settings),
	CONFAB_ROWS(hooks, hooks),
	CONFAB_ROWS(ops, ops),
	CONFAB_ROWS(commands, commands),
	.load = load,
	.unload = free,
};

static const char *note(struct confab_test_client *c)
{
	return confab_test_word(confab_test_ask(c, "note.put", json_pack("{s:s}", "text", "x")));
}

static bool summed(void *arg)
{
	return ((struct greeter *)arg)->sums == 7;
}

static void time_and_work(void **state)
{
	(void)state;
	struct confab_test *t = confab_test_new(&greeter, NULL, NULL);
	struct confab_test_client *ann = confab_test_client(t, "ann");
	struct greeter *g = confab_plugin_ctx(confab_test_plugin(t));
	confab_test_channel(ann, "general");
	assert_true(confab_test_until(t, summed, g, 1000));
	assert_non_null(strstr(confab_test_log(t), "info [plugin greeter] sum, done (7)"));
	assert_null(confab_test_hears(ann, 5000));
	CONFAB_TEST_IS(confab_test_hears(ann, 6000), "hello everybody");
	confab_test_free(t);
}

static void store_in_trouble(void **state)
{
	(void)state;
	struct confab_test *t = confab_test_new(&greeter, NULL, NULL);
	struct confab_test_client *ann = confab_test_client(t, "ann");
	assert_string_equal(note(ann), "ok");
	confab_test_faults(t, &(struct confab_test_faults){.busy = 1000});
	const json_t *answer = confab_test_ask(ann, "note.put", NULL);
	assert_string_equal(confab_test_word(answer), "busy");
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(answer, "error"), "text")),
		"EBUSY");
	confab_test_faults(t, &(struct confab_test_faults){.unknown = 1000});
	assert_string_equal(note(ann), "busy");
	confab_test_faults(t, &(struct confab_test_faults){.slow_ms = 3000});
	int number = confab_test_send(ann, "note.put", NULL);
	assert_null(confab_test_answer(ann, number, 1));
	assert_string_equal(confab_test_word(confab_test_answer(ann, number, 4000)), "ok");
	confab_test_faults(t, NULL);
	assert_string_equal(note(ann), "ok");
	confab_test_free(t);
}

/* What is remembered first, in the user's own log: the message ends as that ended. */
static void commands_and_held_messages(void **state)
{
	(void)state;
	struct confab_test *t = confab_test_new(&greeter, NULL, NULL);
	struct confab_test_client *ann = confab_test_client(t, "ann");
	confab_test_channel(ann, "general");
	confab_test_faults(t, &(struct confab_test_faults){.busy = 1000});
	assert_string_equal(confab_test_say(ann, "general", "/sums"), "busy");
	assert_string_equal(confab_test_say(ann, "general", "doubtful"), "busy");
	confab_test_faults(t, NULL);
	assert_string_equal(confab_test_say(ann, "general", "doubtful"), "held");
	assert_string_equal(confab_test_say(ann, "general", "/sums"), "handled");
	const json_t *note = confab_test_event(ann, "note", 100);
	assert_string_equal(json_string_value(json_object_get(note, "text")), "seven");
	confab_test_free(t);
}

static void settings_change(void **state)
{
	(void)state;
	struct confab_error err = {0};
	struct confab_test *t = confab_test_new(&greeter, "plugins: {greeter: {after: 2s}}", NULL);
	struct confab_test_client *ann = confab_test_client(t, "ann");
	confab_test_channel(ann, "general");
	CONFAB_TEST_IS(confab_test_hears(ann, 2100), "hello everybody");
	assert_int_equal(
		confab_test_configure(t, "plugins: {greeter: {after: 5s}}", &err), CONFAB_OK);
	assert_int_equal(confab_setting_duration_ms(
				 confab_plugin_settings(confab_test_plugin(t)), ROW_AFTER),
		5000);
	assert_int_equal(
		confab_test_configure(t, "plugins: {greeter: {after: 5}}", &err), CONFAB_EINVAL);
	assert_int_equal(confab_setting_duration_ms(
				 confab_plugin_settings(confab_test_plugin(t)), ROW_AFTER),
		5000);
	for (int i = 0; i < 3; i++) /* by the limits of the new channel type */
		assert_string_equal(confab_test_say(ann, "general", "hi"), "ok");
	confab_test_free(t);
}

static void refusals(void **state)
{
	(void)state;
	static const struct {
		const char *yaml, *says;
	} cases[] = {
		{"plugins: {greeter: {after: 13s}}", "plugin 'greeter', after: 13 s is bad luck"},
		{"plugins: {greeter: {aftr: 2s}}", "did you mean 'after'"},
		{"plugins: {}", "plugin 'greeter' is not enabled; add \"greeter: {}\""},
		{"plugins: [", "test.yaml:2:1: not YAML"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct confab_error err = {0};
		assert_null(confab_test_new(&greeter, cases[i].yaml, &err));
		if (strstr(err.text, cases[i].says) == NULL)
			fail_msg("'%s', expected '%s'", err.text, cases[i].says);
	}
}

static void clients(void **state)
{
	(void)state;
	struct confab_test *t = confab_test_new(&greeter, NULL, NULL);
	struct confab_test_client *ann = confab_test_client(t, "ann");
	struct confab_test_client *bob = confab_test_client(t, "bob");
	struct confab_test_client *admin = confab_test_client(t, "admin");
	confab_test_channel(ann, "general");
	confab_test_channel(bob, "general");
	assert_string_equal(confab_test_word(confab_test_ask(ann, "no.such", NULL)), "unknown_op");
	assert_string_equal(confab_test_say(bob, "elsewhere", "x"), "no_channel");
	assert_string_equal(confab_test_say(admin, "general", "hi"), "not_member");
	confab_test_cut(ann);
	assert_string_equal(confab_test_say(bob, "general", "alone"), "ok");
	const json_t *row = confab_test_row(bob, "message", 100);
	assert_string_equal(json_string_value(json_object_get(row, "user")), "bob");
	assert_string_equal(json_string_value(json_object_get(row, "channel")), "general");
	assert_null(confab_test_event(bob, "typing", 100));
	assert_string_equal(confab_test_word(NULL), "none");
	confab_test_free(t);
	confab_test_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(time_and_work),
		cmocka_unit_test(store_in_trouble),
		cmocka_unit_test(commands_and_held_messages),
		cmocka_unit_test(settings_change),
		cmocka_unit_test(refusals),
		cmocka_unit_test(clients),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
