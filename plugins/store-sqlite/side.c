/**
 * What lies beside the logs: cursors, todos, leases, documents.
 *
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "engine_internal.h"

/* The last ≤ 1,000 own messages above read_seq, ascending: the statement gives them descending. */
static int own_fill(struct handle *h, struct confab_arena *a, sqlite3_int64 log, sqlite3_int64 user,
	struct confab_cursor *out)
{
	struct confab_mark found[MARKS_MAX];
	size_t n = 0;
	sqlite3_stmt *s = handle_statement(h, ST_OWN_GET);
	sqlite3_bind_int64(s, 1, log);
	sqlite3_bind_int64(s, 2, user);
	bind_u64(s, 3, out->read_seq);
	while (n < MARKS_MAX && sqlite3_step(s) == SQLITE_ROW) {
		found[n++] = (struct confab_mark){column_u64(s, 0), sqlite3_column_int(s, 1) != 0};
	}
	struct confab_mark *own = confab_arena_alloc(a, n * sizeof(*own));
	for (size_t i = 0; i < n; i++)
		own[i] = found[n - 1 - i];
	out->own = own;
	out->n_own = n;
	return sqlite3_reset(s);
}

/* A cursor from a statement that selects CURSOR_COLUMNS; own comes from another statement. */
static int cursor_fill(
	struct handle *h, struct confab_arena *a, sqlite3_stmt *s, struct confab_cursor *out)
{
	memset(out, 0, sizeof(*out));
	out->log = column_text(a, s, 0);
	out->user = column_text(a, s, 1);
	out->read_seq = column_u64(s, 2);
	out->read_ord = column_u64(s, 3);
	out->read_all = column_u64(s, 4);
	out->delivered = column_u64(s, 5);
	return own_fill(h, a, sqlite3_column_int64(s, 6), sqlite3_column_int64(s, 7), out);
}

static int cursor_find(struct handle *h, struct confab_arena *a, sqlite3_int64 log,
	sqlite3_int64 user, struct confab_cursor *out, bool *there)
{
	sqlite3_stmt *s = handle_statement(h, ST_CURSOR_GET);
	sqlite3_bind_int64(s, 1, log);
	sqlite3_bind_int64(s, 2, user);
	int filled = SQLITE_OK;
	*there = sqlite3_step(s) == SQLITE_ROW;
	if (*there)
		filled = cursor_fill(h, a, s, out);
	int rc = sqlite3_reset(s);
	return rc == SQLITE_OK ? filled : rc;
}

/* All that a statement whose parameters are bound gives. */
static int cursors_gather(struct handle *h, struct confab_cursors *c, sqlite3_stmt *s)
{
	size_t cap = 0;
	int filled = SQLITE_OK;
	while (filled == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW) {
		if (c->n == cap) {
			cap = cap ? cap * 2 : 32;
			struct confab_cursor *more = confab_arena_alloc(
				c->call.arena, cap * sizeof(*more));
			if (c->n)
				memcpy(more, c->cursors, c->n * sizeof(*more));
			c->cursors = more;
		}
		filled = cursor_fill(h, c->call.arena, s, &c->cursors[c->n++]);
	}
	int rc = sqlite3_reset(s);
	return rc == SQLITE_OK ? filled : rc;
}

static int cursors_of_user(struct handle *h, struct confab_cursors *c)
{
	sqlite3_int64 user = 0;
	int rc = c->n_users ? user_id(h, c->users[0], false, &user) : SQLITE_OK;
	if (rc != SQLITE_OK || !user)
		return rc;
	sqlite3_stmt *s = handle_statement(h, ST_CURSORS_OF_USER);
	sqlite3_bind_int64(s, 1, user);
	return cursors_gather(h, c, s);
}

static int cursors_of_log(struct handle *h, struct confab_cursors *c, sqlite3_int64 log)
{
	sqlite3_stmt *s = handle_statement(h, ST_CURSORS_OF_LOG);
	sqlite3_bind_int64(s, 1, log);
	bind_text(s, 2, c->after_user ? c->after_user : "");
	return cursors_gather(h, c, s);
}

static int cursors_of_some(struct handle *h, struct confab_cursors *c, sqlite3_int64 log)
{
	int rc = SQLITE_OK;
	c->cursors = confab_arena_alloc(c->call.arena, c->n_users * sizeof(*c->cursors));
	for (size_t i = 0; rc == SQLITE_OK && i < c->n_users; i++) {
		sqlite3_int64 user = 0;
		bool there = false;
		rc = user_id(h, c->users[i], false, &user);
		if (rc == SQLITE_OK && user)
			rc = cursor_find(h, c->call.arena, log, user, &c->cursors[c->n], &there);
		c->n += there;
	}
	return rc;
}

