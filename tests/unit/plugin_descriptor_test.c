/**
 * plugin/descriptor: tables of a plugin that are refused, each with a sentence that names the fault.
 *
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "plugin/descriptor.h"

/* Rows here say only what the case is about, and spoil what HEAD has set. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#ifdef __clang__
#pragma GCC diagnostic ignored "-Winitializer-overrides"
#else
#pragma GCC diagnostic ignored "-Woverride-init"
#endif

static enum confab_verdict decide(struct confab_event *ev, void *ctx)
{
	(void)ev;
	(void)ctx;
	return CONFAB_PASS;
}

static void observe(const struct confab_event *ev, void *ctx)
{
	(void)ev;
	(void)ctx;
}

static void run(struct confab_request *rq, void *ctx)
{
	(void)rq;
	(void)ctx;
}

static void todo_run(
	struct confab_todo_job *job, const char *log, uint64_t rev, const json_t *body, void *ctx)
{
	(void)job;
	(void)log;
	(void)rev;
	(void)body;
	(void)ctx;
}

static int build(struct confab_event *ev, struct confab_change *change, void *ctx)
{
	(void)ev;
	(void)change;
	(void)ctx;
	return 0;
}

static int decode(const char *bytes, size_t len, bool *text, struct confab_out *out)
{
	(void)bytes;
	(void)len;
	(void)text;
	(void)out;
	return 0;
}

static void slot_free(void *value)
{
	(void)value;
}

static void route_run(struct confab_http *h, void *ctx)
{
	(void)h;
	(void)ctx;
}

static void verb_run(struct confab_verb *v, const json_t *args, void *ctx)
{
	(void)v;
	(void)args;
	(void)ctx;
}

static int helper_run(const struct confab_helper_input *in, struct confab_helper_output *out)
{
	(void)in;
	(void)out;
	return 0;
}

struct vtable {
	size_t size;
};
static const struct vtable right = {sizeof(struct vtable)}, wrong = {99};

#define ROW(type, ...) \
	(const type[]) \
	{ \
		{ \
			__VA_ARGS__ \
		} \
	}
#define ONE(type, ...) \
	{ \
		ROW(type, __VA_ARGS__), 1, sizeof(type) \
	}
#define HEAD CONFAB_HEAD("x", "1", "MIT")
#define SETTING(...) ONE(struct confab_setting, __VA_ARGS__)
#define HOOK(...) ONE(struct confab_hook_row, __VA_ARGS__)
#define KIND(...) ONE(struct confab_kind_row, __VA_ARGS__)
#define OP(...) ONE(struct confab_op_row, __VA_ARGS__)
#define JOB(...) ONE(struct confab_todo_row, __VA_ARGS__)
#define CODEC(...) ONE(struct confab_codec_row, __VA_ARGS__)
#define PROVIDE(...) ONE(struct confab_provide_row, __VA_ARGS__)
#define ROUTE(...) ONE(struct confab_route_row, __VA_ARGS__)
#define METRIC(...) ONE(struct confab_metric_row, __VA_ARGS__)
#define VERB(...) ONE(struct confab_verb_row, __VA_ARGS__)
#define HELP(...) ONE(struct confab_helper_row, __VA_ARGS__)
#define COLLECTION(...) ONE(struct confab_collection_row, __VA_ARGS__)
#define MAY_ROUTE .caps = CONFAB_CAP_HTTP_ROUTE
#define FIELDS(...) \
	(const struct confab_field[]) \
	{ \
		__VA_ARGS__, \
		{ \
			0 \
		} \
	}

struct fault_case {
	const char *fault; /* part of the sentence; NULL: accepted */
	struct confab_descriptor d;
};

