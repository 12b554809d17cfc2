/**
 * Rows held in memory, and which of them may go.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/ids.h"
#include "base/json_read.h"
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

/** What lies before a row that may go. */
struct loose {
	struct row *newer, *older; /* least-recently-used list */
	char *sender;              /* author of a message, or NULL */
	char *audience;            /* JSON text, NULL: everybody */
};

static struct loose *loose_of(const struct row *r)
{
	assert(!r->stays);
	return (struct loose *)(void *)((char *)(uintptr_t)r - sizeof(struct loose));
}

static void loose_unlink(struct chat_log *lg, struct row *r)
{
	struct loose *l = loose_of(r);

	if (!l->newer && lg->newest != r) {
		return;
	}
	if (l->newer) {
		loose_of(l->newer)->older = l->older;
	} else {
		lg->newest = l->older;
	}
	if (l->older) {
		loose_of(l->older)->newer = l->newer;
	} else {
		lg->oldest = l->newer;
	}
	l->newer = l->older = NULL;
	lg->n_loose--;
}

static void loose_link(struct chat_log *lg, struct row *r)
{
	struct loose *l = loose_of(r);

	l->newer = NULL;
	l->older = lg->newest;
	if (lg->newest) {
		loose_of(lg->newest)->newer = r;
	} else {
		lg->oldest = r;
	}
	lg->newest = r;
	lg->n_loose++;
}

static void row_free(struct row *r)
{
	free(r->body);
	if (r->stays) {
		free(r);
		return;
	}
	free(loose_of(r)->sender);
	free(loose_of(r)->audience);
	free(loose_of(r));
}

static void loose_trim(struct chat_log *lg)
{
	struct row *r = lg->oldest, *next;

	for (; r && lg->n_loose > LOOSE_MAX; r = next) {
		next = loose_of(r)->newer;
		if (r->pins) {
			continue;
		}
		row_forget(lg, r);
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
	size_t links = stays ? 0 : sizeof(struct loose);
	char *mem = calloc(1, links + sizeof(struct row) + size);
	struct row *r = (struct row *)(void *)(mem + links);

	assert(mem && prefix <= UINT8_MAX);
	id_join(r->key, size, kind, ':', id);
	r->id_at = (uint8_t)prefix;
	r->kind = row_kind(kind);
	r->stays = stays;
	if (!lg->rows) {
		lg->rows = strmap_new_lent();
	}
	strmap_put(lg->rows, r->key, r);
	if (!stays) {
		loose_link(lg, r);
		r->pins++;
		loose_trim(lg);
		r->pins--;
	}
	return r;
}

/** {"kind":…,"id":…,"rev":…, as the text of every row begins that is not a message. */
static void row_begin(struct buf *b, const struct row *r)
{
	buf_str(b, "{\"kind\":");
	buf_json_str(b, r->kind, strlen(r->kind));
	buf_str(b, ",\"id\":");
	buf_json_str(b, row_id(r), strlen(row_id(r)));
	buf_str(b, ",\"rev\":");
	buf_unum(b, r->rev);
}

/** Keep the text of a row; of one that stays without what it begins with. */
static void body_take(struct row *r, const struct confab_row *from)
{
	const char *text = from->body;
	size_t len = from->body_len;
	struct buf b;

	free(r->body);
	r->body = NULL;
	r->cut = false;
	if (from->gone || !text) {
		return;
	}
	if (r->stays) {
		buf_init(&b);
		row_begin(&b, r);
		r->cut = len > b.len && memcmp(text, b.bytes, b.len) == 0;
		text += r->cut ? b.len : 0;
		len -= r->cut ? b.len : 0;
		buf_fini(&b);
	}
	r->body = malloc(len + 1);
	assert(r->body);
	memcpy(r->body, text, len);
	r->body[len] = '\0';
}

/* -------------------------------------------------------------------------------------------- */

const char *row_kind(const char *name)
{
	static const char *const core[] = {"message", "member", "channel", "thread", "pin",
		"membership", "block", "mute", "mark", "draft", "mention", "follow", "held",
		"session", "profile", "invite", "link"};
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

	id_join(key, sizeof(key), kind, ':', id); /* what is cut is a key that no row has */
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
	body_take(r, from);
	if (!r->stays) {
		struct loose *l = loose_of(r);

		free(l->sender);
		l->sender = copy_or_null(from->sender);
		free(l->audience);
		l->audience = copy_or_null(from->audience);
	}
	return r;
}

struct row *row_absent(struct chat_log *lg, const char *kind, const char *id)
{
	struct row *r = row_find(lg, kind, id);

	return r ? r : row_make(lg, kind, id, false);
}

void row_forget(struct chat_log *lg, struct row *r)
{
	assert(!r->pins);
	strmap_take(lg->rows, r->key);
	loose_unlink(lg, r);
	row_free(r);
}

void row_forget_all(struct chat_log *lg)
{
	size_t pos = 0;
	void *value;

	while (strmap_next(lg->rows, &pos, NULL, &value)) {
		row_free(value);
	}
	strmap_free(lg->rows);
	lg->rows = NULL;
	lg->newest = lg->oldest = NULL;
	lg->n_loose = 0;
}

json_t *row_json(const struct row *r)
{
	struct buf b;
	json_t *json;

	if (!row_lives(r)) {
		return NULL;
	}
	if (!r->cut) {
		return json_read(r->body, strlen(r->body));
	}
	buf_init(&b);
	row_begin(&b, r);
	buf_str(&b, r->body);
	json = json_read(b.bytes, b.len);
	buf_fini(&b);
	return json;
}

bool row_says(const struct row *r, const char *member, size_t len)
{
	return row_lives(r) && memmem(r->body, strlen(r->body), member, len) != NULL;
}

const char *row_sender(const struct row *r)
{
	return r->stays ? NULL : loose_of(r)->sender;
}

const char *row_audience(const struct row *r)
{
	return r->stays ? NULL : loose_of(r)->audience;
}
