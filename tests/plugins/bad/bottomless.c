/**
 * bottomless: calls itself until the stack is used up.
 *
 * SPDX-License-Identifier: MIT
 */
#include "crime.h"

static int deeper(volatile char *above, int depth)
{
	volatile char here[4096];

	here[0] = (char)(above[0] + depth);
	return depth < 0 ? here[0] : deeper(here, depth + 1) + here[0];
}

static enum confab_verdict crime(struct confab_event *ev, const char *rest)
{
	volatile char top[1] = {rest[0]};

	(void)ev;
	return deeper(top, 1) == 1 ? CONFAB_REJECT : CONFAB_PASS;
}

CRIME("bottomless");
