/**
 * store-sqlite: the default store, one SQLite file. Glue: calls wait in two lists, the writer's lane
 * takes all that wait as one transaction, the readers' lanes take one each.
 *
 * SPDX-License-Identifier: MIT
 */
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <confab/log.h>
#include <confab/plugin.h>
#include <confab/service.h>
#include <confab/settings.h>
#include <confab/task.h>

#include "engine.h"

#define BATCH_MAX 512
#define TICK_MS 250
#define CHECKPOINT_BYTES (2 << 20)
#define CHECKPOINT_TICKS 120 /* 30 s: what was deleted leaves the log's file too */

enum { ROW_PATH, ROW_READERS, ROW_CACHE, ROWS };

static const struct confab_setting settings[ROWS] = {
	[ROW_PATH] = {"path", CONFAB_SETTING_PATH, "confab.db", .flags = CONFAB_SETTING_IN_DATA,
		.doc = "The store's file; a relative path lies below the data directory."},
	[ROW_READERS] = {"readers", CONFAB_SETTING_INT, "2", 1, ENGINE_READERS_MAX,
		.unit = "threads", .doc = "Questions that are answered at the same time."},
	[ROW_CACHE] = {"cache", CONFAB_SETTING_SIZE, "8MB", 1048576, 17179869184,
		.doc = "Memory for pages of the file, for each thread that reads or writes."},
};

/** A call that waits. */
struct waiting {
	struct waiting *next;
	struct engine_job job;
};

struct queue {
	struct waiting *first, **end;
};

struct store {
	struct confab_plugin *plugin;
	struct engine *engine;
	struct engine_options options;
	struct confab_error opened; /* why it could not be */
	char path[PATH_MAX];
	struct confab_lane *writer, *checkpointer, *copier;
	struct reader {
		struct store *store;
		struct confab_lane *lane;
		unsigned number;
	} readers[ENGINE_READERS_MAX];
	unsigned next_reader; /* logic thread */
	bool checkpointing;   /* logic thread */
	unsigned ticks;       /* logic thread */
	pthread_mutex_t lock; /* over what follows */
	struct queue writes;  /* commits and what else changes something */
	struct queue purges;
	struct queue reads;
	bool writer_called; /* a run of its lane is under way or will come */
	bool upkeep;        /* something may be due */
};

/* ---- lists ------------------------------------------------------------------------------- */

static void queue_put(struct queue *q, struct waiting *w)
{
	w->next = NULL;
	*q->end = w;
	q->end = &w->next;
}

static struct waiting *queue_take(struct queue *q)
{
	struct waiting *w = q->first;
	if (w != NULL) {
		q->first = w->next;
		if (q->first == NULL)
			q->end = &q->first;
	}
	return w;
}

static struct waiting *waiting_new(enum engine_verb verb, struct confab_call *call)
{
	struct waiting *w = malloc(sizeof(*w));
	if (w == NULL)
		abort();
	w->job = (struct engine_job){verb, call};
	return w;
}

/* Answer what a closed lane will not carry out any more. */
static void queue_refuse(struct store *s, struct queue *q)
{
	for (;;) {
		pthread_mutex_lock(&s->lock);
		struct waiting *w = queue_take(q);
		pthread_mutex_unlock(&s->lock);
		if (w == NULL)
			return;
		w->job.call->rc = CONFAB_EBUSY;
		snprintf(w->job.call->text, sizeof(w->job.call->text), "the store is closing");
		if (w->job.verb == ENGINE_COMMIT)
			((struct confab_commit *)(void *)w->job.call)->result = CONFAB_COMMIT_BUSY;
		confab_call_done(w->job.call);
		free(w);
	}
}

/* ---- the writer's lane ------------------------------------------------------------------- */

static size_t batch_take(struct store *s, struct engine_job jobs[BATCH_MAX])
{
	size_t n = 0;
	pthread_mutex_lock(&s->lock);
	while (n < BATCH_MAX && s->writes.first != NULL) {
		struct waiting *w = queue_take(&s->writes);
		jobs[n++] = w->job;
		free(w);
	}
	pthread_mutex_unlock(&s->lock);
	return n;
}

