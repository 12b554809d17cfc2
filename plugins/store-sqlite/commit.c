/**
 * One commit inside the batch's transaction: judge where the log stands, then write entries, rows,
 * todos, marks and the head.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine_internal.h"

#define EPOCH_LEN 16

static void commit_refuse(struct confab_commit *c, int rc, const char *why)
{
	c->result = CONFAB_COMMIT_REFUSED;
	c->call.rc = rc;
	snprintf(c->call.text, sizeof(c->call.text), "%s", why);
}

static int commit_moved(struct handle *h, struct confab_commit *c, const struct log_record *log)
{
	struct confab_entry *moved = NULL;
	c->result = CONFAB_COMMIT_MOVED;
	int rc = head_fill(h, c->call.arena, c->log, log, &c->head);
	if (rc == SQLITE_OK && log->id && c->at >= log->entries_floor)
		rc = entries_read(h, c->call.arena, log, c->at, WINDOW_MAX, &moved, &c->n_moved);
	c->moved = moved;
	return rc;
}

static int log_add(
	struct handle *h, struct confab_arena *a, const char *name, struct log_record *log)
{
	unsigned char bytes[EPOCH_LEN];
	char *epoch = confab_arena_alloc(a, EPOCH_LEN + 1);
	h->engine->options.random(bytes, sizeof(bytes));
	for (size_t i = 0; i < EPOCH_LEN; i++)
		epoch[i] = "abcdefghijklmnopqrstuvwxyz234567"[bytes[i] & 31];
	sqlite3_stmt *s = handle_statement(h, ST_LOG_ADD);
	bind_text(s, 1, name);
	bind_text(s, 2, epoch);
	int rc = statement_run(s);
	log->id = sqlite3_last_insert_rowid(h->db);
	log->head.epoch = epoch;
	return rc;
}

/* All entries, or none of them: a known cid undoes what was inserted before it. */
static int entries_add(
	struct handle *h, struct confab_commit *c, const struct log_record *log, bool *known)
{
	int rc = SQLITE_OK;
	*known = false;
	for (size_t i = 0; rc == SQLITE_OK && i < c->n; i++) {
		const struct confab_entry *e = &c->entries[i];
		sqlite3_int64 sender = 0;
		if (*e->sender || *e->cid)
			rc = user_id(h, e->sender, true, &sender);
		if (rc == SQLITE_OK)
			rc = entry_add(h, log->id, sender, e);
		if (rc != SQLITE_OK || sqlite3_changes(h->db) != 0)
			continue;
		*known = true;
		sqlite3_stmt *undo = handle_statement(h, ST_ENTRIES_UNDO);
		sqlite3_bind_int64(undo, 1, KEY(log->id, c->at));
		sqlite3_bind_int64(undo, 2, KEY(log->id, c->at + i));
		return statement_run(undo);
	}
	return rc;
}

static int reply_set(struct handle *h, sqlite3_int64 log, const struct confab_row *r)
{
	if (!r->parent || !r->n)
		return SQLITE_OK;
	sqlite3_stmt *s = handle_statement(h, ST_REPLY_ADD);
	sqlite3_bind_int64(s, 1, KEY(log, r->parent));
	bind_u64(s, 2, r->n);
	sqlite3_bind_int64(s, 3, KEY(log, r->seq));
	return statement_run(s);
}

/* The parameters that ST_MESSAGE_ADD and ST_MESSAGE_SET share. */
static void message_bind(sqlite3_stmt *s, sqlite3_int64 log, const struct confab_row *r,
	sqlite3_int64 sender, sqlite3_int64 doc)
{
	sqlite3_bind_int64(s, 1, KEY(log, r->seq));
	sqlite3_bind_int64(s, 2, KEY(log, r->rev));
	(void)(r->parent ? sqlite3_bind_int64(s, 3, (sqlite3_int64)r->parent)
			 : sqlite3_bind_null(s, 3));
	(void)(r->parent ? sqlite3_bind_int64(s, 4, (sqlite3_int64)r->n) : sqlite3_bind_null(s, 4));
	(void)(sender ? sqlite3_bind_int64(s, 5, sender) : sqlite3_bind_null(s, 5));
	(void)(doc ? sqlite3_bind_int64(s, 6, doc) : sqlite3_bind_null(s, 6));
	sqlite3_bind_int(s, 7, r->gone);
	bind_text(s, 8, r->audience);
	(void)sqlite3_bind_text(s, 9, r->body_len ? r->body : "", (int)r->body_len, SQLITE_STATIC);
}

