/**
 * The logic loop under the suite, calls that wait for their answer, and messages to write.
 *
 * SPDX-License-Identifier: MIT
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "loop/loop.h"
#include "store/call.h"
#include "store/store.h"
#include "suite.h"

#define DEADLINE_S 60

static struct loop *logic;

/** Something done on the logic loop while a test waits. */
struct wait {
	struct mail mail;
	pthread_mutex_t lock;
	pthread_cond_t cond;
	bool over;
	void (*fn)(void *arg);
	void *arg;
};

static void wait_init(struct wait *w)
{
	memset(w, 0, sizeof(*w));
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->cond, NULL);
}

static void wait_over(struct wait *w)
{
	pthread_mutex_lock(&w->lock);
	w->over = true;
	pthread_cond_signal(&w->cond);
	pthread_mutex_unlock(&w->lock);
}

static void wait_for(struct wait *w)
{
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += DEADLINE_S;
	pthread_mutex_lock(&w->lock);
	int rc = 0;
	while (!w->over && rc == 0)
		rc = pthread_cond_timedwait(&w->cond, &w->lock, &until);
	bool over = w->over;
	pthread_mutex_unlock(&w->lock);
	if (!over) {
		fprintf(stderr, "no answer came\n");
		abort();
	}
	pthread_mutex_destroy(&w->lock);
	pthread_cond_destroy(&w->cond);
}

static void logic_run(struct mail *m)
{
	struct wait *w = (struct wait *)(void *)m;
	w->fn(w->arg);
	wait_over(w);
}

/** A call on its way; its wait is found by the call. */
struct asked {
	struct mail mail;
	struct wait wait;
	const struct confab_store *vtable;
	void *ctx;
	struct confab_call *call;
	void (*go)(struct asked *a);
};

static void answered(struct confab_call *call)
{
	wait_over(call->link[3]);
}

static void ask_run(struct mail *m)
{
	struct asked *a = (struct asked *)(void *)m;
	store_call_begin(a->call, answered);
	a->call->link[3] = &a->wait;
	a->go(a);
}

static void ask(struct fixture *f, struct confab_call *call, void (*go)(struct asked *a))
{
	struct asked a = {.vtable = f->vtable, .ctx = f->ctx, .call = call, .go = go};
	wait_init(&a.wait);
	a.mail.run = ask_run;
	loop_post(logic, &a.mail);
	wait_for(&a.wait);
}

static struct wait opening;

static void open_run(void *arg)
{
	((struct fixture *)arg)->open(arg);
}

static void close_run(void *arg)
{
	((struct fixture *)arg)->close(arg);
}

static void suite_do(struct fixture *f, void (*fn)(void *arg))
{
	wait_init(&opening);
	suite_on_logic(fn, f);
	wait_for(&opening);
}

/* ------------------------------------------------------------------------------------------- */

void suite_on_logic(void (*fn)(void *arg), void *arg)
{
	struct wait w;
	wait_init(&w);
	w.fn = fn;
	w.arg = arg;
	w.mail.run = logic_run;
	loop_post(logic, &w.mail);
	wait_for(&w);
}

void suite_begin(struct fixture *f)
{
	struct confab_error err = {0};
	snprintf(f->dir, sizeof(f->dir), "/tmp/confab-store-XXXXXX");
	if (!mkdtemp(f->dir))
		abort();
	logic = loop_new("logic", &err);
	if (!logic || loop_start(logic, &err) != 0)
		abort();
}

void suite_end(struct fixture *f)
{
	char command[128];
	loop_stop(logic);
	loop_join(logic);
	loop_free(logic);
	snprintf(command, sizeof(command), "rm -rf '%s'", f->dir);
	if (system(command) != 0)
		abort();
}

void suite_open(struct fixture *f)
{
	suite_do(f, open_run);
}

void suite_close(struct fixture *f)
{
	suite_do(f, close_run);
}

void suite_opened(struct fixture *f)
{
	(void)f;
	wait_over(&opening);
}

#define ASK_DEFINE(name, type) \
	static void name##_go(struct asked *a) \
	{ \
		a->vtable->name(a->ctx, (struct type *)(void *)a->call); \
	} \
	void ask_##name(struct fixture *f, struct type *c) \
	{ \
		ask(f, &c->call, name##_go); \
	}
STORE_CALLS(ASK_DEFINE)

void answer_drop(struct confab_call *call)
{
	store_call_end(call);
}

void say(struct said *s, uint64_t rev, uint64_t seq, const char *sender, const char *text)
{
	memset(s, 0, sizeof(*s));
	snprintf(s->id, sizeof(s->id), "%" PRIu64, seq);
	snprintf(s->cid, sizeof(s->cid), "cid-0123456789-%s-%" PRIu64, sender, rev);
	snprintf(s->body, sizeof(s->body), "{\"text\":\"%s\"}", text);
	s->row = (struct confab_row){.kind = "message",
		.id = s->id,
		.rev = rev,
		.seq = seq,
		.sender = sender,
		.tokens = text,
		.body = s->body,
		.body_len = strlen(s->body)};
	s->entry = (struct confab_entry){.rev = rev,
		.ts = 1000 + (int64_t)rev,
		.op = "message.send",
		.sender = sender,
		.cid = s->cid,
		.result = "{\"ok\":true}",
		.seq = seq,
		.ord = seq,
		.first = 1,
		.message = true,
		.counts = true,
		.rows = &s->row,
		.n_rows = 1};
	memset(s->entry.hash, (int)(rev & 0xff), sizeof(s->entry.hash));
}

enum confab_commit_result put(struct fixture *f, const char *log, const struct confab_entry *e)
{
	struct confab_commit c = {.log = log, .at = e->rev - 1, .entries = e, .n = 1};
	ask_commit(f, &c);
	answer_drop(&c.call);
	return c.result;
}

void fill(struct fixture *f, const char *log, uint64_t from, uint64_t to)
{
	size_t n = (size_t)(to - from + 1);
	struct said *said = calloc(n, sizeof(*said));
	struct confab_entry *entries = calloc(n, sizeof(*entries));
	for (size_t i = 0; i < n; i++) {
		char text[64];
		snprintf(text, sizeof(text), "number w%" PRIu64, from + i);
		say(&said[i], from + i, from + i, i % 2 ? "bob" : "ann", text);
		said[i].row.tokens = NULL;
		entries[i] = said[i].entry;
	}
	struct confab_commit c = {.log = log, .at = from - 1, .entries = entries, .n = n};
	ask_commit(f, &c);
	assert_int_equal(c.result, CONFAB_COMMIT_DONE);
	assert_int_equal(c.head.rev, to);
	answer_drop(&c.call);
	free(entries);
	free(said);
}

uint64_t head_rev(struct fixture *f, const char *log)
{
	struct confab_heads c = {.logs = &log, .n = 1};
	ask_heads(f, &c);
	assert_int_equal(c.call.rc, 0);
	uint64_t rev = c.heads[0].rev;
	answer_drop(&c.call);
	return rev;
}
