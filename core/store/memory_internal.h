/**
 * What the files of the memory store share. An exec_NAME carries out one call at once and sets its
 * outputs; memory.c decides when it runs and whether its answer is believed.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef STORE_MEMORY_INTERNAL_H
#define STORE_MEMORY_INTERNAL_H

#include "base/map.h"
#include "store/memory.h"
#include "store/store.h"

/** A growing array of pointers. */
struct ptrs {
	void **items;
	size_t n, cap;
};
void ptrs_add(struct ptrs *p, void *item);
void ptrs_fini(struct ptrs *p);

/** A row as kept: one piece of memory with its strings. */
struct mem_row {
	struct confab_row row;
	struct mem_log *log;
	uint64_t doc; /* when it was found by search first; 0: not found by search */
};

/** An entry as kept, without rows and todos; one piece of memory with its strings. */
struct mem_entry {
	struct confab_entry entry;
};

struct mem_cursor {
	struct confab_cursor c; /* own: not used */
	struct confab_mark own[1000];
	size_t n_own;
};

struct mem_log {
	char *name;
	char epoch[17];
	struct confab_head head; /* deleted: not used */
	struct confab_mark deleted[1000];
	size_t n_deleted;
	int64_t changed_ms;
	uint64_t entries_floor; /* entries up to here may be missing */
	uint64_t rows_floor;    /* gone rows up to here may be missing */
	struct ptrs entries;    /* of rev i + 1, NULL: dropped */
	struct ptrs messages;   /* of seq i + 1, NULL: purged or never given */
	struct strmap *rows;    /* "kind id" of the others */
	struct strmap *cids;    /* "sender cid" → mem_entry */
	struct strmap *cursors; /* user → mem_cursor */
};

struct mem_todo;
struct mem_doc;
struct mem_lease;

struct memory {
	struct memory_faults faults;
	struct strmap *logs;   /* name → mem_log */
	struct ptrs docs;      /* plugins' documents: mem_doc */
	struct ptrs todos;     /* mem_todo */
	struct strmap *leases; /* name → mem_lease */
	uint64_t last_doc;     /* number of the newest row that search can find */
	struct confab_store_stats stats;
};

#define MEMORY_EXEC_DECLARE(name, type) \
	void exec_##name(struct memory *m, struct confab_call *call);
STORE_CALLS(MEMORY_EXEC_DECLARE)

/** The log, or NULL. */
struct mem_log *mem_log_find(struct memory *m, const char *name);
/** Its head in a call's arena; rev 0 if log is NULL. */
struct confab_head mem_head(struct confab_arena *a, const struct mem_log *log, const char *name);
/** Entry of a rev with what is left of its rows, in a call's arena. */
struct confab_entry mem_entry_give(struct confab_arena *a, const struct mem_log *log, uint64_t rev);
/** A row in a call's arena, without its tokens. */
struct confab_row mem_row_give(struct confab_arena *a, const struct mem_row *row);
/** Rows of any kind with after < rev ≤ to, ascending by rev; free(). */
struct mem_row **mem_rows_between(
	const struct mem_log *log, uint64_t after, uint64_t to, size_t *n);
/** Add and free what a log holds. */
struct mem_log *mem_log_add(struct memory *m, const char *name);
void mem_log_free(struct mem_log *log);
/** A copy of a string, NULL for NULL, in a call's arena. */
const char *mem_str(struct confab_arena *a, const char *s);

/** Keep an entry's todos; free the side tables. */
void mem_todos_add(struct memory *m, const char *log, const struct confab_entry *entry);
void mem_side_free(struct memory *m);

#endif
