/**
 * Background work of plugins: posts, work, lanes and timers, each written in the ledger.
 *
 * SPDX-License-Identifier: MIT
 */
#include <confab/task.h>

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/chance.h"
#include "base/clock.h"
#include "base/running.h"
#include "plugin/host_internal.h"

/* Each lane is a thread. */
#define LANES_MAX 8

struct post {
	struct mail mail;
	struct confab_plugin *plugin;
	void (*fn)(void *arg);
	void *arg;
};

/* One piece for the pool (lane NULL) or a lane. */
struct piece {
	struct work work;
	struct confab_plugin *plugin;
	struct confab_lane *lane;
	int (*run)(void *arg);
	void (*done)(void *arg, int rc);
	void *arg;
	int64_t us;  /* that run took, on its thread; -1: it did not run */
	int refusal; /* why it never runs */
};

struct confab_lane {
	struct holding holding;
	struct confab_plugin *plugin;
	struct lane *lane;
	unsigned in_flight;
	bool closed;
};

struct confab_timer {
	struct holding holding;
	struct timer timer;
	struct confab_plugin *plugin;
	void (*fn)(void *arg);
	void *arg;
	unsigned every_ms;
	bool firing, stopped;
};

static void post_run(struct mail *m)
{
	struct post *post = (struct post *)m;
	struct confab_plugin *p = post->plugin;
	struct blame_call call = plugin_enter(p, BLAME_POST);
	post->fn(post->arg);
	plugin_leave(p, &call, BLAME_POST, false);
	free(post);
	plugin_flight_ended(p, FLIGHT_POST);
}

/* Worker or lane thread. */
static int piece_run(struct work *w)
{
	struct piece *piece = (struct piece *)w;
	struct blame_call call = plugin_enter(piece->plugin, BLAME_WORK);
	int rc = piece->run(piece->arg);
	running_set(running_here(), call.former);
	piece->us = clock_mono_us() - call.began_us;
	return rc;
}

static void lane_free_closed(struct confab_lane *lane)
{
	lane_free(lane->lane);
	free(lane);
}

static void piece_done(struct work *w, int rc)
{
	struct piece *piece = (struct piece *)w;
	struct confab_plugin *p = piece->plugin;
	struct confab_lane *lane = piece->lane;
	if (piece->us >= 0)
		blame_add(&p->blame, BLAME_WORK, piece->us, rc != 0);
	if (piece->done != NULL) {
		struct blame_call call = plugin_enter(p, BLAME_DONE);
		piece->done(piece->arg, rc);
		plugin_leave(p, &call, BLAME_DONE, false);
	}
	free(piece);
	if (lane != NULL && --lane->in_flight == 0 && lane->closed)
		lane_free_closed(lane);
	plugin_flight_ended(p, lane != NULL ? FLIGHT_LANE : FLIGHT_WORK);
}

/* What a closed plugin gives to a lane, or too much of it, never runs, but its done comes. */
static void piece_refused(struct mail *m)
{
	struct piece *piece = (struct piece *)((char *)m - offsetof(struct piece, work.mail));
	piece_done(&piece->work, piece->refusal);
}

static struct piece *piece_new(struct confab_plugin *p, struct confab_lane *lane,
	int (*run)(void *arg), void (*done)(void *arg, int rc), void *arg)
{
	struct piece *piece = alloc_zero(1, sizeof(*piece));
	piece->work.run = piece_run;
	piece->work.done = piece_done;
	piece->plugin = p;
	piece->lane = lane;
	piece->run = run;
	piece->done = done;
	piece->arg = arg;
	piece->us = -1;
	return piece;
}

static void lane_sweep(struct holding *h)
{
	confab_lane_close((struct confab_lane *)h);
}

static unsigned lanes_of(const struct confab_plugin *p)
{
	unsigned n = 0;
	for (const struct holding *h = p->ledger.head.next; h != &p->ledger.head; h = h->next)
		n += h->sweep == lane_sweep;
	return n;
}

static void timer_sweep(struct holding *h)
{
	confab_timer_stop((struct confab_timer *)h);
}

static void timer_fire(void *arg)
{
	struct confab_timer *t = arg;
	struct confab_plugin *p = t->plugin;
	/* A plugin on its way out is not woken any more. */
	enum plugin_state state = atomic_load(&p->state);
	if (!plugin_open_for_work(p) || (state == PLUGIN_LEAVING && t->every_ms > 0))
		return;
	t->firing = true;
	if (t->every_ms > 0)
		timer_start(p->host->loop, &t->timer, (int64_t)t->every_ms * 1000);
	struct blame_call call = plugin_enter(p, BLAME_TIMER);
	t->fn(t->arg);
	plugin_leave(p, &call, BLAME_TIMER, false);
	t->firing = false;
	if (t->every_ms == 0 || t->stopped)
		confab_timer_stop(t);
}

