/**
 * What a store must do for confab. One provider is in force per server (service "store").
 *
 * A store keeps *logs*: ordered lists of *entries*, numbered rev = 1, 2, 3 … without holes, each with
 * the *rows* it left behind (whole, replaced only by a higher rev), a *head* per log, *cursors* per
 * (log, user), *todos*, *leases* and *documents*. A log is named by a channel's id ("general") or by
 * "@" and a user's id ("@ann"). The core numbers everything; the store decides only whether those
 * numbers are free, and never gives one twice.
 *
 * Calls. Each is a struct that begins with struct confab_call. The core fills the inputs and calls the
 * function on the logic thread; the store returns at once, works on its own lanes, writes the outputs
 * (memory from confab_arena_alloc(call->arena, …)), sets call->rc and calls confab_call_done() once,
 * from any thread. Inputs are borrowed until then. Outputs live until the core frees the call.
 * rc: 0, or CONFAB_EBUSY (certainly nothing done: try again), CONFAB_EUNKNOWN (perhaps done),
 * CONFAB_EINVAL (a bug of the caller), CONFAB_EIO (reading failed; nothing was changed).
 *
 * Durable: when a commit answers CONFAB_COMMIT_DONE, its entries survive power loss.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CONFAB_PROVIDER_STORE_H
#define CONFAB_PROVIDER_STORE_H

#include <stdbool.h>
#include <confab/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct confab_arena;
struct confab_settings;

/** Memory that lives as long as its call. Zeroed. Never NULL. Thread: whoever holds the call. */
void *confab_arena_alloc(struct confab_arena *a, size_t size);
/** Copy len bytes and add a NUL. */
char *confab_arena_dup(struct confab_arena *a, const void *bytes, size_t len);

/** Head of every call. */
struct confab_call {
	void *link[4];                          /* the core's, for its way home */
	void (*done)(struct confab_call *call); /* the core's: logic thread */
	struct confab_arena *arena;
	int rc;         /* out: 0 or enum confab_code */
	char text[160]; /* out: reason of a failure, for the log */
};

/** Answer a call. Once. Thread: any. */
void confab_call_done(struct confab_call *call);

/** A row: what entries leave behind. Strings are UTF-8 and NUL-terminated. */
struct confab_row {
	const char *kind;     /* "message", "member", "channel", "thread", …: 1..32 characters */
	const char *id;       /* of a message: its seq in decimal; 1..128 bytes */
	uint64_t rev;         /* the last entry that touched it */
	uint64_t seq;         /* of a message: its place; else 0 */
	uint64_t parent;      /* of a thread reply: its parent's seq; else 0 */
	uint64_t n;           /* of a thread reply: its number in the thread, 1 …; else 0 */
	const char *sender;   /* of a message: its author; else NULL */
	const char *audience; /* NULL: everybody; else JSON text, opaque to the store */
	const char *tag; /* indexed across logs together with kind (list of open channels); or NULL;
				 never of a message */
	const char *
		tokens; /* search words, separated by single spaces, from the core's tokenizer; NULL
				 or "": not found by search. Written only, NULL when read */
	const char *body; /* the whole row as JSON object text, as clients see it; "" if gone */
	size_t body_len;
	bool gone; /* removed; kept 30 days so that syncs hear of it */
};

/** Work that must follow a commit, at least once. Key: (log, rev, n). */
struct confab_todo {
	const char *log;
	uint64_t rev;
	unsigned n;        /* 0 … within its entry */
	const char *name;  /* "plugin.row" */
	const char *body;  /* JSON text */
	unsigned attempts; /* so far */
	int64_t due_ms;    /* Unix time; not run before */
};

/** One change: an entry of a log with what it touched. */
struct confab_entry {
	uint64_t rev;
	int64_t ts;         /* Unix ms; never below its predecessor's */
	const char *op;     /* "message.send" … */
	const char *sender; /* user id, or "" for the system */
	const char *cid;    /* unique per (log, sender); "" : none (system) */
	uint8_t hash[32];   /* of the request, to tell a conflict */
	const char *result; /* JSON text of the first answer, given again to a resend */
	/* the head as it stands after this entry: */
	uint64_t seq, ord, all, first;
	uint64_t deleted; /* seq of a message that no longer counts as unread; 0: none */
	bool deleted_all; /* … and that had mentioned everybody */
	bool message;     /* it made message number seq */
	bool counts;      /* that message counts as unread: its seq goes into the author's `own` */
	bool counts_all;  /* … and mentions everybody */
	const struct confab_row *rows;
	size_t n_rows; /* ≤ 1,000 */
	const struct confab_todo *todos;
	size_t n_todos;
};