static int message_set(struct handle *h, sqlite3_int64 log, const struct confab_row *r, bool fresh)
{
	sqlite3_int64 sender = 0, doc = 0;
	bool there = false;
	int rc = r->sender && *r->sender ? user_id(h, r->sender, true, &sender) : SQLITE_OK;
	if (rc == SQLITE_OK && !fresh) {
		sqlite3_stmt *s = handle_statement(h, ST_MESSAGE_DOC);
		sqlite3_bind_int64(s, 1, KEY(log, r->seq));
		there = sqlite3_step(s) == SQLITE_ROW;
		doc = there ? sqlite3_column_int64(s, 0) : 0;
		rc = sqlite3_reset(s);
	}
	if (rc == SQLITE_OK && doc)
		rc = words_remove(h, doc);
	if (rc == SQLITE_OK && r->tokens && *r->tokens && !r->gone)
		rc = words_add(h, &doc, KEY(log, r->seq), log, sender, r->tokens);
	else
		doc = 0;
	if (rc != SQLITE_OK)
		return rc;
	sqlite3_stmt *s = handle_statement(h, there ? ST_MESSAGE_SET : ST_MESSAGE_ADD);
	message_bind(s, log, r, sender, doc);
	rc = statement_run(s);
	return rc == SQLITE_OK ? reply_set(h, log, r) : rc;
}

static int row_set(
	struct handle *h, sqlite3_int64 log, const char *log_name, const struct confab_row *r)
{
	sqlite3_stmt *s = handle_statement(h, ST_ROW_SET);
	sqlite3_bind_int64(s, 1, log);
	bind_text(s, 2, r->kind);
	bind_text(s, 3, r->id);
	sqlite3_bind_int64(s, 4, KEY(log, r->rev));
	sqlite3_bind_int(s, 5, r->gone);
	bind_text(s, 6, r->audience);
	bind_text(s, 7, r->tag);
	bind_text(s, 8, r->tag ? log_name : NULL);
	(void)sqlite3_bind_text(s, 9, r->body_len ? r->body : "", (int)r->body_len, SQLITE_STATIC);
	return statement_run(s);
}

static int todo_add(struct handle *h, sqlite3_int64 log, uint64_t rev, const struct confab_todo *t)
{
	sqlite3_stmt *s = handle_statement(h, ST_TODO_ADD);
	sqlite3_bind_int64(s, 1, log);
	bind_u64(s, 2, rev);
	sqlite3_bind_int64(s, 3, t->n);
	bind_text(s, 4, t->name);
	bind_text(s, 5, t->body);
	sqlite3_bind_int64(s, 6, t->attempts);
	sqlite3_bind_int64(s, 7, t->due_ms);
	return statement_run(s);
}

/* An author's own counted message. The list is trimmed now and then; readers take the last 1,000. */
static int own_add(struct handle *h, sqlite3_int64 log, const struct confab_entry *e)
{
	sqlite3_int64 user = 0;
	int rc = user_id(h, e->sender, true, &user);
	if (rc != SQLITE_OK)
		return rc;
	sqlite3_stmt *touch = handle_statement(h, ST_CURSOR_TOUCH);
	sqlite3_bind_int64(touch, 1, log);
	sqlite3_bind_int64(touch, 2, user);
	rc = statement_run(touch);
	if (rc != SQLITE_OK)
		return rc;
	sqlite3_stmt *add = handle_statement(h, ST_OWN_ADD);
	sqlite3_bind_int64(add, 1, log);
	sqlite3_bind_int64(add, 2, user);
	bind_u64(add, 3, e->seq);
	sqlite3_bind_int(add, 4, e->counts_all);
	rc = statement_run(add);
	if (rc != SQLITE_OK || e->seq % 128 != 0)
		return rc;
	sqlite3_stmt *trim = handle_statement(h, ST_OWN_TRIM);
	sqlite3_bind_int64(trim, 1, log);
	sqlite3_bind_int64(trim, 2, user);
	return statement_run(trim);
}

