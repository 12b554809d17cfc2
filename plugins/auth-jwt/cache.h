/**
 * Tokens that were verified, until they expire: by their SHA-256, the longest unused one goes first.
 * One owner thread.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef AUTH_JWT_CACHE_H
#define AUTH_JWT_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <confab/types.h>

/** Who a token belongs to. */
struct verified {
	char user[CONFAB_ID_MAX + 1];
	char role[16];
	int64_t expires_ms; /* Unix time after which it is not believed any more */
};

struct cache;

/** @param max  how many tokens are remembered, ≥ 1. The caller's. */
struct cache *cache_new(size_t max);
/** NULL is fine. */
void cache_free(struct cache *c);
/** What is known of a token, or NULL. Borrowed until the next call. */
const struct verified *cache_find(struct cache *c, const char *token, int64_t now_ms);
void cache_put(struct cache *c, const char *token, const struct verified *v);
/** Keys have changed: forget everything. */
void cache_clear(struct cache *c);
size_t cache_count(const struct cache *c);

#endif
