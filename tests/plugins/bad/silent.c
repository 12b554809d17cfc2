/**
 * silent: an op that it never answers, and one that it answers long after it was answered for it.
 *
 * SPDX-License-Identifier: MIT
 */
#include <confab/op.h>
#include <confab/plugin.h>
#include <confab/task.h>

#define LATE_MS 4000

static void never(struct confab_request *rq, void *ctx)
{
	(void)rq;
	(void)ctx;
}

static void answer(void *arg)
{
	struct confab_request *rq = arg;

	/* What it asks of a request that is over tells it nothing, and does no harm. */
	if (confab_request_args(rq) || confab_request_actor(rq)) {
		confab_reply_error(rq, "refused", "it is not over");
		return;
	}
	confab_reply(rq, json_pack("{s:b}", "late", 1));
}

static void late(struct confab_request *rq, void *ctx)
{
	(void)confab_timer_start(ctx, LATE_MS, 0, answer, rq);
}

static const struct confab_op_row ops[] = {
	{.name = "silent.never", .actor = CONFAB_OP_USER, .run = never, .doc = "Nothing comes."},
	{.name = "silent.late", .actor = CONFAB_OP_USER, .run = late, .doc = "Too late."},
};

static int load(struct confab_plugin *p, void **ctx, struct confab_error *err)
{
	(void)err;
	*ctx = p;
	return 0;
}

CONFAB_PLUGIN("silent", "1.0") = {
	CONFAB_HEAD("silent", "1.0", "MIT"),
	.summary = "Does not answer.",
	CONFAB_ROWS(ops, ops),
	.load = load,
};
