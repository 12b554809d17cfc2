/**
 * What a plugin cost: calls, failures and time, per place where its code runs.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PLUGIN_BLAME_H
#define PLUGIN_BLAME_H

#include <stdbool.h>
#include <stdint.h>

/** Where a plugin's code runs. The first five are the stages of hooks, with their numbers. */
enum blame_place {
	BLAME_ACCEPT = 1,
	BLAME_AUTHORIZE = 2,
	BLAME_TRANSFORM = 3,
	BLAME_MODERATE = 4,
	BLAME_OBSERVE = 5,
	BLAME_KIND, /* keys, judge, build, show */
	BLAME_OP,   /* run of an op or command */
	BLAME_TIMER,
	BLAME_POST,    /* posts, completions of work and documents */
	BLAME_SERVICE, /* functions it provides, as far as the core calls them */
	BLAME_LIFE,    /* load, unload, commit */
	BLAME_PLACES,
};

/** Buckets of time: below 1, 2, 4 … 2^14 us, and the rest. */
#define BLAME_BUCKETS 16

struct blame_cell {
	uint64_t calls, failures;
	uint64_t us_total, us_max;
	uint64_t buckets[BLAME_BUCKETS];
};

/** Of one plugin. Thread: logic. */
struct blame {
	struct blame_cell cells[BLAME_PLACES];
};

/** The name of a place ("moderate"). Static. */
const char *blame_place_name(enum blame_place place);

/** Count one call that took us microseconds. */
void blame_add(struct blame *b, enum blame_place place, int64_t us, bool failed);

/** The bound below which a share of the calls stayed, e.g. 0.99 [us]; 0: no calls. */
uint64_t blame_quantile(const struct blame_cell *cell, double share);

#endif
