/**
 * The newest changes of a log by (sender, cid).
 *
 * SPDX-License-Identifier: MIT
 */
#include "chat/seen.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/ids.h"
#include "base/map.h"
#include "chat/chat.h"

/** Kept per log; older ones are found by the store's unique key. */
#define SEEN_MAX 512

static void seen_free(struct seen *s)
{
	free(s->result);
	free(s);
}

static void seen_unlink(struct chat_log *lg, struct seen *s)
{
	struct seen **at = &lg->seen_head, *before = NULL;

	while (*at && *at != s) {
		before = *at;
		at = &(*at)->next;
	}
	assert(*at == s);
	*at = s->next;
	if (lg->seen_tail == s) {
		lg->seen_tail = before;
	}
	lg->n_seen--;
}

/** The oldest that is not under way goes. */
static void seen_trim(struct chat_log *lg)
{
	struct seen *s = lg->seen_head;

	while (lg->n_seen > SEEN_MAX && s) {
		struct seen *next = s->next;

		if (!s->event) {
			strmap_take(lg->cids, s->key);
			seen_unlink(lg, s);
			seen_free(s);
		}
		s = next;
	}
}

/* -------------------------------------------------------------------------------------------- */

struct seen *seen_find(const struct chat_log *lg, const char *sender, const char *cid)
{
	char key[CONFAB_ID_MAX + CONFAB_CID_MAX + 2];

	if (!lg->cids) {
		return NULL;
	}
	id_join(key, sizeof(key), sender, '\n', cid);
	return strmap_find(lg->cids, key);
}

struct seen *seen_put(struct chat_log *lg, const char *sender, const char *cid,
	const uint8_t hash[32], struct confab_event *event, const char *result)
{
	struct seen *s = seen_find(lg, sender, cid);
	char key[CONFAB_ID_MAX + CONFAB_CID_MAX + 2];

	if (!s) {
		id_join(key, sizeof(key), sender, '\n', cid);
		s = calloc(1, sizeof(*s) + strlen(key) + 1);
		assert(s);
		strcpy(s->key, key);
		if (!lg->cids) {
			lg->cids = strmap_new();
		}
		strmap_put(lg->cids, key, s);
		if (lg->seen_tail) {
			lg->seen_tail->next = s;
		} else {
			lg->seen_head = s;
		}
		lg->seen_tail = s;
		lg->n_seen++;
	}
	memcpy(s->hash, hash, 32);
	s->event = event;
	s->unchanged = false;
	free(s->result);
	s->result = result ? strdup(result) : NULL;
	seen_trim(lg);
	return s;
}

void seen_drop(struct chat_log *lg, const char *sender, const char *cid)
{
	struct seen *s = seen_find(lg, sender, cid);

	if (s) {
		strmap_take(lg->cids, s->key);
		seen_unlink(lg, s);
		seen_free(s);
	}
}

void seen_forget_all(struct chat_log *lg)
{
	for (struct seen *s = lg->seen_head, *next; s; s = next) {
		next = s->next;
		seen_free(s);
	}
	strmap_free(lg->cids);
	lg->cids = NULL;
	lg->seen_head = lg->seen_tail = NULL;
	lg->n_seen = 0;
}
