/**
 * desk: metrics of every type, and verbs that move them, for tests of both.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdlib.h>

#include <confab/admin.h>
#include <confab/plugin.h>
#include <confab/task.h>

enum metric { VISITS, WARMTH, WAITING, OPEN };

static const struct confab_metric_row metrics[] = {
	[VISITS] = {"visits", CONFAB_COUNTER, NULL, "who door", "People who came.", 0, 0},
	[WARMTH] = {"warmth", CONFAB_GAUGE, "celsius", NULL, "How warm it is.", 0, 0},
	[WAITING] = {"waiting", CONFAB_HISTOGRAM, "seconds", NULL, "How long people waited.", 10,
		13},
	[OPEN] = {"open", CONFAB_COUNTER, "seconds", NULL, "How long it was open.", 0, 0},
};

struct desk {
	struct confab_plugin *plugin;
	struct confab_metric *warmth;
};

static void visit(struct confab_verb *v, const json_t *args, void *ctx)
{
	struct desk *desk = ctx;
	const char *labels[] = {json_string_value(json_object_get(args, "who")), "front"};
	const json_t *times = json_object_get(args, "times");

	confab_metric_add(
		confab_metric(desk->plugin, VISITS, labels), times ? json_integer_value(times) : 1);
	confab_verb_reply(v,
		json_pack("{s:s, s:b}", "welcome", labels[0], "quietly",
			json_is_true(json_object_get(args, "quietly"))));
}

static void crowd(struct confab_verb *v, const json_t *args, void *ctx)
{
	struct desk *desk = ctx;

	(void)args;
	for (int i = 0; i < 100; i++) {
		char who[] = {'n', (char)('0' + i / 10), (char)('0' + i % 10), 0};
		const char *labels[] = {who, "back"};

		confab_metric_add(confab_metric(desk->plugin, VISITS, labels), 1);
	}
	confab_verb_reply(v, NULL);
}

static void heat(struct confab_verb *v, const json_t *args, void *ctx)
{
	struct desk *desk = ctx;
	json_int_t degrees = json_integer_value(json_object_get(args, "degrees"));

	if (degrees > 40) {
		confab_verb_refuse(v, "too_hot", "%d degrees are too many", (int)degrees);
		return;
	}
	confab_metric_set(desk->warmth, 0);
	confab_metric_add(desk->warmth, degrees);
	confab_verb_reply(v, NULL);
}

static void wait_for(struct confab_verb *v, const json_t *args, void *ctx)
{
	struct desk *desk = ctx;
	json_int_t us = json_integer_value(json_object_get(args, "us"));

	confab_metric_observe(confab_metric(desk->plugin, WAITING, NULL), (uint64_t)us);
	confab_metric_add(confab_metric(desk->plugin, OPEN, NULL), us);
	confab_verb_reply(v, NULL);
}

static void answer_now(void *arg)
{
	confab_verb_reply(arg, json_pack("{s:s}", "said", "later"));
}

static void later(struct confab_verb *v, const json_t *args, void *ctx)
{
	struct desk *desk = ctx;

	(void)args;
	(void)confab_timer_start(desk->plugin, 20, 0, answer_now, v);
}

static void never(struct confab_verb *v, const json_t *args, void *ctx)
{
	(void)v;
	(void)args;
	(void)ctx;
}

static const struct confab_field visit_args[] = {
	{.name = "who", .type = CONFAB_FIELD_ID, .required = true},
	{.name = "times", .type = CONFAB_FIELD_INT, .min = 1, .max = 1000},
	{.name = "quietly", .type = CONFAB_FIELD_BOOL},
	{0},
};
static const struct confab_field heat_args[] = {
	{.name = "degrees", .type = CONFAB_FIELD_INT, .required = true, .min = -20, .max = 100},
	{0},
};
static const struct confab_field wait_args[] = {
	{.name = "us", .type = CONFAB_FIELD_INT, .required = true},
	{0},
};

static const struct confab_verb_row verbs[] = {
	{"visit", visit_args, "Let somebody in.", visit},
	{"crowd", NULL, "Let a hundred in.", crowd},
	{"heat", heat_args, "Make it so warm.", heat},
	{"wait", wait_args, "Count how long somebody waited.", wait_for},
	{"later", NULL, "Answer in a moment.", later},
	{"never", NULL, "Answer never.", never},
};

static int desk_load(struct confab_plugin *p, void **ctx, struct confab_error *err)
{
	struct desk *desk = calloc(1, sizeof(*desk));

	if (!desk)
		return confab_error_set(err, CONFAB_ENOMEM, "out of memory");
	desk->plugin = p;
	desk->warmth = confab_metric(p, WARMTH, NULL);
	*ctx = desk;
	return 0;
}

CONFAB_PLUGIN("front-desk", "1.0") = {
	CONFAB_HEAD("front-desk", "1.0", "MIT"),
	.summary = "Counts who comes.",
	CONFAB_ROWS(metrics, metrics),
	CONFAB_ROWS(verbs, verbs),
	.load = desk_load,
	.unload = free,
};
