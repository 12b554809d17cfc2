/**
 * Reads of logs: each within the one snapshot that engine_read opened.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdlib.h>
#include <string.h>

#include "engine_internal.h"

/** Rows gathered into an arena; grows by doubling. */
struct rows {
	struct confab_arena *arena;
	struct confab_row *items;
	size_t n, cap;
};

static struct confab_row *rows_next(struct rows *rows)
{
	if (rows->n == rows->cap) {
		size_t cap = rows->cap ? rows->cap * 2 : 32;
		struct confab_row *more = confab_arena_alloc(rows->arena, cap * sizeof(*more));
		if (rows->n)
			memcpy(more, rows->items, rows->n * sizeof(*more));
		rows->items = more;
		rows->cap = cap;
	}
	return &rows->items[rows->n++];
}

static size_t window(size_t limit)
{
	return limit < WINDOW_MAX ? limit : WINDOW_MAX;
}

/* Log and head; *there: the log exists. */
static int head_read(struct handle *h, struct confab_call *call, const char *name,
	struct log_record *log, struct confab_head *head)
{
	int rc = log_find(h, call->arena, name, log);
	return rc == SQLITE_OK ? head_fill(h, call->arena, name, log, head) : rc;
}

/* ------------------------------------------------------------------------------------------- */

int heads_read(struct handle *h, struct confab_call *call)
{
	struct confab_heads *c = (struct confab_heads *)(void *)call;
	struct log_record log;
	int rc = SQLITE_OK;
	c->heads = confab_arena_alloc(call->arena, c->n * sizeof(*c->heads));
	for (size_t i = 0; rc == SQLITE_OK && i < c->n; i++)
		rc = head_read(h, call, c->logs[i], &log, &c->heads[i]);
	return rc;
}

int changed_read(struct handle *h, struct confab_call *call)
{
	struct confab_changed *c = (struct confab_changed *)(void *)call;
	size_t cap = 0;
	c->to_ms = h->engine->options.now_ms();
	c->n = 0;
	sqlite3_stmt *s = handle_statement(h, ST_LOG_CHANGED);
	sqlite3_bind_int64(s, 1, c->from_ms);
	sqlite3_bind_int64(s, 2, c->to_ms);
	while (sqlite3_step(s) == SQLITE_ROW) {
		if (c->n == cap) {
			cap = cap ? cap * 2 : 32;
			struct confab_head *more = confab_arena_alloc(
				call->arena, cap * sizeof(*more));
			if (c->n)
				memcpy(more, c->heads, c->n * sizeof(*more));
			c->heads = more;
		}
		struct log_record log = {0};
		log_fill(call->arena, s, &log);
		log.head.log = column_text(call->arena, s, 10);
		c->heads[c->n++] = log.head;
	}
	return sqlite3_reset(s);
}

int known_read(struct handle *h, struct confab_call *call)
{
	struct confab_known *c = (struct confab_known *)(void *)call;
	struct log_record log;
	sqlite3_int64 sender = 0;
	int rc = log_find(h, call->arena, c->log, &log);
	c->n_entries = 0;
	if (rc == SQLITE_OK)
		rc = user_id(h, c->sender, false, &sender);
	c->entries = confab_arena_alloc(call->arena, c->n * sizeof(*c->entries));
	for (size_t i = 0; rc == SQLITE_OK && log.id && sender && i < c->n; i++) {
		sqlite3_stmt *s = handle_statement(h, ST_ENTRY_KNOWN);
		sqlite3_bind_int64(s, 1, log.id);
		sqlite3_bind_int64(s, 2, sender);
		bind_text(s, 3, c->cids[i]);
		if (sqlite3_step(s) == SQLITE_ROW)
			entry_fill(call->arena, s, &c->entries[c->n_entries++]);
		rc = sqlite3_reset(s);
	}
	return rc;
}

int entries_call(struct handle *h, struct confab_call *call)
{
	struct confab_entries *c = (struct confab_entries *)(void *)call;
	struct log_record log;
	int rc = head_read(h, call, c->log, &log, &c->head);
	c->n = 0;
	if (rc != SQLITE_OK || !log.id || c->after >= log.head.rev)
		return rc;
	if (c->after < log.entries_floor) {
		call->rc = CONFAB_EGONE;
		return SQLITE_OK;
	}
	return entries_read(h, call->arena, &log, c->after, window(c->limit), &c->entries, &c->n);
}

int rows_read(struct handle *h, struct confab_call *call)
{
	struct confab_rows *c = (struct confab_rows *)(void *)call;
	struct rows rows = {.arena = call->arena};
	struct log_record log;
	size_t limit = window(c->limit);
	int rc = head_read(h, call, c->log, &log, &c->head);
	c->n = 0;
	c->rows = NULL;
	c->more = false;
	c->to = log.head.rev;
	if (rc != SQLITE_OK || !log.id || c->after >= log.head.rev)
		return rc;
	if (c->after && c->after < log.rows_floor) {
		call->rc = CONFAB_EGONE;
		return SQLITE_OK;
	}
	sqlite3_stmt *s = handle_statement(h, ST_ROWS_BETWEEN);
	sqlite3_bind_int64(s, 1, KEY(log.id, c->after));
	sqlite3_bind_int64(s, 2, KEY(log.id, log.head.rev));
	while (sqlite3_step(s) == SQLITE_ROW) {
		if (rows.n >= limit && KEY_PLACE(column_u64(s, 2)) != rows.items[rows.n - 1].rev) {
			c->more = true;
			c->to = rows.items[rows.n - 1].rev;
			break;
		}
		row_fill(call->arena, s, rows_next(&rows));
	}
	c->rows = rows.items;
	c->n = rows.n;
	return sqlite3_reset(s);
}

