/**
 * The store as the core sees it: the provider in force behind typed calls that are allocated, timed,
 * counted and freed here.
 *
 *     struct confab_page *page = store_page_new(store);
 *     page->log = confab_arena_dup(page->call.arena, id, strlen(id));
 *     page->from_seq = 1, page->to_seq = 50;
 *     store_page(store, page, page_loaded, ch);           takes the call
 *     …
 *     static void page_loaded(struct confab_page *page, void *arg)    freed after it returned
 *
 * Thread: logic, all of it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <confab/provider/store.h>

struct store;

/** Every call: its name in the vtable, and its struct without the prefix. One row each. */
#define STORE_CALLS(CALL) \
	CALL(commit, confab_commit) \
	CALL(heads, confab_heads) \
	CALL(changed, confab_changed) \
	CALL(known, confab_known) \
	CALL(entries, confab_entries) \
	CALL(rows, confab_rows) \
	CALL(row_get, confab_row_get) \
	CALL(list, confab_row_list) \
	CALL(tagged, confab_tagged) \
	CALL(page, confab_page) \
	CALL(thread, confab_thread) \
	CALL(search, confab_search) \
	CALL(cursor_put, confab_cursor_put) \
	CALL(cursors, confab_cursors) \
	CALL(purge, confab_purge) \
	CALL(todos, confab_todos) \
	CALL(todo_done, confab_todo_done) \
	CALL(lease, confab_lease) \
	CALL(doc, confab_doc_call) \
	CALL(backup, confab_backup)

/** One number per call, and how many there are. */
#define STORE_VERB_ENUM(name, type) STORE_VERB_##name,
enum store_verb { STORE_CALLS(STORE_VERB_ENUM) STORE_VERBS };

/**
 * For every row of STORE_CALLS:
 *
 * store_NAME_new: a zeroed call with an arena for its inputs too (confab_arena_alloc,
 * confab_arena_dup). The caller's until it is sent or freed by store_call_free.
 *
 * store_NAME: take the call and send it. done comes once, on this loop, in a later turn; the call
 * and all it points to are freed after done returned, unless done kept it with store_call_keep.
 * Inputs that do not lie in the arena must live until done.
 */
#define STORE_CALL_DECLARE(name, type) \
	struct type *store_##name##_new(struct store *s); \
	void store_##name(struct store *s, struct type *c, \
		void (*done)(struct type * c, void *arg), void *arg);
STORE_CALLS(STORE_CALL_DECLARE)

/** Inside done: the call is not freed when done returns, but by store_call_free, which may come before
 *  done returns. */
void store_call_keep(struct confab_call *call);

/** Free a call that was never sent, or kept. NULL is fine. */
void store_call_free(struct confab_call *call);

/**
 * @param vtable  the provider's, borrowed until store_free
 * @param ctx     the provider's
 * @return the store, the caller's, or NULL with err filled (CONFAB_EABI: too small, or a
 *         required function is missing)
 */
struct store *store_new(
	const struct confab_store *vtable, void *ctx, struct confab_error *err) CONFAB_MUSTCHECK;

/** Free it; no call may be under way (store_pending). NULL is fine. */
void store_free(struct store *s);

/** Calls under way. */
unsigned store_pending(const struct store *s);

/** Name of the provider, and of a verb. Static. */
const char *store_name(const struct store *s);
const char *store_verb_name(enum store_verb verb);

/** What happened to the calls of one verb since the start. */
struct store_count {
	uint64_t calls, failed; /* answered; of these with an rc that is not 0 */
	int64_t total_us;       /* from sending to done */
	int64_t max_us;         /* since the last question */
	uint64_t slower[24];    /* answers that took ≥ 2^i us */
};

/** Read the counts of a verb; max_us starts anew. */
void store_count(struct store *s, enum store_verb verb, struct store_count *out);

/** The provider's own figures. */
void store_stats(struct store *s, struct confab_store_stats *out);

#endif
