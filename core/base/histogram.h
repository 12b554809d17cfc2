/**
 * Counts of sizes or times in buckets of powers of two, for metrics.
 *
 * One thread adds, any may read (relaxed: the numbers are for people). Zeroed it is empty.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BASE_HISTOGRAM_H
#define BASE_HISTOGRAM_H

#include <stdatomic.h>
#include <stdint.h>

/** Bucket i holds values v with 2^(i-1) < v ≤ 2^i, bucket 0 those up to 1; the last all above. */
#define HISTOGRAM_BUCKETS 40

struct histogram {
	_Atomic uint64_t count, sum;
	_Atomic uint64_t buckets[HISTOGRAM_BUCKETS];
};

/** Add value n times. Thread: the one that adds.  Cost: some ns. */
void histogram_add(struct histogram *h, uint64_t value, uint64_t n);

/** Add all of from to h, which nobody else uses. Thread: any. */
void histogram_merge(struct histogram *h, const struct histogram *from);

/** How many values were at most 2^power, 0 ≤ power < HISTOGRAM_BUCKETS - 1. Thread: any. */
uint64_t histogram_upto(const struct histogram *h, unsigned power);

#endif
