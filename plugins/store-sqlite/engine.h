/**
 * The store in one SQLite file: blocking functions, for whoever has threads. Knows nothing of confab's
 * host; time and chance are given to it.
 *
 *     writer handle      one thread: engine_write, engine_purge_step, engine_maintain
 *     reader handle k    one thread each: engine_read
 *     checkpoint handle  one thread: engine_checkpoint
 *     backup             its own connection: engine_backup, one at a time
 *
 * WAL, synchronous=FULL. Every answer of engine_write is durable before it returns. A write that fails
 * before its transaction commits answers BUSY (the disk is full …); a commit that fails answers UNKNOWN,
 * and every handle is closed and opened anew before anything else is done.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef STORE_SQLITE_ENGINE_H
#define STORE_SQLITE_ENGINE_H

#include <stdbool.h>
#include <confab/provider/store.h>

#define ENGINE_READERS_MAX 16
/** Schema this engine writes; older files are migrated, newer ones refused. */
#define ENGINE_SCHEMA 2

struct engine;

struct engine_options {
	const char *path;         /* of the file; PATH.lock, PATH-wal, PATH-shm beside it */
	unsigned readers;         /* 1..ENGINE_READERS_MAX */
	unsigned cache_kb;        /* of each handle; 0: SQLite's default */
	const char *vfs;          /* SQLite's name of a file system, or NULL */
	int64_t (*now_ms)(void);  /* Unix time */
	int64_t (*mono_us)(void); /* monotonic time, for figures */
	void (*random)(void *buf, size_t len); /* unpredictable */
};

/**
 * Lock, open, create or check, and recover a store. Strings are copied.
 *
 * @return the engine, the caller's, or NULL with err: CONFAB_EEXIST (another process has it),
 *         CONFAB_EABI (a newer schema, or no store of confab), CONFAB_EIO
 */
struct engine *engine_open(const struct engine_options *options, struct confab_error *err);

/** Close and unlock. No function may be running. NULL is fine. */
void engine_close(struct engine *e);

/** What a call is. Those up to ENGINE_LAST_WRITE go to engine_write, the others to engine_read. */
enum engine_verb {
	ENGINE_COMMIT,
	ENGINE_CURSOR_PUT,
	ENGINE_TODO_DONE,
	ENGINE_LEASE,
	ENGINE_DOC_WRITE, /* put and delete */
	ENGINE_LAST_WRITE = ENGINE_DOC_WRITE,
	ENGINE_HEADS,
	ENGINE_CHANGED,
	ENGINE_KNOWN,
	ENGINE_ENTRIES,
	ENGINE_ROWS,
	ENGINE_ROW_GET,
	ENGINE_LIST,
	ENGINE_TAGGED,
	ENGINE_PAGE,
	ENGINE_THREAD,
	ENGINE_SEARCH,
	ENGINE_CURSORS,
	ENGINE_TODOS,
	ENGINE_DOC_READ, /* get and find */
	ENGINE_VERBS,
};

/** A call to carry out: its struct in <confab/provider/store.h> goes with the verb. */
struct engine_job {
	enum engine_verb verb;
	struct confab_call *call;
};

/** Carry out some writes in one transaction. Outputs and rc of every call are set; the caller answers. */
void engine_write(struct engine *e, const struct engine_job *jobs, size_t n);

/** Carry out one read in one snapshot. @param reader  0 … readers-1 */
void engine_read(struct engine *e, unsigned reader, const struct engine_job *job);

/** One small step of a purge, on the writer's thread. @return true: call again; false: c is answered */
bool engine_purge_step(struct engine *e, struct confab_purge *c);

/**
 * One small step of what must be done sometime: migrate an older file, drop expired documents, forget
 * the words of deleted messages, give free pages back. On the writer's thread.
 *
 * @return true: there is more to do now
 */
bool engine_maintain(struct engine *e);

/** Does the file still have an older schema's rows to bring over? Any thread. */
bool engine_migrating(const struct engine *e);

/** Move the write-ahead log into the file; also shorten it if it is long. @return 0 or CONFAB_EIO */
int engine_checkpoint(struct engine *e);

/** Bytes in the write-ahead log as of the last write. Any thread. */
uint64_t engine_wal_bytes(const struct engine *e);

/** A consistent, verified copy while everything runs. Sets c's outputs and rc. Any one thread. */
void engine_backup(struct engine *e, struct confab_backup *c);

/** Figures. Any thread. */
void engine_stats(struct engine *e, struct confab_store_stats *out);

/**
 * Verify a backup and put it in place of a store that nobody has open; every log gets a new epoch.
 *
 * @return 0, or a code with err: CONFAB_EPROTO (not a sound store), CONFAB_EEXIST (in use), CONFAB_EIO
 */
int engine_restore(
	const char *backup, const struct engine_options *options, struct confab_error *err);

/** Look through a file: SQLite's integrity_check, and heads against rows. @return 0 or CONFAB_EPROTO */
int engine_verify(const char *path, const char *vfs, struct confab_error *err);

#endif
