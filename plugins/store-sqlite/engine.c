/**
 * The engine's life: lock, open, recover, close; and how a batch of writes becomes one transaction.
 *
 * SPDX-License-Identifier: MIT
 */
#include "engine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine_internal.h"

typedef int (*verb_fn)(struct handle *h, struct confab_call *call);

static const verb_fn verbs[ENGINE_VERBS] = {
	[ENGINE_COMMIT] = commit_one,
	[ENGINE_CURSOR_PUT] = cursor_put_one,
	[ENGINE_TODO_DONE] = todo_done_one,
	[ENGINE_LEASE] = lease_one,
	[ENGINE_DOC_WRITE] = doc_write_one,
	[ENGINE_HEADS] = heads_read,
	[ENGINE_CHANGED] = changed_read,
	[ENGINE_KNOWN] = known_read,
	[ENGINE_ENTRIES] = entries_call,
	[ENGINE_ROWS] = rows_read,
	[ENGINE_ROW_GET] = row_get_read,
	[ENGINE_LIST] = list_read,
	[ENGINE_TAGGED] = tagged_read,
	[ENGINE_PAGE] = page_read,
	[ENGINE_THREAD] = thread_read,
	[ENGINE_SEARCH] = search_read,
	[ENGINE_CURSORS] = cursors_read,
	[ENGINE_TODOS] = todos_read,
	[ENGINE_DOC_READ] = doc_read,
};

/* What a transaction came to. */
enum outcome { OUTCOME_DONE, OUTCOME_BUSY, OUTCOME_UNKNOWN, OUTCOME_ONE_BY_ONE };

/* ---- opening and reopening ---- */

static void handles_close(struct engine *e)
{
	for (unsigned i = 0; i < e->options.readers; i++)
		handle_close(&e->readers[i]);
	handle_close(&e->checkpointer);
	handle_close(&e->writer);
}

/* The writer first: it recovers. What recovery found is written anew, into the file, and synced there,
 * since after a failed fsync the log's own pages are not to be trusted. */
static int handles_open(struct engine *e)
{
	int rc = handle_open(&e->writer, e, true);
	if (rc == SQLITE_OK)
		rc = sqlite3_wal_checkpoint_v2(
			e->writer.db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = handle_open(&e->checkpointer, e, true);
	for (unsigned i = 0; rc == SQLITE_OK && i < e->options.readers; i++)
		rc = handle_open(&e->readers[i], e, false);
	return rc;
}

static void engine_reopen(struct engine *e)
{
	handles_close(e);
	if (handles_open(e) == SQLITE_OK)
		atomic_store(&e->broken, false);
	else
		handles_close(e);
}

static int wal_hook(void *arg, sqlite3 *db, const char *name, int pages)
{
	struct engine *e = arg;
	(void)db;
	(void)name;
	atomic_store(&e->wal_bytes, (uint64_t)pages * 4096);
	return SQLITE_OK;
}

/* ---- a batch ---- */

static void commit_result(struct confab_call *call, enum confab_commit_result result)
{
	((struct confab_commit *)(void *)call)->result = result;
}

static void batch_fail(
	struct engine *e, const struct engine_job *jobs, size_t n, int rc, const char *what)
{
	atomic_fetch_add(rc == CONFAB_EBUSY ? &e->busy : &e->unknown, n);
	for (size_t i = 0; i < n; i++) {
		jobs[i].call->rc = rc;
		snprintf(jobs[i].call->text, sizeof(jobs[i].call->text), "%s", what);
		if (jobs[i].verb == ENGINE_COMMIT)
			commit_result(jobs[i].call,
				rc == CONFAB_EBUSY ? CONFAB_COMMIT_BUSY : CONFAB_COMMIT_UNKNOWN);
	}
}

static bool is_shortage(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_FULL:
	case SQLITE_IOERR:
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_NOMEM:
	case SQLITE_CANTOPEN:
	case SQLITE_READONLY:
	case SQLITE_CORRUPT:
		return true;
	default:
		return false;
	}
}

static void rolled_back(struct engine *e)
{
	if (!sqlite3_get_autocommit(e->writer.db))
		(void)handle_run(&e->writer, ST_ROLLBACK); /* fails only if that happened already */
	names_forget(&e->writer);
	e->words_dirty = meta_get(&e->writer, "words_dirty") != 0;
}

