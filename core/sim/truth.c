/**
 * The log of all commits.
 *
 * SPDX-License-Identifier: MIT
 */
#include "sim/truth.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/map.h"

static char *copy(const char *s)
{
	return s ? strdup(s) : NULL;
}

static void row_free(struct truth_row *r)
{
	free(r->kind);
	free(r->id);
	free(r->sender);
	free(r->audience);
	free(r->tag);
	free(r->body);
	json_decref(r->json);
	free(r);
}

static void entry_free(struct truth_entry *e)
{
	for (size_t i = 0; i < e->n_rows; i++) {
		row_free(e->rows[i]);
	}
	free(e->rows);
	free(e->op);
	free(e->sender);
	free(e->cid);
	free(e->result);
	free(e);
}

static struct truth_row *row_keep(struct truth_log *lg, const struct confab_row *from)
{
	struct truth_row *r = alloc_zero(1, sizeof(*r));
	char key[200];

	r->rev = from->rev;
	r->seq = from->seq;
	r->kind = copy(from->kind);
	r->id = copy(from->id);
	r->sender = copy(from->sender);
	r->audience = from->audience && *from->audience ? copy(from->audience) : NULL;
	r->tag = copy(from->tag);
	r->gone = from->gone;
	r->body = from->gone ? NULL : strndup(from->body, from->body_len);
	snprintf(key, sizeof(key), "%s:%s", r->kind, r->id);
	r->before = strmap_put(lg->rows, key, r);
	return r;
}

static struct truth_log *log_make(struct truth *t, const char *id)
{
	struct truth_log *lg = alloc_zero(1, sizeof(*lg) + strlen(id) + 1);

	strcpy(lg->id, id);
	lg->rows = strmap_new();
	lg->cids = strmap_new();
	strmap_put(t->logs, id, lg);
	return lg;
}

/* -------------------------------------------------------------------------------------------- */

struct truth *truth_new(void)
{
	struct truth *t = alloc_zero(1, sizeof(*t));

	t->logs = strmap_new();
	return t;
}

void truth_free(struct truth *t)
{
	struct truth_log *lg;
	size_t pos = 0;

	while (t && (lg = truth_next(t, &pos)) != NULL) {
		for (size_t i = 0; i < lg->n; i++) {
			entry_free(lg->entries[i]);
		}
		free(lg->entries);
		strmap_free(lg->rows);
		strmap_free(lg->cids);
		free(lg);
	}
	if (t) {
		strmap_free(t->logs);
		free(t);
	}
}

void truth_add(struct truth *t, const char *log, const struct confab_entry *from)
{
	struct truth_log *lg = truth_log(t, log);
	struct truth_entry *e = alloc_zero(1, sizeof(*e));
	char key[160];

	lg = lg ? lg : log_make(t, log);
	if (lg->n == lg->cap) {
		lg->cap = lg->cap ? lg->cap * 2 : 64;
		lg->entries = alloc_resize(lg->entries, lg->cap * sizeof(struct truth_entry *));
	}
	assert(from->rev == lg->n + 1); /* the memory store keeps revs dense */
	*e = (struct truth_entry){.rev = from->rev,
		.seq = from->seq,
		.ord = from->ord,
		.all = from->all,
		.first = from->first,
		.deleted = from->deleted,
		.ts = from->ts,
		.op = copy(from->op),
		.sender = copy(from->sender),
		.cid = copy(from->cid),
		.result = copy(from->result),
		.message = from->message,
		.counts = from->counts,
		.counts_all = from->counts_all};
	e->rows = alloc_zero(from->n_rows + 1, sizeof(struct truth_row *));
	for (size_t i = 0; i < from->n_rows; i++) {
		e->rows[e->n_rows++] = row_keep(lg, &from->rows[i]);
	}
	lg->entries[lg->n++] = e;
	if (*e->cid) {
		snprintf(key, sizeof(key), "%s %s", e->sender, e->cid);
		e->next_of_cid = strmap_put(lg->cids, key, e);
	}
}

struct truth_log *truth_log(const struct truth *t, const char *log)
{
	return strmap_find(t->logs, log);
}

struct truth_log *truth_next(const struct truth *t, size_t *pos)
{
	void *lg = NULL;

	return strmap_next(t->logs, pos, NULL, &lg) ? lg : NULL;
}

const struct truth_entry *truth_entry(const struct truth_log *lg, uint64_t rev)
{
	return rev >= 1 && rev <= lg->n ? lg->entries[rev - 1] : NULL;
}

const struct truth_entry *truth_cid(const struct truth_log *lg, const char *sender, const char *cid)
{
	char key[160];

	snprintf(key, sizeof(key), "%s %s", sender, cid);
	return strmap_find(lg->cids, key);
}

struct truth_row *truth_row_at(
	const struct truth_log *lg, const char *kind, const char *id, uint64_t rev)
{
	struct truth_row *r;
	char key[200];

	snprintf(key, sizeof(key), "%s:%s", kind, id);
	r = strmap_find(lg->rows, key);
	while (r && r->rev > rev) {
		r = r->before;
	}
	return r;
}

const json_t *truth_json(struct truth_row *r)
{
	if (!r->json && r->body) {
		r->json = json_loads(r->body, 0, NULL);
	}
	return r->json;
}
