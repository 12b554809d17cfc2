/**
 * What the files of the engine share: handles with their prepared statements, and the words for rows.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef STORE_SQLITE_ENGINE_INTERNAL_H
#define STORE_SQLITE_ENGINE_INTERNAL_H

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>

#include "engine.h"
#include "statement.h"

#define NAME_CACHE 256
#define MARKS_MAX 1000
#define WINDOW_MAX 1000
#define LATENCIES 512

/* A log's number and a place in it are one key: 31 bits of log, 32 of rev or seq. */
#define PLACE_BITS 32
#define PLACE_MAX ((uint64_t)UINT32_MAX)
#define KEY(log, place) ((sqlite3_int64)(((uint64_t)(log) << PLACE_BITS) | (uint64_t)(place)))
#define KEY_PLACE(key) ((uint64_t)(key)&PLACE_MAX)

/** A user's number, remembered. */
struct name_slot {
	char name[CONFAB_ID_MAX + 1];
	sqlite3_int64 id;
};

/** One connection to the file; one thread at a time. */
struct handle {
	struct engine *engine;
	sqlite3 *db;                          /* NULL: to be opened */
	sqlite3_stmt *statements[STATEMENTS]; /* prepared when first used */
	struct name_slot *names;              /* the writer's only */
	int failed; /* a statement could not be prepared since handle_failed */
};

struct engine {
	struct engine_options options;
	char *path;
	int lock_fd;
	pthread_rwlock_t
		open_lock;  /* held shared while a handle works, exclusively to reopen all */
	atomic_bool broken; /* a commit failed: reopen before the next work */
	atomic_bool migrating;
	atomic_bool swept_words; /* this SQLite forgets words by itself (secure-delete) */
	_Atomic uint64_t wal_bytes;
	_Atomic uint64_t commits, entries, busy, unknown, reads, last_batch;
	pthread_mutex_t stats_lock;
	int64_t latencies_us[LATENCIES]; /* under stats_lock */
	uint64_t n_latencies;
	/* the writer's */
	struct handle writer;
	bool words_dirty; /* words of deleted messages may be in the index */
	bool sweeping;
	int64_t sweep_due_ms; /* not before */
	int64_t sweep_took_ms;
	int64_t sweep_began_ms;
	int64_t expire_due_ms;
	int64_t cut_due_ms; /* the checkpointer's */
	struct handle checkpointer;
	struct handle readers[ENGINE_READERS_MAX];
};

/** A log as its record says. id 0: there is none. */
struct log_record {
	sqlite3_int64 id;
	uint64_t entries_floor, rows_floor;
	struct confab_head head; /* without log and deleted */
};

/* handle.c */

/** Open a connection to the engine's file, with its pragmas. @return an SQLite code */
int handle_open(struct handle *h, struct engine *e, bool writes);
/** Finalise statements and close. Without a checkpoint, so that a broken file is left as it is. */
void handle_close(struct handle *h);
/** A prepared statement; NULL if it cannot be prepared, which handle_failed then tells: SQLite's
 *  functions take NULL quietly, so callers need not look. */
sqlite3_stmt *handle_statement(struct handle *h, enum statement which);
/** What a verb gave, or why a statement of it could not be prepared. */
int handle_failed(struct handle *h, int rc);
/** Step a statement that gives no rows, and reset it. @return SQLITE_OK or an error */
int statement_run(sqlite3_stmt *s);
/** Run one of the fixed statements without parameters. */
int handle_run(struct handle *h, enum statement which);
/** Put the reason of an error into a call. */
void call_fail(struct confab_call *call, struct handle *h, int rc, const char *what);

/** Bind text, or NULL for none; it must live until the statement is reset. */
void bind_text(sqlite3_stmt *s, int at, const char *text); /* NULL: NULL */
void bind_u64(sqlite3_stmt *s, int at, uint64_t n);
/** A column's text in an arena; NULL for NULL. */
char *column_text(struct confab_arena *a, sqlite3_stmt *s, int at);
uint64_t column_u64(sqlite3_stmt *s, int at);

/** Enter and leave work on a handle: reopens what is broken. @return false: the file cannot be opened,
 *  nothing is held */
bool engine_enter(struct engine *e);
void engine_leave(struct engine *e);

