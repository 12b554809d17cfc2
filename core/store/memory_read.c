/**
 * Reading the memory store: heads, entries, rows, pages, search.
 *
 * SPDX-License-Identifier: MIT
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "store/memory_internal.h"

static size_t at_most(size_t n, size_t limit)
{
	return n < limit ? n : limit;
}

static struct confab_row *rows_alloc(struct confab_call *call, size_t n)
{
	return confab_arena_alloc(call->arena, n * sizeof(struct confab_row));
}

static int by_id(const void *a, const void *b)
{
	const struct mem_row *x = *(struct mem_row *const *)a, *y = *(struct mem_row *const *)b;
	return strcmp(x->row.id, y->row.id);
}

static int by_log(const void *a, const void *b)
{
	const struct mem_row *x = *(struct mem_row *const *)a, *y = *(struct mem_row *const *)b;
	int order = strcmp(x->log->name, y->log->name);
	return order ? order : strcmp(x->row.id, y->row.id);
}

static int by_doc(const void *a, const void *b)
{
	const struct mem_row *x = *(struct mem_row *const *)a, *y = *(struct mem_row *const *)b;
	return x->doc > y->doc ? -1 : x->doc < y->doc;
}

static void sort(struct ptrs *p, int (*order)(const void *a, const void *b))
{
	if (p->n)
		qsort(p->items, p->n, sizeof(*p->items), order);
}

/* Is this word among the tokens, or, with prefix, the start of one? */
static bool tokens_hold(const char *tokens, const char *word, bool prefix)
{
	size_t len = strlen(word);
	while (*tokens) {
		size_t n = strcspn(tokens, " ");
		if (n >= len && (prefix || n == len) && memcmp(tokens, word, len) == 0)
			return true;
		tokens += n + (tokens[n] == ' ');
	}
	return false;
}

static bool search_hits(const struct confab_search *c, const struct mem_row *row)
{
	if (!row->doc ||
		(c->sender && (!row->row.sender || strcmp(row->row.sender, c->sender) != 0)))
		return false;
	for (size_t i = 0; i < c->n_tokens; i++)
		if (!tokens_hold(row->row.tokens, c->tokens[i], c->prefix && i + 1 == c->n_tokens))
			return false;
	return true;
}

/* ------------------------------------------------------------------------------------------- */

void exec_heads(struct memory *m, struct confab_call *call)
{
	struct confab_heads *c = (struct confab_heads *)(void *)call;
	c->heads = confab_arena_alloc(call->arena, c->n * sizeof(*c->heads));
	for (size_t i = 0; i < c->n; i++)
		c->heads[i] = mem_head(call->arena, mem_log_find(m, c->logs[i]), c->logs[i]);
	m->stats.reads++;
}

void exec_changed(struct memory *m, struct confab_call *call)
{
	struct confab_changed *c = (struct confab_changed *)(void *)call;
	size_t pos = 0;
	void *value;
	c->to_ms = clock_real_ms();
	c->n = 0;
	c->heads = confab_arena_alloc(call->arena, strmap_count(m->logs) * sizeof(*c->heads));
	while (strmap_next(m->logs, &pos, NULL, &value)) {
		struct mem_log *log = value;
		if (log->changed_ms > c->from_ms && log->changed_ms <= c->to_ms)
			c->heads[c->n++] = mem_head(call->arena, log, log->name);
	}
}

void exec_known(struct memory *m, struct confab_call *call)
{
	struct confab_known *c = (struct confab_known *)(void *)call;
	struct mem_log *log = mem_log_find(m, c->log);
	c->entries = confab_arena_alloc(call->arena, c->n * sizeof(*c->entries));
	c->n_entries = 0;
	for (size_t i = 0; log && i < c->n; i++) {
		char key[160];
		snprintf(key, sizeof(key), "%s %s", c->sender, c->cids[i]);
		struct mem_entry *e = strmap_find(log->cids, key);
		if (e)
			c->entries[c->n_entries++] = mem_entry_give(call->arena, log, e->entry.rev);
	}
}

