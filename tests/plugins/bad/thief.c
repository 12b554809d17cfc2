/**
 * thief: frees what it borrowed, the text of the draft, and frees it again.
 *
 * SPDX-License-Identifier: MIT
 */
#include "crime.h"

#include <stdint.h>
#include <stdlib.h>

static enum confab_verdict crime(struct confab_event *ev, const char *rest)
{
	size_t len = 0;
	void *borrowed = (void *)(uintptr_t)confab_draft_text(confab_event_draft(ev), &len);
	/* By a pointer, as compilers know better. */
	void (*volatile give_away)(void *mem) = free;

	(void)rest;
	give_away(borrowed);
	give_away(borrowed);
	return CONFAB_PASS;
}

CRIME("thief");
