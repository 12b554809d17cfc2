/**
 * What a plugin cost: calls, how they ended and their time, per place where its code runs.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BASE_BLAME_H
#define BASE_BLAME_H

#include <stdbool.h>
#include <stdint.h>
#include <confab/types.h>

struct running;

/** Where a plugin's code runs. The first five are the stages of hooks, with their numbers. */
enum blame_place {
	BLAME_ACCEPT = 1,
	BLAME_AUTHORIZE = 2,
	BLAME_TRANSFORM = 3,
	BLAME_MODERATE = 4,
	BLAME_OBSERVE = 5,
	BLAME_KIND,    /* keys, judge, build, show */
	BLAME_OP,      /* run of an op */
	BLAME_ROUTE,   /* HTTP routes */
	BLAME_COMMAND, /* run of a command */
	BLAME_TIMER,
	BLAME_FD,   /* descriptors that became ready */
	BLAME_POST, /* posts */
	BLAME_DONE, /* completions of work and documents */
	BLAME_TODO,
	BLAME_WORK,    /* background work, on its thread; failures: what it returned */
	BLAME_SERVICE, /* functions it provides, as far as the core calls them */
	BLAME_LIFE,    /* load, unload, commit */
	BLAME_PLACES,
};

/** Buckets of time: up to 1, 2, 4 … 2^14 us, and the rest. */
#define BLAME_BUCKETS 16
#define BLAME_VERDICTS 5 /* index: enum confab_verdict */

struct blame_cell {
	uint64_t calls;
	uint64_t failures; /* it said so itself, gave no reason, or did not answer in time */
	uint64_t timeouts; /* of these: deferrals that missed their deadline */
	uint64_t verdicts[BLAME_VERDICTS]; /* of hooks */
	uint64_t us_total, us_max;
	uint64_t buckets[BLAME_BUCKETS];
};

/** Of one plugin. Thread: logic. */
struct blame {
	struct blame_cell cells[BLAME_PLACES];
	const struct running *runs[BLAME_PLACES]; /* what the watchdog is told meanwhile */
};

/** The name of a place ("moderate"). Static. */
const char *blame_place_name(enum blame_place place);

/** Zero everything and name the plugin. */
void blame_init(struct blame *b, const char *plugin);

/** Count one call that took us microseconds. Thread: logic.  Cost: some ns. */
static inline void blame_cell_call(struct blame_cell *cell, int64_t us)
{
	uint64_t took = us > 0 ? (uint64_t)us : 0;
	unsigned bucket = took <= 1 ? 0 : 64 - (unsigned)__builtin_clzll(took - 1);

	cell->calls++;
	cell->us_total += took;
	if (took > cell->us_max)
		cell->us_max = took;
	cell->buckets[bucket < BLAME_BUCKETS ? bucket : BLAME_BUCKETS - 1]++;
}

/** Count one call at a place. */
void blame_add(struct blame *b, enum blame_place place, int64_t us, bool failed);

/** Add what another cell counted. */
void blame_merge(struct blame_cell *to, const struct blame_cell *from);

/** A call into a plugin: what ran before it, and since when. On the stack. */
struct blame_call {
	const struct running *former;
	int64_t began_us;
};

/** Around a call into a plugin's code. b NULL: the core's own, nothing is counted. Thread: any for
 *  blame_enter(); the logic thread's for blame_leave().  Cost: two clock reads. */
struct blame_call blame_enter(struct blame *b, enum blame_place place);
void blame_leave(
	struct blame *b, const struct blame_call *call, enum blame_place place, bool failed);

/** The bound below which a share of the calls stayed, e.g. 0.99 [us]; 0: no calls. */
uint64_t blame_quantile(const struct blame_cell *cell, double share);

#endif