static const struct fault_case fault_cases[] = {
	{NULL, {HEAD}},
	{NULL, {HEAD, .flags = CONFAB_RESIDENT, .caps = CONFAB_CAP_STORE}},
	{"unknown flags (0x80)", {HEAD, .flags = 0x80}},
	{"unknown capabilities (0x1000)", {HEAD, .caps = 0x1000}},
	{"lacks a name", {CONFAB_HEAD("Not A Name", "1", "MIT")}},
	{"lacks a name", {CONFAB_HEAD("x", NULL, "MIT")}},
	{"ABI 2.0, but this server's ABI 1.0", {HEAD, .abi_major = 2}},
	{"ABI 1.9, but", {HEAD, .abi_minor = 9}},
	{"descriptor of 8 bytes", {HEAD, .size = 8}},
	{"table hooks has 5000 rows",
		{HEAD, .hooks = {&right, 5000, sizeof(struct confab_hook_row)}}},
	{"table hooks has 1 rows (at most 0)",
		{HEAD, .hooks = {NULL, 1, sizeof(struct confab_hook_row)}}},
	{"table hooks has rows of 4 bytes", {HEAD, .hooks = {&right, 1, 4}}},
	{"table ops has rows of 4096 bytes", {HEAD, .ops = {&right, 1, 4096}}},

	{NULL, {HEAD, .settings = SETTING("pause", CONFAB_SETTING_INT, .doc = "How long.")}},
	{"table settings, row 1: its name", {HEAD, .settings = SETTING("Pause", 1, .doc = "x")}},
	{"row 1: its type", {HEAD, .settings = SETTING("pause", 77, .doc = "x")}},
	{"it has no words", {HEAD, .settings = SETTING("p", CONFAB_SETTING_ENUM, .doc = "x")}},
	{"its range is empty", {HEAD, .settings = SETTING("p", 2, NULL, 5, 1, .doc = "x")}},
	{"no sentence", {HEAD, .settings = SETTING("p", 2)}},

	{NULL, {HEAD, .hooks = HOOK(CONFAB_ACCEPT, "*", decide, NULL, "x")}},
	{NULL, {HEAD, .hooks = HOOK(CONFAB_OBSERVE, "*", NULL, observe, "x")}},
	{"its stage is unknown", {HEAD, .hooks = HOOK(0, "*", decide, NULL, "x")}},
	{"its stage is unknown", {HEAD, .hooks = HOOK(9, "*", decide, NULL, "x")}},
	{"names no kinds", {HEAD, .hooks = HOOK(CONFAB_ACCEPT, "", decide, NULL, "x")}},
	{"must have an observe function",
		{HEAD, .hooks = HOOK(CONFAB_OBSERVE, "*", decide, NULL, "x")}},
	{"must have a decide function",
		{HEAD, .hooks = HOOK(CONFAB_MODERATE, "*", NULL, observe, "x")}},
	{"must have a decide function",
		{HEAD, .hooks = HOOK(CONFAB_MODERATE, "*", decide, observe, "")}},

	{NULL,
		{HEAD,
			.kinds = KIND("poll.open", 0, CONFAB_DURABLE, CONFAB_LOG_CHANNEL,
				.build = build)}},
	{NULL, {HEAD, .kinds = KIND("typing", 0, CONFAB_EPHEMERAL)}},
	{"its class", {HEAD, .kinds = KIND("poll.open", 0, 0, CONFAB_LOG_CHANNEL)}},
	{"no build function",
		{HEAD, .kinds = KIND("poll.open", 0, CONFAB_DURABLE, CONFAB_LOG_CHANNEL)}},
	{"its log", {HEAD, .kinds = KIND("poll.open", 0, CONFAB_DURABLE, 0, .build = build)}},

	{NULL, {HEAD, .ops = OP("auth.login", CONFAB_OP_NONE, "POST", "/v1/x", NULL, run)}},
	{"its actor", {HEAD, .ops = OP("x", 7, NULL, NULL, NULL, run)}},
	{"for anybody", {HEAD, .ops = OP("x", CONFAB_OP_NONE, NULL, NULL, NULL, run)}},
	{"only one of method and path",
		{HEAD, .ops = OP("x", CONFAB_OP_USER, "GET", NULL, NULL, run)}},
	{"does not begin with /", {HEAD, .ops = OP("x", CONFAB_OP_USER, "GET", "v1", NULL, run)}},
	{"must either", {HEAD, .ops = OP("x", CONFAB_OP_USER, NULL, NULL, NULL, NULL)}},
	{"must either", {HEAD, .ops = OP("x", CONFAB_OP_USER, NULL, NULL, "typing", run)}},

	{NULL, {HEAD, .todos = JOB("push", todo_run, 5, 100)}},
	{"attempts", {HEAD, .todos = JOB("push", todo_run, 0, 100)}},
	{"no run function", {HEAD, .todos = JOB("push", NULL, 5, 100)}},
	{NULL, {HEAD, .slots = ONE(struct confab_slot_row, CONFAB_ON_EVENT, "x1", slot_free)}},
	{"hangs on", {HEAD, .slots = ONE(struct confab_slot_row, 0, "x1", slot_free)}},
	{"no free function",
		{HEAD, .slots = ONE(struct confab_slot_row, CONFAB_ON_EVENT, "x1", NULL)}},
	{NULL, {HEAD, .codecs = CODEC(NULL, "/echo", 1024, decode)}},
	{"longest message", {HEAD, .codecs = CODEC(NULL, "/echo", 17 << 20, decode)}},
	{"longest message", {HEAD, .codecs = CODEC(NULL, "/echo", 0, decode)}},
	{"no decode", {HEAD, .codecs = CODEC(NULL, "/echo", 1, NULL)}},
	{NULL, {HEAD, .provides = PROVIDE("x.y", 1, &right, sizeof(right))}},
	{"do not begin with their size",
		{HEAD, .provides = PROVIDE("x.y", 1, &wrong, sizeof(wrong))}},
	{"has no functions", {HEAD, .provides = PROVIDE("x.y", 1, NULL, 8)}},

	{NULL,
		{HEAD, MAY_ROUTE,
			.routes = ROUTE("GET", "/v1/x/x/a/{b}", NULL, 0, 0, 0, route_run)}},
	{NULL, {HEAD, MAY_ROUTE, .routes = ROUTE("PUT", "/v1/x/x/a", NULL, 1, 1, 99, route_run)}},
	{"capability http.route",
		{HEAD, .routes = ROUTE("GET", "/v1/x/x/a", NULL, 0, 0, 0, route_run)}},
	{"does not begin with /v1/x/x/",
		{HEAD, MAY_ROUTE, .routes = ROUTE("GET", "/v1/x/y/a", NULL, 0, 0, 0, route_run)}},
	{"its method",
		{HEAD, MAY_ROUTE, .routes = ROUTE("BREW", "/v1/x/x/a", NULL, 0, 0, 0, route_run)}},
	{"empty segment",
		{HEAD, MAY_ROUTE, .routes = ROUTE("GET", "/v1/x/x//a", NULL, 0, 0, 0, route_run)}},
	{"is not {name}",
		{HEAD, MAY_ROUTE, .routes = ROUTE("GET", "/v1/x/x/{a", NULL, 0, 0, 0, route_run)}},
	{"more than 8 segments",
		{HEAD, MAY_ROUTE,
			.routes = ROUTE(
				"GET", "/v1/x/x/1/2/3/4/5/6/7/8/9", NULL, 0, 0, 0, route_run)}},
	{"max_body",
		{HEAD, MAY_ROUTE, .routes = ROUTE("PUT", "/v1/x/x/a", NULL, 0, 1, 0, route_run)}},
	{"max_body",
		{HEAD, MAY_ROUTE, .routes = ROUTE("PUT", "/v1/x/x/a", NULL, 0, 0, 7, route_run)}},
	{"above 1 MB",
		{HEAD, MAY_ROUTE,
			.routes = ROUTE("PUT", "/v1/x/x/a", NULL, 0, 2, 2 << 20, route_run)}},
	{"piece function",
		{HEAD, MAY_ROUTE,
			.routes = ROUTE("PUT", "/v1/x/x/a", NULL, 0, 4, 2 << 20, route_run)}},
	{"no run function", {HEAD, MAY_ROUTE, .routes = ROUTE("GET", "/v1/x/x/a")}},

	{NULL, {HEAD, .metrics = METRIC("runs", CONFAB_COUNTER, NULL, "a b", "Runs.")}},
	{NULL, {HEAD, .metrics = METRIC("run", CONFAB_HISTOGRAM, "seconds", NULL, "R.", 4, 9)}},
	{"its name", {HEAD, .metrics = METRIC("runs_total", CONFAB_COUNTER, NULL, NULL, "R.")}},
	{"its name", {HEAD, .metrics = METRIC("Runs", CONFAB_COUNTER, NULL, NULL, "R.")}},
	{"its type", {HEAD, .metrics = METRIC("runs", 9, NULL, NULL, "R.")}},
	{"its unit", {HEAD, .metrics = METRIC("runs", 1, "k m", NULL, "R.")}},
	{"a label", {HEAD, .metrics = METRIC("runs", 1, NULL, "le", "R.")}},
	{"more than 3 labels", {HEAD, .metrics = METRIC("runs", 1, NULL, "a b c d", "R.")}},
	{"no help", {HEAD, .metrics = METRIC("runs", 1, NULL, NULL, "a \"b\"")}},
	{"its buckets", {HEAD, .metrics = METRIC("runs", 3, NULL, NULL, "R.", 9, 9)}},

	{NULL, {HEAD, .verbs = VERB("show-all", NULL, "Show.", verb_run)}},
	{NULL,
		{HEAD,
			.verbs = VERB(
				"drop", FIELDS({"id", CONFAB_FIELD_ID, true}), "D.", verb_run)}},
	{"its name", {HEAD, .verbs = VERB("Show", NULL, "Show.", verb_run)}},
	{"lacks a help line", {HEAD, .verbs = VERB("show", NULL, NULL, verb_run)}},
	{"none of string, id",
		{HEAD,
			.verbs = VERB("drop", FIELDS({"id", CONFAB_FIELD_OBJECT, true}), "D.",
				verb_run)}},
	{"behind an optional one",
		{HEAD,
			.verbs = VERB("drop",
				FIELDS({"id", CONFAB_FIELD_ID, false},
					{"x", CONFAB_FIELD_ID, true}),
				"D.", verb_run)}},

	{NULL, {HEAD, .helpers = HELP("decode", helper_run)}},
	{"no run function", {HEAD, .helpers = HELP("decode", NULL)}},
	{"above 600", {HEAD, .helpers = HELP("decode", helper_run, 999999)}},
	{NULL, {HEAD, .collections = COLLECTION("words", "channel", "Words.")}},
	{"its name", {HEAD, .collections = COLLECTION("Words")}},
	{"indexed by", {HEAD, .collections = COLLECTION("words", "")}},
};

