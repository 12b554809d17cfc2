/**
 * Output queues: arrays of parcels, pooled by size class so that a delivery allocates nothing.
 *
 * SPDX-License-Identifier: MIT
 */
#include "net/outq.h"

#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include "base/alloc.h"

/** Arrays of a class that are kept for later; more are freed. */
#define POOL_KEEP 16384

static const uint32_t class_caps[OUTQ_CLASSES] = {4, 16, 64, 256};

static int class_of(uint32_t cap)
{
	for (int i = 0; i < OUTQ_CLASSES; i++)
		if (class_caps[i] == cap)
			return i;
	return -1;
}

static struct outq_entry *array_take(struct outq_pool *pool, uint32_t cap)
{
	int class = class_of(cap);

	if (class >= 0 && pool->free[class]) {
		struct outq_entry *array = pool->free[class];

		/* The first entry's parcel links free arrays. */
		pool->free[class] = (struct outq_entry *)(void *)array->parcel;
		if (--pool->count[class] < pool->least[class])
			pool->least[class] = pool->count[class];
		return array;
	}
	return alloc_resize(NULL, cap * sizeof(struct outq_entry));
}

static void array_give(struct outq_pool *pool, struct outq_entry *array, uint32_t cap)
{
	int class = class_of(cap);

	if (!array)
		return;
	if (class < 0 || pool->count[class] >= POOL_KEEP) {
		free(array);
		return;
	}
	array->parcel = (struct parcel *)(void *)pool->free[class];
	pool->free[class] = array;
	pool->count[class]++;
}

static void pool_drop(struct outq_pool *pool, int class, uint32_t n)
{
	for (; n > 0; n--) {
		struct outq_entry *array = pool->free[class];

		pool->free[class] = (struct outq_entry *)(void *)array->parcel;
		pool->count[class]--;
		free(array);
	}
}

/** Make room for one more at the end: slide to the front, or move to a larger array. */
static void queue_grow(struct outq *q, struct outq_pool *pool)
{
	if (q->first >= q->cap / 2 && q->first > 0) {
		memmove(q->entries, q->entries + q->first, q->count * sizeof(*q->entries));
		q->first = 0;
		return;
	}
	uint32_t cap = q->cap ? q->cap * 4 : class_caps[0];
	struct outq_entry *array = array_take(pool, cap);

	if (q->count > 0)
		memcpy(array, q->entries + q->first, q->count * sizeof(*array));
	array_give(pool, q->entries, q->cap);
	q->entries = array;
	q->cap = cap;
	q->first = 0;
}

static void queue_release(struct outq *q, struct outq_pool *pool)
{
	array_give(pool, q->entries, q->cap);
	q->entries = NULL;
	q->first = q->count = q->cap = 0;
}

static void count_bytes(struct outq *q, const struct outq_entry *e, bool in)
{
	uint32_t n = (uint32_t)e->parcel->part[e->part].len;
	uint32_t *sum = e->kind == OUTQ_EVENT ? &q->event_bytes : &q->reply_bytes;

	*sum = in ? *sum + n : *sum - n;
}

/* ------------------------------------------------------------------------------------------- */

void outq_pool_fini(struct outq_pool *pool)
{
	for (int i = 0; i < OUTQ_CLASSES; i++)
		pool_drop(pool, i, pool->count[i]);
}

void outq_pool_trim(struct outq_pool *pool)
{
	for (int i = 0; i < OUTQ_CLASSES; i++) {
		pool_drop(pool, i, pool->least[i]);
		pool->least[i] = pool->count[i];
	}
}

size_t outq_entry_bytes(const struct outq_entry *e, const char **bytes)
{
	*bytes = e->parcel->part[e->part].bytes;
	return e->parcel->part[e->part].len;
}

void outq_add(struct outq *q, struct outq_pool *pool, struct parcel *p, enum parcel_part part,
	enum outq_kind kind, uint32_t topic)
{
	if (q->first + q->count == q->cap)
		queue_grow(q, pool);
	struct outq_entry *e = &q->entries[q->first + q->count++];

	e->parcel = p;
	e->topic = topic;
	e->kind = (uint8_t)kind;
	e->part = (uint8_t)part;
	count_bytes(q, e, true);
}

int outq_gather(const struct outq *q, struct iovec *iov, int max, size_t max_bytes, size_t *total)
{
	size_t sum = 0, skip = q->sent;
	int n = 0;

	for (uint32_t i = 0; i < q->count && n < max && sum < max_bytes; i++) {
		const char *bytes;
		size_t len = outq_entry_bytes(&q->entries[q->first + i], &bytes) - skip;

		if (len > max_bytes - sum)
			len = max_bytes - sum;
		iov[n].iov_base = (void *)(uintptr_t)(bytes + skip);
		iov[n++].iov_len = len;
		sum += len;
		skip = 0;
	}
	*total = sum;
	return n;
}

void outq_consume(struct outq *q, struct outq_pool *pool, size_t n)
{
	q->pinned = n < q->pinned ? q->pinned - (uint32_t)n : 0;
	while (q->count > 0) {
		struct outq_entry *e = &q->entries[q->first];
		size_t left = e->parcel->part[e->part].len - q->sent;

		if (n < left) {
			q->sent += (uint32_t)n;
			return;
		}
		n -= left;
		q->sent = 0;
		count_bytes(q, e, false);
		parcel_unref(e->parcel);
		q->first++;
		q->count--;
	}
	queue_release(q, pool);
}

size_t outq_drop_events(struct outq *q, struct outq_pool *pool, size_t keep_bytes,
	void (*lost)(void *arg, uint32_t topic), void *arg)
{
	struct outq_entry *entries = q->entries + q->first;
	size_t kept = 0, dropped = 0, before = 0;
	uint32_t out = 0;

	for (uint32_t i = 0; i < q->count; i++) {
		struct outq_entry e = entries[i];
		size_t len = e.parcel->part[e.part].len;
		bool begun = (i == 0 && q->sent > 0) || before < q->pinned;

		before += i == 0 ? len - q->sent : len;
		if (e.kind == OUTQ_EVENT && !begun && (dropped > 0 || kept + len > keep_bytes)) {
			count_bytes(q, &e, false);
			lost(arg, e.topic);
			parcel_unref(e.parcel);
			dropped++;
			continue;
		}
		if (e.kind == OUTQ_EVENT)
			kept += len;
		entries[out++] = e;
	}
	q->count = out;
	if (q->count == 0)
		queue_release(q, pool);
	return dropped;
}

void outq_clear(struct outq *q, struct outq_pool *pool)
{
	for (uint32_t i = 0; i < q->count; i++)
		parcel_unref(q->entries[q->first + i].parcel);
	queue_release(q, pool);
	q->sent = q->reply_bytes = q->event_bytes = q->pinned = 0;
}