static bool purge_some(struct store *s)
{
	pthread_mutex_lock(&s->lock);
	struct waiting *w = s->purges.first;
	pthread_mutex_unlock(&s->lock);
	if (w == NULL)
		return false;
	struct confab_purge *c = (struct confab_purge *)(void *)w->job.call;
	if (engine_purge_step(s->engine, c))
		return true;
	pthread_mutex_lock(&s->lock);
	(void)queue_take(&s->purges); /* w: only this thread takes */
	s->upkeep = true;
	pthread_mutex_unlock(&s->lock);
	confab_call_done(&c->call);
	free(w);
	return true;
}

static bool upkeep_some(struct store *s)
{
	pthread_mutex_lock(&s->lock);
	bool due = s->upkeep;
	s->upkeep = false;
	pthread_mutex_unlock(&s->lock);
	if (!due || !engine_maintain(s->engine))
		return false;
	pthread_mutex_lock(&s->lock);
	s->upkeep = true;
	pthread_mutex_unlock(&s->lock);
	return true;
}

/* Lane: batch after batch, and a small step of other work between them, until nothing waits. */
static int writer_run(void *arg)
{
	struct store *s = arg;
	struct engine_job jobs[BATCH_MAX];
	for (;;) {
		size_t n = batch_take(s, jobs);
		if (n > 0)
			engine_write(s->engine, jobs, n);
		for (size_t i = 0; i < n; i++)
			confab_call_done(jobs[i].call);
		if (purge_some(s) || upkeep_some(s) || n > 0)
			continue;
		pthread_mutex_lock(&s->lock);
		bool idle = s->writes.first == NULL && s->purges.first == NULL;
		if (idle)
			s->writer_called = false;
		pthread_mutex_unlock(&s->lock);
		if (idle)
			return 0;
	}
}

static void writer_done(void *arg, int rc)
{
	struct store *s = arg;
	if (rc != CONFAB_ECLOSED)
		return;
	queue_refuse(s, &s->writes);
	queue_refuse(s, &s->purges);
	pthread_mutex_lock(&s->lock);
	s->writer_called = false;
	pthread_mutex_unlock(&s->lock);
}

static void writer_call(struct store *s, struct queue *q, struct waiting *w)
{
	pthread_mutex_lock(&s->lock);
	if (w != NULL)
		queue_put(q, w);
	else
		s->upkeep = true;
	bool call = !s->writer_called;
	s->writer_called = true;
	pthread_mutex_unlock(&s->lock);
	if (call)
		confab_lane_run(s->writer, writer_run, writer_done, s);
}

/* ---- the readers' lanes ------------------------------------------------------------------ */

static int reader_run(void *arg)
{
	struct reader *r = arg;
	struct store *s = r->store;
	for (;;) {
		pthread_mutex_lock(&s->lock);
		struct waiting *w = queue_take(&s->reads);
		pthread_mutex_unlock(&s->lock);
		if (w == NULL)
			return 0;
		engine_read(s->engine, r->number, &w->job);
		confab_call_done(w->job.call);
		free(w);
	}
}

static void reader_done(void *arg, int rc)
{
	struct reader *r = arg;
	if (rc == CONFAB_ECLOSED)
		queue_refuse(r->store, &r->store->reads);
}

static void job_send(struct store *s, enum engine_verb verb, struct confab_call *call)
{
	struct waiting *w = waiting_new(verb, call);
	if (verb <= ENGINE_LAST_WRITE) {
		writer_call(s, &s->writes, w);
		return;
	}
	struct reader *r = &s->readers[s->next_reader++ % s->options.readers];
	pthread_mutex_lock(&s->lock);
	queue_put(&s->reads, w);
	pthread_mutex_unlock(&s->lock);
	confab_lane_run(r->lane, reader_run, reader_done, r);
}

/* ---- the service ------------------------------------------------------------------------- */

#define SEND(name, type, verb) \
	static void store_##name(void *ctx, struct type *c) \
	{ \
		job_send(ctx, verb, &c->call); \
	}
