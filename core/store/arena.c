/**
 * Memory that lives as long as its call: pieces cut from chunks that double, all freed at once.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/arena.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define FIRST_CHUNK 1024
#define LAST_CHUNK (256 * 1024)
#define ALIGN (sizeof(max_align_t))

struct chunk {
	struct chunk *next;
	size_t used, size;
	max_align_t bytes[];
};

struct confab_arena {
	struct chunk *chunks; /* the newest first */
	size_t next_size;
};

static struct chunk *chunk_add(struct confab_arena *a, size_t size)
{
	if (size < a->next_size)
		size = a->next_size;
	if (a->next_size < LAST_CHUNK)
		a->next_size *= 2;
	struct chunk *c = alloc_zero(1, sizeof(*c) + size);
	c->size = size;
	c->next = a->chunks;
	a->chunks = c;
	return c;
}

/* ------------------------------------------------------------------------------------------- */

struct confab_arena *arena_new(void)
{
	struct confab_arena *a = alloc_zero(1, sizeof(*a));
	a->next_size = FIRST_CHUNK;
	return a;
}

void arena_free(struct confab_arena *a)
{
	if (!a)
		return;
	while (a->chunks) {
		struct chunk *c = a->chunks;
		a->chunks = c->next;
		free(c);
	}
	free(a);
}

void *confab_arena_alloc(struct confab_arena *a, size_t size)
{
	if (size > SIZE_MAX / 2)
		abort();
	size = (size + ALIGN - 1) / ALIGN * ALIGN;
	if (size == 0)
		size = ALIGN;
	struct chunk *c = a->chunks;
	if (!c || c->size - c->used < size)
		c = chunk_add(a, size);
	void *piece = (char *)c->bytes + c->used;
	c->used += size;
	return piece;
}

char *confab_arena_dup(struct confab_arena *a, const void *bytes, size_t len)
{
	char *copy = confab_arena_alloc(a, len + 1);
	if (len)
		memcpy(copy, bytes, len);
	return copy;
}
