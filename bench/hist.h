/**
 * A log-linear histogram of durations: three significant digits from 1 ns to 18 minutes.
 *
 * Values up to 2,047 have a bucket each; every further power of two is cut into 1,024 buckets,
 * so a bucket is never wider than a thousandth of its values. Adding costs a shift and a count.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BENCH_HIST_H
#define BENCH_HIST_H

#include <stdint.h>

#define HIST_BITS 40u
#define HIST_LINEAR_BITS 11u
#define HIST_HALF (1u << (HIST_LINEAR_BITS - 1u))
#define HIST_BUCKETS ((HIST_BITS - HIST_LINEAR_BITS + 2u) * HIST_HALF)

struct hist {
	uint64_t count;
	uint64_t max; /* as added, not rounded */
	uint64_t buckets[HIST_BUCKETS];
};

/** Make h empty. */
void hist_clear(struct hist *h);
/** Add value n times; what is above 2^40 - 1 counts as that, but max keeps the true one. */
void hist_add(struct hist *h, uint64_t value, uint64_t n);
/** Add all of from to h. */
void hist_merge(struct hist *h, const struct hist *from);
/**
 * The value that a share q of all values do not exceed, rounded up within its bucket.
 *
 * @param q  0..1; 1 gives max
 * @return 0 when h is empty
 */
uint64_t hist_quantile(const struct hist *h, double q);

#endif
