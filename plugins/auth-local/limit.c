/**
 * Counters in a hash table, with their order by last use.
 *
 * SPDX-License-Identifier: MIT
 */
#include "auth-local/limit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS 4096 /* a power of two */
#define KEY_SIZE 128

struct entry {
	struct entry *next; /* in its bucket */
	struct entry *older, *newer;
	unsigned attempts;
	int64_t last_ms, until_ms;
	char key[KEY_SIZE];
};

struct limit {
	size_t count, max_keys;
	struct entry *oldest, *newest;
	struct entry *buckets[BUCKETS];
};

static struct entry **place_of(struct limit *l, const char *key)
{
	uint64_t h = 14695981039346656037u;
	for (size_t i = 0; key[i] != '\0' && i < KEY_SIZE - 1; i++)
		h = (h ^ (unsigned char)key[i]) * 1099511628211u;
	struct entry **at = &l->buckets[(h ^ h >> 32) & (BUCKETS - 1)];
	while (*at != NULL && strncmp((*at)->key, key, KEY_SIZE - 1) != 0)
		at = &(*at)->next;
	return at;
}

static void unlink_age(struct limit *l, struct entry *e)
{
	*(e->older != NULL ? &e->older->newer : &l->oldest) = e->newer;
	*(e->newer != NULL ? &e->newer->older : &l->newest) = e->older;
}

static void link_newest(struct limit *l, struct entry *e)
{
	e->older = l->newest;
	e->newer = NULL;
	*(l->newest != NULL ? &l->newest->newer : &l->oldest) = e;
	l->newest = e;
}

static void forget(struct limit *l, struct entry **at)
{
	struct entry *e = *at;
	*at = e->next;
	unlink_age(l, e);
	l->count--;
	free(e);
}

static struct entry *remember(struct limit *l, const char *key)
{
	if (l->count >= l->max_keys)
		forget(l, place_of(l, l->oldest->key));
	struct entry *e = calloc(1, sizeof(*e));
	if (e == NULL)
		return NULL;
	snprintf(e->key, sizeof(e->key), "%s", key);
	struct entry **at = place_of(l, key);
	*at = e;
	link_newest(l, e);
	l->count++;
	return e;
}

/* How long after attempt n (from 1) the next one must wait. */
static int64_t wait_after(unsigned n, const struct limit_rule *rule)
{
	if (n < rule->free_attempts || rule->first_wait_ms <= 0)
		return 0;
	unsigned doublings = n - rule->free_attempts;
	int64_t wait = rule->first_wait_ms;
	while (doublings-- > 0 && wait < rule->max_wait_ms)
		wait *= 2;
	return wait < rule->max_wait_ms ? wait : rule->max_wait_ms;
}

/* ------------------------------------------------------------------------------------------ */

struct limit *limit_new(size_t max_keys)
{
	struct limit *l = calloc(1, sizeof(*l));
	if (l != NULL)
		l->max_keys = max_keys > 0 ? max_keys : 1;
	return l;
}

void limit_free(struct limit *l)
{
	if (l == NULL)
		return;
	while (l->oldest != NULL)
		forget(l, place_of(l, l->oldest->key));
	free(l);
}

int64_t limit_attempt(
	struct limit *l, const char *key, const struct limit_rule *rule, int64_t now_ms)
{
	struct entry **at = place_of(l, key);
	struct entry *e = *at;
	if (e != NULL && now_ms < e->until_ms)
		return e->until_ms - now_ms;
	if (e != NULL && now_ms - e->last_ms >= rule->forget_ms) {
		forget(l, at);
		e = NULL;
	}
	if (e == NULL)
		e = remember(l, key);
	if (e == NULL)
		return rule->max_wait_ms;
	e->attempts++;
	e->last_ms = now_ms;
	e->until_ms = now_ms + wait_after(e->attempts, rule);
	unlink_age(l, e);
	link_newest(l, e);
	return 0;
}

void limit_success(struct limit *l, const char *key)
{
	struct entry **at = place_of(l, key);
	if (*at != NULL)
		forget(l, at);
}

void limit_undo(struct limit *l, const char *key)
{
	struct entry *e = *place_of(l, key);
	if (e != NULL && e->attempts > 0) {
		e->attempts--;
		e->until_ms = 0;
	}
}

size_t limit_count(const struct limit *l)
{
	return l->count;
}
