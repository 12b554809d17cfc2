/*
 * The loop: turns, waiting, waking, numbers about turns.
 *
 * SPDX-License-Identifier: MIT
 */
#include "loop/loop.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/running.h"
#include "loop/loop_internal.h"
#include "loop/sim_internal.h"

#define LOOP_MAGIC 0x6c6f6f70u /* "loop" */

/* How much of one kind a turn does before the others get theirs. */
#define MAILS_PER_TURN 256
#define MAIL_US_PER_TURN 2000
#define MAILS_PER_LOOK 2 /* how often the clock is read; a hello takes 100 us */
#define TIMERS_PER_TURN 1024

static _Thread_local struct loop *current;

static unsigned deliver_mail(struct loop *loop)
{
	unsigned limit = MAILS_PER_TURN, n = 0;
	struct mail *m;

	if (loop->inbox != NULL) {
		sim_inbox_deliver(loop->inbox, &loop->box);
		limit = sim_batch(limit);
	}
	mailbox_collect(&loop->box);
	while (n < limit && (m = mailbox_take(&loop->box)) != NULL) {
		m->run(m); /* owns m */
		n++;
		if (n % MAILS_PER_LOOK == 0 && clock_mono_us() - loop->now_us > loop->mail_us)
			break;
	}
	return n;
}

/* What is put here meanwhile waits for the next turn, which does not wait. */
static unsigned run_later(struct loop *loop)
{
	struct mail *m = loop->later_first;
	unsigned n = 0;

	loop->later_first = NULL;
	loop->later_last = NULL;
	while (m != NULL) {
		struct mail *next = m->next;

		m->run(m);
		m = next;
		n++;
	}
	return n;
}

static void turn_count(struct loop *loop, unsigned mails, int64_t took_us)
{
	struct loop_counters *c = &loop->counters;
	uint64_t turn = atomic_load_explicit(&c->turns, memory_order_relaxed);
	int64_t seen_us = atomic_load_explicit(&c->turn_max_us, memory_order_relaxed);

	atomic_store_explicit(&c->turn_us[turn % LOOP_TURNS_KEPT],
		took_us > UINT32_MAX ? UINT32_MAX : (uint32_t)took_us, memory_order_relaxed);
	atomic_store_explicit(&c->turns, turn + 1, memory_order_relaxed);
	histogram_add(&c->turns_us, took_us > 0 ? (uint64_t)took_us : 0, 1);
	atomic_fetch_add_explicit(&c->mails, mails, memory_order_relaxed);
	atomic_fetch_add_explicit(&c->busy_us, took_us, memory_order_relaxed);
	while (took_us > seen_us &&
		!atomic_compare_exchange_weak_explicit(&c->turn_max_us, &seen_us, took_us,
			memory_order_relaxed, memory_order_relaxed))
		;
}

