/**
 * leaver: unloads itself where it is told to: inside its hook, while an event waits for it, in a timer, a
 * completion, a post, or an op that it then does not answer. It asks twice, as people do.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdlib.h>
#include <string.h>

#include <confab/chat.h>
#include <confab/event.h>
#include <confab/op.h>
#include <confab/task.h>

#include "crime.h"

static void leave(void *arg)
{
	confab_unload(arg, "it has had enough");
	confab_unload(arg, "it really has");
}

static int work(void *arg)
{
	(void)arg;
	return 0;
}

static void done(void *arg, int rc)
{
	(void)rc;
	leave(arg);
}

static enum confab_verdict judge(struct confab_event *ev, void *ctx)
{
	struct confab_plugin *p = ctx;
	const char *where = crime_told(ev, "leaver");
	confab_ticket nobody;

	if (!where) {
		return CONFAB_PASS;
	}
	if (strcmp(where, "hook") == 0) {
		leave(p);
	} else if (strcmp(where, "timer") == 0) {
		(void)confab_timer_start(p, 0, 0, leave, p);
	} else if (strcmp(where, "every") == 0) {
		(void)confab_timer_start(p, 1, 1, leave, p);
	} else if (strcmp(where, "done") == 0) {
		(void)confab_work(p, work, done, p);
	} else if (strcmp(where, "post") == 0) {
		(void)confab_post(p, leave, p);
	} else if (strcmp(where, "waiting") == 0) {
		leave(p);
		return confab_defer(ev, 60000, &nobody);
	}
	return CONFAB_PASS;
}

static void never_answers(struct confab_request *rq, void *ctx)
{
	(void)rq;
	leave(ctx);
}

static const struct confab_hook_row hooks[] = {
	CONFAB_DECIDE(CONFAB_MODERATE, "message.send", judge, "leaves when it is told to"),
};

static const struct confab_op_row ops[] = {
	{.name = "leaver.ask",
		.actor = CONFAB_OP_USER,
		.run = never_answers,
		.doc = "Is never answered."},
};

static int load(struct confab_plugin *p, void **ctx, struct confab_error *err)
{
	(void)err;
	*ctx = p;
	return 0;
}

CONFAB_PLUGIN("leaver", "1.0") = {
	CONFAB_HEAD("leaver", "1.0", "MIT"),
	.summary = "Unloads itself.",
	CONFAB_ROWS(hooks, hooks),
	CONFAB_ROWS(ops, ops),
	.load = load,
};
