/**
 * How often somebody may try: free attempts, then longer and longer waits. Asked before anything
 * costly is done. Knows nothing of the host; one owner thread.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef AUTH_LOCAL_LIMIT_H
#define AUTH_LOCAL_LIMIT_H

#include <stddef.h>
#include <stdint.h>

struct limit;

/** What is allowed per key. */
struct limit_rule {
	unsigned free_attempts; /* without any wait */
	int64_t first_wait_ms;  /* after them; doubles with each further one */
	int64_t max_wait_ms;
	int64_t forget_ms; /* a key that was quiet this long starts anew */
};

/** @param max_keys  more are not remembered: the longest quiet one is forgotten. The caller's. */
struct limit *limit_new(size_t max_keys);
/** NULL is fine. */
void limit_free(struct limit *l);

/**
 * Begin an attempt: it counts as failed until limit_success says otherwise, so that attempts side by
 * side count too.
 *
 * @param key     ≤ 127 bytes count
 * @param now_ms  monotonic; never below an earlier call's
 * @return 0: go on; else how long to wait [ms], and nothing was counted
 */
int64_t limit_attempt(
	struct limit *l, const char *key, const struct limit_rule *rule, int64_t now_ms);

/** It went well: the key is forgotten. */
void limit_success(struct limit *l, const char *key);

/** Take one attempt back that was no guess (the server was busy). */
void limit_undo(struct limit *l, const char *key);

/** Keys remembered now. */
size_t limit_count(const struct limit *l);

#endif
