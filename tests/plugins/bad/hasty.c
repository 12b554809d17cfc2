/**
 * hasty: gives the core strings and frees them at once; they are copied, so nothing comes of it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "crime.h"

#include <stdlib.h>

static enum confab_verdict crime(struct confab_event *ev, const char *rest)
{
	char *code = strdup("refused"), *text = strdup("a reason that is gone in a moment");
	enum confab_verdict v;

	(void)rest;
	v = confab_reject(ev, code, text);
	memset(text, 'x', strlen(text));
	memset(code, 'x', strlen(code));
	free(text);
	free(code);
	return v;
}

CRIME("hasty");
