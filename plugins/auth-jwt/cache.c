/**
 * A hash table with a list by last use.
 *
 * SPDX-License-Identifier: MIT
 */
#include "auth-jwt/cache.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS 4096 /* a power of two */

struct entry {
	struct entry *next; /* in its bucket */
	struct entry *older, *newer;
	uint8_t hash[SHA256_DIGEST_LENGTH];
	struct verified verified;
};

struct cache {
	size_t count, max;
	struct entry *oldest, *newest;
	struct entry *buckets[BUCKETS];
};

/* The hash is of a token: nobody can choose its bits but by guessing. */
static struct entry **place_of(struct cache *c, const uint8_t *hash)
{
	size_t bucket = (size_t)(hash[0] | hash[1] << 8) & (BUCKETS - 1);
	struct entry **at = &c->buckets[bucket];
	while (*at != NULL && memcmp((*at)->hash, hash, SHA256_DIGEST_LENGTH) != 0)
		at = &(*at)->next;
	return at;
}

static void unlink_age(struct cache *c, struct entry *e)
{
	*(e->older != NULL ? &e->older->newer : &c->oldest) = e->newer;
	*(e->newer != NULL ? &e->newer->older : &c->newest) = e->older;
}

static void link_newest(struct cache *c, struct entry *e)
{
	e->older = c->newest;
	e->newer = NULL;
	*(c->newest != NULL ? &c->newest->newer : &c->oldest) = e;
	c->newest = e;
}

static void forget(struct cache *c, struct entry **at)
{
	struct entry *e = *at;
	*at = e->next;
	unlink_age(c, e);
	c->count--;
	free(e);
}

/* ------------------------------------------------------------------------------------------ */

struct cache *cache_new(size_t max)
{
	struct cache *c = calloc(1, sizeof(*c));
	if (c != NULL)
		c->max = max;
	return c;
}

void cache_free(struct cache *c)
{
	if (c == NULL)
		return;
	cache_clear(c);
	free(c);
}

const struct verified *cache_find(struct cache *c, const char *token, int64_t now_ms)
{
	uint8_t hash[SHA256_DIGEST_LENGTH];
	SHA256((const uint8_t *)token, strlen(token), hash);
	struct entry **at = place_of(c, hash);
	if (*at == NULL)
		return NULL;
	if (now_ms >= (*at)->verified.expires_ms) {
		forget(c, at);
		return NULL;
	}
	unlink_age(c, *at);
	link_newest(c, *at);
	return &(*at)->verified;
}

void cache_put(struct cache *c, const char *token, const struct verified *v)
{
	uint8_t hash[SHA256_DIGEST_LENGTH];
	SHA256((const uint8_t *)token, strlen(token), hash);
	struct entry **at = place_of(c, hash);
	if (*at == NULL) {
		if (c->count >= c->max)
			forget(c, place_of(c, c->oldest->hash));
		at = place_of(c, hash);
		struct entry *e = calloc(1, sizeof(*e));
		if (e == NULL)
			return;
		memcpy(e->hash, hash, sizeof(hash));
		*at = e;
		link_newest(c, e);
		c->count++;
	}
	(*at)->verified = *v;
}

void cache_clear(struct cache *c)
{
	while (c->oldest != NULL)
		forget(c, place_of(c, c->oldest->hash));
}

size_t cache_count(const struct cache *c)
{
	return c->count;
}