void exec_entries(struct memory *m, struct confab_call *call)
{
	struct confab_entries *c = (struct confab_entries *)(void *)call;
	struct mem_log *log = mem_log_find(m, c->log);
	c->head = mem_head(call->arena, log, c->log);
	c->n = 0;
	if (!log || c->after >= log->head.rev)
		return;
	if (c->after < log->entries_floor) {
		call->rc = CONFAB_EGONE;
		return;
	}
	size_t n = at_most(log->head.rev - c->after, c->limit);
	c->entries = confab_arena_alloc(call->arena, n * sizeof(*c->entries));
	for (; c->n < n; c->n++)
		c->entries[c->n] = mem_entry_give(call->arena, log, c->after + 1 + c->n);
}

void exec_rows(struct memory *m, struct confab_call *call)
{
	struct confab_rows *c = (struct confab_rows *)(void *)call;
	struct mem_log *log = mem_log_find(m, c->log);
	c->head = mem_head(call->arena, log, c->log);
	c->n = 0;
	c->to = c->head.rev;
	c->more = false;
	if (!log)
		return;
	if (c->after && c->after < log->rows_floor) {
		call->rc = CONFAB_EGONE;
		return;
	}
	size_t n;
	struct mem_row **found = mem_rows_between(log, c->after, log->head.rev, &n);
	size_t take = at_most(n, c->limit);
	while (take < n && take > 0 && found[take]->row.rev == found[take - 1]->row.rev)
		take++;
	c->rows = rows_alloc(call, take);
	for (; c->n < take; c->n++)
		c->rows[c->n] = mem_row_give(call->arena, found[c->n]);
	if (take < n) {
		c->more = true;
		c->to = c->rows[take - 1].rev;
	}
	free(found);
}

void exec_row_get(struct memory *m, struct confab_call *call)
{
	struct confab_row_get *c = (struct confab_row_get *)(void *)call;
	struct mem_log *log = mem_log_find(m, c->log);
	c->head = mem_head(call->arena, log, c->log);
	c->rows = rows_alloc(call, c->n);
	for (size_t i = 0; log && i < c->n; i++) {
		struct mem_row *row = NULL;
		if (strcmp(c->kinds[i], "message") == 0) {
			uint64_t seq = strtoull(c->ids[i], NULL, 10);
			if (seq > 0 && seq <= log->messages.n)
				row = log->messages.items[seq - 1];
		} else {
			char key[200];
			snprintf(key, sizeof(key), "%s %s", c->kinds[i], c->ids[i]);
			row = strmap_find(log->rows, key);
		}
		if (row)
			c->rows[i] = mem_row_give(call->arena, row);
	}
}

void exec_list(struct memory *m, struct confab_call *call)
{
	struct confab_row_list *c = (struct confab_row_list *)(void *)call;
	struct mem_log *log = mem_log_find(m, c->log);
	struct ptrs found = {0};
	size_t pos = 0;
	void *value;
	c->head = mem_head(call->arena, log, c->log);
	while (log && strmap_next(log->rows, &pos, NULL, &value)) {
		struct mem_row *row = value;
		if (!row->row.gone && strcmp(row->row.kind, c->kind) == 0 &&
			strcmp(row->row.id, c->after) > 0)
			ptrs_add(&found, row);
	}
	sort(&found, by_id);
	c->n = at_most(found.n, c->limit);
	c->more = c->n < found.n;
	c->rows = rows_alloc(call, c->n);
	for (size_t i = 0; i < c->n; i++)
		c->rows[i] = mem_row_give(call->arena, found.items[i]);
	free(found.items);
}

