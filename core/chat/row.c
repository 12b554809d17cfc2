/**
 * Rows held in memory, and which of them may go.
 *
 * SPDX-License-Identifier: MIT
 */
#include "chat/row.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <confab/provider/store.h>
#include "base/buf.h"
#include "base/map.h"
#include "chat/chat.h"

/** Rows that may go, per log: enough for edits and threads of the moment. */
#define LOOSE_MAX 256

static void row_key(char *out, size_t size, const char *kind, const char *id)
{
	size_t prefix = strlen(kind), rest = strlen(id);

	assert(size >= 2); /* what does not fit is cut, as a key that no row has */
	prefix = prefix < size - 2 ? prefix : size - 2;
	rest = rest < size - 2 - prefix ? rest : size - 2 - prefix;
	memcpy(out, kind, prefix);
	out[prefix] = ':';
	memcpy(out + prefix + 1, id, rest);
	out[prefix + 1 + rest] = '\0';
}

static void loose_unlink(struct chat_log *lg, struct row *r)
{
	if (!r->newer && lg->newest != r) {
		return;
	}
	if (r->newer) {
		r->newer->older = r->older;
	} else {
		lg->newest = r->older;
	}
	if (r->older) {
		r->older->newer = r->newer;
	} else {
		lg->oldest = r->newer;
	}
	r->newer = r->older = NULL;
	lg->n_loose--;
}

static void loose_link(struct chat_log *lg, struct row *r)
{
	r->newer = NULL;
	r->older = lg->newest;
	if (lg->newest) {
		lg->newest->newer = r;
	} else {
		lg->oldest = r;
	}
	lg->newest = r;
	lg->n_loose++;
}

static void row_free(struct row *r)
{
	text_unref(r->body);
	free(r->sender);
	free(r->audience);
	free(r);
}

static void loose_trim(struct chat_log *lg)
{
	struct row *r = lg->oldest, *next;

	for (; r && lg->n_loose > LOOSE_MAX; r = next) {
		next = r->newer;
		if (r->pins) {
			continue;
		}
		strmap_take(lg->rows, r->key);
		loose_unlink(lg, r);
		row_free(r);
	}
}

static char *copy_or_null(const char *s)
{
	char *copy;

	if (!s || !*s) {
		return NULL;
	}
	copy = strdup(s);
	assert(copy);
	return copy;
}

static struct row *row_make(struct chat_log *lg, const char *kind, const char *id, bool stays)
{
	size_t prefix = strlen(kind) + 1, size = prefix + strlen(id) + 1;
	struct row *r = calloc(1, sizeof(*r) + size);

	assert(r);
	row_key(r->key, size, kind, id);
	r->id = r->key + prefix;
	r->kind = row_kind(kind);
	r->stays = stays;
	strmap_put(lg->rows, r->key, r);
	if (!stays) {
		loose_link(lg, r);
		r->pins++;
		loose_trim(lg);
		r->pins--;
	}
	return r;
}

/* -------------------------------------------------------------------------------------------- */

const char *row_kind(const char *name)
{
	static const char *const core[] = {"message", "member", "channel", "thread", "pin",
		"membership", "block", "mute", "mark", "draft", "mention", "follow", "held",
		"session", "profile", "ban"};
	static struct strmap *others; /* a process-wide table of names, like string literals */
	char *made;

	for (size_t i = 0; i < sizeof(core) / sizeof(core[0]); i++) {
		if (strcmp(core[i], name) == 0) {
			return core[i];
		}
	}
	if (!others) {
		others = strmap_new();
	}
	made = strmap_find(others, name);
	if (!made) {
		made = strdup(name);
		assert(made);
		strmap_put(others, name, made);
	}
	return made;
}

struct row *row_find(const struct chat_log *lg, const char *kind, const char *id)
{
	char key[200];

	row_key(key, sizeof(key), kind, id);
	return strmap_find(lg->rows, key);
}

struct row *row_put(struct chat_log *lg, const struct confab_row *from, bool stays)
{
	struct row *r = row_find(lg, from->kind, from->id);

	if (r && r->rev >= from->rev) {
		return r;
	}
	if (!r) {
		r = row_make(lg, from->kind, from->id, stays);
	} else if (!r->stays) {
		loose_unlink(lg, r);
		loose_link(lg, r);
	}
	r->rev = from->rev;
	r->gone = from->gone;
	text_unref(r->body);
	r->body = from->gone || !from->body ? NULL : text_new(from->body, from->body_len);
	free(r->sender);
	r->sender = copy_or_null(from->sender);
	free(r->audience);
	r->audience = copy_or_null(from->audience);
	return r;
}

struct row *row_absent(struct chat_log *lg, const char *kind, const char *id)
{
	struct row *r = row_find(lg, kind, id);

	return r ? r : row_make(lg, kind, id, false);
}

void row_forget_all(struct chat_log *lg)
{
	size_t pos = 0;
	void *value;

	while (strmap_next(lg->rows, &pos, NULL, &value)) {
		row_free(value);
	}
	strmap_free(lg->rows);
	lg->rows = strmap_new_lent();
	lg->newest = lg->oldest = NULL;
	lg->n_loose = 0;
}

json_t *row_json(const struct row *r)
{
	if (!row_lives(r)) {
		return NULL;
	}
	return json_loadb(r->body->bytes, r->body->len, 0, NULL);
}
