/**
 * Somebody who notices when a loop does not come back from a turn: it says so once per turn in the
 * log, and the service manager hears that we are alive only while all loops turn.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef LOOP_WATCHDOG_H
#define LOOP_WATCHDOG_H

#include <stdbool.h>
#include <confab/types.h>

struct loop;
struct watchdog;

/** A loop in one turn for longer than that has stalled [ms]; how often we may say that we live. */
struct watchdog_options {
	int64_t stall_ms;         /* 1..3600000 */
	int64_t alive_ms;         /* 1..3600000: half of what the manager expects (WATCHDOG_USEC) */
	void (*alive)(void *arg); /* on the watchdog's thread; NULL: nobody wants to know */
	void *arg;
};

/**
 * Start it. In a simulation it sleeps: nothing stalls in virtual time.
 *
 * @param options  copied
 * @return NULL on failure, err filled (CONFAB_EIO)
 * Thread: main.
 */
struct watchdog *watchdog_start(
	const struct watchdog_options *options, struct confab_error *err) CONFAB_MUSTCHECK;

/** Watch a loop too; at most 128. The loop outlives the watchdog. Thread: any. */
void watchdog_add(struct watchdog *w, struct loop *loop);

/** Do all loops turn, as it last looked? For /healthz. Thread: any. */
bool watchdog_all_turn(struct watchdog *w);

/** Stalls seen since the start. Thread: any. */
uint64_t watchdog_stalls(struct watchdog *w);

/** End it. NULL is fine. Thread: main. */
void watchdog_stop(struct watchdog *w);

#endif