static void faults(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(fault_cases) / sizeof(fault_cases[0]); i++) {
		const struct fault_case *c = &fault_cases[i];
		struct confab_error err = {0};
		struct descriptor d;
		int rc = descriptor_read(&c->d, &d, &err);
		if (c->fault == NULL && rc == 0) {
			descriptor_fini(&d);
			continue;
		}
		if (c->fault == NULL || rc == 0 || strstr(err.text, c->fault) == NULL)
			fail_msg("case %zu: rc %d '%s', expected '%s'", i, rc, err.text,
				c->fault != NULL ? c->fault : "no fault");
	}
}

static void twice(void **state)
{
	(void)state;
	static const struct confab_op_row ops[] = {
		{.name = "a.b", .actor = CONFAB_OP_USER, .run = run},
		{.name = "a.b", .actor = CONFAB_OP_USER, .run = run},
	};
	const struct confab_descriptor from = {HEAD, CONFAB_ROWS(ops, ops)};
	struct confab_error err = {0};
	struct descriptor d;
	assert_int_equal(descriptor_read(&from, &d, &err), CONFAB_EINVAL);
	assert_string_equal(err.text, "table ops has 'a.b' twice");
}

static void copied(void **state)
{
	(void)state;
	static const struct confab_provide_row provides[] = {
		{"x.one", 1, &right, sizeof(right)},
		{"store", 1, &right, sizeof(right)},
	};
	const struct confab_descriptor from = {HEAD, CONFAB_ROWS(provides, provides)};
	struct confab_error err = {0};
	struct descriptor d;
	assert_int_equal(descriptor_read(&from, &d, &err), 0);
	assert_true(d.provides != provides);
	assert_true(d.d.provides.rows == d.provides);
	assert_int_equal(d.d.provides.n, 2);
	assert_true(descriptor_provides(&d, "store"));
	assert_false(descriptor_provides(&d, "bus"));
	descriptor_fini(&d);
	descriptor_fini(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(faults),
		cmocka_unit_test(twice),
		cmocka_unit_test(copied),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
