/**
 * A host on simulated loops.
 *
 * SPDX-License-Identifier: MIT
 */
#include "plugin_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "loop/sim.h"

char diary[1024];

void note(const char *fmt, ...)
{
	size_t len = strlen(diary);
	va_list args;
	va_start(args, fmt);
	vsnprintf(diary + len, sizeof(diary) - len, fmt, args);
	va_end(args);
}

static void on_started(void *arg, int rc, const struct confab_error *err)
{
	struct bench *b = arg;
	b->started = true;
	b->rc = rc;
	snprintf(b->text, sizeof(b->text), "%s", err->text);
}

static void on_stopped(void *arg, int rc, const struct confab_error *err)
{
	(void)rc;
	(void)err;
	((struct bench *)arg)->stopped = true;
}

static void start_mail(struct mail *m)
{
	struct bench *b = (struct bench *)((char *)m - offsetof(struct bench, mail));
	host_start(b->host, NULL, b->loop, b->pool, on_started, b);
}

static void stop_mail(struct mail *m)
{
	struct bench *b = (struct bench *)((char *)m - offsetof(struct bench, mail));
	host_stop(b->host, on_stopped, b);
}

static bool is_set(void *arg)
{
	return *(bool *)arg;
}

void run_until(bool *flag)
{
	assert_true(sim_run_until(sim_now_us() + 120000000, is_set, flag));
}

void run_for(int64_t us)
{
	sim_run_until(sim_now_us() + us, NULL, NULL);
}

void bench_open(struct bench *b, const struct confab_descriptor *const *plugins)
{
	struct confab_error err = {0};
	const struct host_options options = {.data_dir = "/nowhere"};
	memset(b, 0, sizeof(*b));
	diary[0] = '\0';
	sim_begin(7);
	b->loop = loop_new("logic", &err);
	b->pool = pool_new("workers", 2, 100, &err);
	b->host = host_new(&options);
	assert_int_equal(loop_start(b->loop, &err), 0);
	for (size_t i = 0; plugins[i] != NULL; i++)
		assert_int_equal(host_open_static(b->host, plugins[i], &err), 0);
}

void bench_begin(struct bench *b)
{
	b->mail.run = start_mail;
	loop_post(b->loop, &b->mail);
}

void bench_start(struct bench *b, const struct confab_descriptor *const *plugins)
{
	bench_open(b, plugins);
	bench_begin(b);
	run_until(&b->started);
}

void bench_end(struct bench *b)
{
	b->mail.run = stop_mail;
	loop_post(b->loop, &b->mail);
	run_until(&b->stopped);
	host_free(b->host);
	pool_free(b->pool);
	loop_stop(b->loop);
	run_for(1000);
	loop_free(b->loop);
	sim_end();
}

static void deed_mail(struct mail *m)
{
	struct bench *b = (struct bench *)((char *)m - offsetof(struct bench, mail));
	b->deed(b);
}

void bench_do(struct bench *b, void (*deed)(struct bench *b))
{
	b->done = false;
	b->deed = deed;
	b->mail.run = deed_mail;
	loop_post(b->loop, &b->mail);
	run_until(&b->done);
}

void bench_done(void *arg, int rc, const struct confab_error *err)
{
	struct bench *b = arg;
	b->done = true;
	b->rc = rc;
	snprintf(b->text, sizeof(b->text), "%s", err->text);
}