static void doc_fill(struct confab_arena *a, sqlite3_stmt *s, struct confab_doc *out)
{
	out->coll = column_text(a, s, 0);
	out->key = column_text(a, s, 1);
	out->body = column_text(a, s, 2);
	out->index = column_text(a, s, 3);
	out->version = column_u64(s, 4);
	out->expires_ms = sqlite3_column_int64(s, 5);
}

/* The document as it stands; version 0 if absent or expired. */
static int doc_get(struct handle *h, struct confab_arena *a, const struct confab_doc *which,
	struct confab_doc *out)
{
	*out = (struct confab_doc){.coll = which->coll, .key = which->key};
	sqlite3_stmt *s = handle_statement(h, ST_DOC_GET);
	bind_text(s, 1, which->coll);
	bind_text(s, 2, which->key);
	sqlite3_bind_int64(s, 3, h->engine->options.now_ms());
	if (sqlite3_step(s) == SQLITE_ROW)
		doc_fill(a, s, out);
	return sqlite3_reset(s);
}

static int doc_set(struct handle *h, const struct confab_doc *d)
{
	sqlite3_stmt *s = handle_statement(h, ST_DOC_SET);
	bind_text(s, 1, d->coll);
	bind_text(s, 2, d->key);
	bind_text(s, 3, d->body);
	bind_text(s, 4, d->index);
	bind_u64(s, 5, d->version);
	sqlite3_bind_int64(s, 6, d->expires_ms);
	return statement_run(s);
}

static int doc_drop(struct handle *h, const struct confab_doc *d)
{
	sqlite3_stmt *s = handle_statement(h, ST_DOC_DROP);
	bind_text(s, 1, d->coll);
	bind_text(s, 2, d->key);
	return statement_run(s);
}

static int docs_find(struct handle *h, struct confab_doc_call *c)
{
	size_t limit = c->limit < WINDOW_MAX ? c->limit : WINDOW_MAX;
	sqlite3_stmt *s = handle_statement(h, c->doc.index ? ST_DOC_LIST_INDEX : ST_DOC_LIST);
	bind_text(s, 1, c->doc.coll);
	bind_text(s, 2, c->doc.key ? c->doc.key : "");
	sqlite3_bind_int64(s, 3, h->engine->options.now_ms());
	bind_u64(s, 4, limit);
	if (c->doc.index)
		bind_text(s, 5, c->doc.index);
	c->n = 0;
	c->found = confab_arena_alloc(c->call.arena, limit * sizeof(*c->found));
	while (c->n < limit && sqlite3_step(s) == SQLITE_ROW)
		doc_fill(c->call.arena, s, &c->found[c->n++]);
	return sqlite3_reset(s);
}

static char *arena_str(struct confab_arena *a, const char *text)
{
	return text ? confab_arena_dup(a, text, strlen(text)) : NULL;
}

/* ------------------------------------------------------------------------------------------- */

int cursor_put_one(struct handle *h, struct confab_call *call)
{
	struct confab_cursor_put *c = (struct confab_cursor_put *)(void *)call;
	struct log_record log;
	sqlite3_int64 user = 0;
	bool there = false;
	int rc = log_find(h, call->arena, c->cursor.log, &log);
	if (rc != SQLITE_OK)
		return rc;
	if (!log.id) {
		call->rc = CONFAB_ENOENT;
		return SQLITE_OK;
	}
	rc = user_id(h, c->cursor.user, true, &user);
	if (rc != SQLITE_OK)
		return rc;
	sqlite3_stmt *s = handle_statement(h, ST_CURSOR_RAISE);
	sqlite3_bind_int64(s, 1, log.id);
	sqlite3_bind_int64(s, 2, user);
	bind_u64(s, 3, c->cursor.read_seq);
	bind_u64(s, 4, c->cursor.read_ord);
	bind_u64(s, 5, c->cursor.read_all);
	bind_u64(s, 6, c->cursor.delivered);
	rc = statement_run(s);
	if (rc == SQLITE_OK)
		rc = cursor_find(h, call->arena, log.id, user, &c->out, &there);
	if (rc != SQLITE_OK)
		return rc;
	/* What is read is asked for no more. */
	sqlite3_stmt *drop = handle_statement(h, ST_OWN_READ_DROP);
	sqlite3_bind_int64(drop, 1, log.id);
	sqlite3_bind_int64(drop, 2, user);
	bind_u64(drop, 3, c->out.read_seq);
	call->rc = 0;
	return statement_run(drop);
}

int cursors_read(struct handle *h, struct confab_call *call)
{
	struct confab_cursors *c = (struct confab_cursors *)(void *)call;
	struct log_record log;
	c->n = 0;
	c->cursors = NULL;
	if (!c->log)
		return cursors_of_user(h, c);
	int rc = log_find(h, call->arena, c->log, &log);
	if (rc != SQLITE_OK || !log.id)
		return rc;
	return c->users ? cursors_of_some(h, c, log.id) : cursors_of_log(h, c, log.id);
}

