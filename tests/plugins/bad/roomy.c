/**
 * An enemy: no enemy after all: its rows have more fields than this host knows, and none is used.
 *
 * SPDX-License-Identifier: MIT
 */
#include <confab/event.h>

struct future_row {
	struct confab_hook_row row;
	long unknown[2];
};

static enum confab_verdict pass(struct confab_event *ev, void *ctx)
{
	(void)ev;
	(void)ctx;
	return CONFAB_PASS;
}

static const struct future_row hooks[] = {
	{CONFAB_DECIDE(CONFAB_MODERATE, "message.send", pass, "passes"), {0, 0}},
	{CONFAB_DECIDE(CONFAB_MODERATE, "message.edit", pass, "passes"), {0, 0}},
};

CONFAB_PLUGIN("roomy", "1.0") = {
	CONFAB_HEAD("roomy", "1.0", "MIT"),
	CONFAB_ROWS(hooks, hooks),
};
