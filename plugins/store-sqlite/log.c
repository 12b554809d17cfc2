/**
 * Logs, users, rows and entries as the tables hold them.
 *
 * SPDX-License-Identifier: MIT
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine_internal.h"

enum { FLAG_MESSAGE = 1, FLAG_DELETED_ALL = 2, FLAG_COUNTS = 4, FLAG_COUNTS_ALL = 8 };

static struct name_slot *name_slot(struct handle *h, const char *name)
{
	uint32_t hash = 2166136261u; /* FNV-1a: places in a cache, no more */
	for (const char *p = name; *p; p++)
		hash = (hash ^ (unsigned char)*p) * 16777619u;
	return &h->names[hash % NAME_CACHE];
}

/* Marks are kept as 8 bytes each: seq shifted left, and whether it mentioned everybody. */
static size_t marks_read(sqlite3_stmt *s, int at, struct confab_mark *marks)
{
	const unsigned char *blob = sqlite3_column_blob(s, at);
	size_t n = (size_t)sqlite3_column_bytes(s, at) / 8;
	for (size_t i = 0; blob && i < n && i < MARKS_MAX; i++) {
		uint64_t v;
		memcpy(&v, blob + 8 * i, 8);
		marks[i] = (struct confab_mark){v >> 1, v & 1};
	}
	return blob ? (n < MARKS_MAX ? n : MARKS_MAX) : 0;
}

/* Insert by seq; when full, the lowest goes. */
static size_t mark_add(struct confab_mark *marks, size_t n, uint64_t seq, bool all)
{
	size_t i = n;
	while (i > 0 && marks[i - 1].seq > seq)
		i--;
	if (i > 0 && marks[i - 1].seq == seq)
		return n;
	if (n == MARKS_MAX) {
		if (i == 0)
			return n;
		memmove(marks, marks + 1, (i - 1) * sizeof(*marks));
		marks[i - 1] = (struct confab_mark){seq, all};
		return n;
	}
	memmove(marks + i + 1, marks + i, (n - i) * sizeof(*marks));
	marks[i] = (struct confab_mark){seq, all};
	return n + 1;
}

/* ------------------------------------------------------------------------------------------- */

void log_fill(struct confab_arena *a, sqlite3_stmt *s, struct log_record *out)
{
	out->id = sqlite3_column_int64(s, 0);
	out->head.rev = column_u64(s, 1);
	out->head.seq = column_u64(s, 2);
	out->head.ord = column_u64(s, 3);
	out->head.all = column_u64(s, 4);
	out->head.first = column_u64(s, 5);
	out->head.ts = sqlite3_column_int64(s, 6);
	out->head.epoch = column_text(a, s, 7);
	out->entries_floor = column_u64(s, 8);
	out->rows_floor = column_u64(s, 9);
}

int log_find(struct handle *h, struct confab_arena *a, const char *name, struct log_record *out)
{
	memset(out, 0, sizeof(*out));
	out->head.epoch = "";
	sqlite3_stmt *s = handle_statement(h, ST_LOG_FIND);
	bind_text(s, 1, name);
	if (sqlite3_step(s) == SQLITE_ROW)
		log_fill(a, s, out);
	return sqlite3_reset(s);
}

int head_fill(struct handle *h, struct confab_arena *a, const char *name,
	const struct log_record *log, struct confab_head *out)
{
	*out = log->head;
	out->log = confab_arena_dup(a, name, strlen(name));
	if (!log->id)
		return SQLITE_OK;
	sqlite3_stmt *s = handle_statement(h, ST_DELETED_GET);
	sqlite3_bind_int64(s, 1, log->id);
	if (sqlite3_step(s) == SQLITE_ROW) {
		size_t bytes = (size_t)sqlite3_column_bytes(s, 0);
		struct confab_mark *marks = confab_arena_alloc(a, bytes / 8 * sizeof(*marks));
		out->n_deleted = marks_read(s, 0, marks);
		out->deleted = marks;
	}
	return sqlite3_reset(s);
}

