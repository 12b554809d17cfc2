/**
 * Hash maps by open addressing with linear probing.
 *
 * A slot is empty, dead (its pair was taken, probing goes on behind it) or live. Taking a pair
 * moves nothing, which is what lets a walk take the pair it has just visited.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/map.h"
#include "base/alloc.h"
#include "base/chance.h"

#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

/* Most maps are small, a user has few memberships: up to here they are filled to the last slot. */
#define CAP_SMALL 4

/* The value of a dead slot. */
static char dead_mark;
#define DEAD ((void *)&dead_mark)

struct strslot {
	void *value; /* NULL: empty */
	char *key;
	uint64_t hash;
};

/* Every loaded user has several of these. */
struct strmap {
	struct strslot *slots;
	uint32_t cap; /* a power of two, or 0 */
	uint32_t live;
	uint32_t used; /* live and dead */
	uint32_t seed : 31;
	uint32_t lent : 1; /* the keys are the values' */
};

_Static_assert(sizeof(struct strmap) <= 24, "a map grew beyond its budget");

struct numslot {
	void *value; /* NULL: empty */
	uint64_t key;
};

struct nummap {
	struct numslot *slots;
	size_t cap;
	size_t live;
	size_t used;
	uint64_t seed;
};

static bool live(const void *value)
{
	return value != NULL && value != DEAD;
}

/* Three quarters full, the dead counted, or a small one to the last: time for a new table. */
static bool full(size_t used, size_t cap)
{
	return used >= (cap > CAP_SMALL ? cap - cap / 4 : cap);
}

/* At most two thirds full of live pairs after, unless it is small. */
static size_t cap_for(size_t live_pairs)
{
	size_t cap = 1;

	while (cap < (live_pairs > CAP_SMALL ? live_pairs + live_pairs / 2 : live_pairs))
		cap *= 2;
	return cap;
}

static uint64_t num_hash(const struct nummap *m, uint64_t key)
{
	return XXH3_64bits_withSeed(&key, sizeof(key), m->seed);
}

static void key_free(const struct strmap *m, struct strslot *s)
{
	if (!m->lent)
		free(s->key);
}

static char *key_keep(const struct strmap *m, const char *key, size_t size)
{
	return m->lent ? (char *)(uintptr_t)key : memcpy(alloc_resize(NULL, size), key, size);
}

static struct strslot *str_slot(const struct strmap *m, const char *key, uint64_t hash)
{
	size_t mask = (size_t)m->cap - 1;

	for (size_t n = 0, i = hash & mask; n < m->cap && m->slots[i].value != NULL; n++) {
		struct strslot *s = &m->slots[i];

		if (s->value != DEAD && s->hash == hash && strcmp(s->key, key) == 0)
			return s;
		i = (i + 1) & mask;
	}
	return NULL;
}

static struct numslot *num_slot(const struct nummap *m, uint64_t key)
{
	size_t mask = m->cap - 1;
	size_t i = m->cap > 0 ? num_hash(m, key) & mask : 0;

	for (size_t n = 0; n < m->cap && m->slots[i].value != NULL; n++) {
		if (m->slots[i].value != DEAD && m->slots[i].key == key)
			return &m->slots[i];
		i = (i + 1) & mask;
	}
	return NULL;
}

static void str_rehash(struct strmap *m)
{
	size_t cap = cap_for((size_t)m->live + 1);
	struct strslot *slots = alloc_zero(cap, sizeof(*slots));

	for (size_t i = 0; i < m->cap; i++) {
		size_t at = m->slots[i].hash & (cap - 1);

		if (!live(m->slots[i].value))
			continue;
		while (slots[at].value != NULL)
			at = (at + 1) & (cap - 1);
		slots[at] = m->slots[i];
	}
	free(m->slots);
	m->slots = slots;
	m->cap = (uint32_t)cap;
	m->used = m->live;
}

static void num_rehash(struct nummap *m)
{
	size_t cap = cap_for(m->live + 1);
	struct numslot *slots = alloc_zero(cap, sizeof(*slots));

	for (size_t i = 0; i < m->cap; i++) {
		size_t at;

		if (!live(m->slots[i].value))
			continue;
		at = num_hash(m, m->slots[i].key) & (cap - 1);
		while (slots[at].value != NULL)
			at = (at + 1) & (cap - 1);
		slots[at] = m->slots[i];
	}
	free(m->slots);
	m->slots = slots;
	m->cap = cap;
	m->used = m->live;
}

