/**
 * endless: never comes back from its hook.
 *
 * SPDX-License-Identifier: MIT
 */
#include "crime.h"

static enum confab_verdict crime(struct confab_event *ev, const char *rest)
{
	volatile unsigned turns = 0;

	(void)ev;
	(void)rest;
	while (turns < 2) {
		turns ^= 1;
	}
	return CONFAB_PASS;
}

CRIME("endless");