int deleted_add(struct handle *h, sqlite3_int64 log, uint64_t seq, bool all)
{
	struct confab_mark marks[MARKS_MAX];
	uint64_t blob[MARKS_MAX];
	size_t n = 0;
	sqlite3_stmt *get = handle_statement(h, ST_DELETED_GET);
	sqlite3_bind_int64(get, 1, log);
	if (sqlite3_step(get) == SQLITE_ROW)
		n = marks_read(get, 0, marks);
	int rc = sqlite3_reset(get);
	if (rc != SQLITE_OK)
		return rc;
	n = mark_add(marks, n, seq, all);
	for (size_t i = 0; i < n; i++)
		blob[i] = marks[i].seq << 1 | marks[i].all;
	sqlite3_stmt *set = handle_statement(h, ST_DELETED_SET);
	sqlite3_bind_int64(set, 1, log);
	(void)sqlite3_bind_blob(set, 2, blob, (int)(n * 8), SQLITE_TRANSIENT);
	return statement_run(set);
}

int user_id(struct handle *h, const char *name, bool add, sqlite3_int64 *id)
{
	struct name_slot *slot = h->names ? name_slot(h, name) : NULL;
	if (slot && strcmp(slot->name, name) == 0 && slot->id) {
		*id = slot->id;
		return SQLITE_OK;
	}
	*id = 0;
	sqlite3_stmt *find = handle_statement(h, ST_USER_FIND);
	bind_text(find, 1, name);
	if (sqlite3_step(find) == SQLITE_ROW)
		*id = sqlite3_column_int64(find, 0);
	int rc = sqlite3_reset(find);
	if (rc == SQLITE_OK && !*id && add) {
		sqlite3_stmt *insert = handle_statement(h, ST_USER_ADD);
		bind_text(insert, 1, name);
		rc = statement_run(insert);
		*id = rc == SQLITE_OK ? sqlite3_last_insert_rowid(h->db) : 0;
	}
	if (rc == SQLITE_OK && *id && slot && strlen(name) <= CONFAB_ID_MAX) {
		strcpy(slot->name, name);
		slot->id = *id;
	}
	return rc;
}

void names_forget(struct handle *h)
{
	if (h->names)
		memset(h->names, 0, NAME_CACHE * sizeof(*h->names));
}

void row_fill(struct confab_arena *a, sqlite3_stmt *s, struct confab_row *out)
{
	memset(out, 0, sizeof(*out));
	if (sqlite3_column_type(s, 0) == SQLITE_NULL) {
		char *id = confab_arena_alloc(a, 24);
		out->kind = "message";
		out->seq = KEY_PLACE(column_u64(s, 1));
		snprintf(id, 24, "%" PRIu64, out->seq);
		out->id = id;
	} else {
		out->kind = column_text(a, s, 0);
		out->id = column_text(a, s, 1);
	}
	out->rev = KEY_PLACE(column_u64(s, 2));
	out->parent = column_u64(s, 3);
	out->n = column_u64(s, 4);
	out->sender = column_text(a, s, 5);
	out->gone = sqlite3_column_int(s, 6);
	out->audience = column_text(a, s, 7);
	out->tag = column_text(a, s, 8);
	out->body = column_text(a, s, 9);
	out->body_len = (size_t)sqlite3_column_bytes(s, 9);
}

void entry_fill(struct confab_arena *a, sqlite3_stmt *s, struct confab_entry *out)
{
	memset(out, 0, sizeof(*out));
	out->rev = KEY_PLACE(column_u64(s, 0));
	out->ts = sqlite3_column_int64(s, 1);
	out->op = column_text(a, s, 2);
	out->sender = column_text(a, s, 3);
	out->cid = column_text(a, s, 4);
	if (!out->sender)
		out->sender = "";
	if (!out->cid)
		out->cid = "";
	if (sqlite3_column_bytes(s, 5) == (int)sizeof(out->hash))
		memcpy(out->hash, sqlite3_column_blob(s, 5), sizeof(out->hash));
	out->result = column_text(a, s, 6);
	out->seq = column_u64(s, 7);
	out->ord = column_u64(s, 8);
	out->all = column_u64(s, 9);
	out->first = column_u64(s, 10);
	out->deleted = column_u64(s, 11);
	int flags = sqlite3_column_int(s, 12);
	out->message = flags & FLAG_MESSAGE;
	out->deleted_all = flags & FLAG_DELETED_ALL;
	out->counts = flags & FLAG_COUNTS;
	out->counts_all = flags & FLAG_COUNTS_ALL;
}

