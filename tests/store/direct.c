/**
 * The engine, called from one thread.
 *
 * SPDX-License-Identifier: MIT
 */
#include "direct.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/chance.h"
#include "base/clock.h"
#include "store/arena.h"

/* ------------------------------------------------------------------------------------------- */

struct engine_options direct_options(const struct direct *d)
{
	return (struct engine_options){.path = d->path,
		.readers = 2,
		.vfs = d->vfs,
		.now_ms = clock_real_ms,
		.mono_us = clock_mono_us,
		.random = chance_bytes};
}

void direct_open(struct direct *d)
{
	struct confab_error err = {0};
	struct engine_options options = direct_options(d);
	d->engine = engine_open(&options, &err);
	if (!d->engine) {
		fprintf(stderr, "%s\n", err.text);
		abort();
	}
}

void direct_close(struct direct *d)
{
	engine_close(d->engine);
	d->engine = NULL;
}

void direct_begin(struct direct *d, const char *vfs)
{
	memset(d, 0, sizeof(*d));
	snprintf(d->dir, sizeof(d->dir), "/tmp/confab-engine-XXXXXX");
	if (!mkdtemp(d->dir))
		abort();
	snprintf(d->path, sizeof(d->path), "%s/store.db", d->dir);
	d->vfs = vfs;
	d->arena = arena_new();
	direct_open(d);
}

void direct_end(struct direct *d)
{
	char command[128];
	engine_close(d->engine);
	arena_free(d->arena);
	snprintf(command, sizeof(command), "rm -rf '%s'", d->dir);
	if (system(command) != 0)
		abort();
}

void direct_run(struct direct *d, enum engine_verb verb, struct confab_call *call)
{
	struct engine_job job = {verb, call};
	call->arena = d->arena;
	call->rc = 0;
	if (verb <= ENGINE_LAST_WRITE)
		engine_write(d->engine, &job, 1);
	else
		engine_read(d->engine, 0, &job);
}

/** An entry with its row and their strings. */
struct built {
	struct confab_row row;
	char id[24], cid[48];
};

static void build(struct built *b, struct confab_entry *e)
{
	snprintf(b->id, sizeof(b->id), "%" PRIu64, b->row.seq);
	snprintf(b->cid, sizeof(b->cid), "cid-0123456789-%" PRIu64, e->rev);
	b->row.kind = "message";
	b->row.id = b->id;
	b->row.rev = e->rev;
	b->row.sender = "ann";
	e->ts = 1000 + (int64_t)e->rev;
	e->sender = "ann";
	e->cid = b->cid;
	e->result = "{}";
	e->first = 1;
	e->rows = &b->row;
	e->n_rows = 1;
}

static void build_message(struct built *b, struct confab_entry *e, uint64_t n, const char *text)
{
	b->row = (struct confab_row){
		.seq = n, .tokens = text, .body = text, .body_len = strlen(text)};
	*e = (struct confab_entry){.rev = n,
		.op = "message.send",
		.seq = n,
		.ord = n,
		.message = true,
		.counts = true};
	build(b, e);
}

enum confab_commit_result direct_say(
	struct direct *d, const char *log, uint64_t n, const char *text)
{
	struct built b;
	struct confab_entry e;
	build_message(&b, &e, n, text);
	struct confab_commit c = {.log = log, .at = n - 1, .entries = &e, .n = 1};
	direct_run(d, ENGINE_COMMIT, &c.call);
	return c.result;
}

void direct_fill(struct direct *d, const char *log, uint64_t from, uint64_t to, const char *text)
{
	struct built b[100];
	struct confab_entry e[100];
	while (from <= to) {
		size_t n = 0;
		for (; n < 100 && from + n <= to; n++)
			build_message(&b[n], &e[n], from + n, text);
		struct confab_commit c = {.log = log, .at = from - 1, .entries = e, .n = n};
		direct_run(d, ENGINE_COMMIT, &c.call);
		if (c.result != CONFAB_COMMIT_DONE) {
			fprintf(stderr, "not written: %s\n", c.call.text);
			abort();
		}
		from += n;
	}
}

enum confab_commit_result direct_change(struct direct *d, const char *log, uint64_t rev,
	uint64_t seq, uint64_t last_seq, const char *text)
{
	struct built b = {.row = {.seq = seq,
				  .tokens = text,
				  .body = text ? text : "",
				  .body_len = text ? strlen(text) : 0,
				  .gone = !text}};
	struct confab_entry e = {.rev = rev,
		.op = "message.edit",
		.seq = last_seq,
		.ord = last_seq,
		.deleted = text ? 0 : seq};
	build(&b, &e);
	struct confab_commit c = {.log = log, .at = rev - 1, .entries = &e, .n = 1};
	direct_run(d, ENGINE_COMMIT, &c.call);
	return c.result;
}

struct confab_head direct_head(struct direct *d, const char *log, int *rc)
{
	struct confab_heads c = {.logs = &log, .n = 1};
	direct_run(d, ENGINE_HEADS, &c.call);
	if (rc)
		*rc = c.call.rc;
	return c.call.rc == 0 ? c.heads[0] : (struct confab_head){.rev = 0};
}

size_t direct_search(struct direct *d, const char *log, const char *word)
{
	struct confab_search c = {.logs = &log,
		.n_logs = 1,
		.tokens = &word,
		.n_tokens = 1,
		.cursor = "",
		.limit = 100};
	direct_run(d, ENGINE_SEARCH, &c.call);
	return c.n;
}
