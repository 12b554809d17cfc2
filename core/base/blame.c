/**
 * Counting calls into plugins.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/blame.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "base/clock.h"
#include "base/running.h"

static const char *const place_names[BLAME_PLACES] = {
	[0] = "none",
	[BLAME_ACCEPT] = "accept",
	[BLAME_AUTHORIZE] = "authorize",
	[BLAME_TRANSFORM] = "transform",
	[BLAME_MODERATE] = "moderate",
	[BLAME_OBSERVE] = "observe",
	[BLAME_KIND] = "kind",
	[BLAME_OP] = "op",
	[BLAME_ROUTE] = "route",
	[BLAME_COMMAND] = "command",
	[BLAME_TIMER] = "timer",
	[BLAME_FD] = "descriptor",
	[BLAME_POST] = "post",
	[BLAME_DONE] = "done",
	[BLAME_TODO] = "todo",
	[BLAME_WORK] = "work",
	[BLAME_SERVICE] = "service",
	[BLAME_LIFE] = "life",
};

/* ------------------------------------------------------------------------------------------ */

const char *blame_place_name(enum blame_place place)
{
	return place < BLAME_PLACES ? place_names[place] : "none";
}

void blame_init(struct blame *b, const char *plugin)
{
	memset(b, 0, sizeof(*b));
	for (unsigned i = 1; i < BLAME_PLACES; i++)
		b->runs[i] = running_of(plugin, place_names[i], NULL);
}

void blame_add(struct blame *b, enum blame_place place, int64_t us, bool failed)
{
	assert(place < BLAME_PLACES);
	blame_cell_call(&b->cells[place], us);
	b->cells[place].failures += failed;
}

void blame_merge(struct blame_cell *to, const struct blame_cell *from)
{
	to->calls += from->calls;
	to->failures += from->failures;
	to->timeouts += from->timeouts;
	for (unsigned i = 0; i < BLAME_VERDICTS; i++)
		to->verdicts[i] += from->verdicts[i];
	to->us_total += from->us_total;
	if (from->us_max > to->us_max)
		to->us_max = from->us_max;
	for (unsigned i = 0; i < BLAME_BUCKETS; i++)
		to->buckets[i] += from->buckets[i];
}

struct blame_call blame_enter(struct blame *b, enum blame_place place)
{
	struct blame_call call = {0};

	if (b != NULL) {
		call.began_us = clock_mono_us();
		call.former = running_set(running_here(), b->runs[place]);
	}
	return call;
}

void blame_leave(
	struct blame *b, const struct blame_call *call, enum blame_place place, bool failed)
{
	if (b == NULL)
		return;
	running_set(running_here(), call->former);
	blame_add(b, place, clock_mono_us() - call->began_us, failed);
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