/* engine.c */

/** Lock the file for this engine's life, through PATH.lock. @return 0 or a code with err */
int engine_lock(struct engine *e, struct confab_error *err);

/* schema.c */

/** Create, or check version; begin migrations. @return 0 or a code with err */
int schema_prepare(struct handle *h, struct confab_error *err);
/** Bring over some rows of an older schema. @return an SQLite code; *more: call again */
int schema_migrate_step(struct handle *h, bool *more);
/** A number kept in the file; 0 if never set. */
sqlite3_int64 meta_get(struct handle *h, const char *key);
int meta_set(struct handle *h, const char *key, sqlite3_int64 value);

/* log.c */

/** A log's record from a statement that selects id … rows_floor. */
void log_fill(struct confab_arena *a, sqlite3_stmt *s, struct log_record *out);
/** Look a log up. @return SQLITE_OK (found or not) or an error */
int log_find(struct handle *h, struct confab_arena *a, const char *name, struct log_record *out);
/** Fill a head for an answer: name and deleted marks in the arena. */
int head_fill(struct handle *h, struct confab_arena *a, const char *name,
	const struct log_record *log, struct confab_head *out);
/** A user's number; 0 and SQLITE_OK if there is none. With add it is made. */
int user_id(struct handle *h, const char *name, bool add, sqlite3_int64 *id);
/** Forget remembered numbers (after a rollback). */
void names_forget(struct handle *h);
/** A row from a statement that selects ROW_COLUMNS. */
void row_fill(struct confab_arena *a, sqlite3_stmt *s, struct confab_row *out);
/** Entries of a log with after < rev ≤ head, at most limit, with the rows they left; into the arena. */
int entries_read(struct handle *h, struct confab_arena *a, const struct log_record *log,
	uint64_t after, size_t limit, struct confab_entry **out, size_t *n);
/** An entry from a statement that selects ENTRY_COLUMNS. */
void entry_fill(struct confab_arena *a, sqlite3_stmt *s, struct confab_entry *out);
/** Insert an entry; sqlite3_changes is 0 if its cid is known. */
int entry_add(
	struct handle *h, sqlite3_int64 log, sqlite3_int64 sender, const struct confab_entry *e);
/** Add a mark to a log's list of deleted messages. */
int deleted_add(struct handle *h, sqlite3_int64 log, uint64_t seq, bool all);

/* The verbs: inside a transaction; rc and outputs into the call, an SQLite error is returned. */
int commit_one(struct handle *h, struct confab_call *call);
int cursor_put_one(struct handle *h, struct confab_call *call);
int todo_done_one(struct handle *h, struct confab_call *call);
int lease_one(struct handle *h, struct confab_call *call);
int doc_write_one(struct handle *h, struct confab_call *call);
int heads_read(struct handle *h, struct confab_call *call);
int changed_read(struct handle *h, struct confab_call *call);
int known_read(struct handle *h, struct confab_call *call);
int entries_call(struct handle *h, struct confab_call *call);
int rows_read(struct handle *h, struct confab_call *call);
int row_get_read(struct handle *h, struct confab_call *call);
int list_read(struct handle *h, struct confab_call *call);
int tagged_read(struct handle *h, struct confab_call *call);
int page_read(struct handle *h, struct confab_call *call);
int thread_read(struct handle *h, struct confab_call *call);
int search_read(struct handle *h, struct confab_call *call);
int cursors_read(struct handle *h, struct confab_call *call);
int todos_read(struct handle *h, struct confab_call *call);
int doc_read(struct handle *h, struct confab_call *call);

/* search.c */

/** Look what this SQLite can do about words, and whether there is a sweep to finish. */
void words_begin(struct engine *e);
/** Put words into the index. doc 0: a new number, answered. */
int words_add(struct handle *h, sqlite3_int64 *doc, sqlite3_int64 message, sqlite3_int64 log,
	sqlite3_int64 sender, const char *tokens);
/** Take words out; they leave the file at the next sweep. */
int words_remove(struct handle *h, sqlite3_int64 doc);
/** One step of forgetting them, if it is due. @return true: there is more to do now */
bool words_sweep(struct engine *e);

/* maintain.c */

/** Bytes of the file. */
uint64_t engine_bytes(struct engine *e);

#endif
