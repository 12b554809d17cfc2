/**
 * Who comes first: plugins put in order by the names they want to be before or after, else by name.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PLUGIN_ORDER_H
#define PLUGIN_ORDER_H

#include <confab/types.h>

/** What is put in order. Names in before and after that are nobody's are no error. */
struct order_item {
	const char *name;
	unsigned group;     /* lower groups come first, whatever the names say within them */
	const char *before; /* names separated by spaces, or NULL */
	const char *after;
};

/**
 * @param n    ≤ 1,000
 * @param out  n places: indexes of items, first one first
 * @return 0, or CONFAB_ELOOP with the cycle printed ("a before b before a")
 * Thread: any.  Cost: cubic in n at worst.
 */
int order_sort(const struct order_item *items, size_t n, size_t *out, struct confab_error *err);

/** Is a name among names separated by spaces (NULL: none)? */
int order_names_has(const char *names, const char *name);

#endif