SEND(commit, confab_commit, ENGINE_COMMIT)
SEND(heads, confab_heads, ENGINE_HEADS)
SEND(changed, confab_changed, ENGINE_CHANGED)
SEND(known, confab_known, ENGINE_KNOWN)
SEND(entries, confab_entries, ENGINE_ENTRIES)
SEND(rows, confab_rows, ENGINE_ROWS)
SEND(row_get, confab_row_get, ENGINE_ROW_GET)
SEND(list, confab_row_list, ENGINE_LIST)
SEND(tagged, confab_tagged, ENGINE_TAGGED)
SEND(page, confab_page, ENGINE_PAGE)
SEND(thread, confab_thread, ENGINE_THREAD)
SEND(search, confab_search, ENGINE_SEARCH)
SEND(cursor_put, confab_cursor_put, ENGINE_CURSOR_PUT)
SEND(cursors, confab_cursors, ENGINE_CURSORS)
SEND(todos, confab_todos, ENGINE_TODOS)
SEND(todo_done, confab_todo_done, ENGINE_TODO_DONE)
SEND(lease, confab_lease, ENGINE_LEASE)

static void store_purge(void *ctx, struct confab_purge *c)
{
	struct store *s = ctx;
	c->removed = 0;
	writer_call(s, &s->purges, waiting_new(ENGINE_VERBS, &c->call));
}

static void store_doc(void *ctx, struct confab_doc_call *c)
{
	bool writes = c->verb == CONFAB_DOC_PUT || c->verb == CONFAB_DOC_DELETE;
	job_send(ctx, writes ? ENGINE_DOC_WRITE : ENGINE_DOC_READ, &c->call);
}

/** A backup on its way through the copier's lane. */
struct copy {
	struct store *store;
	struct confab_backup *call;
};

static int copy_run(void *arg)
{
	struct copy *copy = arg;
	engine_backup(copy->store->engine, copy->call);
	return 0;
}

static void copy_done(void *arg, int rc)
{
	struct copy *copy = arg;
	if (rc == CONFAB_ECLOSED)
		copy->call->call.rc = CONFAB_EBUSY;
	confab_call_done(&copy->call->call);
	free(copy);
}

static void store_backup(void *ctx, struct confab_backup *c)
{
	struct store *s = ctx;
	struct copy *copy = malloc(sizeof(*copy));
	if (copy == NULL)
		abort();
	*copy = (struct copy){s, c};
	confab_lane_run(s->copier, copy_run, copy_done, copy);
}

static void store_stats(void *ctx, struct confab_store_stats *out)
{
	struct store *s = ctx;
	if (s->engine != NULL)
		engine_stats(s->engine, out);
}

/* Where the file is. @return false: the path is too long */
static bool place_of(
	const struct confab_settings *set, const char *data_dir, char *out, size_t size)
{
	const char *path = confab_setting_str(set, ROW_PATH);
	bool absolute = *path == '/';
	int n = snprintf(out, size, "%s%s%s", absolute ? "" : data_dir, absolute ? "" : "/", path);
	return n >= 0 && (size_t)n < size;
}

static int store_restore(const struct confab_settings *set, const char *data_dir, const char *from,
	char *place, size_t size, struct confab_error *err)
{
	struct engine_options options = {.path = place};
	if (!place_of(set, data_dir, place, size))
		return confab_error_set(err, CONFAB_EINVAL, "the store's path is too long");
	return engine_restore(from, &options, err);
}

static const struct confab_store vtable = {
	.size = sizeof(vtable),
	.name = "store-sqlite",
	.commit = store_commit,
	.heads = store_heads,
	.changed = store_changed,
	.known = store_known,
	.entries = store_entries,
	.rows = store_rows,
	.row_get = store_row_get,
	.list = store_list,
	.tagged = store_tagged,
	.page = store_page,
	.thread = store_thread,
	.search = store_search,
	.cursor_put = store_cursor_put,
	.cursors = store_cursors,
	.purge = store_purge,
	.todos = store_todos,
	.todo_done = store_todo_done,
	.lease = store_lease,
	.doc = store_doc,
	.backup = store_backup,
	.stats = store_stats,
	.restore = store_restore,
};