/* ------------------------------------------------------------------------------------------ */

struct strmap *strmap_new(void)
{
	struct strmap *m = alloc_zero(1, sizeof(*m));

	m->seed = chance_u64() & 0x7FFFFFFF;
	return m;
}

struct strmap *strmap_new_lent(void)
{
	struct strmap *m = strmap_new();

	m->lent = true;
	return m;
}

void strmap_free(struct strmap *m)
{
	if (m == NULL)
		return;
	for (size_t i = 0; i < m->cap; i++) {
		if (live(m->slots[i].value))
			key_free(m, &m->slots[i]);
	}
	free(m->slots);
	free(m);
}

void *strmap_find(const struct strmap *m, const char *key)
{
	struct strslot *s = NULL;

	if (m != NULL && m->live > 0)
		s = str_slot(m, key, XXH3_64bits_withSeed(key, strlen(key), m->seed));
	return s != NULL ? s->value : NULL;
}

void *strmap_put(struct strmap *m, const char *key, void *value)
{
	size_t size = strlen(key) + 1;
	uint64_t hash = XXH3_64bits_withSeed(key, size - 1, m->seed);
	struct strslot *s = str_slot(m, key, hash);
	size_t at;

	if (s != NULL) {
		void *former = s->value;

		s->value = value;
		if (m->lent)
			s->key = key_keep(m, key, size);
		return former;
	}
	if (full(m->used, m->cap))
		str_rehash(m);
	at = hash & ((size_t)m->cap - 1);
	while (live(m->slots[at].value))
		at = (at + 1) & ((size_t)m->cap - 1);
	s = &m->slots[at];
	if (s->value == NULL)
		m->used++;
	m->live++;
	*s = (struct strslot){value, key_keep(m, key, size), hash};
	return NULL;
}

void *strmap_take(struct strmap *m, const char *key)
{
	struct strslot *s = NULL;
	void *value;

	if (m != NULL && m->live > 0)
		s = str_slot(m, key, XXH3_64bits_withSeed(key, strlen(key), m->seed));
	if (s == NULL)
		return NULL;
	value = s->value;
	key_free(m, s);
	*s = (struct strslot){DEAD, NULL, 0};
	m->live--;
	return value;
}

size_t strmap_count(const struct strmap *m)
{
	return m != NULL ? m->live : 0;
}

bool strmap_next(const struct strmap *m, size_t *pos, const char **key, void **value)
{
	while (m != NULL && *pos < m->cap) {
		const struct strslot *s = &m->slots[(*pos)++];

		if (!live(s->value))
			continue;
		if (key != NULL)
			*key = s->key;
		if (value != NULL)
			*value = s->value;
		return true;
	}
	return false;
}

struct nummap *nummap_new(void)
{
	struct nummap *m = alloc_zero(1, sizeof(*m));

	m->seed = chance_u64();
	return m;
}

void nummap_free(struct nummap *m)
{
	if (m == NULL)
		return;
	free(m->slots);
	free(m);
}

void *nummap_find(const struct nummap *m, uint64_t key)
{
	struct numslot *s = num_slot(m, key);

	return s != NULL ? s->value : NULL;
}

void *nummap_put(struct nummap *m, uint64_t key, void *value)
{
	struct numslot *s = num_slot(m, key);
	size_t at;

	if (s != NULL) {
		void *former = s->value;

		s->value = value;
		return former;
	}
	if (full(m->used, m->cap))
		num_rehash(m);
	at = num_hash(m, key) & (m->cap - 1);
	while (live(m->slots[at].value))
		at = (at + 1) & (m->cap - 1);
	s = &m->slots[at];
	if (s->value == NULL)
		m->used++;
	m->live++;
	*s = (struct numslot){value, key};
	return NULL;
}

void *nummap_take(struct nummap *m, uint64_t key)
{
	struct numslot *s = num_slot(m, key);
	void *value;

	if (s == NULL)
		return NULL;
	value = s->value;
	s->value = DEAD;
	m->live--;
	return value;
}

size_t nummap_count(const struct nummap *m)
{
	return m->live;
}

bool nummap_next(const struct nummap *m, size_t *pos, uint64_t *key, void **value)
{
	while (*pos < m->cap) {
		const struct numslot *s = &m->slots[(*pos)++];

		if (!live(s->value))
			continue;
		if (key != NULL)
			*key = s->key;
		if (value != NULL)
			*value = s->value;
		return true;
	}
	return false;
}
