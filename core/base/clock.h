/**
 * The one door to time. confab-sim replaces the source and turns hours in seconds.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/** Where time comes from. Both functions are called on any thread. */
struct clock_source {
	int64_t (*mono_us)(void *ctx); /* never goes back, starts anywhere [us] */
	int64_t (*real_ms)(void *ctx); /* Unix time, UTC [ms] */
	void *ctx;
};

/** Monotonic time [us]. For deadlines and measurement. Thread: any. Cost: 31 ns. */
int64_t clock_mono_us(void);

/** Unix time, UTC [ms]. For people and for rows; nothing is ordered by it. Thread: any. */
int64_t clock_real_ms(void);

/** Replace the source (NULL: the machine's). Call before any thread starts. */
void clock_source_set(const struct clock_source *src);

#endif