int entry_add(
	struct handle *h, sqlite3_int64 log, sqlite3_int64 sender, const struct confab_entry *e)
{
	sqlite3_stmt *s = handle_statement(h, ST_ENTRY_ADD);
	sqlite3_bind_int64(s, 1, KEY(log, e->rev));
	sqlite3_bind_int64(s, 2, log);
	if (sender)
		sqlite3_bind_int64(s, 3, sender);
	else
		sqlite3_bind_null(s, 3);
	bind_text(s, 4, *e->cid ? e->cid : NULL);
	sqlite3_bind_int64(s, 5, e->ts);
	bind_text(s, 6, e->op);
	(void)sqlite3_bind_blob(s, 7, e->hash, sizeof(e->hash), SQLITE_STATIC);
	bind_text(s, 8, e->result);
	bind_u64(s, 9, e->seq);
	bind_u64(s, 10, e->ord);
	bind_u64(s, 11, e->all);
	bind_u64(s, 12, e->first);
	bind_u64(s, 13, e->deleted);
	sqlite3_bind_int(s, 14,
		(e->message ? FLAG_MESSAGE : 0) | (e->deleted_all ? FLAG_DELETED_ALL : 0) |
			(e->counts ? FLAG_COUNTS : 0) | (e->counts_all ? FLAG_COUNTS_ALL : 0));
	return statement_run(s);
}

/* Give each entry, ascending, the rows that still carry its rev. */
static int rows_spread(struct handle *h, struct confab_arena *a, const struct log_record *log,
	struct confab_entry *entries, size_t n)
{
	struct confab_row *rows = NULL;
	size_t cap = 0, at = 0, count = 0;
	sqlite3_stmt *s = handle_statement(h, ST_ROWS_BETWEEN);
	sqlite3_bind_int64(s, 1, KEY(log->id, entries[0].rev - 1));
	sqlite3_bind_int64(s, 2, KEY(log->id, entries[n - 1].rev));
	while (sqlite3_step(s) == SQLITE_ROW) {
		uint64_t rev = KEY_PLACE(column_u64(s, 2));
		while (at < n && entries[at].rev < rev)
			at++;
		if (count == cap) {
			struct confab_row *more = confab_arena_alloc(
				a, (cap * 2 + 16) * sizeof(*more));
			if (count)
				memcpy(more, rows, count * sizeof(*rows));
			rows = more;
			cap = cap * 2 + 16;
		}
		row_fill(a, s, &rows[count++]);
		entries[at].n_rows++;
	}
	count = 0;
	for (size_t i = 0; i < n; i++) {
		entries[i].rows = entries[i].n_rows ? rows + count : NULL;
		count += entries[i].n_rows;
	}
	return sqlite3_reset(s);
}

int entries_read(struct handle *h, struct confab_arena *a, const struct log_record *log,
	uint64_t after, size_t limit, struct confab_entry **out, size_t *n)
{
	*n = 0;
	*out = NULL;
	if (after >= log->head.rev)
		return SQLITE_OK;
	if (limit > log->head.rev - after)
		limit = (size_t)(log->head.rev - after);
	*out = confab_arena_alloc(a, limit * sizeof(**out));
	sqlite3_stmt *s = handle_statement(h, ST_ENTRIES);
	sqlite3_bind_int64(s, 1, KEY(log->id, after));
	sqlite3_bind_int64(s, 2, KEY(log->id, log->head.rev));
	bind_u64(s, 3, limit);
	while (*n < limit && sqlite3_step(s) == SQLITE_ROW)
		entry_fill(a, s, &(*out)[(*n)++]);
	int rc = sqlite3_reset(s);
	return rc == SQLITE_OK && *n ? rows_spread(h, a, log, *out, *n) : rc;
}
