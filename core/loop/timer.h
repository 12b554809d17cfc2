/**
 * A loop's timers: a binary heap of pointers to timers that their owners embed.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef LOOP_TIMER_H
#define LOOP_TIMER_H

#include "loop/loop.h"

struct timer_heap {
	struct timer **at; /* 1..count; at[0] is unused, so that slot 0 can mean "not running" */
	uint32_t count;
	uint32_t room;
};

/** Begin empty; nothing is allocated yet. */
void timer_heap_init(struct timer_heap *h);

/** Stops what still runs. */
void timer_heap_fini(struct timer_heap *h);

/** When the next one is due [monotonic us], or INT64_MAX. Thread: the loop's. */
int64_t timer_heap_next_us(const struct timer_heap *h);

/**
 * Fire what is due, earliest first. Timers started meanwhile wait for the next call, whatever
 * their delay, so that a timer that starts itself anew starves nobody.
 *
 * @param limit  how many at most
 * @return how many fired
 * Thread: the loop's.
 */
unsigned timer_heap_fire(struct timer_heap *h, int64_t now_us, unsigned limit);

#endif
