/**
 * Logs of the memory store: what a commit keeps, and what is given back of it.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/ids.h"
#include "store/memory_internal.h"

#define MARKS_MAX 1000
#define MOVED_MAX 1000 /* entries told to who comes late */

/** Cuts strings from one piece of memory. */
struct packer {
	char *at;
};

static size_t pack_size(const char *s)
{
	return s ? strlen(s) + 1 : 0;
}

static const char *pack(struct packer *p, const char *s)
{
	if (!s)
		return NULL;
	size_t size = strlen(s) + 1;
	char *copy = memcpy(p->at, s, size);
	p->at += size;
	return copy;
}

static struct mem_row *row_keep(struct mem_log *log, const struct confab_row *r)
{
	struct mem_row *kept = alloc_zero(1,
		sizeof(*kept) + pack_size(r->kind) + pack_size(r->id) + pack_size(r->sender) +
			pack_size(r->audience) + pack_size(r->tag) + pack_size(r->tokens) + 1 +
			r->body_len + 1); /* NULL tokens are kept as "" */
	struct packer p = {(char *)(kept + 1)};
	kept->log = log;
	kept->row = *r;
	kept->row.kind = pack(&p, r->kind);
	kept->row.id = pack(&p, r->id);
	kept->row.sender = pack(&p, r->sender);
	kept->row.audience = pack(&p, r->audience);
	kept->row.tag = pack(&p, r->tag);
	kept->row.tokens = pack(&p, r->tokens && !r->gone ? r->tokens : "");
	kept->row.body = memcpy(p.at, r->body_len ? r->body : "", r->body_len ? r->body_len : 1);
	return kept;
}

static struct mem_entry *entry_keep(const struct confab_entry *e)
{
	struct mem_entry *kept = alloc_zero(1,
		sizeof(*kept) + pack_size(e->op) + pack_size(e->sender) + pack_size(e->cid) +
			pack_size(e->result));
	struct packer p = {(char *)(kept + 1)};
	kept->entry = *e;
	kept->entry.op = pack(&p, e->op);
	kept->entry.sender = pack(&p, e->sender);
	kept->entry.cid = pack(&p, e->cid);
	kept->entry.result = pack(&p, e->result);
	kept->entry.rows = NULL;
	kept->entry.n_rows = 0;
	kept->entry.todos = NULL;
	kept->entry.n_todos = 0;
	return kept;
}

/* Insert by seq; when full, the lowest goes. */
static void mark_add(struct confab_mark *marks, size_t *n, uint64_t seq, bool all)
{
	size_t i = *n;
	while (i > 0 && marks[i - 1].seq > seq)
		i--;
	if (i > 0 && marks[i - 1].seq == seq)
		return;
	if (*n == MARKS_MAX) {
		if (i == 0)
			return;
		memmove(marks, marks + 1, (i - 1) * sizeof(*marks));
		i--;
	} else {
		memmove(marks + i + 1, marks + i, (*n - i) * sizeof(*marks));
		++*n;
	}
	marks[i] = (struct confab_mark){seq, all};
}

static void row_put(struct memory *m, struct mem_log *log, const struct confab_row *r)
{
	struct mem_row *kept = row_keep(log, r), *old;
	if (r->seq) {
		while (log->messages.n < r->seq)
			ptrs_add(&log->messages, NULL);
		old = log->messages.items[r->seq - 1];
		log->messages.items[r->seq - 1] = kept;
	} else {
		char key[200];
		snprintf(key, sizeof(key), "%s %s", r->kind, r->id);
		old = strmap_put(log->rows, key, kept);
	}
	if (kept->row.seq && *kept->row.tokens)
		kept->doc = old && old->doc ? old->doc : ++m->last_doc;
	free(old);
}