/* ------------------------------------------------------------------------------------------ */

int confab_post(struct confab_plugin *p, void (*fn)(void *arg), void *arg)
{
	plugin_check(p);
	/* Counted before it is asked: who unloads sees either the count or is seen to have begun. */
	int rc = plugin_flight_begin(p, FLIGHT_POST);
	if (rc != 0)
		return rc;
	if (!plugin_open_for_work(p)) {
		ledger_end(&p->ledger, FLIGHT_POST);
		return CONFAB_EGONE;
	}
	struct post *post = alloc_zero(1, sizeof(*post));
	post->mail.run = post_run;
	post->plugin = p;
	post->fn = fn;
	post->arg = arg;
	loop_post(p->host->loop, &post->mail);
	return 0;
}

int confab_work(
	struct confab_plugin *p, int (*work)(void *arg), void (*done)(void *arg, int rc), void *arg)
{
	plugin_check(p);
	if (!plugin_open_for_work(p))
		return CONFAB_ECLOSED;
	int rc = plugin_flight_begin(p, FLIGHT_WORK);
	if (rc != 0)
		return rc;
	struct piece *piece = piece_new(p, NULL, work, done, arg);
	rc = pool_submit(p->host->pool, &piece->work);
	if (rc != 0) {
		free(piece);
		ledger_end(&p->ledger, FLIGHT_WORK);
	}
	return rc;
}

struct confab_lane *confab_lane_open(struct confab_plugin *p, const char *name)
{
	plugin_check(p);
	struct confab_error err = {0};
	struct lane *lane = plugin_open_for_work(p) && lanes_of(p) < LANES_MAX
		? lane_new(name, &err)
		: NULL;
	if (lane == NULL) {
		log_error("plugin '%s', cannot have lane '%s' (%s)", p->name, name,
			err.code != 0 ? err.text : "it has too many or is being unloaded");
		return NULL;
	}
	struct confab_lane *l = alloc_zero(1, sizeof(*l));
	l->plugin = p;
	l->lane = lane;
	ledger_add(&p->ledger, &l->holding, "lane", lane_sweep);
	return l;
}

void confab_lane_run(struct confab_lane *lane, int (*work)(void *arg),
	void (*done)(void *arg, int rc), void *arg)
{
	struct confab_plugin *p = plugin_check(lane->plugin);
	struct piece *piece = piece_new(p, lane, work, done, arg);
	lane->in_flight++;
	int rc = plugin_flight_begin(p, FLIGHT_LANE);
	if (rc == 0 && plugin_open_for_work(p)) {
		lane_submit(lane->lane, &piece->work);
		return;
	}
	if (rc != 0)
		ledger_begin(&p->ledger, FLIGHT_LANE); /* its done comes all the same */
	piece->refusal = rc != 0 ? rc : CONFAB_ECLOSED;
	piece->work.mail.run = piece_refused;
	loop_post(p->host->loop, &piece->work.mail);
}

void confab_lane_close(struct confab_lane *lane)
{
	if (lane == NULL || lane->closed)
		return;
	ledger_remove(&lane->holding);
	lane->closed = true;
	/* Freeing joins its thread: not before it has nothing to do. */
	if (lane->in_flight == 0)
		lane_free_closed(lane);
}

struct confab_timer *confab_timer_start(struct confab_plugin *p, unsigned after_ms,
	unsigned every_ms, void (*fn)(void *arg), void *arg)
{
	plugin_check(p);
	if (!plugin_open_for_work(p) || plugin_hold_more(p) != 0)
		return NULL;
	struct confab_timer *t = alloc_zero(1, sizeof(*t));
	t->plugin = p;
	t->fn = fn;
	t->arg = arg;
	t->every_ms = every_ms;
	timer_init(&t->timer, timer_fire, t);
	timer_start(p->host->loop, &t->timer, (int64_t)after_ms * 1000);
	ledger_add(&p->ledger, &t->holding, "timer", timer_sweep);
	return t;
}

void confab_timer_stop(struct confab_timer *t)
{
	if (t == NULL)
		return;
	timer_stop(&t->timer);
	t->stopped = true;
	if (t->firing)
		return; /* timer_fire frees it */
	ledger_remove(&t->holding);
	free(t);
}

bool single_timers(const struct confab_plugin *p)
{
	for (const struct holding *h = p->ledger.head.next; h != &p->ledger.head; h = h->next)
		if (h->sweep == timer_sweep && ((const struct confab_timer *)h)->every_ms == 0)
			return true;
	return false;
}

int64_t confab_now_ms(void)
{
	return clock_mono_us() / 1000;
}

int64_t confab_time_ms(void)
{
	return clock_real_ms();
}

void confab_random(void *buf, size_t len)
{
	chance_bytes(buf, len);
}