/* One transaction. why: text for what is not DONE. */
static enum outcome transaction(
	struct engine *e, const struct engine_job *jobs, size_t n, char why[160])
{
	struct handle *h = &e->writer;
	int rc = handle_run(h, ST_BEGIN_WRITE);
	for (size_t i = 0; rc == SQLITE_OK && i < n; i++)
		rc = handle_failed(h, verbs[jobs[i].verb](h, jobs[i].call));
	if (rc != SQLITE_OK) {
		snprintf(why, 160, "not written (%s)", sqlite3_errmsg(h->db));
		rolled_back(e);
		return n > 1 && !is_shortage(rc) ? OUTCOME_ONE_BY_ONE : OUTCOME_BUSY;
	}
	rc = handle_run(h, ST_COMMIT);
	if (rc == SQLITE_OK)
		return OUTCOME_DONE;
	snprintf(why, 160, "commit failed (%s)", sqlite3_errmsg(h->db));
	rolled_back(e);
	/* A full disk cut the commit's last frame short: it cannot count. After any other failure the
	 * frame may be whole in the file. */
	if ((rc & 0xff) != SQLITE_IOERR)
		return OUTCOME_BUSY;
	atomic_store(&e->broken, true);
	return OUTCOME_UNKNOWN;
}

static uint64_t entries_in(const struct engine_job *jobs, size_t n)
{
	uint64_t entries = 0;
	for (size_t i = 0; i < n; i++) {
		const struct confab_commit *c = (const struct confab_commit *)(void *)jobs[i].call;
		if (jobs[i].verb == ENGINE_COMMIT && c->result == CONFAB_COMMIT_DONE)
			entries += c->n;
	}
	return entries;
}

static void batch_count(struct engine *e, const struct engine_job *jobs, size_t n, int64_t took_us)
{
	uint64_t entries = entries_in(jobs, n);
	atomic_fetch_add(&e->commits, 1);
	atomic_fetch_add(&e->entries, entries);
	if (entries)
		atomic_store(&e->last_batch, entries);
	pthread_mutex_lock(&e->stats_lock);
	e->latencies_us[e->n_latencies++ % LATENCIES] = took_us;
	pthread_mutex_unlock(&e->stats_lock);
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return x < y ? -1 : x > y;
}

static int64_t latency_p99(struct engine *e)
{
	int64_t sorted[LATENCIES];
	pthread_mutex_lock(&e->stats_lock);
	size_t n = e->n_latencies < LATENCIES ? (size_t)e->n_latencies : LATENCIES;
	memcpy(sorted, e->latencies_us, n * sizeof(*sorted));
	pthread_mutex_unlock(&e->stats_lock);
	if (n == 0)
		return 0;
	qsort(sorted, n, sizeof(*sorted), by_size);
	return sorted[n * 99 / 100];
}

static struct engine *engine_new(const struct engine_options *options)
{
	struct engine *e = calloc(1, sizeof(*e));
	if (!e)
		abort();
	e->options = *options;
	e->path = strdup(options->path);
	e->lock_fd = -1;
	e->writer.names = calloc(NAME_CACHE, sizeof(*e->writer.names));
	if (!e->path || !e->writer.names)
		abort();
	pthread_rwlock_init(&e->open_lock, NULL);
	pthread_mutex_init(&e->stats_lock, NULL);
	return e;
}

/* ------------------------------------------------------------------------------------------- */

int engine_lock(struct engine *e, struct confab_error *err)
{
	char name[4096], pid[32];
	if (snprintf(name, sizeof(name), "%s.lock", e->path) >= (int)sizeof(name))
		return confab_error_set(err, CONFAB_EINVAL, "store, path is too long");
	e->lock_fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (e->lock_fd < 0)
		return confab_error_set(
			err, CONFAB_EIO, "store, cannot open '%s' (%s)", name, strerror(errno));
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	if (fcntl(e->lock_fd, F_OFD_SETLK, &lock) != 0) {
		ssize_t n = read(e->lock_fd, pid, sizeof(pid) - 1);
		pid[n > 0 ? n : 0] = '\0';
		pid[strcspn(pid, "\n")] = '\0';
		close(e->lock_fd);
		e->lock_fd = -1;
		return confab_error_set(err, CONFAB_EEXIST,
			"store '%s' is in use by another process%s%s: stop it first", e->path,
			*pid ? ", pid " : "", pid);
	}
	int n = snprintf(pid, sizeof(pid), "%ld\n", (long)getpid());
	/* Only for the sentence above: the lock holds without it. */
	if (ftruncate(e->lock_fd, 0) != 0 || pwrite(e->lock_fd, pid, (size_t)n, 0) != n)
		return 0;
	return 0;
}

