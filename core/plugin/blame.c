/**
 * Counting calls into plugins.
 *
 * SPDX-License-Identifier: MIT
 */
#include "plugin/blame.h"

#include <assert.h>
#include <stddef.h>

static const char *const place_names[BLAME_PLACES] = {
	[0] = "none",
	[BLAME_ACCEPT] = "accept",
	[BLAME_AUTHORIZE] = "authorize",
	[BLAME_TRANSFORM] = "transform",
	[BLAME_MODERATE] = "moderate",
	[BLAME_OBSERVE] = "observe",
	[BLAME_KIND] = "kind",
	[BLAME_OP] = "op",
	[BLAME_TIMER] = "timer",
	[BLAME_POST] = "post",
	[BLAME_SERVICE] = "service",
	[BLAME_LIFE] = "life",
};

/* ------------------------------------------------------------------------------------------ */

const char *blame_place_name(enum blame_place place)
{
	return place < BLAME_PLACES ? place_names[place] : "none";
}

void blame_add(struct blame *b, enum blame_place place, int64_t us, bool failed)
{
	assert(place < BLAME_PLACES);
	struct blame_cell *cell = &b->cells[place];
	uint64_t took = us > 0 ? (uint64_t)us : 0;
	unsigned bucket = took == 0 ? 0 : 64 - (unsigned)__builtin_clzll(took);

	cell->calls++;
	cell->failures += failed;
	cell->us_total += took;
	if (took > cell->us_max)
		cell->us_max = took;
	cell->buckets[bucket < BLAME_BUCKETS ? bucket : BLAME_BUCKETS - 1]++;
}

uint64_t blame_quantile(const struct blame_cell *cell, double share)
{
	uint64_t seen = 0;
	for (unsigned i = 0; i < BLAME_BUCKETS; i++) {
		seen += cell->buckets[i];
		if (cell->calls > 0 && (double)seen >= share * (double)cell->calls)
			return i + 1 < BLAME_BUCKETS ? (uint64_t)1 << i : cell->us_max;
	}
	return 0;
}