/* ---- life -------------------------------------------------------------------------------- */

static int checkpoint_run(void *arg)
{
	return engine_checkpoint(((struct store *)arg)->engine);
}

static void checkpoint_done(void *arg, int rc)
{
	struct store *s = arg;
	s->checkpointing = false;
	if (rc == CONFAB_EIO)
		confab_log(s->plugin, CONFAB_LOG_WARNING,
			"the write-ahead log cannot be moved into the file, tried again");
}

static void tick(void *arg)
{
	struct store *s = arg;
	uint64_t wal_bytes = engine_wal_bytes(s->engine);
	bool due = ++s->ticks % CHECKPOINT_TICKS == 0 && wal_bytes > 0;
	if (s->ticks % 4 == 0)
		writer_call(s, NULL, NULL);
	if (s->checkpointing || (wal_bytes < CHECKPOINT_BYTES && !due))
		return;
	s->checkpointing = true;
	confab_lane_run(s->checkpointer, checkpoint_run, checkpoint_done, s);
}

static int64_t mono_us(void)
{
	return confab_now_ms() * 1000;
}

static int open_run(void *arg)
{
	struct store *s = arg;
	s->engine = engine_open(&s->options, &s->opened);
	return s->engine != NULL ? 0 : s->opened.code;
}

static void open_done(void *arg, int rc)
{
	struct store *s = arg;
	if (rc == 0)
		(void)confab_timer_start(s->plugin, TICK_MS, TICK_MS, tick, s);
	confab_ready(s->plugin, rc, s->opened.text);
}

static bool lanes_open(struct store *s)
{
	s->writer = confab_lane_open(s->plugin, "store-write");
	s->checkpointer = confab_lane_open(s->plugin, "store-check");
	s->copier = confab_lane_open(s->plugin, "store-copy");
	bool all = s->writer && s->checkpointer && s->copier;
	for (unsigned i = 0; all && i < s->options.readers; i++) {
		struct confab_lane *lane = confab_lane_open(s->plugin, "store-read");
		s->readers[i] = (struct reader){s, lane, i};
		all = lane != NULL;
	}
	return all;
}

static int store_load(struct confab_plugin *p, void **ctx, struct confab_error *err)
{
	const struct confab_settings *set = confab_plugin_settings(p);
	struct store *s = calloc(1, sizeof(*s));
	if (s == NULL)
		return confab_error_set(err, CONFAB_ENOMEM, "out of memory");
	*ctx = s;
	s->plugin = p;
	pthread_mutex_init(&s->lock, NULL);
	s->writes.end = &s->writes.first;
	s->purges.end = &s->purges.first;
	s->reads.end = &s->reads.first;
	bool fits = place_of(set, confab_data_dir(p), s->path, sizeof(s->path));
	s->options = (struct engine_options){
		.path = s->path,
		.readers = (unsigned)confab_setting_int(set, ROW_READERS),
		.cache_kb = (unsigned)(confab_setting_int(set, ROW_CACHE) / 1024),
		.now_ms = confab_time_ms,
		.mono_us = mono_us,
		.random = confab_random,
	};
	if (!fits || !lanes_open(s)) {
		pthread_mutex_destroy(&s->lock);
		free(s);
		return confab_error_set(err, CONFAB_EINVAL, "no threads, or the path is too long");
	}
	confab_lane_run(s->writer, open_run, open_done, s);
	return 0;
}

static void store_unload(void *ctx)
{
	struct store *s = ctx;
	engine_close(s->engine);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

static const struct confab_provide_row provides[] = {{"store", 1, &vtable, sizeof(vtable)}};

CONFAB_PLUGIN("store-sqlite", "1.0") = {
	CONFAB_HEAD("store-sqlite", "1.0", "MIT"),
	.summary = "Keeps everything in one SQLite file.",
	CONFAB_ROWS(settings, settings),
	CONFAB_ROWS(provides, provides),
	.load = store_load,
	.unload = store_unload,
};