struct engine *engine_open(const struct engine_options *options, struct confab_error *err)
{
	struct engine *e = engine_new(options);
	if (engine_lock(e, err) != 0)
		goto fail;
	if (handle_open(&e->writer, e, true) != SQLITE_OK) {
		confab_error_set(err, CONFAB_EIO,
			"store, cannot open '%s' (is it a store, and may it be written?)", e->path);
		goto fail;
	}
	if (schema_prepare(&e->writer, err) != 0)
		goto fail;
	handle_close(&e->writer);
	int rc = handles_open(e);
	if (rc != SQLITE_OK) {
		confab_error_set(err, CONFAB_EIO, "store, cannot recover '%s' (%s)", e->path,
			sqlite3_errstr(rc));
		goto fail;
	}
	words_begin(e);
	return e;
fail:
	handles_close(e);
	engine_close(e);
	return NULL;
}

void engine_close(struct engine *e)
{
	if (!e)
		return;
	if (e->writer.db && !atomic_load(&e->broken))
		/* What fails here is done by the next start. */
		(void)sqlite3_wal_checkpoint_v2(
			e->writer.db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	handles_close(e);
	if (e->lock_fd >= 0)
		close(e->lock_fd);
	pthread_rwlock_destroy(&e->open_lock);
	pthread_mutex_destroy(&e->stats_lock);
	free(e->writer.names);
	free(e->path);
	free(e);
}

bool engine_enter(struct engine *e)
{
	pthread_rwlock_rdlock(&e->open_lock);
	if (!atomic_load(&e->broken))
		return true;
	pthread_rwlock_unlock(&e->open_lock);
	pthread_rwlock_wrlock(&e->open_lock);
	if (atomic_load(&e->broken))
		engine_reopen(e);
	bool open = !atomic_load(&e->broken);
	pthread_rwlock_unlock(&e->open_lock);
	return open && engine_enter(e);
}

void engine_leave(struct engine *e)
{
	pthread_rwlock_unlock(&e->open_lock);
}

void engine_write(struct engine *e, const struct engine_job *jobs, size_t n)
{
	char why[160] = "the file cannot be opened again";
	if (!engine_enter(e)) {
		batch_fail(e, jobs, n, CONFAB_EBUSY, why);
		return;
	}
	sqlite3_wal_hook(e->writer.db, wal_hook, e);
	int64_t began_us = e->options.mono_us();
	enum outcome outcome = transaction(e, jobs, n, why);
	if (outcome == OUTCOME_DONE)
		batch_count(e, jobs, n, e->options.mono_us() - began_us);
	engine_leave(e);
	switch (outcome) {
	case OUTCOME_DONE:
		break;
	case OUTCOME_BUSY:
		batch_fail(e, jobs, n, CONFAB_EBUSY, why);
		break;
	case OUTCOME_UNKNOWN:
		batch_fail(e, jobs, n, CONFAB_EUNKNOWN, why);
		if (engine_enter(e)) /* reopens at once: readers wait for it */
			engine_leave(e);
		break;
	case OUTCOME_ONE_BY_ONE:
		for (size_t i = 0; i < n; i++)
			engine_write(e, &jobs[i], 1);
		break;
	}
}

void engine_read(struct engine *e, unsigned reader, const struct engine_job *job)
{
	struct handle *h = &e->readers[reader];
	atomic_fetch_add(&e->reads, 1);
	if (!engine_enter(e)) {
		job->call->rc = CONFAB_EIO;
		snprintf(job->call->text, sizeof(job->call->text),
			"the file cannot be opened again");
		return;
	}
	int rc = handle_run(h, ST_BEGIN_READ);
	if (rc == SQLITE_OK)
		rc = handle_failed(h, verbs[job->verb](h, job->call));
	if (rc != SQLITE_OK)
		call_fail(job->call, h, CONFAB_EIO, "reading failed");
	if (!sqlite3_get_autocommit(h->db))
		(void)handle_run(h, ST_COMMIT); /* of a read: only ends it */
	engine_leave(e);
}

bool engine_migrating(const struct engine *e)
{
	return atomic_load(&e->migrating);
}

uint64_t engine_wal_bytes(const struct engine *e)
{
	return atomic_load(&e->wal_bytes);
}

void engine_stats(struct engine *e, struct confab_store_stats *out)
{
	out->commits = atomic_load(&e->commits);
	out->entries = atomic_load(&e->entries);
	out->busy = atomic_load(&e->busy);
	out->unknown = atomic_load(&e->unknown);
	out->reads = atomic_load(&e->reads);
	out->last_batch = atomic_load(&e->last_batch);
	out->commit_us_p99 = latency_p99(e);
	out->bytes = engine_bytes(e);
}