/** A message that no longer counts, or an own one, by seq. */
struct confab_mark {
	uint64_t seq;
	bool all; /* it mentioned everybody */
};

/** Head of a log, read as one record. rev 0: no such log. */
struct confab_head {
	const char *log;
	uint64_t rev, seq, ord, all, first;
	int64_t ts;
	const char *epoch;                 /* opaque; new when history was restored or reset */
	const struct confab_mark *deleted; /* the last ≤ 1,000 that no longer count, ascending */
	size_t n_deleted;
};

/** Where a user stands in a log. Highest wins, field by field. */
struct confab_cursor {
	const char *log;
	const char *user; /* a user who only ever sent has one too, all 0 but `own` */
	uint64_t read_seq, read_ord, read_all;
	uint64_t delivered;
	const struct confab_mark
		*own; /* out: own counted messages above read_seq, the last ≤ 1,000,
					      ascending */
	size_t n_own;
};

enum confab_commit_result {
	CONFAB_COMMIT_DONE = 1, /* durable, all of it */
	CONFAB_COMMIT_MOVED =
		2, /* the log is not at `at`: nothing, or a first part, was written; see moved */
	CONFAB_COMMIT_REFUSED =
		3, /* certainly not written, and never will be: rc CONFAB_EEXIST (a cid is
				      known: ask `known`) or CONFAB_EINVAL (text says why) */
	CONFAB_COMMIT_BUSY =
		4, /* certainly not written; may be tried again (disk full, server away) */
	CONFAB_COMMIT_UNKNOWN = 5, /* perhaps written, and reading back failed too */
};

/**
 * commit: append entries at+1 … at+n. at 0 makes the log. rc is 0 with DONE and MOVED, else the code
 * that goes with the result. MOVED without entries: what is after `at` is kept no more, or the head
 * is below `at` (another history): load the log anew.
 */
struct confab_commit {
	struct confab_call call;
	const char *log;
	uint64_t at;
	const struct confab_entry *entries; /* numbered at+1 …; rows carry the same revs */
	size_t n;
	enum confab_commit_result result; /* out */
	const struct confab_entry
		*moved; /* out, if MOVED: entries after `at`, ≤ 1,000, with rows */
	size_t n_moved;
	struct confab_head head; /* out, if DONE or MOVED */
};

/** For providers: what is wrong with a commit whose `at` is the head's rev; NULL, nothing. It holds the
 *  numbers of the entries against the head and each other, and the rows' names against their bounds.
 *  The sentence is static. Thread: any. */
const char *confab_commit_fault(const struct confab_commit *c, const struct confab_head *head);
/** For providers: the head's numbers become the entry's. Thread: whoever holds the head. */
void confab_head_raise(struct confab_head *head, const struct confab_entry *e);

/** heads: of many logs at once; heads[i].rev == 0 where there is none. */
struct confab_heads {
	struct confab_call call;
	const char *const *logs;
	size_t n;
	struct confab_head *heads; /* out, n of them, in order */
};

/** changed: heads raised in (from, to] by the store's clock; `to` is answered. */
struct confab_changed {
	struct confab_call call;
	int64_t from_ms;
	int64_t to_ms;             /* out */
	struct confab_head *heads; /* out; log, rev and seq are enough */
	size_t n;
};

/** known: entries of one sender by cid. Unknown ones are left out. */
struct confab_known {
	struct confab_call call;
	const char *log;
	const char *sender;
	const char *const *cids;
	size_t n;
	struct confab_entry *entries; /* out; rows need not be given */
	size_t n_entries;
};

/** entries: after `after`, up to the head read first, ≤ limit, with their rows. EGONE: dropped already. */
struct confab_entries {
	struct confab_call call;
	const char *log;
	uint64_t after;
	size_t limit;                 /* 1..1,000 */
	struct confab_head head;      /* out */
	struct confab_entry *entries; /* out, ascending */
	size_t n;
};

/**
 * rows: every row of a log with after < rev ≤ the head, ascending by rev, at most about limit, never
 * ending inside a rev. Head and rows are one snapshot: to = the rev the answer is complete up to
 * (head.rev, or the last row's rev if more). Gone rows included. Below the kept 30 days: rc EGONE,
 * but never for after 0: who holds nothing misses no gone row.
 */
