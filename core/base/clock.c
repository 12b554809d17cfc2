/**
 * The one door to time.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/clock.h"

#include <stddef.h>
#include <time.h>

static int64_t machine_mono_us(void *ctx)
{
	struct timespec ts;

	(void)ctx;
	/* Cannot fail: the clock exists and the pointer is ours. */
	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static int64_t machine_real_ms(void *ctx)
{
	struct timespec ts;

	(void)ctx;
	(void)clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static const struct clock_source machine = {machine_mono_us, machine_real_ms, NULL};

/* The door itself: written before any thread starts, read by all. */
static struct clock_source source = {machine_mono_us, machine_real_ms, NULL};

/* ------------------------------------------------------------------------------------------ */

int64_t clock_mono_us(void)
{
	return source.mono_us(source.ctx);
}

int64_t clock_real_ms(void)
{
	return source.real_ms(source.ctx);
}

void clock_source_set(const struct clock_source *src)
{
	source = src != NULL ? *src : machine;
}
