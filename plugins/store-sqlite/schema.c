/**
 * The tables, their version, and how older files become this one while in use.
 *
 *     logs      a head each                     users     names as numbers
 *     entries   key log|rev; unique (log, sender, cid)
 *     messages  key log|seq, found by log|rev too     rows   the other kinds, likewise
 *     words     FTS5 over the core's tokens     replies   (parent, n) → message
 *     cursors, own, deleted, todos, leases, docs, meta
 *
 * Version 1 had no `replies`; a thread was found by looking through its channel.
 *
 * SPDX-License-Identifier: MIT
 */
#include "engine_internal.h"

#define APPLICATION_ID 0x636f6e66 /* "conf" */
#define MIGRATE_ROWS 512

static const char schema_sql[] =
	"CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE logs (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, epoch TEXT NOT NULL,"
	" rev INTEGER NOT NULL DEFAULT 0, seq INTEGER NOT NULL DEFAULT 0,"
	" ord INTEGER NOT NULL DEFAULT 0, all_ INTEGER NOT NULL DEFAULT 0,"
	" first INTEGER NOT NULL DEFAULT 0, ts INTEGER NOT NULL DEFAULT 0,"
	" changed INTEGER NOT NULL DEFAULT 0, entries_floor INTEGER NOT NULL DEFAULT 0,"
	" rows_floor INTEGER NOT NULL DEFAULT 0);"
	"CREATE TABLE deleted (log INTEGER PRIMARY KEY, marks BLOB NOT NULL);"
	"CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"
	"CREATE TABLE entries (id INTEGER PRIMARY KEY, log INTEGER NOT NULL, sender INTEGER,"
	" cid TEXT, ts INTEGER NOT NULL, op TEXT NOT NULL, hash BLOB NOT NULL, result TEXT,"
	" seq INTEGER NOT NULL, ord INTEGER NOT NULL, all_ INTEGER NOT NULL, first INTEGER NOT NULL,"
	" deleted INTEGER NOT NULL, flags INTEGER NOT NULL);"
	"CREATE UNIQUE INDEX entries_cid ON entries (log, sender, cid) WHERE cid IS NOT NULL;"
	"CREATE TABLE messages (id INTEGER PRIMARY KEY, rk INTEGER NOT NULL, parent INTEGER,"
	" n INTEGER, sender INTEGER, doc INTEGER, gone INTEGER NOT NULL, audience TEXT,"
	" body TEXT NOT NULL);"
	"CREATE INDEX messages_rk ON messages (rk);"
	"CREATE TABLE rows (log INTEGER NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,"
	" rk INTEGER NOT NULL, gone INTEGER NOT NULL, audience TEXT, tag TEXT, tag_log TEXT,"
	" body TEXT NOT NULL, PRIMARY KEY (log, kind, id)) WITHOUT ROWID;"
	"CREATE INDEX rows_rk ON rows (rk);"
	"CREATE INDEX rows_tag ON rows (kind, tag, tag_log, id) WHERE tag IS NOT NULL;"
	"CREATE VIRTUAL TABLE words USING fts5(tokens, message UNINDEXED, detail=none, columnsize=0,"
	" tokenize=\"ascii tokenchars '=~'\");"
	"CREATE TABLE cursors (log INTEGER NOT NULL, user INTEGER NOT NULL,"
	" read_seq INTEGER NOT NULL DEFAULT 0, read_ord INTEGER NOT NULL DEFAULT 0,"
	" read_all INTEGER NOT NULL DEFAULT 0, delivered INTEGER NOT NULL DEFAULT 0,"
	" PRIMARY KEY (log, user)) WITHOUT ROWID;"
	"CREATE INDEX cursors_user ON cursors (user);"
	"CREATE TABLE own (log INTEGER NOT NULL, user INTEGER NOT NULL, seq INTEGER NOT NULL,"
	" all_ INTEGER NOT NULL, PRIMARY KEY (log, user, seq)) WITHOUT ROWID;"
	"CREATE TABLE todos (log INTEGER NOT NULL, rev INTEGER NOT NULL, n INTEGER NOT NULL,"
	" name TEXT NOT NULL, body TEXT NOT NULL, attempts INTEGER NOT NULL, due INTEGER NOT NULL,"
	" PRIMARY KEY (log, rev, n)) WITHOUT ROWID;"
	"CREATE INDEX todos_due ON todos (due);"
	"CREATE TABLE leases (name TEXT PRIMARY KEY, holder TEXT NOT NULL, until INTEGER NOT NULL,"
	" fence INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE docs (coll TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, idx TEXT,"
	" version INTEGER NOT NULL, expires INTEGER NOT NULL, PRIMARY KEY (coll, key)) WITHOUT ROWID;"
	"CREATE INDEX docs_idx ON docs (coll, idx, key) WHERE idx IS NOT NULL;"
	"CREATE INDEX docs_expires ON docs (expires) WHERE expires > 0;";

static const char replies_sql[] =
	"CREATE TABLE IF NOT EXISTS replies (parent INTEGER NOT NULL, n INTEGER NOT NULL,"
	" seq INTEGER NOT NULL, PRIMARY KEY (parent, n)) WITHOUT ROWID;";

/* One number from a pragma. */
static int pragma_number(struct handle *h, const char *sql, sqlite3_int64 *out)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(h->db, sql, -1, &s, NULL);
	if (rc == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW)
		*out = sqlite3_column_int64(s, 0);
	int fin = sqlite3_finalize(s);
	return rc ? rc : fin;
}

