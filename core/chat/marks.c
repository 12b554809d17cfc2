/**
 * Short ascending lists of messages that count apart: deleted ones, own ones.
 *
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "chat/chat.h"

void marks_add(struct marks *m, uint64_t seq, bool all)
{
	uint32_t at = m->n;

	while (at > 0 && m->items[at - 1].seq > seq) {
		at--;
	}
	if (at > 0 && m->items[at - 1].seq == seq) {
		return;
	}
	if (m->n == MARKS_MAX) {
		if (at == 0) {
			return;
		}
		memmove(m->items, m->items + 1, (m->n - 1) * sizeof(*m->items));
		m->n--;
		at--;
	}
	if (m->n == m->cap) {
		m->cap = m->cap ? m->cap * 2 : 4;
		m->items = realloc(m->items, m->cap * sizeof(*m->items));
		assert(m->items);
	}
	memmove(m->items + at + 1, m->items + at, (m->n - at) * sizeof(*m->items));
	m->items[at] = (struct mark){.seq = seq, .all = all};
	m->n++;
}

void marks_trim(struct marks *m, uint64_t upto)
{
	uint32_t drop = 0;

	while (drop < m->n && m->items[drop].seq <= upto) {
		drop++;
	}
	if (drop == m->n) {
		marks_fini(m);
		return;
	}
	memmove(m->items, m->items + drop, (m->n - drop) * sizeof(*m->items));
	m->n -= drop;
}

uint64_t marks_above(const struct marks *m, uint64_t above, bool all_only)
{
	uint64_t count = 0;

	for (uint32_t i = m->n; i > 0 && m->items[i - 1].seq > above; i--) {
		count += !all_only || m->items[i - 1].all;
	}
	return count;
}

bool marks_has(const struct marks *m, uint64_t seq)
{
	for (uint32_t i = m->n; i > 0 && m->items[i - 1].seq >= seq; i--) {
		if (m->items[i - 1].seq == seq) {
			return true;
		}
	}
	return false;
}

void marks_fini(struct marks *m)
{
	free(m->items);
	*m = (struct marks){0};
}
