/**
 * speechless: refuses without a reason, and "speechless:defer" waits for a ticket it never asked for.
 *
 * SPDX-License-Identifier: MIT
 */
#include "crime.h"

static enum confab_verdict crime(struct confab_event *ev, const char *rest)
{
	(void)ev;
	return strcmp(rest, "defer") == 0 ? CONFAB_DEFER : CONFAB_REJECT;
}

CRIME("speechless");
