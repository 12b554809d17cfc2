/**
 * What is done in small steps between batches: purging, giving space back, forgetting; and the
 * checkpoints.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "engine_internal.h"

#define STEP_ROWS 256
#define EXPIRE_PAUSE_MS 30000
#define VACUUM_FREE_PAGES 64     /* fewer stay for what comes next */
#define WAL_LONG_BYTES (4 << 20) /* from here on the log begins anew, whoever writes */

/* One purge's numbers, found anew in every step, so that a step needs no memory of the last. */
struct purge {
	struct handle *h;
	const struct confab_purge *call;
	struct log_record log;
	uint64_t old_rev; /* entries up to it are older than asked */
	uint64_t removed;
	bool more;
};

static int step_begin(struct handle *h)
{
	return handle_run(h, ST_BEGIN_WRITE);
}

/* Commit what went well, else roll back. */
static int step_end(struct handle *h, int rc)
{
	rc = handle_failed(h, rc);
	if (rc == SQLITE_OK) {
		rc = handle_run(h, ST_COMMIT);
		if ((rc & 0xff) == SQLITE_IOERR)
			atomic_store(&h->engine->broken, true);
	}
	if (rc != SQLITE_OK && !sqlite3_get_autocommit(h->db))
		(void)handle_run(h, ST_ROLLBACK); /* the first error is the one to report */
	return rc;
}

static int message_purge(
	struct purge *p, sqlite3_int64 id, sqlite3_int64 doc, uint64_t parent, uint64_t n)
{
	int rc = doc ? words_remove(p->h, doc) : SQLITE_OK;
	if (rc == SQLITE_OK && parent) {
		sqlite3_stmt *drop = handle_statement(p->h, ST_REPLY_DROP);
		sqlite3_bind_int64(drop, 1, KEY(p->log.id, parent));
		bind_u64(drop, 2, n);
		rc = statement_run(drop);
	}
	if (rc != SQLITE_OK)
		return rc;
	sqlite3_stmt *s = handle_statement(p->h, ST_PURGE_MESSAGE);
	sqlite3_bind_int64(s, 1, id);
	return statement_run(s);
}

static int messages_purge(struct purge *p)
{
	sqlite3_int64 ids[STEP_ROWS], docs[STEP_ROWS];
	uint64_t parents[STEP_ROWS], ns[STEP_ROWS];
	size_t n = 0;
	sqlite3_stmt *s = handle_statement(p->h, ST_PURGE_PICK);
	sqlite3_bind_int64(s, 1, KEY(p->log.id, 0));
	sqlite3_bind_int64(s, 2, KEY(p->log.id, p->call->first));
	sqlite3_bind_int(s, 3, STEP_ROWS);
	while (n < STEP_ROWS && sqlite3_step(s) == SQLITE_ROW) {
		ids[n] = sqlite3_column_int64(s, 0);
		docs[n] = sqlite3_column_int64(s, 1);
		parents[n] = column_u64(s, 2);
		ns[n++] = column_u64(s, 3);
	}
	int rc = sqlite3_reset(s);
	for (size_t i = 0; rc == SQLITE_OK && i < n; i++)
		rc = message_purge(p, ids[i], docs[i], parents[i], ns[i]);
	p->removed = n;
	p->more = n == STEP_ROWS;
	return rc;
}

/* The highest rev that is older than asked: times never go back, so halving finds it. What has been
 * dropped was old. */
static int old_rev_find(struct purge *p)
{
	uint64_t low = 0, high = p->log.head.rev;
	int rc = SQLITE_OK;
	sqlite3_stmt *s = handle_statement(p->h, ST_ENTRY_TS);
	while (rc == SQLITE_OK && low < high) {
		uint64_t middle = low + (high - low + 1) / 2;
		sqlite3_bind_int64(s, 1, KEY(p->log.id, middle));
		sqlite3_bind_int64(s, 2, KEY(p->log.id, 0));
		if (sqlite3_step(s) != SQLITE_ROW ||
			sqlite3_column_int64(s, 1) < p->call->entries_before_ms)
			low = middle;
		else
			high = KEY_PLACE(column_u64(s, 0)) - 1;
		rc = sqlite3_reset(s);
	}
	p->old_rev = low;
	return rc;
}