/* What an entry touched besides itself. */
static int entry_effects(struct handle *h, const struct confab_commit *c,
	const struct log_record *log, const struct confab_entry *e)
{
	int rc = SQLITE_OK;
	for (size_t i = 0; rc == SQLITE_OK && i < e->n_rows; i++) {
		const struct confab_row *r = &e->rows[i];
		rc = r->seq ? message_set(h, log->id, r, e->message && r->seq == e->seq)
			    : row_set(h, log->id, c->log, r);
	}
	for (size_t i = 0; rc == SQLITE_OK && i < e->n_todos; i++)
		rc = todo_add(h, log->id, e->rev, &e->todos[i]);
	if (rc == SQLITE_OK && e->deleted)
		rc = deleted_add(h, log->id, e->deleted, e->deleted_all);
	if (rc == SQLITE_OK && e->message && e->counts && *e->sender)
		rc = own_add(h, log->id, e);
	return rc;
}

static int log_raise(struct handle *h, const struct log_record *log)
{
	sqlite3_stmt *s = handle_statement(h, ST_LOG_RAISE);
	sqlite3_bind_int64(s, 1, log->id);
	bind_u64(s, 2, log->head.rev);
	bind_u64(s, 3, log->head.seq);
	bind_u64(s, 4, log->head.ord);
	bind_u64(s, 5, log->head.all);
	bind_u64(s, 6, log->head.first);
	sqlite3_bind_int64(s, 7, log->head.ts);
	sqlite3_bind_int64(s, 8, h->engine->options.now_ms());
	return statement_run(s);
}

static int log_drop(struct handle *h, const struct log_record *log)
{
	sqlite3_stmt *s = handle_statement(h, ST_LOG_DROP);
	sqlite3_bind_int64(s, 1, log->id);
	return statement_run(s);
}

/* ------------------------------------------------------------------------------------------- */

int commit_one(struct handle *h, struct confab_call *call)
{
	struct confab_commit *c = (struct confab_commit *)(void *)call;
	struct log_record log;
	bool known = false;
	/* A batch that failed is tried again call by call: nothing of the first time may stay. */
	call->rc = 0;
	call->text[0] = '\0';
	c->moved = NULL;
	c->n_moved = 0;
	int rc = log_find(h, call->arena, c->log, &log);
	if (rc != SQLITE_OK)
		return rc;
	if (log.head.rev != c->at)
		return commit_moved(h, c, &log);
	const char *fault = confab_commit_fault(c, &log.head);
	if (!fault && c->n > PLACE_MAX - c->at)
		fault = "the log is full";
	if (fault) {
		commit_refuse(c, CONFAB_EINVAL, fault);
		return SQLITE_OK;
	}
	bool fresh = log.id == 0;
	if (fresh)
		rc = log_add(h, call->arena, c->log, &log);
	if (rc == SQLITE_OK)
		rc = entries_add(h, c, &log, &known);
	if (rc == SQLITE_OK && known) {
		commit_refuse(c, CONFAB_EEXIST, "a cid is known already");
		return fresh ? log_drop(h, &log) : SQLITE_OK;
	}
	for (size_t i = 0; rc == SQLITE_OK && i < c->n; i++) {
		rc = entry_effects(h, c, &log, &c->entries[i]);
		confab_head_raise(&log.head, &c->entries[i]);
	}
	if (rc == SQLITE_OK)
		rc = log_raise(h, &log);
	c->result = CONFAB_COMMIT_DONE;
	call->rc = 0;
	return rc == SQLITE_OK ? head_fill(h, call->arena, c->log, &log, &c->head) : rc;
}
