/**
 * The functions of the plugin API that store-sqlite calls, over real lanes and timers. Compiled under
 * other names (test_…) beside the core's own.
 *
 * SPDX-License-Identifier: MIT
 */
#include "host.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <confab/log.h>
#include <confab/settings.h>
#include <confab/task.h>

#include "base/chance.h"
#include "base/clock.h"
#include "loop/work.h"

struct confab_lane {
	struct confab_lane *next;
	struct lane *lane;
	struct host *host;
};

struct confab_timer {
	struct confab_timer *next;
	struct timer timer;
	unsigned every_ms;
	void (*fn)(void *arg);
	void *arg;
};

struct piece {
	struct work work;
	int (*run)(void *arg);
	void (*done)(void *arg, int rc);
	void *arg;
};

static struct host *host_of(const struct confab_plugin *p)
{
	return (struct host *)(void *)p;
}

static int piece_run(struct work *w)
{
	struct piece *p = (struct piece *)(void *)((char *)w - offsetof(struct piece, work));
	return p->run(p->arg);
}

static void piece_done(struct work *w, int rc)
{
	struct piece *p = (struct piece *)(void *)((char *)w - offsetof(struct piece, work));
	if (p->done)
		p->done(p->arg, rc);
	free(p);
}

static void timer_fire(void *arg)
{
	struct confab_timer *t = arg;
	timer_start(loop_current(), &t->timer, (int64_t)t->every_ms * 1000);
	t->fn(t->arg);
}

/* ------------------------------------------------------------------------------------------- */

struct confab_plugin *test_host_plugin(struct host *h)
{
	return (struct confab_plugin *)(void *)h;
}

/** Counts the lanes that have still something to do. */
struct drain {
	unsigned lanes;
	void (*done)(void *arg);
	void *arg;
};

static int drain_run(void *arg)
{
	(void)arg;
	return 0;
}

static void drain_done(void *arg, int rc)
{
	struct drain *d = arg;
	(void)rc;
	if (--d->lanes == 0) {
		d->done(d->arg);
		free(d);
	}
}

void test_host_drain(struct host *h, void (*done)(void *arg), void *arg)
{
	struct drain *d = calloc(1, sizeof(*d));
	*d = (struct drain){0, done, arg};
	while (h->timers) {
		struct confab_timer *t = h->timers;
		h->timers = t->next;
		timer_stop(&t->timer);
		free(t);
	}
	for (struct confab_lane *l = h->lanes; l; l = l->next)
		d->lanes++;
	for (struct confab_lane *l = h->lanes; l; l = l->next)
		confab_lane_run(l, drain_run, drain_done, d);
}

void test_host_free(struct host *h)
{
	while (h->lanes) {
		struct confab_lane *l = h->lanes;
		h->lanes = l->next;
		lane_free(l->lane);
		free(l);
	}
}

struct confab_lane *confab_lane_open(struct confab_plugin *p, const char *name)
{
	struct confab_error err = {0};
	struct confab_lane *l = calloc(1, sizeof(*l));
	l->host = host_of(p);
	l->lane = lane_new(name, &err);
	l->next = l->host->lanes;
	l->host->lanes = l;
	return l;
}

void confab_lane_run(struct confab_lane *lane, int (*work)(void *arg),
	void (*done)(void *arg, int rc), void *arg)
{
	struct piece *p = calloc(1, sizeof(*p));
	p->work.run = piece_run;
	p->work.done = piece_done;
	p->run = work;
	p->done = done;
	p->arg = arg;
	lane_submit(lane->lane, &p->work);
}

void confab_lane_close(struct confab_lane *lane)
{
	(void)lane; /* test_host_free does it */
}

struct confab_timer *confab_timer_start(struct confab_plugin *p, unsigned after_ms,
	unsigned every_ms, void (*fn)(void *arg), void *arg)
{
	struct confab_timer *t = calloc(1, sizeof(*t));
	t->every_ms = every_ms;
	t->fn = fn;
	t->arg = arg;
	t->next = host_of(p)->timers;
	host_of(p)->timers = t;
	timer_init(&t->timer, timer_fire, t);
	timer_start(loop_current(), &t->timer, (int64_t)after_ms * 1000);
	return t;
}

void confab_ready(struct confab_plugin *p, int err, const char *why)
{
	host_of(p)->ready(host_of(p)->arg, err, why);
}

const struct confab_settings *confab_plugin_settings(const struct confab_plugin *p)
{
	return (const struct confab_settings *)(const void *)p;
}

int64_t confab_setting_int(const struct confab_settings *s, unsigned row)
{
	return ((const struct host *)(const void *)s)->numbers[row];
}

const char *confab_setting_str(const struct confab_settings *s, unsigned row)
{
	return ((const struct host *)(const void *)s)->texts[row];
}

const char *confab_data_dir(const struct confab_plugin *p)
{
	return host_of(p)->dir;
}

void confab_log(struct confab_plugin *p, enum confab_log_level level, const char *fmt, ...)
{
	va_list args;
	(void)p;
	(void)level;
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
}
