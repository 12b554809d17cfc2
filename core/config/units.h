/**
 * Numbers with units as people write them: 64KB, 30s, 10/s burst 20.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CONFIG_UNITS_H
#define CONFIG_UNITS_H

#include <stdbool.h>
#include <stdint.h>
#include <confab/settings.h>

struct buf;

/** What came out of reading a number. */
enum units_result {
	UNITS_OK = 0,
	UNITS_NO_UNIT = 1,  /* a bare number that is not 0 */
	UNITS_BAD_UNIT = 2, /* a number, and behind it no unit that is known */
	UNITS_BAD = 3,      /* no number, or one that is too large */
};

/** Whole numbers with optional underscores: -5, 1_000. */
enum units_result units_int(const char *s, int64_t *n);
/** B, KB, MB, GB, TB (powers of 1024; also KiB …); any case. 0 needs no unit. [bytes] */
enum units_result units_size(const char *s, int64_t *bytes);
/** ms, s, m, h, d, w. 0 needs no unit. [ms] */
enum units_result units_duration(const char *s, int64_t *ms);
/** N/s, N/m, N/h, N/d, then perhaps "burst M" (else M = N); "off", "unlimited": no limit. */
enum units_result units_rate(const char *s, struct confab_rate *rate);

/** Append in the largest unit that leaves a whole number. */
void units_size_text(int64_t bytes, struct buf *b);
void units_duration_text(int64_t ms, struct buf *b);
void units_rate_text(struct confab_rate rate, struct buf *b);

#endif
