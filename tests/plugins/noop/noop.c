/**
 * noop: eight hooks on every stage that do nothing, to measure what calling them costs.
 *
 * SPDX-License-Identifier: MIT
 */
#include <confab/event.h>
#include <confab/plugin.h>

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

#define ONE(stage) CONFAB_DECIDE(stage, "*", pass, "does nothing")
#define EIGHT(stage) \
	ONE(stage), ONE(stage), ONE(stage), ONE(stage), ONE(stage), ONE(stage), ONE(stage), \
		ONE(stage)
#define LOOK CONFAB_OBSERVER("*", look, "does nothing")

static const struct confab_hook_row hooks[] = {
	EIGHT(CONFAB_ACCEPT),
	EIGHT(CONFAB_AUTHORIZE),
	EIGHT(CONFAB_TRANSFORM),
	EIGHT(CONFAB_MODERATE),
	LOOK,
	LOOK,
	LOOK,
	LOOK,
	LOOK,
	LOOK,
	LOOK,
	LOOK,
};

CONFAB_PLUGIN("noop", "1.0") = {
	CONFAB_HEAD("noop", "1.0", "MIT"),
	.summary = "Eight hooks on every stage that do nothing.",
	CONFAB_ROWS(hooks, hooks),
};