struct confab_rows {
	struct confab_call call;
	const char *log;
	uint64_t after;
	size_t limit;            /* 1..1,000 */
	struct confab_head head; /* out */
	uint64_t to;             /* out */
	bool more;               /* out */
	struct confab_row *rows; /* out */
	size_t n;
};

/** row: some rows by (kind, id); absent ones have kind NULL. From the same snapshot as head. */
struct confab_row_get {
	struct confab_call call;
	const char *log;
	const char *const *kinds;
	const char *const *ids;
	size_t n;
	struct confab_head head; /* out */
	struct confab_row *rows; /* out, n of them, in order */
};

/** list: living rows of a kind in a log, by id ascending (bytes), after an id ("" first). */
struct confab_row_list {
	struct confab_call call;
	const char *log;
	const char *kind;
	const char *after;
	size_t limit;            /* 1..1,000 */
	struct confab_head head; /* out */
	struct confab_row *rows; /* out */
	size_t n;
	bool more; /* out */
};

/** tagged: living rows of a kind with a tag, in all logs, by log name ascending, after a log name;
 *  about limit, never ending inside a log. */
struct confab_tagged {
	struct confab_call call;
	const char *kind;
	const char *tag;
	const char *after;
	size_t limit;            /* 1..1,000 */
	struct confab_row *rows; /* out */
	const char **logs;       /* out, n of them */
	size_t n;
	bool more; /* out */
};

/** page: messages from … to (both included, clipped to first … head.seq), ascending by seq, each exactly
 *  once (tombstones too). A window of ≤ 1,000. */
struct confab_page {
	struct confab_call call;
	const char *log;
	uint64_t from_seq, to_seq;
	struct confab_head head; /* out */
	struct confab_row *rows; /* out */
	size_t n;
};

/** thread: replies of a parent with number n in from … to, ascending. */
struct confab_thread {
	struct confab_call call;
	const char *log;
	uint64_t parent;
	uint64_t from_n, to_n;   /* window ≤ 1,000 */
	struct confab_head head; /* out */
	struct confab_row *rows; /* out */
	size_t n;
};

/** search: messages that hold every token (the last one may be a prefix: `prefix`), newest first. */
struct confab_search {
	struct confab_call call;
	const char *const *logs; /* only in these */
	size_t n_logs;
	const char *const *tokens; /* 1..16 */
	size_t n_tokens;
	bool prefix;
	const char *sender;      /* or NULL */
	const char *cursor;      /* "" first; then what the last answer gave */
	size_t limit;            /* 1..100 */
	struct confab_row *rows; /* out */
	const char **row_logs;   /* out, n of them */
	size_t n;
	const char *next; /* out: cursor, "" at the end */
};

/** cursor_put: raise; answered when stored. out: what stands now. CONFAB_ENOENT: no such log. */
struct confab_cursor_put {
	struct confab_call call;
	struct confab_cursor cursor;
	struct confab_cursor out;
};

/** cursors: of some users of a log, those that have one (users NULL: of all, ≤ 1,000 after
 *  `after_user`, by user), or of one user in all logs, by log (log NULL, n_users 1). */
struct confab_cursors {
	struct confab_call call;
	const char *log;
	const char *const *users;
	size_t n_users;
	const char *after_user;
	struct confab_cursor *cursors; /* out */
	size_t n;
};

/** purge: rows of messages with seq < first, in small steps; answered when all is gone. The head's
 *  `first` must have been raised to it by an entry (else CONFAB_EINVAL).
 *  entries_before_ms: also drop what is older than this of the entries that made no message or one
 *  below first, and of the gone rows; 0: none. */
struct confab_purge {
	struct confab_call call;
	const char *log;
	uint64_t first;
	int64_t entries_before_ms;
	uint64_t removed; /* out: rows of messages */
};

/** todos: due ones of all logs, by due time. */
struct confab_todos {
	struct confab_call call;
	int64_t due_before_ms;
	size_t limit;              /* 1..1,000 */
	struct confab_todo *todos; /* out */
	size_t n;
};

/** todo_done: remove (again_ms 0) or put off until again_ms with attempts + 1. ENOENT is 0. */
struct confab_todo_done {
	struct confab_call call;
	const char *log;
	uint64_t rev;
	unsigned n;
	int64_t again_ms;
};

