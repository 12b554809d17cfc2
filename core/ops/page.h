/**
 * Rows of the store as a reader sees them, for every op that answers with some.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef OPS_PAGE_H
#define OPS_PAGE_H

#include <stddef.h>
#include <stdint.h>

struct buf;
struct chat_log;
struct confab_request;
struct confab_row;
struct confab_row_get;
struct confab_row_list;
struct ops;
struct user;

/** Append one row: whole, as a stub, or gone, as this user sees it. Thread: logic. */
void page_row(struct buf *b, const struct user *u, const struct chat_log *lg,
	const struct confab_row *row);
/** Append a JSON list of rows. Messages below first are gone, whether the purge has come to them or not. */
void page_rows(struct buf *b, const struct user *u, const struct chat_log *lg, uint64_t first,
	const struct confab_row *rows, size_t n);

/** {"rev":…,"next":…,"NAME": of an answer with a page of a list by ids; the rows and } follow. */
void page_list_begin(struct buf *b, const struct confab_row_list *call, const char *name);

/** Read one message of a log; done comes once, with rq. */
void page_message_get(struct ops *o, const struct chat_log *lg, int64_t seq,
	void (*done)(struct confab_row_get *call, void *rq), struct confab_request *rq);

/** Read one row of a log; done comes once, with arg. kind is static, log and id are copied. */
void page_row_get(struct ops *o, const char *log, const char *kind, const char *id,
	void (*done)(struct confab_row_get *call, void *arg), void *arg);

/** The log that a store call has read, if the actor may (still) read it; else the request is answered. */
struct chat_log *page_log(struct confab_request *rq, int rc, const char *log);

#endif
