/**
 * segfault: writes where nothing is.
 *
 * SPDX-License-Identifier: MIT
 */
#include "crime.h"

static enum confab_verdict crime(struct confab_event *ev, const char *rest)
{
	/* Where it points is not known to the compiler. */
	volatile char *volatile nowhere = (volatile char *)16;

	(void)ev;
	*nowhere = *rest;
	return CONFAB_PASS;
}

CRIME("segfault");
