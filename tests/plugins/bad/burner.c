/**
 * burner: computes in a hook for "burner:MS" milliseconds.
 *
 * SPDX-License-Identifier: MIT
 */
#include "crime.h"

#include <stdlib.h>
#include <time.h>

static enum confab_verdict crime(struct confab_event *ev, const char *rest)
{
	clock_t until = clock() + strtol(rest, NULL, 10) * (CLOCKS_PER_SEC / 1000);

	(void)ev;
	while (clock() < until) {
		;
	}
	return CONFAB_PASS;
}

CRIME("burner");