static int schema_fail(struct handle *h, struct confab_error *err)
{
	return confab_error_set(err, CONFAB_EIO, "store '%s' cannot be prepared (%s)",
		h->engine->path, sqlite3_errmsg(h->db));
}

static int run_sql(struct handle *h, const char *sql)
{
	return sqlite3_exec(h->db, sql, NULL, NULL, NULL);
}

static int schema_create(struct handle *h)
{
	char sql[160];
	int rc = run_sql(h, "BEGIN IMMEDIATE");
	if (rc == SQLITE_OK)
		rc = run_sql(h, schema_sql);
	if (rc == SQLITE_OK)
		rc = run_sql(h, replies_sql);
	sqlite3_snprintf(sizeof(sql), sql, "PRAGMA application_id = %d; PRAGMA user_version = %d",
		APPLICATION_ID, ENGINE_SCHEMA);
	if (rc == SQLITE_OK)
		rc = run_sql(h, sql);
	if (rc == SQLITE_OK)
		rc = run_sql(h, "COMMIT");
	return rc;
}

/* From 1 to 2: the table at once, its rows by and by. An older program refuses the file from now on. */
static int migrate_begin(struct handle *h)
{
	int rc = run_sql(h, "BEGIN IMMEDIATE");
	if (rc == SQLITE_OK)
		rc = run_sql(h, replies_sql);
	if (rc == SQLITE_OK)
		rc = meta_set(h, "replies_to_bring", 1);
	if (rc == SQLITE_OK)
		rc = run_sql(h, "PRAGMA user_version = 2");
	if (rc == SQLITE_OK)
		rc = run_sql(h, "COMMIT");
	if (rc != SQLITE_OK)
		(void)run_sql(h, "ROLLBACK"); /* the first error is the one to report */
	return rc;
}

/* ------------------------------------------------------------------------------------------- */

sqlite3_int64 meta_get(struct handle *h, const char *key)
{
	sqlite3_stmt *s = handle_statement(h, ST_META_GET);
	sqlite3_int64 value = 0;
	bind_text(s, 1, key);
	if (sqlite3_step(s) == SQLITE_ROW)
		value = sqlite3_column_int64(s, 0);
	(void)sqlite3_reset(s); /* says again what step said */
	return value;
}

int meta_set(struct handle *h, const char *key, sqlite3_int64 value)
{
	sqlite3_stmt *s = handle_statement(h, ST_META_SET);
	bind_text(s, 1, key);
	sqlite3_bind_int64(s, 2, value);
	return statement_run(s);
}

int schema_prepare(struct handle *h, struct confab_error *err)
{
	sqlite3_int64 application = 0, version = 0, tables = 0;
	if (pragma_number(h, "PRAGMA application_id", &application) ||
		pragma_number(h, "PRAGMA user_version", &version) ||
		pragma_number(h, "SELECT count(*) FROM sqlite_schema", &tables))
		return schema_fail(h, err);
	if (tables == 0 && application == 0)
		return schema_create(h) == SQLITE_OK ? 0 : schema_fail(h, err);
	if (application != APPLICATION_ID || version < 1)
		return confab_error_set(
			err, CONFAB_EABI, "'%s' is no store of confab", h->engine->path);
	if (version > ENGINE_SCHEMA)
		return confab_error_set(err, CONFAB_EABI,
			"store '%s' was written by a newer confab (schema %d, this one knows %d)",
			h->engine->path, (int)version, ENGINE_SCHEMA);
	if (version < 2 && migrate_begin(h) != SQLITE_OK)
		return schema_fail(h, err);
	atomic_store(&h->engine->migrating, meta_get(h, "replies_to_bring") != 0);
	return 0;
}

int schema_migrate_step(struct handle *h, bool *more)
{
	sqlite3_int64 at = meta_get(h, "replies_to_bring");
	int n = 0, rc = handle_run(h, ST_BEGIN_WRITE);
	if (rc != SQLITE_OK)
		return rc;
	sqlite3_stmt *pick = handle_statement(h, ST_MIGRATE_REPLIES);
	sqlite3_bind_int64(pick, 1, at);
	sqlite3_bind_int(pick, 2, MIGRATE_ROWS);
	while (rc == SQLITE_OK && sqlite3_step(pick) == SQLITE_ROW) {
		at = sqlite3_column_int64(pick, 0);
		n++;
		if (sqlite3_column_type(pick, 1) == SQLITE_NULL)
			continue;
		sqlite3_stmt *add = handle_statement(h, ST_REPLY_ADD);
		sqlite3_bind_int64(add, 1, KEY((uint64_t)at >> PLACE_BITS, column_u64(pick, 1)));
		bind_u64(add, 2, column_u64(pick, 2));
		sqlite3_bind_int64(add, 3, at);
		rc = statement_run(add);
	}
	int stepped = sqlite3_reset(pick);
	*more = n == MIGRATE_ROWS;
	if (rc == SQLITE_OK)
		rc = stepped;
	if (rc == SQLITE_OK)
		rc = meta_set(h, "replies_to_bring", *more ? at : 0);
	if (rc == SQLITE_OK)
		rc = handle_run(h, ST_COMMIT);
	if (rc != SQLITE_OK)
		(void)handle_run(h, ST_ROLLBACK); /* the first error is the one to report */
	else if (!*more)
		atomic_store(&h->engine->migrating, false);
	return rc;
}
