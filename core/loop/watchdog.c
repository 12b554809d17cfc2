/*
 * The watchdog: looks at every loop a few times per stall time.
 *
 * SPDX-License-Identifier: MIT
 */
#include "loop/watchdog.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/running.h"
#include "loop/loop_internal.h"
#include "loop/sim.h"

#define LOOPS_MAX 128
#define LOOKS_PER_STALL 4

struct watched {
	struct loop *loop;
	int64_t said_us; /* start of the turn that was spoken of, 0: none */
};

struct watchdog {
	struct watchdog_options options;
	struct thread thread;
	pthread_mutex_t lock;
	pthread_cond_t ending_changed;
	bool ending; /* under lock, like loops and count */
	struct watched loops[LOOPS_MAX];
	unsigned count;
	_Atomic bool all_turn;
	_Atomic uint64_t stalls;
};

static void say_stalled(struct loop *loop, int64_t ms)
{
	const char *doing = atomic_load_explicit(&loop->doing, memory_order_relaxed);
	const struct running_cell *cell = atomic_load_explicit(&loop->cell, memory_order_acquire);
	const struct running *what = cell != NULL ? running_get(cell) : NULL;

	if (what != NULL) {
		running_stalled_set(what);
		log_error("loop '%s', has been in one turn for %lld ms (plugin '%s' runs: %s%s%s)",
			loop_name(loop), (long long)ms, what->plugin, what->place,
			what->detail[0] ? ", " : "", what->detail);
	} else {
		log_error("loop '%s', has been in one turn for %lld ms (doing %s)", loop_name(loop),
			(long long)ms, doing != NULL ? doing : "what it did not name");
	}
}

/* @return whether it turns */
static bool look(struct watchdog *w, struct watched *at, int64_t now_us)
{
	int64_t since_us = atomic_load_explicit(&at->loop->turn_since_us, memory_order_relaxed);

	if (at->said_us != 0 && at->said_us != since_us) {
		log_warning("loop '%s', turns again (after a stall)", loop_name(at->loop));
		running_stalled_set(NULL);
		at->said_us = 0;
	}
	if (since_us == 0 || now_us - since_us <= w->options.stall_ms * 1000)
		return true;
	if (at->said_us == 0) {
		atomic_fetch_add(&w->stalls, 1);
		say_stalled(at->loop, (now_us - since_us) / 1000);
		at->said_us = since_us;
	}
	return false;
}

static void wait_ms(struct watchdog *w, int64_t ms)
{
	/* The condition's clock is the machine's monotonic one, and so is ours outside simulations. */
	int64_t until_us = clock_mono_us() + ms * 1000;
	struct timespec until = {until_us / 1000000, until_us % 1000000 * 1000};

	(void)pthread_cond_timedwait(&w->ending_changed, &w->lock, &until);
}

static void watchdog_main(void *arg)
{
	struct watchdog *w = arg;
	int64_t pause_ms = w->options.stall_ms / LOOKS_PER_STALL;
	int64_t alive_us = 0;

	if (w->options.alive_ms < pause_ms)
		pause_ms = w->options.alive_ms;
	pause_ms = pause_ms > 0 ? pause_ms : 1;
	pthread_mutex_lock(&w->lock);
	while (!w->ending) {
		int64_t now_us = clock_mono_us();
		bool all = true;

		for (unsigned i = 0; i < w->count; i++)
			all = look(w, &w->loops[i], now_us) && all;
		atomic_store(&w->all_turn, all);
		if (all && w->options.alive != NULL &&
			now_us - alive_us >= w->options.alive_ms * 1000) {
			alive_us = now_us;
			w->options.alive(w->options.arg);
		}
		wait_ms(w, pause_ms);
	}
	pthread_mutex_unlock(&w->lock);
}

/* ------------------------------------------------------------------------------------------- */

struct watchdog *watchdog_start(const struct watchdog_options *options, struct confab_error *err)
{
	struct watchdog *w = alloc_zero(1, sizeof(*w));
	pthread_condattr_t attr;

	assert(options->stall_ms > 0 && options->alive_ms > 0);
	w->options = *options;
	atomic_init(&w->all_turn, true);
	pthread_mutex_init(&w->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&w->ending_changed, &attr);
	pthread_condattr_destroy(&attr);
	if (!sim_on() && thread_start(&w->thread, "watchdog", watchdog_main, w, err) != 0) {
		watchdog_stop(w);
		return NULL;
	}
	return w;
}

void watchdog_add(struct watchdog *w, struct loop *loop)
{
	pthread_mutex_lock(&w->lock);
	assert(w->count < LOOPS_MAX);
	w->loops[w->count++] = (struct watched){loop, 0};
	pthread_mutex_unlock(&w->lock);
}

bool watchdog_all_turn(struct watchdog *w)
{
	return atomic_load(&w->all_turn);
}

uint64_t watchdog_stalls(struct watchdog *w)
{
	return atomic_load(&w->stalls);
}

void watchdog_stop(struct watchdog *w)
{
	if (w == NULL)
		return;
	pthread_mutex_lock(&w->lock);
	w->ending = true;
	pthread_cond_signal(&w->ending_changed);
	pthread_mutex_unlock(&w->lock);
	thread_join(&w->thread);
	pthread_cond_destroy(&w->ending_changed);
	pthread_mutex_destroy(&w->lock);
	free(w);
}