int todos_read(struct handle *h, struct confab_call *call)
{
	struct confab_todos *c = (struct confab_todos *)(void *)call;
	size_t limit = c->limit < WINDOW_MAX ? c->limit : WINDOW_MAX;
	sqlite3_stmt *s = handle_statement(h, ST_TODOS_DUE);
	sqlite3_bind_int64(s, 1, c->due_before_ms);
	bind_u64(s, 2, limit);
	c->n = 0;
	c->todos = confab_arena_alloc(call->arena, limit * sizeof(*c->todos));
	while (c->n < limit && sqlite3_step(s) == SQLITE_ROW) {
		struct confab_todo *t = &c->todos[c->n++];
		t->log = column_text(call->arena, s, 0);
		t->rev = column_u64(s, 1);
		t->n = (unsigned)column_u64(s, 2);
		t->name = column_text(call->arena, s, 3);
		t->body = column_text(call->arena, s, 4);
		t->attempts = (unsigned)column_u64(s, 5);
		t->due_ms = sqlite3_column_int64(s, 6);
	}
	return sqlite3_reset(s);
}

int todo_done_one(struct handle *h, struct confab_call *call)
{
	struct confab_todo_done *c = (struct confab_todo_done *)(void *)call;
	struct log_record log;
	int rc = log_find(h, call->arena, c->log, &log);
	call->rc = 0;
	if (rc != SQLITE_OK || !log.id)
		return rc;
	sqlite3_stmt *s = handle_statement(h, c->again_ms ? ST_TODO_AGAIN : ST_TODO_DROP);
	sqlite3_bind_int64(s, 1, log.id);
	bind_u64(s, 2, c->rev);
	sqlite3_bind_int64(s, 3, c->n);
	if (c->again_ms)
		sqlite3_bind_int64(s, 4, c->again_ms);
	return statement_run(s);
}

int lease_one(struct handle *h, struct confab_call *call)
{
	struct confab_lease *c = (struct confab_lease *)(void *)call;
	const char *holder = "";
	sqlite3_int64 until_ms = 0, fence = 0;
	c->now_ms = h->engine->options.now_ms();
	sqlite3_stmt *get = handle_statement(h, ST_LEASE_GET);
	bind_text(get, 1, c->name);
	if (sqlite3_step(get) == SQLITE_ROW) {
		holder = column_text(call->arena, get, 0);
		until_ms = sqlite3_column_int64(get, 1);
		fence = sqlite3_column_int64(get, 2);
	}
	int rc = sqlite3_reset(get);
	bool live = until_ms > c->now_ms, mine = live && strcmp(holder, c->holder) == 0;
	bool take = c->ttl_ms > 0 && (mine || !live), give = c->ttl_ms == 0 && mine;
	if (take) {
		fence += !mine;
		holder = arena_str(call->arena, c->holder);
		until_ms = c->now_ms + c->ttl_ms;
	} else if (give) {
		until_ms = 0;
	}
	if (rc == SQLITE_OK && (take || give)) {
		sqlite3_stmt *set = handle_statement(h, ST_LEASE_SET);
		bind_text(set, 1, c->name);
		bind_text(set, 2, holder);
		sqlite3_bind_int64(set, 3, until_ms);
		sqlite3_bind_int64(set, 4, fence);
		rc = statement_run(set);
	}
	live = until_ms > c->now_ms;
	c->held = live && strcmp(holder, c->holder) == 0;
	c->fence = (uint64_t)fence;
	c->owner = live ? holder : "";
	call->rc = 0;
	return rc;
}

int doc_write_one(struct handle *h, struct confab_call *call)
{
	struct confab_doc_call *c = (struct confab_doc_call *)(void *)call;
	struct confab_doc now, next = c->doc;
	int rc = doc_get(h, call->arena, &c->doc, &now);
	if (rc != SQLITE_OK)
		return rc;
	call->rc = 0;
	if (c->if_version != UINT64_MAX && c->if_version != now.version) {
		call->rc = CONFAB_ECONFLICT;
		c->doc = now;
		return SQLITE_OK;
	}
	if (c->verb == CONFAB_DOC_DELETE) {
		next = (struct confab_doc){.coll = c->doc.coll, .key = c->doc.key};
		rc = doc_drop(h, &c->doc);
	} else {
		next.version = now.version + 1;
		rc = doc_set(h, &next);
	}
	/* A batch that fails is tried again call by call: the input stays until this went well. */
	if (rc == SQLITE_OK)
		c->doc = next;
	return rc;
}

int doc_read(struct handle *h, struct confab_call *call)
{
	struct confab_doc_call *c = (struct confab_doc_call *)(void *)call;
	if (c->verb == CONFAB_DOC_FIND)
		return docs_find(h, c);
	struct confab_doc now;
	int rc = doc_get(h, call->arena, &c->doc, &now);
	if (rc == SQLITE_OK)
		c->doc = now;
	return rc;
}
