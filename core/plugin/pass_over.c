/**
 * Plugins that are not opened, as they are in quarantine.
 *
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "plugin/host_internal.h"

bool host_pass_over(struct host *h, const struct quarantine *q, const char *name)
{
	struct quarantine *known = &h->passed_over;
	const struct quarantined *found = quarantine_find(q, name);

	for (unsigned i = 0; i < known->n; i++)
		if (strcmp(known->items[i].plugin, name) == 0)
			known->items[i--] = known->items[--known->n];
	if (found == NULL)
		return false;
	if (known->n < QUARANTINE_MAX)
		known->items[known->n++] = *found;
	log_error("plugin '%s', is not loaded: it is in quarantine (%s; confabctl plugin release "
		  "%s lets it load again)",
		name, found->why, name);
	return true;
}

const char *host_quarantined(const struct host *h, size_t n, const char **why)
{
	if (n >= h->passed_over.n)
		return NULL;
	if (why != NULL)
		*why = h->passed_over.items[n].why;
	return h->passed_over.items[n].plugin;
}
