/**
 * An enemy: a hook at a stage that does not exist.
 *
 * SPDX-License-Identifier: MIT
 */
#include <confab/event.h>

static enum confab_verdict pass(struct confab_event *ev, void *ctx)
{
	(void)ev;
	(void)ctx;
	return CONFAB_PASS;
}

static const struct confab_hook_row hooks[] = {
	CONFAB_DECIDE((enum confab_stage)9, "*", pass, "never"),
};

CONFAB_PLUGIN("stages", "1.0") = {
	CONFAB_HEAD("stages", "1.0", "MIT"),
	CONFAB_ROWS(hooks, hooks),
};
