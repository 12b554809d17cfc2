/**
 * What SQLite alone can do: the statements of store-sqlite for a message, in a loop on one thread.
 *
 * The file is one that confabd made and left, so schema, pragmas and log are the real ones; nothing is
 * parsed, judged, answered or sent. A checkpoint runs when the daemon's would, between two batches.
 *   sqlite_loop FILE LOG BATCH SECONDS    prints {"messages":…,"per_s":…,"cpu_us":…}
 *
 * SPDX-License-Identifier: MIT
 */
#include "../plugins/store-sqlite/statement.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* As in store-sqlite. */
#define KEY(log, place) ((sqlite3_int64)((uint64_t)(log) << 32 | (uint64_t)(place)))
#define CHECKPOINT_BYTES (2 << 20)
#define PAGE_BYTES 4096
#define TRIM_EVERY 128

#define USERS 20
#define BODY 200

static const char pragmas[] = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
			      "PRAGMA wal_autocheckpoint = 0; PRAGMA secure_delete = ON;"
			      "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8192;";

struct bare {
	sqlite3 *db;
	sqlite3_stmt *statements[STATEMENTS];
	sqlite3_int64 log, user[USERS];
	const char *name; /* of the log */
	uint64_t rev, seq;
	int wal_pages;
};

static _Noreturn void fail(const struct bare *b, const char *what)
{
	(void)fprintf(stderr, "sqlite_loop: %s: %s\n", what, sqlite3_errmsg(b->db));
	exit(2);
}

static sqlite3_stmt *statement(struct bare *b, enum statement which)
{
	sqlite3_stmt **s = &b->statements[which];
	if (*s == NULL &&
		sqlite3_prepare_v3(b->db, statement_sql(which), -1, SQLITE_PREPARE_PERSISTENT, s,
			NULL) != SQLITE_OK)
		fail(b, statement_sql(which));
	return *s;
}

static void run(struct bare *b, enum statement which)
{
	sqlite3_stmt *s = statement(b, which);
	int rc = sqlite3_step(s);
	(void)sqlite3_reset(s); /* says again what step said */
	if (rc != SQLITE_DONE && rc != SQLITE_ROW)
		fail(b, statement_sql(which));
}

static void text(sqlite3_stmt *s, int at, const char *value)
{
	(void)sqlite3_bind_text(s, at, value, -1, SQLITE_STATIC);
}

static void numbers(sqlite3_stmt *s, int first, const sqlite3_int64 *values, int n)
{
	for (int i = 0; i < n; i++)
		(void)sqlite3_bind_int64(s, first + i, values[i]);
}

/* Where the log stands, asked before every batch, as the store does. */
static void find_log(struct bare *b)
{
	sqlite3_stmt *s = statement(b, ST_LOG_FIND);
	text(s, 1, b->name);
	if (sqlite3_step(s) != SQLITE_ROW)
		fail(b, "there is no such log");
	b->log = sqlite3_column_int64(s, 0);
	b->rev = (uint64_t)sqlite3_column_int64(s, 1);
	b->seq = (uint64_t)sqlite3_column_int64(s, 2);
	(void)sqlite3_reset(s);
}

static void find_users(struct bare *b)
{
	char name[32];
	for (int i = 0; i < USERS; i++) {
		sqlite3_stmt *s = statement(b, ST_USER_ADD);
		(void)snprintf(name, sizeof(name), "bare%d", i);
		text(s, 1, name);
		run(b, ST_USER_ADD);
		b->user[i] = sqlite3_last_insert_rowid(b->db);
	}
}

static void add_entry(struct bare *b, sqlite3_int64 user, const char *cid, sqlite3_int64 now)
{
	static const unsigned char hash[32];
	char result[96];
	sqlite3_stmt *s = statement(b, ST_ENTRY_ADD);

	(void)snprintf(result, sizeof(result), "{\"rev\":%llu,\"ts\":%lld,\"seq\":%llu}",
		(unsigned long long)b->rev, (long long)now, (unsigned long long)b->seq);
	numbers(s, 1, (sqlite3_int64[]){KEY(b->log, b->rev), b->log, user}, 3);
	text(s, 4, cid);
	(void)sqlite3_bind_int64(s, 5, now);
	text(s, 6, "message.send");
	(void)sqlite3_bind_blob(s, 7, hash, sizeof(hash), SQLITE_STATIC);
	text(s, 8, result);
	numbers(s, 9, (sqlite3_int64[]){(sqlite3_int64)b->seq, (sqlite3_int64)b->seq, 0, 1, 0, 5},
		6);
	run(b, ST_ENTRY_ADD);
}

