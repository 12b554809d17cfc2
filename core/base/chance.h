/**
 * The one door to chance. confab-sim replaces the source by a seeded one.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BASE_CHANCE_H
#define BASE_CHANCE_H

#include <stddef.h>
#include <stdint.h>

/** Fill a buffer with unpredictable bytes (getrandom). Aborts if the kernel has none. Thread: any. */
void chance_bytes(void *buf, size_t len);

/** A number in 0..2^64-1. Thread: any. */
uint64_t chance_u64(void);

/** A number in 0..bound-1, without bias; bound > 0. Thread: any. */
uint64_t chance_below(uint64_t bound);

/** Replace the source (NULL: the kernel's). Call before any thread starts. */
void chance_source_set(void (*fill)(void *ctx, void *buf, size_t len), void *ctx);

#endif