static void wake(struct loop *loop)
{
	uint64_t one = 1;

	if (loop->wake_fd < 0)
		return;
	atomic_fetch_add_explicit(&loop->counters.wakes, 1, memory_order_relaxed);
	/* Edge-triggered: every write is an edge, so nobody ever reads the counter, which would
	 * take centuries to fill. */
	while (write(loop->wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

static void woken(evutil_socket_t fd, short events, void *arg)
{
	(void)fd;
	(void)events;
	(void)arg; /* that event_base_loop returns is all that is wanted */
}

static void due_came(evutil_socket_t fd, short events, void *arg)
{
	struct loop *loop = arg;

	(void)fd;
	(void)events;
	loop->due_armed_us = 0;
}

/* One timeout for all timers. One that is armed too early only wakes us once for nothing, which is
 * cheaper than moving it each time a timer is put off. */
static bool arm_due(struct loop *loop)
{
	int64_t due_us = timer_heap_next_us(&loop->timers);
	int64_t after_us;
	struct timeval tv;

	if (due_us == INT64_MAX || (loop->due_armed_us != 0 && loop->due_armed_us <= due_us))
		return true;
	after_us = due_us - clock_mono_us();
	if (after_us <= 0)
		return false;
	tv.tv_sec = after_us / 1000000;
	tv.tv_usec = after_us % 1000000;
	if (event_add(loop->due_event, &tv) != 0)
		abort(); /* out of memory for one timeout */
	loop->due_armed_us = due_us;
	return true;
}

static void wait_for_events(struct loop *loop)
{
	bool nap = loop->later_first == NULL && !watch_set_ready(&loop->watches) &&
		!atomic_load_explicit(&loop->stopping, memory_order_relaxed) &&
		mailbox_sleep(&loop->box) && arm_due(loop);

	(void)event_base_loop(loop->base, nap ? EVLOOP_ONCE : EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

static void loop_main(void *arg)
{
	struct loop *loop = arg;
	struct loop *before = loop_current_set(loop);

	atomic_store_explicit(&loop->cell, running_here(), memory_order_release);
	while (!atomic_load_explicit(&loop->stopping, memory_order_acquire)) {
		wait_for_events(loop);
		loop_turn(loop);
	}
	loop_current_set(before);
}

static int waiting_init(struct loop *loop, struct confab_error *err)
{
	struct event_config *config = event_config_new();

	if (config != NULL) {
		/* One thread per base; others only write to the eventfd. */
		(void)event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
		(void)event_config_require_features(config, EV_FEATURE_ET);
		loop->base = event_base_new_with_config(config);
		event_config_free(config);
	}
	loop->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (loop->base == NULL || loop->wake_fd < 0)
		return confab_error_set(
			err, CONFAB_EIO, "cannot make loop '%s' (%s)", loop->name, strerror(errno));
	loop->wake_event = event_new(
		loop->base, loop->wake_fd, EV_READ | EV_PERSIST | EV_ET, woken, NULL);
	loop->due_event = evtimer_new(loop->base, due_came, loop);
	if (loop->wake_event == NULL || loop->due_event == NULL ||
		event_add(loop->wake_event, NULL) != 0)
		return confab_error_set(
			err, CONFAB_EIO, "cannot make loop '%s' (libevent)", loop->name);
	return 0;
}

static void waiting_fini(struct loop *loop)
{
	if (loop->due_event != NULL)
		event_free(loop->due_event);
	if (loop->wake_event != NULL)
		event_free(loop->wake_event);
	if (loop->base != NULL)
		event_base_free(loop->base);
	if (loop->wake_fd >= 0)
		close(loop->wake_fd);
}

/* What the simulation asks and turns. */
static int64_t sim_loop_due_us(void *self)
{
	struct loop *loop = self;
	int64_t due_us, mail_us;

	if (!loop->running)
		return INT64_MAX;
	if (loop->later_first != NULL || mailbox_waiting(&loop->box) ||
		atomic_load_explicit(&loop->stopping, memory_order_relaxed))
		return 0;
	due_us = timer_heap_next_us(&loop->timers);
	mail_us = sim_inbox_due_us(loop->inbox);
	return mail_us < due_us ? mail_us : due_us;
}

static void sim_loop_turn(void *self)
{
	struct loop *loop = self;
	struct loop *before = loop_current_set(loop);

	loop_turn(loop);
	loop_current_set(before);
	if (atomic_load_explicit(&loop->stopping, memory_order_relaxed)) {
		loop->running = false;
		loop->ended = true;
	}
}

static int compare_us(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* ------------------------------------------------------------------------------------------- */

struct loop *loop_new(const char *name, struct confab_error *err)
{
	/* The mailbox asks for a cache line of its own; sizes of such types are multiples of it. */
	struct loop *loop = aligned_alloc(alignof(struct loop), sizeof(*loop));

	if (loop == NULL) {
		confab_error_set(err, CONFAB_ENOMEM, "out of memory for a loop");
		return NULL;
	}
	memset(loop, 0, sizeof(*loop));
	loop->magic = LOOP_MAGIC;
	(void)snprintf(loop->name, sizeof(loop->name), "%s", name);
	loop->mail_us = MAIL_US_PER_TURN;
	mailbox_init(&loop->box);
	timer_heap_init(&loop->timers);
	loop->now_us = clock_mono_us();
	loop->wake_fd = -1;
	if (sim_on())
		loop->inbox = sim_inbox_new(loop, loop->name, sim_loop_due_us, sim_loop_turn);
	else if (waiting_init(loop, err) != 0) {
		waiting_fini(loop);
		free(loop);
		return NULL;
	}
	if (watch_set_init(&loop->watches, loop->base, err) != 0) {
		watch_set_fini(&loop->watches);
		waiting_fini(loop);
		free(loop);
		return NULL;
	}
	return loop;
}

void loop_settle(struct loop *loop)
{
	struct loop *before;
	struct mail *m;

	assert(loop->magic == LOOP_MAGIC && !loop->thread.started);
	before = loop_current_set(loop);
	do {
		if (loop->inbox != NULL)
			sim_inbox_flush(loop->inbox, &loop->box);
		mailbox_collect(&loop->box);
		while ((m = mailbox_take(&loop->box)) != NULL)
			m->run(m);
		(void)run_later(loop);
	} while (loop->later_first != NULL || mailbox_waiting(&loop->box) ||
		(loop->inbox != NULL && sim_inbox_due_us(loop->inbox) != INT64_MAX));
	loop_current_set(before == loop ? NULL : before);
}

void loop_free(struct loop *loop)
{
	if (loop == NULL)
		return;
	loop_settle(loop);
	watch_set_fini(&loop->watches);
	timer_heap_fini(&loop->timers);
	if (loop->inbox != NULL)
		sim_inbox_free(loop->inbox);
	waiting_fini(loop);
	loop->magic = 0;
	free(loop);
}

int loop_start(struct loop *loop, struct confab_error *err)
{
	if (loop->inbox != NULL) {
		loop->running = true;
		return 0;
	}
	return thread_start(&loop->thread, loop->name, loop_main, loop, err);
}

void loop_run(struct loop *loop)
{
	if (loop->inbox == NULL) {
		loop_main(loop);
		return;
	}
	loop->running = true;
	while (!loop->ended && sim_step())
		;
}

void loop_stop(struct loop *loop)
{
	atomic_store_explicit(&loop->stopping, true, memory_order_release);
	wake(loop);
}

void loop_join(struct loop *loop)
{
	while (loop->inbox != NULL && loop->running && !loop->ended)
		sim_loop_turn(loop);
	thread_join(&loop->thread);
}

void loop_mail_time(struct loop *loop, int64_t us)
{
	loop->mail_us = us;
}

void loop_post(struct loop *loop, struct mail *m)
{
	assert(loop->magic == LOOP_MAGIC && m->run != NULL);
	if (loop->inbox != NULL)
		sim_inbox_post(loop->inbox, m);
	else if (mailbox_post(&loop->box, m))
		wake(loop);
}

void loop_turn(struct loop *loop)
{
	int64_t began_us = clock_mono_us();
	unsigned mails, did;

	loop->now_us = began_us;
	atomic_store_explicit(&loop->turn_since_us, began_us, memory_order_relaxed);
	mails = deliver_mail(loop);
	did = mails;
	did += timer_heap_fire(&loop->timers, loop->now_us, TIMERS_PER_TURN);
	did += watch_set_fire(&loop->watches);
	if (did > 0 && loop->turn_end != NULL)
		loop->turn_end(loop->turn_end_arg);
	/* What dies may have had something to say. */
	if (run_later(loop) > 0 && loop->turn_end != NULL)
		loop->turn_end(loop->turn_end_arg);
	if (atomic_load_explicit(&loop->doing, memory_order_relaxed) != NULL)
		atomic_store_explicit(&loop->doing, NULL, memory_order_relaxed);
	atomic_store_explicit(&loop->turn_since_us, 0, memory_order_relaxed);
	turn_count(loop, mails, clock_mono_us() - began_us);
}

struct loop *loop_current(void)
{
	return current;
}

struct loop *loop_current_set(struct loop *loop)
{
	struct loop *before = current;

	current = loop;
	return before;
}

const char *loop_name(const struct loop *loop)
{
	return loop->name;
}

int64_t loop_now_us(const struct loop *loop)
{
	return loop->now_us;
}

void loop_turn_end_set(struct loop *loop, void (*fn)(void *arg), void *arg)
{
	loop->turn_end = fn;
	loop->turn_end_arg = arg;
}

void loop_later(struct loop *loop, struct mail *m)
{
	assert(m->run != NULL);
	m->next = NULL;
	if (loop->later_first == NULL)
		loop->later_first = m;
	else
		loop->later_last->next = m;
	loop->later_last = m;
}

void loop_doing(const char *name)
{
	if (current != NULL)
		atomic_store_explicit(&current->doing, name, memory_order_relaxed);
}

const struct histogram *loop_turns(const struct loop *loop)
{
	return &loop->counters.turns_us;
}

void loop_stats(struct loop *loop, struct loop_stats *out)
{
	struct loop_counters *c = &loop->counters;
	static const unsigned percent = 99;
	uint32_t *us;
	size_t n;

	*out = (struct loop_stats){
		.turns = atomic_load_explicit(&c->turns, memory_order_relaxed),
		.mails = atomic_load_explicit(&c->mails, memory_order_relaxed),
		.wakes = atomic_load_explicit(&c->wakes, memory_order_relaxed),
		.busy_us = atomic_load_explicit(&c->busy_us, memory_order_relaxed),
		.turn_max_us = atomic_exchange_explicit(&c->turn_max_us, 0, memory_order_relaxed),
	};
	n = out->turns < LOOP_TURNS_KEPT ? (size_t)out->turns : LOOP_TURNS_KEPT;
	us = n == 0 ? NULL : malloc(n * sizeof(*us));
	if (us == NULL)
		return;
	for (size_t i = 0; i < n; i++)
		us[i] = atomic_load_explicit(&c->turn_us[i], memory_order_relaxed);
	qsort(us, n, sizeof(*us), compare_us);
	out->turn_p99_us = us[(n * percent + 99) / 100 - 1];
	free(us);
}
