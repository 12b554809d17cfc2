/**
 * A loop's body, for the files of this folder: timers and watches live in it, the simulation turns
 * it, the watchdog looks at it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef LOOP_LOOP_INTERNAL_H
#define LOOP_LOOP_INTERNAL_H

#include <stdatomic.h>
#include "base/histogram.h"
#include "loop/loop.h"
#include "loop/mailbox.h"
#include "loop/thread.h"
#include "loop/timer.h"
#include "loop/watch.h"

struct running_cell;
struct sim_inbox;

/** How many turns the ring of turn times remembers. */
#define LOOP_TURNS_KEPT 4096

/** Written by the loop's thread, read by any (relaxed: numbers for people). */
struct loop_counters {
	_Atomic uint64_t turns, mails, wakes;
	_Atomic int64_t busy_us, turn_max_us;
	_Atomic uint32_t turn_us[LOOP_TURNS_KEPT];
	struct histogram turns_us;
};

struct loop {
	uint32_t magic;
	char name[16];
	struct mailbox box;
	struct timer_heap timers;
	struct watch_set watches;
	int64_t now_us;  /* start of this turn */
	int64_t mail_us; /* how long a turn takes mail */
	void (*turn_end)(void *arg);
	void *turn_end_arg;
	struct mail *later_first, *later_last;
	_Atomic bool stopping;
	bool ended; /* simulation: its last turn is over */
	struct thread thread;

	/* Waiting; all NULL in a simulation. */
	struct event_base *base;
	struct event *wake_event, *due_event;
	int wake_fd;
	int64_t due_armed_us; /* when due_event will fire, 0: not armed */

	/* For the watchdog. */
	_Atomic int64_t turn_since_us; /* 0: it waits */
	_Atomic(const char *) doing;
	_Atomic(const struct running_cell *)
		cell; /* of the thread that runs it; NULL: it does not run */

	/* Simulation; NULL otherwise. */
	struct sim_inbox *inbox;
	bool running; /* started, to be turned by the scheduler */

	struct loop_counters counters;
};

/** One turn without waiting: mail, timers, descriptors, turn's end, the dead. Thread: the loop's. */
void loop_turn(struct loop *loop);

/** Which loop this thread runs; returns the former one. */
struct loop *loop_current_set(struct loop *loop);

#endif