static void entry_put(struct memory *m, struct mem_log *log, const struct confab_entry *e)
{
	struct mem_entry *kept = entry_keep(e);
	ptrs_add(&log->entries, kept);
	if (*e->cid) {
		char key[160];
		snprintf(key, sizeof(key), "%s %s", e->sender, e->cid);
		strmap_put(log->cids, key, kept);
	}
	for (size_t i = 0; i < e->n_rows; i++)
		row_put(m, log, &e->rows[i]);
	if (e->deleted)
		mark_add(log->deleted, &log->n_deleted, e->deleted, e->deleted_all);
	if (e->message && e->counts && *e->sender) {
		struct mem_cursor *cursor = strmap_find(log->cursors, e->sender);
		if (!cursor) {
			cursor = alloc_zero(1, sizeof(*cursor));
			strmap_put(log->cursors, e->sender, cursor);
		}
		mark_add(cursor->own, &cursor->n_own, e->seq, e->counts_all);
	}
	confab_head_raise(&log->head, e);
	mem_todos_add(m, log->name, e);
}

static bool cid_taken(const struct mem_log *log, const struct confab_commit *c)
{
	struct strmap *seen = strmap_new();
	bool taken = false;
	for (size_t i = 0; i < c->n && !taken; i++) {
		const struct confab_entry *e = &c->entries[i];
		char key[160];
		if (!*e->cid)
			continue;
		snprintf(key, sizeof(key), "%s %s", e->sender, e->cid);
		taken = (log && strmap_find(log->cids, key)) || strmap_put(seen, key, seen);
	}
	strmap_free(seen);
	return taken;
}

static void commit_refuse(struct confab_commit *c, int rc, const char *why)
{
	c->result = CONFAB_COMMIT_REFUSED;
	c->call.rc = rc;
	snprintf(c->call.text, sizeof(c->call.text), "%s", why);
}

static void commit_moved(struct confab_commit *c, const struct mem_log *log)
{
	c->result = CONFAB_COMMIT_MOVED;
	c->head = mem_head(c->call.arena, log, c->log);
	if (c->at >= c->head.rev || c->at < log->entries_floor)
		return;
	size_t n = c->head.rev - c->at;
	if (n > MOVED_MAX)
		n = MOVED_MAX;
	struct confab_entry *moved = confab_arena_alloc(c->call.arena, n * sizeof(*moved));
	for (size_t i = 0; i < n; i++)
		moved[i] = mem_entry_give(c->call.arena, log, c->at + 1 + i);
	c->moved = moved;
	c->n_moved = n;
}

/* ------------------------------------------------------------------------------------------- */

void ptrs_add(struct ptrs *p, void *item)
{
	if (p->n == p->cap) {
		p->cap = p->cap ? p->cap * 2 : 16;
		p->items = alloc_resize(p->items, p->cap * sizeof(*p->items));
	}
	p->items[p->n++] = item;
}

void ptrs_fini(struct ptrs *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->items[i]);
	free(p->items);
}

struct mem_log *mem_log_find(struct memory *m, const char *name)
{
	return strmap_find(m->logs, name);
}

struct mem_log *mem_log_add(struct memory *m, const char *name)
{
	struct mem_log *log = alloc_zero(1, sizeof(*log));
	log->name = strdup(name);
	id_random(log->epoch, 16);
	log->rows = strmap_new();
	log->cids = strmap_new();
	log->cursors = strmap_new();
	strmap_put(m->logs, name, log);
	return log;
}

void mem_log_free(struct mem_log *log)
{
	size_t pos = 0;
	void *value;
	while (strmap_next(log->rows, &pos, NULL, &value))
		free(value);
	pos = 0;
	while (strmap_next(log->cursors, &pos, NULL, &value))
		free(value);
	strmap_free(log->rows);
	strmap_free(log->cids);
	strmap_free(log->cursors);
	ptrs_fini(&log->entries);
	ptrs_fini(&log->messages);
	free(log->name);
	free(log);
}

const char *mem_str(struct confab_arena *a, const char *s)
{
	return s ? confab_arena_dup(a, s, strlen(s)) : NULL;
}