static int floors_raise(struct purge *p, uint64_t entries, uint64_t rows)
{
	sqlite3_stmt *s = handle_statement(p->h, ST_LOG_FLOORS);
	sqlite3_bind_int64(s, 1, p->log.id);
	bind_u64(s, 2, entries);
	bind_u64(s, 3, rows);
	return statement_run(s);
}

static int gone_purge(struct purge *p)
{
	sqlite3_int64 from = KEY(p->log.id, 0), to = KEY(p->log.id, p->old_rev);
	sqlite3_stmt *s = handle_statement(p->h, ST_PURGE_GONE_HIGHEST);
	sqlite3_bind_int64(s, 1, from);
	sqlite3_bind_int64(s, 2, to);
	uint64_t highest = sqlite3_step(s) == SQLITE_ROW ? column_u64(s, 0) : 0;
	int rc = sqlite3_reset(s);
	if (rc != SQLITE_OK || highest == 0)
		return rc;
	rc = floors_raise(p, 0, KEY_PLACE(highest));
	if (rc != SQLITE_OK)
		return rc;
	s = handle_statement(p->h, ST_PURGE_GONE);
	sqlite3_bind_int64(s, 1, from);
	sqlite3_bind_int64(s, 2, to);
	sqlite3_bind_int(s, 3, STEP_ROWS);
	rc = statement_run(s);
	p->more |= sqlite3_changes(p->h->db) >= STEP_ROWS;
	return rc;
}

/* Old entries from the start as long as their messages are below first, then, above the floor, those
 * that made no message. */
static int entries_purge(struct purge *p)
{
	sqlite3_int64 ids[STEP_ROWS];
	size_t n = 0;
	int rc = SQLITE_OK;
	for (int pass = 0; rc == SQLITE_OK && pass < 2 && n < STEP_ROWS; pass++) {
		sqlite3_stmt *s = handle_statement(
			p->h, pass ? ST_PURGE_ENTRIES_OTHER : ST_PURGE_ENTRIES_LOW);
		uint64_t from = pass ? p->log.entries_floor : 0;
		if (n && KEY_PLACE(ids[n - 1]) > from)
			from = KEY_PLACE(ids[n - 1]);
		sqlite3_bind_int64(s, 1, KEY(p->log.id, from));
		sqlite3_bind_int64(s, 2, KEY(p->log.id, p->old_rev));
		if (!pass)
			bind_u64(s, 4, p->call->first);
		sqlite3_bind_int(s, 3, STEP_ROWS);
		while (n < STEP_ROWS && sqlite3_step(s) == SQLITE_ROW)
			ids[n++] = sqlite3_column_int64(s, 0);
		rc = sqlite3_reset(s);
	}
	if (rc != SQLITE_OK || n == 0)
		return rc;
	rc = floors_raise(p, KEY_PLACE(ids[n - 1]), 0);
	sqlite3_stmt *drop = handle_statement(p->h, ST_ENTRY_DROP);
	for (size_t i = 0; rc == SQLITE_OK && i < n; i++) {
		sqlite3_bind_int64(drop, 1, ids[i]);
		rc = statement_run(drop);
	}
	p->more |= n == STEP_ROWS;
	return rc;
}

static int purge_step(struct purge *p)
{
	int rc = messages_purge(p);
	if (rc != SQLITE_OK || p->more || !p->call->entries_before_ms)
		return rc;
	rc = old_rev_find(p);
	if (rc == SQLITE_OK)
		rc = gone_purge(p);
	return rc == SQLITE_OK ? entries_purge(p) : rc;
}

static int docs_expire(struct handle *h, bool *more)
{
	int rc = step_begin(h);
	if (rc != SQLITE_OK)
		return rc;
	sqlite3_stmt *s = handle_statement(h, ST_DOCS_EXPIRE);
	sqlite3_bind_int64(s, 1, h->engine->options.now_ms());
	rc = statement_run(s);
	*more = sqlite3_changes(h->db) > 0;
	return step_end(h, rc);
}