/* The row a client would see, and its words. */
static void add_message(struct bare *b, sqlite3_int64 user, const char *cid, sqlite3_int64 now)
{
	char said[BODY + 1], body[BODY + 256], words[BODY + 64];

	memset(said, 'x', BODY);
	said[BODY] = '\0';
	(void)snprintf(said, 9, "%08llx", (unsigned long long)b->seq);
	said[8] = 'x';
	(void)snprintf(
		words, sizeof(words), "=%lld ~%lld %s", (long long)b->log, (long long)user, said);
	(void)snprintf(body, sizeof(body),
		"{\"kind\":\"message\",\"id\":%llu,\"rev\":%llu,\"text\":\"%s\",\"ver\":1,"
		"\"user\":\"bench0\",\"cid\":\"%s\",\"counts\":1,\"ord\":%llu,\"all\":0,\"ts\":%lld}",
		(unsigned long long)b->seq, (unsigned long long)b->rev, said, cid,
		(unsigned long long)b->seq, (long long)now);
	sqlite3_stmt *s = statement(b, ST_WORDS_ADD);
	text(s, 2, words);
	(void)sqlite3_bind_int64(s, 3, KEY(b->log, b->seq));
	run(b, ST_WORDS_ADD);
	sqlite3_int64 doc = sqlite3_last_insert_rowid(b->db);
	s = statement(b, ST_MESSAGE_ADD);
	numbers(s, 1, (sqlite3_int64[]){KEY(b->log, b->seq), KEY(b->log, b->rev)}, 2);
	numbers(s, 5, (sqlite3_int64[]){user, doc, 0}, 3);
	text(s, 9, body);
	run(b, ST_MESSAGE_ADD);
}

static void add_own(struct bare *b, sqlite3_int64 user)
{
	sqlite3_int64 values[] = {b->log, user, (sqlite3_int64)b->seq, 0};

	numbers(statement(b, ST_CURSOR_TOUCH), 1, values, 2);
	run(b, ST_CURSOR_TOUCH);
	numbers(statement(b, ST_OWN_ADD), 1, values, 4);
	run(b, ST_OWN_ADD);
	if (b->seq % TRIM_EVERY != 0)
		return;
	numbers(statement(b, ST_OWN_TRIM), 1, values, 2);
	run(b, ST_OWN_TRIM);
}

static void batch(struct bare *b, unsigned n)
{
	struct timespec t;
	char cid[40];

	(void)clock_gettime(CLOCK_REALTIME, &t);
	sqlite3_int64 now = (sqlite3_int64)t.tv_sec * 1000 + t.tv_nsec / 1000000;
	run(b, ST_BEGIN_WRITE);
	find_log(b);
	for (unsigned i = 0; i < n; i++) {
		b->rev++;
		b->seq++;
		(void)snprintf(cid, sizeof(cid), "bare-%016llx-bare", (unsigned long long)b->rev);
		add_entry(b, b->user[b->seq % USERS], cid, now);
		add_message(b, b->user[b->seq % USERS], cid, now);
		add_own(b, b->user[b->seq % USERS]);
	}
	numbers(statement(b, ST_LOG_RAISE), 1,
		(sqlite3_int64[]){b->log, (sqlite3_int64)b->rev, (sqlite3_int64)b->seq,
			(sqlite3_int64)b->seq, 0, 1, now, now},
		8);
	run(b, ST_LOG_RAISE);
	run(b, ST_COMMIT);
	if ((int64_t)b->wal_pages * PAGE_BYTES > CHECKPOINT_BYTES)
		(void)sqlite3_wal_checkpoint_v2(b->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

static int wal_grew(void *arg, sqlite3 *db, const char *name, int pages)
{
	(void)db;
	(void)name;
	((struct bare *)arg)->wal_pages = pages;
	return SQLITE_OK;
}

static double seconds(clockid_t clock)
{
	struct timespec t;
	(void)clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	struct bare b = {.db = NULL};
	uint64_t messages = 0;

	if (argc != 5) {
		(void)fputs("usage: sqlite_loop FILE LOG BATCH SECONDS\n", stderr);
		return 2;
	}
	unsigned n = (unsigned)strtoul(argv[3], NULL, 10);
	double last = strtod(argv[4], NULL);
	if (sqlite3_open_v2(argv[1], &b.db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
		sqlite3_exec(b.db, pragmas, NULL, NULL, NULL) != SQLITE_OK)
		fail(&b, argv[1]);
	(void)sqlite3_wal_hook(b.db, wal_grew, &b);
	b.name = argv[2];
	find_log(&b);
	find_users(&b);
	double began = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID), took;
	do {
		batch(&b, n);
		messages += n;
		took = seconds(CLOCK_MONOTONIC) - began;
	} while (n > 0 && took < last);
	cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	printf("{\"messages\":%llu,\"per_s\":%.1f,\"cpu_us\":%.2f}\n", (unsigned long long)messages,
		(double)messages / took, cpu * 1e6 / (double)messages);
	for (size_t i = 0; i < STATEMENTS; i++)
		(void)sqlite3_finalize(b.statements[i]);
	return sqlite3_close(b.db) == SQLITE_OK ? 0 : 2;
}
