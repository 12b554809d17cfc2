/**
 * A topological sort that is the same every time, and that can say why it is impossible.
 *
 * SPDX-License-Identifier: MIT
 */
#include "plugin/order.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"

/* Must a come before b? */
static bool edge(const struct order_item *a, const struct order_item *b)
{
	if (a == b)
		return false;
	if (a->group != b->group)
		return a->group < b->group;
	return order_names_has(a->before, b->name) || order_names_has(b->after, a->name);
}

static bool free_to_go(const struct order_item *items, size_t n, const bool *placed, size_t i)
{
	for (size_t k = 0; k < n; k++)
		if (!placed[k] && edge(&items[k], &items[i]))
			return false;
	return true;
}

/* Every item that is left has a predecessor that is left: walk back until one is met again. */
static int cycle_report(
	const struct order_item *items, size_t n, const bool *placed, struct confab_error *err)
{
	size_t *path = alloc_zero(n + 1, sizeof(*path));
	size_t len = 0, at = 0, begin = 0;
	while (placed[at])
		at++;
	for (bool met = false; !met;) {
		path[len++] = at;
		size_t prev = 0;
		while (placed[prev] || !edge(&items[prev], &items[at]))
			prev++;
		at = prev;
		for (begin = 0; begin < len && !met; begin++)
			met = path[begin] == at;
	}
	begin--; /* the loop above went one beyond */
	struct buf text;
	buf_init(&text);
	/* The path was walked backwards. */
	buf_str(&text, items[at].name);
	for (size_t i = len; i-- > begin;)
		buf_fmt(&text, " before %s", items[path[i]].name);
	confab_error_set(err, CONFAB_ELOOP, "plugins cannot be put in order: %s", text.bytes);
	buf_fini(&text);
	free(path);
	return CONFAB_ELOOP;
}

/* ------------------------------------------------------------------------------------------ */

int order_names_has(const char *names, const char *name)
{
	size_t len = strlen(name);
	for (const char *p = names; p != NULL && *p != '\0';) {
		p += strspn(p, " ");
		size_t word = strcspn(p, " ");
		if (word == len && memcmp(p, name, len) == 0)
			return 1;
		p += word;
	}
	return 0;
}

int order_sort(const struct order_item *items, size_t n, size_t *out, struct confab_error *err)
{
	bool *placed = alloc_zero(n + 1, sizeof(*placed));
	int rc = 0;
	for (size_t done = 0; done < n && rc == 0; done++) {
		size_t best = n;
		for (size_t i = 0; i < n; i++)
			if (!placed[i] &&
				(best == n || strcmp(items[i].name, items[best].name) < 0) &&
				free_to_go(items, n, placed, i))
				best = i;
		if (best == n) {
			rc = cycle_report(items, n, placed, err);
			break;
		}
		placed[best] = true;
		out[done] = best;
	}
	free(placed);
	return rc;
}
