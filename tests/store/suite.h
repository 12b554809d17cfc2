/**
 * The suite every store must pass. Who brings a store of his own writes a fixture and calls
 * suite_run from main:
 *
 *     int main(void) { return suite_run(&my_fixture); }
 *
 * Calls are made on a loop of their own ("logic"); the tests run in other threads and wait, so that
 * several of them are several callers.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TESTS_STORE_SUITE_H
#define TESTS_STORE_SUITE_H

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <confab/provider/store.h>

/** One store under test. open makes an empty one, or opens what lies in dir. */
struct fixture {
	const char *name;
	const struct confab_store *vtable; /* set by open */
	void *ctx;                         /* set by open */
	char dir[64];                      /* an empty directory, made and removed by the suite */
	int64_t (*now_ms)(void);           /* the store's clock */
	/* On the logic loop; may answer later by open_finish. */
	void (*open)(struct fixture *f);
	void (*close)(struct fixture *f);
	bool lasting; /* what was written is there after close and open */
};

/** Run all tests on a fixture. @return number of failed ones */
int suite_run(struct fixture *f);

/** Start and stop the logic loop; open and close the store in a new or the same directory. */
void suite_begin(struct fixture *f);
void suite_end(struct fixture *f);
void suite_open(struct fixture *f);
void suite_close(struct fixture *f);

/** A fixture's open or close says that it is done. Logic loop. */
void suite_opened(struct fixture *f);

/** Run fn on the logic loop and wait for it. */
void suite_on_logic(void (*fn)(void *arg), void *arg);

/** Make a call and wait for its answer; the arena stays until answer_drop. */
void ask_commit(struct fixture *f, struct confab_commit *c);
void ask_heads(struct fixture *f, struct confab_heads *c);
void ask_changed(struct fixture *f, struct confab_changed *c);
void ask_known(struct fixture *f, struct confab_known *c);
void ask_entries(struct fixture *f, struct confab_entries *c);
void ask_rows(struct fixture *f, struct confab_rows *c);
void ask_row_get(struct fixture *f, struct confab_row_get *c);
void ask_list(struct fixture *f, struct confab_row_list *c);
void ask_tagged(struct fixture *f, struct confab_tagged *c);
void ask_page(struct fixture *f, struct confab_page *c);
void ask_thread(struct fixture *f, struct confab_thread *c);
void ask_search(struct fixture *f, struct confab_search *c);
void ask_cursor_put(struct fixture *f, struct confab_cursor_put *c);
void ask_cursors(struct fixture *f, struct confab_cursors *c);
void ask_purge(struct fixture *f, struct confab_purge *c);
void ask_todos(struct fixture *f, struct confab_todos *c);
void ask_todo_done(struct fixture *f, struct confab_todo_done *c);
void ask_lease(struct fixture *f, struct confab_lease *c);
void ask_doc(struct fixture *f, struct confab_doc_call *c);
void ask_backup(struct fixture *f, struct confab_backup *c);
void answer_drop(struct confab_call *call);

/** One message as an entry with its row, built into the caller's memory. */
struct said {
	struct confab_entry entry;
	struct confab_row row;
	char id[24], cid[48], body[256];
};
/** Message seq at rev by sender; cid from sender and rev. Text goes into body and tokens. */
void say(struct said *s, uint64_t rev, uint64_t seq, const char *sender, const char *text);
/** Commit one entry at its place; the result. */
enum confab_commit_result put(struct fixture *f, const char *log, const struct confab_entry *e);
/** Commit messages from … to (seq = rev) of a log that holds the ones before. */
void fill(struct fixture *f, const char *log, uint64_t from, uint64_t to);
/** Head's rev of a log. */
uint64_t head_rev(struct fixture *f, const char *log);

#endif