int row_get_read(struct handle *h, struct confab_call *call)
{
	struct confab_row_get *c = (struct confab_row_get *)(void *)call;
	struct log_record log;
	int rc = head_read(h, call, c->log, &log, &c->head);
	c->rows = confab_arena_alloc(call->arena, c->n * sizeof(*c->rows));
	for (size_t i = 0; rc == SQLITE_OK && log.id && i < c->n; i++) {
		bool message = strcmp(c->kinds[i], "message") == 0;
		sqlite3_stmt *s = handle_statement(h, message ? ST_MESSAGE_GET : ST_ROW_GET);
		if (message) {
			uint64_t seq = strtoull(c->ids[i], NULL, 10);
			sqlite3_bind_int64(s, 1, seq <= PLACE_MAX ? KEY(log.id, seq) : 0);
		} else {
			sqlite3_bind_int64(s, 1, log.id);
			bind_text(s, 2, c->kinds[i]);
			bind_text(s, 3, c->ids[i]);
		}
		if (sqlite3_step(s) == SQLITE_ROW)
			row_fill(call->arena, s, &c->rows[i]);
		rc = sqlite3_reset(s);
	}
	return rc;
}

int list_read(struct handle *h, struct confab_call *call)
{
	struct confab_row_list *c = (struct confab_row_list *)(void *)call;
	struct rows rows = {.arena = call->arena};
	struct log_record log;
	size_t limit = window(c->limit);
	int rc = head_read(h, call, c->log, &log, &c->head);
	c->n = 0;
	c->more = false;
	if (rc != SQLITE_OK || !log.id)
		return rc;
	sqlite3_stmt *s = handle_statement(h, ST_ROW_LIST);
	sqlite3_bind_int64(s, 1, log.id);
	bind_text(s, 2, c->kind);
	bind_text(s, 3, c->after);
	bind_u64(s, 4, limit + 1);
	while (sqlite3_step(s) == SQLITE_ROW) {
		if (rows.n == limit) {
			c->more = true;
			break;
		}
		row_fill(call->arena, s, rows_next(&rows));
	}
	c->rows = rows.items;
	c->n = rows.n;
	return sqlite3_reset(s);
}

int tagged_read(struct handle *h, struct confab_call *call)
{
	struct confab_tagged *c = (struct confab_tagged *)(void *)call;
	struct rows rows = {.arena = call->arena};
	size_t limit = window(c->limit), cap = 0;
	c->more = false;
	c->logs = NULL;
	sqlite3_stmt *s = handle_statement(h, ST_ROW_TAGGED);
	bind_text(s, 1, c->kind);
	bind_text(s, 2, c->tag);
	bind_text(s, 3, c->after);
	while (sqlite3_step(s) == SQLITE_ROW) {
		char *log = column_text(call->arena, s, 10);
		if (rows.n >= limit && strcmp(log, c->logs[rows.n - 1]) != 0) {
			c->more = true;
			break;
		}
		row_fill(call->arena, s, rows_next(&rows));
		if (rows.cap != cap) {
			const char **more = confab_arena_alloc(
				call->arena, rows.cap * sizeof(*more));
			if (rows.n > 1)
				memcpy(more, c->logs, (rows.n - 1) * sizeof(*more));
			c->logs = more;
			cap = rows.cap;
		}
		c->logs[rows.n - 1] = log;
	}
	c->rows = rows.items;
	c->n = rows.n;
	return sqlite3_reset(s);
}

int page_read(struct handle *h, struct confab_call *call)
{
	struct confab_page *c = (struct confab_page *)(void *)call;
	struct rows rows = {.arena = call->arena};
	struct log_record log;
	int rc = head_read(h, call, c->log, &log, &c->head);
	c->n = 0;
	if (rc != SQLITE_OK || !log.id)
		return rc;
	uint64_t from = c->from_seq > log.head.first ? c->from_seq : log.head.first;
	uint64_t to = c->to_seq < log.head.seq ? c->to_seq : log.head.seq;
	if (from == 0)
		from = 1;
	if (to < from)
		return SQLITE_OK;
	sqlite3_stmt *s = handle_statement(h, ST_PAGE);
	sqlite3_bind_int64(s, 1, KEY(log.id, from));
	sqlite3_bind_int64(s, 2, KEY(log.id, to));
	while (sqlite3_step(s) == SQLITE_ROW)
		row_fill(call->arena, s, rows_next(&rows));
	c->rows = rows.items;
	c->n = rows.n;
	return sqlite3_reset(s);
}

int thread_read(struct handle *h, struct confab_call *call)
{
	struct confab_thread *c = (struct confab_thread *)(void *)call;
	struct rows rows = {.arena = call->arena};
	struct log_record log;
	int rc = head_read(h, call, c->log, &log, &c->head);
	c->n = 0;
	if (rc != SQLITE_OK || !log.id || !c->parent || c->parent > PLACE_MAX || !c->from_n)
		return rc;
	bool slow = engine_migrating(h->engine);
	sqlite3_stmt *s = handle_statement(h, slow ? ST_THREAD_SLOW : ST_THREAD);
	sqlite3_bind_int64(s, 1, KEY(log.id, c->parent));
	bind_u64(s, 2, c->from_n);
	bind_u64(s, 3, c->to_n < INT64_MAX ? c->to_n : INT64_MAX);
	while (sqlite3_step(s) == SQLITE_ROW)
		row_fill(call->arena, s, rows_next(&rows));
	c->rows = rows.items;
	c->n = rows.n;
	return sqlite3_reset(s);
}
