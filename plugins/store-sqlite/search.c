/**
 * Search: FTS5 over the core's tokens. To a message's words come two of ours, =LOG and ~SENDER, so
 * that one query finds what lies in some logs, newest first, by the order in which messages came.
 *
 * Words that are taken out stay in the index's older pieces until these are merged. Where FTS5 cannot
 * forget at once (before SQLite 3.42), a sweep merges all pieces, in small steps, at most a twentieth
 * of the time.
 *
 * SPDX-License-Identifier: MIT
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine_internal.h"

#define TOKENS_MAX 16
#define SWEEP_PAUSE_MS 10000

/* Is this a token of the core's tokenizer? Ours, and the query's own signs, are not. */
static bool is_token(const char *t)
{
	if (!*t)
		return false;
	for (; *t; t++)
		if ((unsigned char)*t < 0x80 && !(*t >= 'a' && *t <= 'z') &&
			!(*t >= '0' && *t <= '9'))
			return false;
	return true;
}

/* The query: (=1 OR =2) AND ~7 AND "word" AND "start" * */
static char *query_text(struct handle *h, const struct confab_search *c, int *rc)
{
	sqlite3_str *q = sqlite3_str_new(h->db);
	struct confab_arena *a = c->call.arena;
	struct log_record log;
	size_t found = 0;
	for (size_t i = 0; *rc == SQLITE_OK && i < c->n_logs; i++) {
		*rc = log_find(h, a, c->logs[i], &log);
		if (*rc == SQLITE_OK && log.id)
			sqlite3_str_appendf(q, "%s\"=%lld\"", found++ ? " OR " : "(", log.id);
	}
	if (found)
		sqlite3_str_appendall(q, ")");
	if (found && c->sender) {
		sqlite3_int64 sender = 0;
		if (*rc == SQLITE_OK)
			*rc = user_id(h, c->sender, false, &sender);
		sqlite3_str_appendf(q, " AND \"~%lld\"", sender);
	}
	size_t words = 0;
	for (size_t i = 0; i < c->n_tokens && i < TOKENS_MAX; i++) {
		if (!is_token(c->tokens[i]))
			continue;
		bool prefix = c->prefix && i + 1 == c->n_tokens;
		sqlite3_str_appendf(q, " AND \"%s\"%s", c->tokens[i], prefix ? " *" : "");
		words++;
	}
	char *text = sqlite3_str_finish(q);
	if (!text && *rc == SQLITE_OK)
		*rc = SQLITE_NOMEM;
	if (found && words)
		return text;
	sqlite3_free(text);
	return NULL;
}

/* ------------------------------------------------------------------------------------------- */

void words_begin(struct engine *e)
{
	atomic_store(&e->swept_words,
		sqlite3_exec(e->writer.db,
			"INSERT INTO words (words, rank) VALUES ('secure-delete', 1)", NULL, NULL,
			NULL) == SQLITE_OK);
	e->words_dirty = meta_get(&e->writer, "words_dirty") != 0;
}

int words_add(struct handle *h, sqlite3_int64 *doc, sqlite3_int64 message, sqlite3_int64 log,
	sqlite3_int64 sender, const char *tokens)
{
	char ours[64];
	int n = snprintf(
		ours, sizeof(ours), "=%" PRId64 " ~%" PRId64 " ", (int64_t)log, (int64_t)sender);
	size_t len = strlen(tokens);
	char *text = sqlite3_malloc64(len + (size_t)n + 1);
	if (!text)
		return SQLITE_NOMEM;
	memcpy(text, ours, (size_t)n);
	for (size_t i = 0; i <= len; i++) /* nobody else's word begins like ours */
		text[(size_t)n + i] = tokens[i] == '=' || tokens[i] == '~' ? ' ' : tokens[i];
	sqlite3_stmt *s = handle_statement(h, ST_WORDS_ADD);
	(void)(*doc ? sqlite3_bind_int64(s, 1, *doc) : sqlite3_bind_null(s, 1));
	(void)sqlite3_bind_text(s, 2, text, (int)(len + (size_t)n), sqlite3_free);
	sqlite3_bind_int64(s, 3, message);
	int rc = statement_run(s);
	if (rc == SQLITE_OK && !*doc)
		*doc = sqlite3_last_insert_rowid(h->db);
	return rc;
}

