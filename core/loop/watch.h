/**
 * A loop's watched descriptors. libevent only marks what became ready; the turn calls the owners
 * when it comes to descriptors, so that a watch can be stopped or freed at any moment of a turn.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef LOOP_WATCH_H
#define LOOP_WATCH_H

#include <event2/event.h>
#include "loop/loop.h"

/** A ring without an end: unlinking needs no head. */
struct watch_link {
	struct watch_link *next, *prev;
};

struct watch_set {
	struct event_base *base;
	struct watch_link all;   /* every running watch */
	struct watch_link ready; /* to be called in the coming turn */
};

/** Begin empty on a borrowed event base. */
void watch_set_init(struct watch_set *s, struct event_base *base);

/** Stop every watch that still runs. */
void watch_set_fini(struct watch_set *s);

/** Is anything to be called? Thread: the loop's. */
bool watch_set_ready(const struct watch_set *s);

/** Call what was ready before this call. @return how many. Thread: the loop's. */
unsigned watch_set_fire(struct watch_set *s);

#endif
