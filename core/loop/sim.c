/*
 * The scheduler of a simulation: virtual clock, seeded chance, one actor turned per step.
 *
 * SPDX-License-Identifier: MIT
 */
#include "loop/sim.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/chance.h"
#include "base/clock.h"
#include "loop/sim_internal.h"

#define SIM_MONO_START_US 1000000
#define SIM_REAL_START_MS 1767225600000 /* 2026-01-01 00:00:00 UTC */
#define SIM_STEP_US 10
#define SIM_SHORT_BATCH 4
#define FNV_PRIME 0x100000001b3u
#define FNV_START 0xcbf29ce484222325u

struct sim_actor {
	void *self;
	const char *name; /* borrowed from self */
	sim_due_fn due;
	sim_turn_fn turn;
	uint32_t number; /* 1…, never reused */
};

/* The simulation is a door, like the clock it replaces: one per process. */
static struct {
	bool on;
	struct sim_actor **actors; /* in order of birth */
	size_t count, room;
	uint32_t last_number;
	uint32_t turning; /* number of the actor that is turned, 0: none */
	int64_t now_us;
	uint64_t steps;
	uint64_t draw_state, chance_state;
	uint64_t hash;
	struct sim_faults faults;
} sim;

/* splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014). */
static uint64_t next_u64(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static int64_t sim_mono_us(void *ctx)
{
	(void)ctx;
	return sim.now_us;
}

static int64_t sim_real_ms(void *ctx)
{
	(void)ctx;
	return SIM_REAL_START_MS + (sim.now_us - SIM_MONO_START_US) / 1000;
}

static void sim_fill(void *ctx, void *buf, size_t len)
{
	uint8_t *bytes = buf;

	(void)ctx;
	while (len > 0) {
		uint64_t word = next_u64(&sim.chance_state);
		size_t n = len < sizeof(word) ? len : sizeof(word);

		memcpy(bytes, &word, n);
		bytes += n;
		len -= n;
	}
}

static void mix_u64(uint64_t word)
{
	sim_trace_mix(&word, sizeof(word));
}

static int64_t late_us(uint32_t of_a_million, int64_t max_us)
{
	if (of_a_million == 0 || max_us <= 0 || sim_draw(1000000) >= of_a_million)
		return 0;
	return 1 + (int64_t)sim_draw((uint64_t)max_us);
}

/* One of those that can be turned, by lot; or NULL and the time at which one can. */
static struct sim_actor *choose(int64_t *next_us)
{
	struct sim_actor *chosen = NULL;
	uint64_t seen = 0;

	*next_us = INT64_MAX;
	for (size_t i = 0; i < sim.count; i++) {
		struct sim_actor *a = sim.actors[i];
		int64_t due_us = a->due(a->self);

		if (due_us > sim.now_us) {
			*next_us = due_us < *next_us ? due_us : *next_us;
			continue;
		}
		seen++;
		if (seen == 1 || sim_draw(seen) == 0)
			chosen = a;
	}
	return chosen;
}

static bool step_before(int64_t deadline_us)
{
	int64_t next_us;
	struct sim_actor *a = choose(&next_us);
	uint32_t outer = sim.turning;

	if (a == NULL) {
		if (next_us == INT64_MAX || next_us > deadline_us)
			return false;
		sim.now_us = next_us;
		a = choose(&next_us);
		assert(a != NULL);
	}
	sim.steps++;
	mix_u64(a->number);
	mix_u64((uint64_t)sim.now_us);
	sim.turning = a->number;
	a->turn(a->self); /* may free actors, this one too */
	sim.turning = outer;
	sim.now_us += 1 + (int64_t)sim_draw((uint64_t)sim.faults.step_us);
	return true;
}

/* ------------------------------------------------------------------------------------------- */

void sim_begin(uint64_t seed)
{
	static const struct clock_source source = {sim_mono_us, sim_real_ms, NULL};

	assert(!sim.on && sim.count == 0);
	memset(&sim, 0, sizeof(sim));
	sim.on = true;
	sim.now_us = SIM_MONO_START_US;
	sim.draw_state = seed;
	sim.chance_state = ~seed;
	sim.hash = FNV_START;
	sim.faults.step_us = SIM_STEP_US;
	clock_source_set(&source);
	chance_source_set(sim_fill, NULL);
}

void sim_end(void)
{
	assert(sim.on && sim.count == 0);
	free(sim.actors);
	memset(&sim, 0, sizeof(sim));
	clock_source_set(NULL);
	chance_source_set(NULL, NULL);
}

bool sim_on(void)
{
	return sim.on;
}

void sim_faults_set(const struct sim_faults *faults)
{
	sim.faults = *faults;
	if (sim.faults.step_us <= 0)
		sim.faults.step_us = SIM_STEP_US;
}

bool sim_step(void)
{
	return step_before(INT64_MAX - 1);
}

bool sim_run_until(int64_t deadline_us, bool (*cond)(void *arg), void *arg)
{
	while (cond == NULL || !cond(arg)) {
		if (sim.now_us >= deadline_us)
			return cond == NULL;
		if (step_before(deadline_us))
			continue;
		sim.now_us = deadline_us;
		return cond == NULL || cond(arg);
	}
	return true;
}

int64_t sim_now_us(void)
{
	return sim.now_us;
}

uint64_t sim_steps(void)
{
	return sim.steps;
}

uint64_t sim_draw(uint64_t bound)
{
	assert(bound > 0);
	/* The bias of a remainder is no harm here, and the number of draws stays the same. */
	return next_u64(&sim.draw_state) % bound;
}

uint64_t sim_trace_hash(void)
{
	return sim.hash;
}

void sim_trace_mix(const void *bytes, size_t len)
{
	const uint8_t *at = bytes;

	for (size_t i = 0; i < len; i++)
		sim.hash = (sim.hash ^ at[i]) * FNV_PRIME;
}

struct sim_actor *sim_actor_new(void *self, const char *name, sim_due_fn due, sim_turn_fn turn)
{
	struct sim_actor *a = calloc(1, sizeof(*a));

	assert(sim.on);
	if (sim.count == sim.room) {
		sim.room = sim.room == 0 ? 16 : sim.room * 2;
		sim.actors = realloc(sim.actors, sim.room * sizeof(struct sim_actor *));
	}
	if (a == NULL || sim.actors == NULL)
		abort(); /* small and fixed */
	*a = (struct sim_actor){self, name, due, turn, ++sim.last_number};
	sim.actors[sim.count++] = a;
	return a;
}

void sim_actor_free(struct sim_actor *a)
{
	size_t i = 0;

	while (i < sim.count && sim.actors[i] != a)
		i++;
	assert(i < sim.count);
	sim.count--;
	memmove(&sim.actors[i], &sim.actors[i + 1],
		(sim.count - i) * sizeof(struct sim_actor *)); /* order is part of the run */
	free(a);
}

uint32_t sim_turning(void)
{
	return sim.turning;
}

int64_t sim_mail_delay_us(void)
{
	return late_us(sim.faults.mail_late, sim.faults.mail_late_us);
}

int64_t sim_lane_delay_us(void)
{
	return late_us(sim.faults.lane_late, sim.faults.lane_late_us);
}

int64_t sim_work_delay_us(void)
{
	return late_us(sim.faults.work_late, sim.faults.work_late_us);
}

unsigned sim_batch(unsigned limit)
{
	if (late_us(sim.faults.batch_short, 1) == 0)
		return limit;
	return 1 + (unsigned)sim_draw(SIM_SHORT_BATCH);
}
