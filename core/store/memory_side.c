/**
 * What the memory store keeps beside logs: cursors, purges, todos, leases, documents.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "store/memory_internal.h"

struct mem_todo {
	char *log, *name, *body;
	uint64_t rev;
	unsigned n, attempts;
	int64_t due_ms;
};

struct mem_lease {
	char *holder;
	int64_t until_ms; /* 0: given back */
	uint64_t fence;
};

struct mem_doc {
	char *coll, *key, *body, *index;
	uint64_t version;
	int64_t expires_ms;
};

static char *dup_or_null(const char *s)
{
	return s ? strdup(s) : NULL;
}

static void todo_free(struct mem_todo *t)
{
	free(t->log);
	free(t->name);
	free(t->body);
	free(t);
}

static void doc_free(struct mem_doc *d)
{
	free(d->coll);
	free(d->key);
	free(d->body);
	free(d->index);
	free(d);
}

static void ptrs_drop(struct ptrs *p, size_t i)
{
	p->items[i] = p->items[--p->n];
}

static uint64_t higher(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static struct confab_cursor cursor_give(
	struct confab_arena *a, const char *log, const char *user, const struct mem_cursor *kept)
{
	struct confab_cursor out = kept->c;
	out.log = mem_str(a, log);
	out.user = mem_str(a, user);
	size_t from = 0;
	while (from < kept->n_own && kept->own[from].seq <= out.read_seq)
		from++;
	out.n_own = kept->n_own - from;
	struct confab_mark *own = confab_arena_alloc(a, out.n_own * sizeof(*own));
	memcpy(own, kept->own + from, out.n_own * sizeof(*own));
	out.own = own;
	return out;
}

static int by_name(const void *a, const void *b)
{
	const struct confab_cursor *x = a, *y = b;
	int order = strcmp(x->log, y->log);
	return order ? order : strcmp(x->user, y->user);
}

static int by_due(const void *a, const void *b)
{
	const struct mem_todo *x = *(struct mem_todo *const *)a, *y = *(struct mem_todo *const *)b;
	return x->due_ms < y->due_ms ? -1 : x->due_ms > y->due_ms;
}

static int by_key(const void *a, const void *b)
{
	const struct mem_doc *x = *(struct mem_doc *const *)a, *y = *(struct mem_doc *const *)b;
	return strcmp(x->key, y->key);
}

static struct confab_doc doc_give(struct confab_arena *a, const struct mem_doc *d)
{
	return (struct confab_doc){mem_str(a, d->coll), mem_str(a, d->key), mem_str(a, d->body),
		mem_str(a, d->index), d->version, d->expires_ms};
}

static bool doc_expired(const struct mem_doc *d)
{
	return d->expires_ms && d->expires_ms <= clock_real_ms();
}

/* Place of a document, or docs.n. */
static size_t doc_find(struct memory *m, const char *coll, const char *key)
{
	for (size_t i = 0; i < m->docs.n; i++) {
		struct mem_doc *d = m->docs.items[i];
		if (strcmp(d->coll, coll) == 0 && strcmp(d->key, key) == 0) {
			if (!doc_expired(d))
				return i;
			doc_free(d);
			ptrs_drop(&m->docs, i);
			break;
		}
	}
	return m->docs.n;
}

static void doc_list(struct memory *m, struct confab_doc_call *c)
{
	struct ptrs found = {0};
	for (size_t i = 0; i < m->docs.n; i++) {
		struct mem_doc *d = m->docs.items[i];
		if (!doc_expired(d) && strcmp(d->coll, c->doc.coll) == 0 &&
			(!c->doc.index || (d->index && strcmp(d->index, c->doc.index) == 0)) &&
			(!c->doc.key || strcmp(d->key, c->doc.key) > 0))
			ptrs_add(&found, d);
	}
	if (found.n)
		qsort(found.items, found.n, sizeof(*found.items), by_key);
	c->n = found.n < c->limit ? found.n : c->limit;
	c->found = confab_arena_alloc(c->call.arena, c->n * sizeof(*c->found));
	for (size_t i = 0; i < c->n; i++)
		c->found[i] = doc_give(c->call.arena, found.items[i]);
	free(found.items);
}

static void entries_drop(struct mem_log *log, const struct confab_purge *c)
{
	for (size_t i = 0; i < log->entries.n; i++) {
		struct mem_entry *e = log->entries.items[i];
		if (!e || e->entry.ts >= c->entries_before_ms ||
			(e->entry.message && e->entry.seq >= c->first))
			continue;
		if (*e->entry.cid) {
			char key[160];
			snprintf(key, sizeof(key), "%s %s", e->entry.sender, e->entry.cid);
			strmap_take(log->cids, key);
		}
		log->entries_floor = i + 1;
		log->entries.items[i] = NULL;
		free(e);
	}
}

/* Gone rows whose last change is older than that. */
static void gone_drop(struct mem_log *log, uint64_t up_to_rev)
{
	size_t pos = 0;
	const char *key;
	void *value;
	while (strmap_next(log->rows, &pos, &key, &value)) {
		struct mem_row *row = value;
		if (!row->row.gone || row->row.rev > up_to_rev)
			continue;
		log->rows_floor = higher(log->rows_floor, row->row.rev);
		strmap_take(log->rows, key);
		free(row);
	}
}

/* ------------------------------------------------------------------------------------------- */

void mem_todos_add(struct memory *m, const char *log, const struct confab_entry *entry)
{
	for (size_t i = 0; i < entry->n_todos; i++) {
		const struct confab_todo *in = &entry->todos[i];
		struct mem_todo *t = alloc_zero(1, sizeof(*t));
		*t = (struct mem_todo){strdup(log), strdup(in->name), strdup(in->body), entry->rev,
			in->n, in->attempts, in->due_ms};
		ptrs_add(&m->todos, t);
	}
}

void mem_side_free(struct memory *m)
{
	for (size_t i = 0; i < m->todos.n; i++)
		todo_free(m->todos.items[i]);
	for (size_t i = 0; i < m->docs.n; i++)
		doc_free(m->docs.items[i]);
	free(m->todos.items);
	free(m->docs.items);
	size_t pos = 0;
	void *value;
	while (strmap_next(m->leases, &pos, NULL, &value)) {
		free(((struct mem_lease *)value)->holder);
		free(value);
	}
	strmap_free(m->leases);
}

void exec_cursor_put(struct memory *m, struct confab_call *call)
{
	struct confab_cursor_put *c = (struct confab_cursor_put *)(void *)call;
	struct mem_log *log = mem_log_find(m, c->cursor.log);
	if (!log) {
		call->rc = CONFAB_ENOENT;
		return;
	}
	struct mem_cursor *kept = strmap_find(log->cursors, c->cursor.user);
	if (!kept) {
		kept = alloc_zero(1, sizeof(*kept));
		strmap_put(log->cursors, c->cursor.user, kept);
	}
	kept->c.read_seq = higher(kept->c.read_seq, c->cursor.read_seq);
	kept->c.read_ord = higher(kept->c.read_ord, c->cursor.read_ord);
	kept->c.read_all = higher(kept->c.read_all, c->cursor.read_all);
	kept->c.delivered = higher(kept->c.delivered, c->cursor.delivered);
	c->out = cursor_give(call->arena, log->name, c->cursor.user, kept);
}

/* Cursors of one user in all logs, by log. */
static void cursors_of_user(struct memory *m, struct confab_cursors *c)
{
	size_t pos = 0;
	void *value;
	c->cursors = confab_arena_alloc(c->call.arena, strmap_count(m->logs) * sizeof(*c->cursors));
	while (c->n_users && strmap_next(m->logs, &pos, NULL, &value)) {
		struct mem_log *log = value;
		struct mem_cursor *kept = strmap_find(log->cursors, c->users[0]);
		if (kept)
			c->cursors[c->n++] = cursor_give(
				c->call.arena, log->name, c->users[0], kept);
	}
}

void exec_cursors(struct memory *m, struct confab_call *call)
{
	struct confab_cursors *c = (struct confab_cursors *)(void *)call;
	struct mem_log *log = c->log ? mem_log_find(m, c->log) : NULL;
	c->n = 0;
	if (!c->log) {
		cursors_of_user(m, c);
	} else if (log && c->users) {
		c->cursors = confab_arena_alloc(call->arena, c->n_users * sizeof(*c->cursors));
		for (size_t i = 0; i < c->n_users; i++) {
			struct mem_cursor *kept = strmap_find(log->cursors, c->users[i]);
			if (kept)
				c->cursors[c->n++] = cursor_give(
					call->arena, c->log, c->users[i], kept);
		}
		return;
	} else if (log) {
		size_t pos = 0;
		const char *user, *after = c->after_user ? c->after_user : "";
		void *kept;
		c->cursors = confab_arena_alloc(
			call->arena, strmap_count(log->cursors) * sizeof(*c->cursors));
		while (strmap_next(log->cursors, &pos, &user, &kept))
			if (strcmp(user, after) > 0)
				c->cursors[c->n++] = cursor_give(call->arena, c->log, user, kept);
	}
	if (c->n)
		qsort(c->cursors, c->n, sizeof(*c->cursors), by_name);
	if (c->log && c->n > 1000)
		c->n = 1000;
}

void exec_purge(struct memory *m, struct confab_call *call)
{
	struct confab_purge *c = (struct confab_purge *)(void *)call;
	struct mem_log *log = mem_log_find(m, c->log);
	c->removed = 0;
	if (!log)
		return;
	if (c->first > log->head.first) {
		call->rc = CONFAB_EINVAL;
		snprintf(call->text, sizeof(call->text), "purge goes beyond the head's first");
		return;
	}
	for (size_t i = 0; i < log->messages.n && i + 1 < c->first; i++) {
		c->removed += log->messages.items[i] != NULL;
		free(log->messages.items[i]);
		log->messages.items[i] = NULL;
	}
	if (!c->entries_before_ms)
		return;
	uint64_t rev = 0;
	for (size_t i = 0; i < log->entries.n; i++) {
		struct mem_entry *e = log->entries.items[i];
		if (e && e->entry.ts < c->entries_before_ms)
			rev = i + 1;
	}
	gone_drop(log, higher(rev, log->entries_floor));
	entries_drop(log, c);
}

void exec_todos(struct memory *m, struct confab_call *call)
{
	struct confab_todos *c = (struct confab_todos *)(void *)call;
	c->n = 0;
	if (m->todos.n)
		qsort(m->todos.items, m->todos.n, sizeof(*m->todos.items), by_due);
	c->todos = confab_arena_alloc(call->arena, c->limit * sizeof(*c->todos));
	for (size_t i = 0; i < m->todos.n && c->n < c->limit; i++) {
		struct mem_todo *t = m->todos.items[i];
		if (t->due_ms > c->due_before_ms)
			break;
		c->todos[c->n++] = (struct confab_todo){mem_str(call->arena, t->log), t->rev, t->n,
			mem_str(call->arena, t->name), mem_str(call->arena, t->body), t->attempts,
			t->due_ms};
	}
}

void exec_todo_done(struct memory *m, struct confab_call *call)
{
	struct confab_todo_done *c = (struct confab_todo_done *)(void *)call;
	for (size_t i = 0; i < m->todos.n; i++) {
		struct mem_todo *t = m->todos.items[i];
		if (t->rev != c->rev || t->n != c->n || strcmp(t->log, c->log) != 0)
			continue;
		if (c->again_ms) {
			t->due_ms = c->again_ms;
			t->attempts++;
			return;
		}
		todo_free(t);
		ptrs_drop(&m->todos, i);
		return;
	}
}

void exec_lease(struct memory *m, struct confab_call *call)
{
	struct confab_lease *c = (struct confab_lease *)(void *)call;
	struct mem_lease *l = strmap_find(m->leases, c->name);
	c->now_ms = clock_real_ms();
	if (!l) {
		l = alloc_zero(1, sizeof(*l));
		l->holder = strdup("");
		strmap_put(m->leases, c->name, l);
	}
	bool live = l->until_ms > c->now_ms, mine = live && strcmp(l->holder, c->holder) == 0;
	if (c->ttl_ms == 0) {
		if (mine)
			l->until_ms = 0;
	} else if (mine || !live) {
		if (!mine) {
			l->fence++;
			free(l->holder);
			l->holder = strdup(c->holder);
		}
		l->until_ms = c->now_ms + c->ttl_ms;
	}
	live = l->until_ms > c->now_ms;
	c->held = live && strcmp(l->holder, c->holder) == 0;
	c->fence = l->fence;
	c->owner = live ? mem_str(call->arena, l->holder) : "";
}

void exec_doc(struct memory *m, struct confab_call *call)
{
	struct confab_doc_call *c = (struct confab_doc_call *)(void *)call;
	if (c->verb == CONFAB_DOC_FIND) {
		doc_list(m, c);
		return;
	}
	size_t i = doc_find(m, c->doc.coll, c->doc.key);
	struct mem_doc *d = i < m->docs.n ? m->docs.items[i] : NULL;
	struct confab_doc in = c->doc;
	c->doc = d ? doc_give(call->arena, d) : (struct confab_doc){.coll = in.coll, .key = in.key};
	if (c->verb == CONFAB_DOC_GET)
		return;
	if (c->if_version != UINT64_MAX && c->if_version != c->doc.version) {
		call->rc = CONFAB_ECONFLICT;
		return;
	}
	if (d) {
		doc_free(d);
		ptrs_drop(&m->docs, i);
	}
	if (c->verb == CONFAB_DOC_DELETE) {
		c->doc = (struct confab_doc){.coll = in.coll, .key = in.key};
		return;
	}
	d = alloc_zero(1, sizeof(*d));
	*d = (struct mem_doc){strdup(in.coll), strdup(in.key), strdup(in.body),
		dup_or_null(in.index), c->doc.version + 1, in.expires_ms};
	ptrs_add(&m->docs, d);
	c->doc = doc_give(call->arena, d);
}

void exec_backup(struct memory *m, struct confab_call *call)
{
	(void)m; /* nothing of it outlives the process */
	call->rc = CONFAB_EUNSUPPORTED;
}
