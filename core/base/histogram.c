/**
 * Buckets of powers of two.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/histogram.h"

/* One writer: no locked instruction is needed. */
static void add(_Atomic uint64_t *to, uint64_t n)
{
	atomic_store_explicit(
		to, atomic_load_explicit(to, memory_order_relaxed) + n, memory_order_relaxed);
}

static uint64_t get(const _Atomic uint64_t *from)
{
	return atomic_load_explicit((_Atomic uint64_t *)(uintptr_t)from, memory_order_relaxed);
}

/* ------------------------------------------------------------------------------------------- */

void histogram_add(struct histogram *h, uint64_t value, uint64_t n)
{
	unsigned i = value <= 1 ? 0 : 64u - (unsigned)__builtin_clzll(value - 1);

	if (i >= HISTOGRAM_BUCKETS)
		i = HISTOGRAM_BUCKETS - 1;
	add(&h->buckets[i], n);
	add(&h->sum, value * n);
	add(&h->count, n);
}

void histogram_merge(struct histogram *h, const struct histogram *from)
{
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
		add(&h->buckets[i], get(&from->buckets[i]));
	add(&h->sum, get(&from->sum));
	add(&h->count, get(&from->count));
}

uint64_t histogram_upto(const struct histogram *h, unsigned power)
{
	uint64_t n = 0;

	for (unsigned i = 0; i <= power && i < HISTOGRAM_BUCKETS; i++)
		n += get(&h->buckets[i]);
	return n;
}