/** lease: take or renew by compare-and-set on the store's clock. */
struct confab_lease {
	struct confab_call call;
	const char *name;
	const char *holder;
	int64_t ttl_ms;    /* 0: give back */
	bool held;         /* out */
	uint64_t fence;    /* out: grows with every change of hands */
	const char *owner; /* out */
	int64_t now_ms;    /* out: the store's clock */
};

/** A document of a plugin's or the core's collection. */
struct confab_doc {
	const char *coll;   /* "plugin.name" */
	const char *key;    /* 1..256 bytes */
	const char *body;   /* JSON object text */
	const char *index;  /* value of the collection's one declared index, or NULL */
	uint64_t version;   /* 1 …; 0: absent */
	int64_t expires_ms; /* Unix time after which it may be dropped; 0: never */
};

enum confab_doc_verb { CONFAB_DOC_GET = 1, CONFAB_DOC_PUT, CONFAB_DOC_DELETE, CONFAB_DOC_FIND };

/** doc: get; put if the version is if_version (0: must be absent, UINT64_MAX: whatever) else
 *  rc CONFAB_ECONFLICT and `doc` as it stands; delete alike; find by index (NULL: all of the
 *  collection), keys after `key` ("" first) ascending. An expired document is absent. */
struct confab_doc_call {
	struct confab_call call;
	enum confab_doc_verb verb;
	struct confab_doc doc; /* in, and out (version 0: absent) */
	uint64_t if_version;
	size_t limit;             /* find: 1..1,000 */
	struct confab_doc *found; /* out */
	size_t n;
};

/** backup: a consistent copy to a path while running. CONFAB_EUNSUPPORTED where there is none. */
struct confab_backup {
	struct confab_call call;
	const char *path; /* must not exist */
	uint64_t bytes;   /* out */
};

/** figures for /metrics and status */
struct confab_store_stats {
	uint64_t commits, entries, busy, unknown, reads;
	uint64_t last_batch; /* entries in the newest transaction */
	int64_t commit_us_p99;
	uint64_t bytes; /* on disk, if known */
};

/** The provider's functions. size guards its growth; all but backup and restore are required. */
struct confab_store {
	size_t size;
	const char *name;
	void (*commit)(void *ctx, struct confab_commit *c);
	void (*heads)(void *ctx, struct confab_heads *c);
	void (*changed)(void *ctx, struct confab_changed *c);
	void (*known)(void *ctx, struct confab_known *c);
	void (*entries)(void *ctx, struct confab_entries *c);
	void (*rows)(void *ctx, struct confab_rows *c);
	void (*row_get)(void *ctx, struct confab_row_get *c);
	void (*list)(void *ctx, struct confab_row_list *c);
	void (*tagged)(void *ctx, struct confab_tagged *c);
	void (*page)(void *ctx, struct confab_page *c);
	void (*thread)(void *ctx, struct confab_thread *c);
	void (*search)(void *ctx, struct confab_search *c);
	void (*cursor_put)(void *ctx, struct confab_cursor_put *c);
	void (*cursors)(void *ctx, struct confab_cursors *c);
	void (*purge)(void *ctx, struct confab_purge *c);
	void (*todos)(void *ctx, struct confab_todos *c);
	void (*todo_done)(void *ctx, struct confab_todo_done *c);
	void (*lease)(void *ctx, struct confab_lease *c);
	void (*doc)(void *ctx, struct confab_doc_call *c);
	void (*backup)(void *ctx, struct confab_backup *c);
	void (*stats)(void *ctx, struct confab_store_stats *out); /* any thread, at once */
	/**
	 * Offline (confabctl restore): verify the copy that backup made and put it in place of the store
	 * that these settings name; nothing else of the plugin is running. Every log gets a new epoch, so
	 * that clients which knew more begin anew.
	 *
	 * @param set       of the whole server, with data_dir as confab_data_dir() would say
	 * @param from      path of the copy; stays
	 * @param place     on success where the store lies now, at least size bytes
	 * @return 0 or a code with err: CONFAB_EEXIST (in use), CONFAB_EPROTO (no sound copy), CONFAB_EIO
	 * Thread: main.
	 */
	int (*restore)(const struct confab_settings *set, const char *data_dir, const char *from,
		char *place, size_t size, struct confab_error *err);
};

#ifdef __cplusplus
}
#endif
#endif