struct confab_head mem_head(struct confab_arena *a, const struct mem_log *log, const char *name)
{
	struct confab_head head = {.log = name, .epoch = ""};
	if (!log)
		return head;
	head = log->head;
	head.log = mem_str(a, name);
	head.epoch = mem_str(a, log->epoch);
	head.n_deleted = log->n_deleted;
	if (log->n_deleted) {
		struct confab_mark *marks = confab_arena_alloc(
			a, log->n_deleted * sizeof(log->deleted[0]));
		memcpy(marks, log->deleted, log->n_deleted * sizeof(log->deleted[0]));
		head.deleted = marks;
	}
	return head;
}

struct confab_row mem_row_give(struct confab_arena *a, const struct mem_row *row)
{
	struct confab_row out = row->row;
	out.kind = mem_str(a, row->row.kind);
	out.id = mem_str(a, row->row.id);
	out.sender = mem_str(a, row->row.sender);
	out.audience = mem_str(a, row->row.audience);
	out.tag = mem_str(a, row->row.tag);
	out.tokens = NULL;
	out.body = confab_arena_dup(a, row->row.body, row->row.body_len);
	return out;
}

static int by_rev(const void *a, const void *b)
{
	const struct mem_row *x = *(struct mem_row *const *)a, *y = *(struct mem_row *const *)b;
	return x->row.rev < y->row.rev ? -1 : x->row.rev > y->row.rev;
}

struct mem_row **mem_rows_between(const struct mem_log *log, uint64_t after, uint64_t to, size_t *n)
{
	struct ptrs found = {0};
	size_t pos = 0;
	void *value;
	while (strmap_next(log->rows, &pos, NULL, &value)) {
		uint64_t rev = ((struct mem_row *)value)->row.rev;
		if (rev > after && rev <= to)
			ptrs_add(&found, value);
	}
	for (size_t i = 0; i < log->messages.n; i++) {
		struct mem_row *row = log->messages.items[i];
		if (row && row->row.rev > after && row->row.rev <= to)
			ptrs_add(&found, row);
	}
	if (found.n)
		qsort(found.items, found.n, sizeof(*found.items), by_rev);
	*n = found.n;
	return (struct mem_row **)found.items;
}

struct confab_entry mem_entry_give(struct confab_arena *a, const struct mem_log *log, uint64_t rev)
{
	const struct mem_entry *kept = log->entries.items[rev - 1];
	struct confab_entry e = kept->entry;
	e.op = mem_str(a, e.op);
	e.sender = mem_str(a, e.sender);
	e.cid = mem_str(a, e.cid);
	e.result = mem_str(a, e.result);
	size_t n;
	struct mem_row **found = mem_rows_between(log, rev - 1, rev, &n);
	struct confab_row *rows = confab_arena_alloc(a, n * sizeof(*rows));
	for (size_t i = 0; i < n; i++)
		rows[i] = mem_row_give(a, found[i]);
	free(found);
	e.rows = rows;
	e.n_rows = n;
	return e;
}

void exec_commit(struct memory *m, struct confab_call *call)
{
	struct confab_commit *c = (struct confab_commit *)(void *)call;
	struct mem_log *log = mem_log_find(m, c->log);
	struct confab_head none = {.first = 0}, *head = log ? &log->head : &none;
	if (head->rev != c->at) {
		if (log) {
			commit_moved(c, log);
		} else {
			c->result = CONFAB_COMMIT_MOVED;
			c->head = mem_head(call->arena, NULL, c->log);
		}
		return;
	}
	const char *fault = confab_commit_fault(c, head);
	if (fault) {
		commit_refuse(c, CONFAB_EINVAL, fault);
		return;
	}
	if (cid_taken(log, c)) {
		commit_refuse(c, CONFAB_EEXIST, "a cid is known already");
		return;
	}
	if (!log)
		log = mem_log_add(m, c->log);
	for (size_t i = 0; i < c->n; i++)
		entry_put(m, log, &c->entries[i]);
	log->changed_ms = clock_real_ms();
	m->stats.commits++;
	m->stats.entries += c->n;
	m->stats.last_batch = c->n;
	c->result = CONFAB_COMMIT_DONE;
	c->head = mem_head(call->arena, log, c->log);
}