int words_remove(struct handle *h, sqlite3_int64 doc)
{
	struct engine *e = h->engine;
	sqlite3_stmt *s = handle_statement(h, ST_WORDS_REMOVE);
	sqlite3_bind_int64(s, 1, doc);
	int rc = statement_run(s);
	if (rc == SQLITE_OK && !atomic_load(&e->swept_words) && (!e->words_dirty || e->sweeping)) {
		e->words_dirty = true;
		rc = meta_set(h, "words_dirty", e->sweeping ? 2 : 1);
	}
	return rc;
}

/* Merge some pages. A step that changes next to nothing was the last. */
static int sweep_step(struct handle *h, bool first, bool *last)
{
	int before = sqlite3_total_changes(h->db);
	int rc = handle_run(h, first ? ST_WORDS_SWEEP_FIRST : ST_WORDS_SWEEP);
	*last = sqlite3_total_changes(h->db) - before < 2;
	return rc;
}

bool words_sweep(struct engine *e)
{
	struct handle *h = &e->writer;
	int64_t now_ms = e->options.now_ms();
	bool last = false, first = !e->sweeping;
	if (!e->words_dirty || (first && now_ms < e->sweep_due_ms))
		return false;
	if (first)
		e->sweep_began_ms = now_ms;
	int rc = handle_run(h, ST_BEGIN_WRITE);
	if (rc == SQLITE_OK && first)
		rc = meta_set(h, "words_dirty", 1);
	if (rc == SQLITE_OK)
		rc = sweep_step(h, first, &last);
	/* 2: words were removed after this sweep began, so another must follow. */
	bool again = last && !first && meta_get(h, "words_dirty") == 2;
	last = last && !first;
	if (rc == SQLITE_OK && last)
		rc = meta_set(h, "words_dirty", again ? 1 : 0);
	if (rc == SQLITE_OK)
		rc = handle_run(h, ST_COMMIT);
	if (handle_failed(h, rc) != SQLITE_OK) {
		(void)handle_run(h, ST_ROLLBACK); /* tried again at the next round */
		e->sweeping = false;
		e->sweep_due_ms = now_ms + SWEEP_PAUSE_MS;
		return false;
	}
	e->sweeping = !last;
	if (last) {
		int64_t pause_ms = 20 * (now_ms - e->sweep_began_ms);
		e->words_dirty = again;
		e->sweep_due_ms = now_ms + (pause_ms > SWEEP_PAUSE_MS ? pause_ms : SWEEP_PAUSE_MS);
	}
	return e->sweeping;
}

int search_read(struct handle *h, struct confab_call *call)
{
	struct confab_search *c = (struct confab_search *)(void *)call;
	size_t limit = c->limit < WINDOW_MAX ? c->limit : WINDOW_MAX;
	int rc = SQLITE_OK;
	c->n = 0;
	c->next = "";
	char *query = query_text(h, c, &rc);
	if (!query)
		return rc;
	c->rows = confab_arena_alloc(call->arena, limit * sizeof(*c->rows));
	c->row_logs = confab_arena_alloc(call->arena, limit * sizeof(*c->row_logs));
	sqlite3_int64 before = *c->cursor ? strtoll(c->cursor, NULL, 10) : INT64_MAX, last = 0;
	sqlite3_stmt *s = handle_statement(h, ST_WORDS_SEARCH);
	(void)sqlite3_bind_text(s, 1, query, -1, sqlite3_free);
	sqlite3_bind_int64(s, 2, before);
	bind_u64(s, 3, limit + 1);
	while (sqlite3_step(s) == SQLITE_ROW) {
		if (c->n == limit) {
			char *next = confab_arena_alloc(call->arena, 24);
			snprintf(next, 24, "%" PRId64, (int64_t)last);
			c->next = next;
			break;
		}
		row_fill(call->arena, s, &c->rows[c->n]);
		last = sqlite3_column_int64(s, 10);
		c->row_logs[c->n++] = column_text(call->arena, s, 11);
	}
	return sqlite3_reset(s);
}
