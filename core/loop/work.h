/**
 * Work that blocks, away from the loops: a pool of workers (any order) and lanes (one thread, in
 * order, owned by the core). Both answer by mail to the loop that asked.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef LOOP_WORK_H
#define LOOP_WORK_H

#include "loop/loop.h"

/** One piece of work, embedded in its owner. done always comes, exactly once, on the asking loop. */
struct work {
	struct mail mail;                     /* the pool's; carries the completion */
	int (*run)(struct work *w);           /* worker or lane thread; its result goes to done */
	void (*done)(struct work *w, int rc); /* asking loop; CONFAB_ECLOSED: never ran */
	struct loop *home; /* set by submit: loop_current(); where there is none, kept */
	int rc;
	struct work *next;
	int64_t not_before_us; /* simulation's */
};

struct pool;

/** @param threads 1..64  @param max_queue  refuse above this many waiting [pieces] */
struct pool *pool_new(const char *name, unsigned threads, unsigned max_queue,
	struct confab_error *err) CONFAB_MUSTCHECK;
/** What waits is answered CONFAB_ECLOSED; what runs is waited for. The loops that asked are still
 *  there. NULL is fine. Thread: any but a worker's, when nobody submits any more. */
void pool_free(struct pool *p);
/** @return 0, or CONFAB_EBUSY with nothing done (the queue is full). Thread: a loop's. */
int pool_submit(struct pool *p, struct work *w) CONFAB_MUSTCHECK;
/** Pieces waiting now, without those that run. Thread: any. */
unsigned pool_waiting(struct pool *p);

struct lane;

/** A lane and its thread. name: as a loop's. */
struct lane *lane_new(const char *name, struct confab_error *err) CONFAB_MUSTCHECK;
/** Runs what waits, then ends. The loops that asked are still there. NULL is fine. Thread: any but
 *  the lane's, when nobody submits any more. */
void lane_free(struct lane *l);
/** Append. Thread: a loop's. Never fails: callers bound what they have in flight. */
void lane_submit(struct lane *l, struct work *w);
/**
 * For group commit: inside run(), take everything that waits behind this piece (in order) so that it
 * can be done together. The taker must give each back through lane_finish. Thread: the lane's.
 */
struct work *lane_take_waiting(struct lane *l);
/** Finish a piece that was taken: its done is posted with rc. Thread: the lane's. */
void lane_finish(struct work *w, int rc);
/** Pieces waiting now. Thread: any. */
unsigned lane_waiting(struct lane *l);

#endif
