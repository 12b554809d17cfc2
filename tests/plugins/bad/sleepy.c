/**
 * sleepy: sleeps in a hook, "sleepy:MS" milliseconds; nobody is served meanwhile.
 *
 * SPDX-License-Identifier: MIT
 */
#include "crime.h"

#include <stdlib.h>
#include <time.h>

static enum confab_verdict crime(struct confab_event *ev, const char *rest)
{
	long ms = strtol(rest, NULL, 10);
	struct timespec nap = {ms / 1000, ms % 1000 * 1000000};

	(void)ev;
	(void)nanosleep(&nap, NULL);
	return CONFAB_PASS;
}

CRIME("sleepy");