void exec_tagged(struct memory *m, struct confab_call *call)
{
	struct confab_tagged *c = (struct confab_tagged *)(void *)call;
	struct ptrs found = {0};
	size_t pos = 0;
	void *value, *each;
	while (strmap_next(m->logs, &pos, NULL, &value)) {
		struct mem_log *log = value;
		size_t at = 0;
		while (strcmp(log->name, c->after) > 0 &&
			strmap_next(log->rows, &at, NULL, &each)) {
			struct confab_row *r = &((struct mem_row *)each)->row;
			if (!r->gone && r->tag && strcmp(r->tag, c->tag) == 0 &&
				strcmp(r->kind, c->kind) == 0)
				ptrs_add(&found, each);
		}
	}
	sort(&found, by_log);
	struct mem_row **rows = (struct mem_row **)found.items;
	size_t n = at_most(found.n, c->limit);
	while (n > 0 && n < found.n && rows[n]->log == rows[n - 1]->log)
		n++;
	c->n = n;
	c->more = n < found.n;
	c->rows = rows_alloc(call, n);
	c->logs = confab_arena_alloc(call->arena, n * sizeof(*c->logs));
	for (size_t i = 0; i < n; i++) {
		c->rows[i] = mem_row_give(call->arena, rows[i]);
		c->logs[i] = mem_str(call->arena, rows[i]->log->name);
	}
	free(found.items);
}

void exec_page(struct memory *m, struct confab_call *call)
{
	struct confab_page *c = (struct confab_page *)(void *)call;
	struct mem_log *log = mem_log_find(m, c->log);
	c->head = mem_head(call->arena, log, c->log);
	c->n = 0;
	if (!log)
		return;
	uint64_t from = c->from_seq > log->head.first ? c->from_seq : log->head.first;
	uint64_t to = c->to_seq < log->messages.n ? c->to_seq : log->messages.n;
	if (from == 0)
		from = 1;
	if (to < from)
		return;
	c->rows = rows_alloc(call, at_most(to - from + 1, 1000));
	for (uint64_t seq = from; seq <= to && c->n < 1000; seq++)
		if (log->messages.items[seq - 1])
			c->rows[c->n++] = mem_row_give(call->arena, log->messages.items[seq - 1]);
}

void exec_thread(struct memory *m, struct confab_call *call)
{
	struct confab_thread *c = (struct confab_thread *)(void *)call;
	struct mem_log *log = mem_log_find(m, c->log);
	c->head = mem_head(call->arena, log, c->log);
	c->n = 0;
	if (!log || c->to_n < c->from_n)
		return;
	c->rows = rows_alloc(call, at_most(c->to_n - c->from_n + 1, 1000));
	for (size_t i = 0; i < log->messages.n && c->n < 1000; i++) {
		struct mem_row *row = log->messages.items[i];
		if (row && row->row.parent == c->parent && row->row.n >= c->from_n &&
			row->row.n <= c->to_n && c->parent)
			c->rows[c->n++] = mem_row_give(call->arena, row);
	}
}

void exec_search(struct memory *m, struct confab_call *call)
{
	struct confab_search *c = (struct confab_search *)(void *)call;
	struct ptrs found = {0};
	uint64_t before = *c->cursor ? strtoull(c->cursor, NULL, 10) : UINT64_MAX;
	for (size_t l = 0; l < c->n_logs; l++) {
		struct mem_log *log = mem_log_find(m, c->logs[l]);
		for (size_t i = 0; log && i < log->messages.n; i++) {
			struct mem_row *row = log->messages.items[i];
			if (row && row->doc < before && search_hits(c, row))
				ptrs_add(&found, row);
		}
	}
	sort(&found, by_doc);
	c->n = at_most(found.n, c->limit);
	c->rows = rows_alloc(call, c->n);
	c->row_logs = confab_arena_alloc(call->arena, c->n * sizeof(*c->row_logs));
	c->next = "";
	for (size_t i = 0; i < c->n; i++) {
		struct mem_row *row = found.items[i];
		c->rows[i] = mem_row_give(call->arena, row);
		c->row_logs[i] = mem_str(call->arena, row->log->name);
		if (i + 1 == c->n && c->n < found.n) {
			char *next = confab_arena_alloc(call->arena, 24);
			snprintf(next, 24, "%" PRIu64, row->doc);
			c->next = next;
		}
	}
	free(found.items);
}
