/**
 * quitter: calls abort().
 *
 * SPDX-License-Identifier: MIT
 */
#include "crime.h"

#include <stdlib.h>

static enum confab_verdict crime(struct confab_event *ev, const char *rest)
{
	(void)ev;
	(void)rest;
	abort();
}

CRIME("quitter");
