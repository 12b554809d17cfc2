/**
 * A loop's watched descriptors. libevent only says that some became ready; the turn calls the owners
 * when it comes to descriptors, so that a watch can be stopped or freed at any moment of a turn.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef LOOP_WATCH_H
#define LOOP_WATCH_H

#include <event2/event.h>
#include "loop/loop.h"

struct watch_set {
	int epoll;               /* -1: a simulation has none */
	struct event *event;     /* watches the set */
	struct watch_link all;   /* every running watch */
	struct watch_link ready; /* to be called in the coming turn */
};

/** Begin empty on a borrowed event base; NULL: a simulation. @return 0 or CONFAB_EIO, fini it then too */
int watch_set_init(
	struct watch_set *s, struct event_base *base, struct confab_error *err) CONFAB_MUSTCHECK;

/** Stop every watch that still runs. */
void watch_set_fini(struct watch_set *s);

/** Is anything to be called? Thread: the loop's. */
bool watch_set_ready(const struct watch_set *s);

/** Call what was ready before this call. @return how many. Thread: the loop's. */
unsigned watch_set_fire(struct watch_set *s);

#endif
