/**
 * One connection to the file: opened with its pragmas, its statements prepared once.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine_internal.h"

/* auto_vacuum must come first, as long as the file is empty. */
static const char write_pragmas[] = "PRAGMA auto_vacuum = INCREMENTAL;"
				    "PRAGMA journal_mode = WAL;"
				    "PRAGMA synchronous = FULL;"
				    "PRAGMA wal_autocheckpoint = 0;"
				    "PRAGMA secure_delete = ON;"
				    "PRAGMA temp_store = MEMORY;";

static const char read_pragmas[] = "PRAGMA query_only = ON;"
				   "PRAGMA temp_store = MEMORY;";

/* ------------------------------------------------------------------------------------------- */

int handle_open(struct handle *h, struct engine *e, bool writes)
{
	char cache[64];
	h->engine = e;
	int rc = sqlite3_open_v2(e->path, &h->db,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (writes ? SQLITE_OPEN_CREATE : 0),
		e->options.vfs);
	if (rc == SQLITE_OK) {
		(void)sqlite3_extended_result_codes(h->db, 1);
		(void)sqlite3_busy_timeout(h->db, 10000);
		rc = sqlite3_exec(h->db, writes ? write_pragmas : read_pragmas, NULL, NULL, NULL);
	}
	if (rc == SQLITE_OK && e->options.cache_kb) {
		sqlite3_snprintf(
			sizeof(cache), cache, "PRAGMA cache_size = -%u", e->options.cache_kb);
		rc = sqlite3_exec(h->db, cache, NULL, NULL, NULL);
	}
	if (rc != SQLITE_OK)
		handle_close(h);
	return rc;
}

void handle_close(struct handle *h)
{
	for (size_t i = 0; i < STATEMENTS; i++) {
		(void)sqlite3_finalize(h->statements[i]); /* says again what its last step said */
		h->statements[i] = NULL;
	}
	if (h->db) {
		(void)sqlite3_db_config(h->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
		(void)sqlite3_close_v2(h->db); /* nothing to do about a failure */
	}
	h->db = NULL;
	names_forget(h);
}

sqlite3_stmt *handle_statement(struct handle *h, enum statement which)
{
	sqlite3_stmt **s = &h->statements[which];
	if (*s)
		return *s;
	int rc = sqlite3_prepare_v3(
		h->db, statement_sql(which), -1, SQLITE_PREPARE_PERSISTENT, s, NULL);
	if (rc != SQLITE_OK)
		h->failed = rc;
	return *s;
}

int handle_failed(struct handle *h, int rc)
{
	int failed = h->failed;
	h->failed = SQLITE_OK;
	return failed ? failed : rc;
}

int statement_run(sqlite3_stmt *s)
{
	if (!s)
		return SQLITE_ERROR;
	int rc = sqlite3_step(s);
	(void)sqlite3_reset(s); /* says again what step said */
	return rc == SQLITE_DONE || rc == SQLITE_ROW ? SQLITE_OK : rc;
}

int handle_run(struct handle *h, enum statement which)
{
	return statement_run(handle_statement(h, which));
}

void call_fail(struct confab_call *call, struct handle *h, int rc, const char *what)
{
	call->rc = rc;
	snprintf(call->text, sizeof(call->text), "%s (%s)", what,
		h->db ? sqlite3_errmsg(h->db) : "the file is not open");
}

void bind_text(sqlite3_stmt *s, int at, const char *text)
{
	/* NULL binds NULL. Borrowed: every statement is stepped before the text may go. */
	(void)sqlite3_bind_text(s, at, text, -1, SQLITE_STATIC);
}

void bind_u64(sqlite3_stmt *s, int at, uint64_t n)
{
	(void)sqlite3_bind_int64(s, at, (sqlite3_int64)n);
}

char *column_text(struct confab_arena *a, sqlite3_stmt *s, int at)
{
	const unsigned char *text = sqlite3_column_text(s, at);
	return text ? confab_arena_dup(a, text, (size_t)sqlite3_column_bytes(s, at)) : NULL;
}

uint64_t column_u64(sqlite3_stmt *s, int at)
{
	return (uint64_t)sqlite3_column_int64(s, at);
}
