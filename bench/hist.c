/**
 * Log-linear histogram: the bucket of a value is found from its highest bit.
 *
 * SPDX-License-Identifier: MIT
 */
#include "hist.h"

#include <string.h>

static uint32_t bucket_of(uint64_t value)
{
	if (value < 2u * HIST_HALF)
		return (uint32_t)value;
	uint32_t high = 63u - (uint32_t)__builtin_clzll(value);
	if (high >= HIST_BITS)
		return HIST_BUCKETS - 1u;
	uint32_t shift = high - (HIST_LINEAR_BITS - 1u);
	/* (value >> shift) is in HIST_HALF .. 2 HIST_HALF - 1 */
	return shift * HIST_HALF + (uint32_t)(value >> shift);
}

/* The highest value that shares bucket i. */
static uint64_t bucket_top(uint32_t i)
{
	if (i < 2u * HIST_HALF)
		return i;
	uint32_t shift = i / HIST_HALF - 1u;
	uint64_t mantissa = i - shift * HIST_HALF;
	return ((mantissa + 1u) << shift) - 1u;
}

/* ---------------------------------------------------------------------------------------- */

void hist_clear(struct hist *h)
{
	memset(h, 0, sizeof *h);
}

void hist_add(struct hist *h, uint64_t value, uint64_t n)
{
	h->buckets[bucket_of(value)] += n;
	h->count += n;
	if (value > h->max)
		h->max = value;
}

void hist_merge(struct hist *h, const struct hist *from)
{
	for (uint32_t i = 0; i < HIST_BUCKETS; i++)
		h->buckets[i] += from->buckets[i];
	h->count += from->count;
	if (from->max > h->max)
		h->max = from->max;
}

uint64_t hist_quantile(const struct hist *h, double q)
{
	if (h->count == 0)
		return 0;
	if (q >= 1.0)
		return h->max;
	double exact = q * (double)h->count;
	uint64_t want = (uint64_t)exact;
	if ((double)want < exact || want == 0)
		want++;
	uint64_t seen = 0;
	for (uint32_t i = 0; i < HIST_BUCKETS; i++) {
		seen += h->buckets[i];
		if (seen >= want)
			return bucket_top(i) < h->max ? bucket_top(i) : h->max;
	}
	return h->max;
}