/* Give some free pages back: a row comes per page. */
static bool vacuum_step(struct handle *h)
{
	sqlite3_stmt *s = handle_statement(h, ST_FREE_PAGES);
	sqlite3_int64 pages = sqlite3_step(s) == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
	(void)sqlite3_reset(s); /* says again what step said */
	if (pages <= VACUUM_FREE_PAGES || step_begin(h) != SQLITE_OK)
		return false;
	int rc = SQLITE_ROW;
	s = handle_statement(h, ST_VACUUM_STEP);
	while (s && rc == SQLITE_ROW)
		rc = sqlite3_step(s);
	(void)sqlite3_reset(s); /* likewise */
	return step_end(h, rc == SQLITE_DONE ? SQLITE_OK : SQLITE_ERROR) == SQLITE_OK;
}

static bool maintain_step(struct engine *e)
{
	struct handle *h = &e->writer;
	int64_t now_ms = e->options.now_ms();
	bool more = false;
	if (engine_migrating(e))
		return schema_migrate_step(h, &more) == SQLITE_OK;
	if (now_ms >= e->expire_due_ms) {
		if (docs_expire(h, &more) == SQLITE_OK && more)
			return true;
		e->expire_due_ms = now_ms + EXPIRE_PAUSE_MS;
	}
	return words_sweep(e) || vacuum_step(h);
}

/* ------------------------------------------------------------------------------------------- */

bool engine_purge_step(struct engine *e, struct confab_purge *c)
{
	struct purge p = {.h = &e->writer, .call = c};
	if (!engine_enter(e)) {
		c->call.rc = CONFAB_EBUSY;
		return false;
	}
	int rc = step_begin(p.h);
	if (rc == SQLITE_OK)
		rc = log_find(p.h, c->call.arena, c->log, &p.log);
	bool beyond = rc == SQLITE_OK && p.log.id && c->first > p.log.head.first;
	if (rc == SQLITE_OK && p.log.id && !beyond)
		rc = purge_step(&p);
	rc = step_end(p.h, rc);
	c->call.rc = 0;
	if (rc != SQLITE_OK) {
		call_fail(&c->call, p.h, CONFAB_EBUSY, "not purged to the end");
		p.more = false;
	} else if (beyond) {
		c->call.rc = CONFAB_EINVAL;
		snprintf(c->call.text, sizeof(c->call.text), "purge goes beyond the head's first");
	} else {
		c->removed += p.removed;
	}
	engine_leave(e);
	return p.more;
}

bool engine_maintain(struct engine *e)
{
	if (!engine_enter(e))
		return false;
	bool more = maintain_step(e);
	engine_leave(e);
	return more;
}

int engine_checkpoint(struct engine *e)
{
	if (!engine_enter(e))
		return CONFAB_EIO;
	sqlite3 *db = e->checkpointer.db;
	int64_t now_ms = e->options.now_ms();
	bool cut = now_ms >= e->cut_due_ms;
	bool again = cut || engine_wal_bytes(e) > WAL_LONG_BYTES;
	int rc = sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	if (rc == SQLITE_OK && again) {
		(void)sqlite3_busy_timeout(db, 20); /* who reads long is not waited for */
		/* Under load the log begins again in the room it has: a file that grows makes every
		 * sync wait for its metadata. */
		rc = sqlite3_wal_checkpoint_v2(db, NULL,
			cut ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_RESTART, NULL, NULL);
		if (rc == SQLITE_OK)
			atomic_store(&e->wal_bytes, 0);
		if (rc == SQLITE_OK && cut)
			e->cut_due_ms = now_ms + EXPIRE_PAUSE_MS;
	}
	engine_leave(e);
	return rc == SQLITE_OK || (rc & 0xff) == SQLITE_BUSY ? 0 : CONFAB_EIO;
}

uint64_t engine_bytes(struct engine *e)
{
	struct stat st;
	uint64_t bytes = stat(e->path, &st) == 0 ? (uint64_t)st.st_size : 0;
	return bytes + engine_wal_bytes(e);
}
