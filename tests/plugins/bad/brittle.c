/**
 * brittle: its second version refuses the state of the first, or takes too long for the turn of a swap (as
 * `brittle` built with BRITTLE_SLOW), or has an op that another plugin has (BRITTLE_TWIN).
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdlib.h>

#include <confab/op.h>
#include <confab/plugin.h>
#include <confab/task.h>

#ifndef BRITTLE_VERSION
#define BRITTLE_VERSION "1.0"
#endif

struct brittle {
	int64_t count;
};

static void count(struct confab_request *rq, void *ctx)
{
	struct brittle *b = ctx;

	confab_reply(rq,
		json_pack(
			"{s:s, s:I}", "version", BRITTLE_VERSION, "count", (json_int_t)++b->count));
}

static const struct confab_op_row ops[] = {
	{.name = "brittle.count", .actor = CONFAB_OP_USER, .run = count, .doc = "Counts."},
#ifdef BRITTLE_TWIN
	{.name = "message.send", .actor = CONFAB_OP_USER, .run = count, .doc = "Is the core's."},
#endif
};

static int load(struct confab_plugin *p, void **ctx, struct confab_error *err)
{
	struct brittle *b = calloc(1, sizeof(*b));

	(void)p;
	(void)err;
	*ctx = b;
	return b ? 0 : CONFAB_ENOMEM;
}

static json_t *save(void *ctx)
{
	const struct brittle *b = ctx;

	return json_pack("{s:I}", "count", (json_int_t)b->count);
}

static int restore(void *ctx, const json_t *saved)
{
	struct brittle *b = ctx;

	b->count = json_integer_value(json_object_get(saved, "count"));
#ifdef BRITTLE_SLOW
	for (int64_t until = confab_now_ms() + 60; confab_now_ms() < until;) {
		b->count++;
	}
#endif
#ifdef BRITTLE_PICKY
	return CONFAB_EINVAL;
#else
	return 0;
#endif
}

CONFAB_PLUGIN("brittle", BRITTLE_VERSION) = {
	CONFAB_HEAD("brittle", BRITTLE_VERSION, "MIT"),
	.summary = "Does not come whole out of a reload.",
	CONFAB_ROWS(ops, ops),
	.load = load,
	.unload = free,
	.save = save,
	.restore = restore,
};
