/**
 * Hash maps: from strings and from 64-bit numbers to pointers. Keyed hashing (XXH3 with a seed
 * from chance), open addressing, grows by doubling. One owner thread.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** String keys are copied, but by strmap_new_lent. Values are borrowed pointers, never NULL. Every
 *  function but strmap_put takes NULL for an empty map. At most 2^31 slots. */
struct strmap;

/** An empty map; the caller owns it. Memory exhaustion is fatal. Thread: its owner's, throughout. */
struct strmap *strmap_new(void);
/** An empty map that borrows its keys: each lies in its value and lives as long as that is in here. */
struct strmap *strmap_new_lent(void);
/** Free the map; the values are the caller's. */
void strmap_free(struct strmap *m);
/** The value, or NULL. Borrowed. */
void *strmap_find(const struct strmap *m, const char *key);
/** Insert or replace. @return the former value or NULL */
void *strmap_put(struct strmap *m, const char *key, void *value);
/** Remove. @return the value that was there, or NULL */
void *strmap_take(struct strmap *m, const char *key);
size_t strmap_count(const struct strmap *m);
/**
 * Walk all pairs in no order: start with *pos = 0; false at the end. Taking the pair just
 * visited is allowed during a walk, every other change is not.
 */
bool strmap_next(const struct strmap *m, size_t *pos, const char **key, void **value);

/** The same for numbers; every key is allowed. */
struct nummap;

/** Every function does what its namesake of strmap does. */
struct nummap *nummap_new(void);
void nummap_free(struct nummap *m);
void *nummap_find(const struct nummap *m, uint64_t key);
void *nummap_put(struct nummap *m, uint64_t key, void *value);
void *nummap_take(struct nummap *m, uint64_t key);
size_t nummap_count(const struct nummap *m);
bool nummap_next(const struct nummap *m, size_t *pos, uint64_t *key, void **value);

#endif
