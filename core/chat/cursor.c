/**
 * Cursors of a loaded user, and the arithmetic of unread.
 *
 * SPDX-License-Identifier: MIT
 */
#include "chat/cursor.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <confab/provider/store.h>
#include "base/map.h"

static uint64_t max64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/** Personal mentions of this log above the cursor: keys "channel:seq" of the user's own log. */
static uint64_t personal_mentions(const struct user *u, const char *log, uint64_t above)
{
	size_t pos = 0, len = strlen(log);
	const char *key;
	uint64_t count = 0;

	if (!u->mentions) {
		return 0;
	}
	while (strmap_next(u->mentions, &pos, &key, NULL)) {
		const char *colon = strrchr(key, ':');

		if (colon && (size_t)(colon - key) == len && memcmp(key, log, len) == 0 &&
			strtoull(colon + 1, NULL, 10) > above) {
			count++;
		}
	}
	return count;
}

/* -------------------------------------------------------------------------------------------- */

struct cursor *cursor_find(const struct user *u, const char *log)
{
	return strmap_find(u->cursors, log);
}

struct cursor *cursor_get(struct user *u, const char *log)
{
	struct cursor *c = strmap_find(u->cursors, log);

	if (!c) {
		c = calloc(1, sizeof(*c) + strlen(log) + 1);
		assert(c);
		strcpy(c->log, log);
		if (!u->cursors) {
			u->cursors = strmap_new_lent();
		}
		strmap_put(u->cursors, c->log, c);
	}
	return c;
}

void cursor_take(struct user *u, const struct confab_cursor *from)
{
	struct cursor *c = cursor_get(u, from->log);

	c->read_seq = max64(c->read_seq, from->read_seq);
	c->read_ord = max64(c->read_ord, from->read_ord);
	c->read_all = max64(c->read_all, from->read_all);
	c->delivered = max64(c->delivered, from->delivered);
	for (size_t i = 0; i < from->n_own; i++) {
		if (from->own[i].seq > c->read_seq) {
			marks_add(&c->own, from->own[i].seq, from->own[i].all);
		}
	}
	marks_trim(&c->own, c->read_seq);
}

void cursor_free_all(struct user *u)
{
	size_t pos = 0;
	void *value;

	while (strmap_next(u->cursors, &pos, NULL, &value)) {
		struct cursor *c = value;

		marks_fini(&c->own);
		free(c);
	}
	strmap_free(u->cursors);
}

struct unread cursor_unread(const struct user *u, const struct chat_log *lg, const struct cursor *c)
{
	static const struct cursor nothing;
	struct unread out = {0};
	uint64_t all;

	if (!c) {
		c = &nothing;
	}
	out.unread = lg->ord - c->read_ord;
	/* A message both own and deleted is in both lists and is subtracted once. */
	out.unread -= marks_above(&lg->deleted, c->read_seq, false);
	all = lg->all - c->read_all - marks_above(&lg->deleted, c->read_seq, true);
	for (uint32_t i = 0; i < c->own.n; i++) {
		/* the store may know of one that this node has not taken in yet */
		if (c->own.items[i].seq > c->read_seq && c->own.items[i].seq <= lg->seq &&
			!marks_has(&lg->deleted, c->own.items[i].seq)) {
			out.unread--;
			all -= c->own.items[i].all;
		}
	}
	out.mentions = all + personal_mentions(u, lg->id, c->read_seq);
	return out;
}
