/**
 * Building changes: rows, numbers, texts.
 *
 * SPDX-License-Identifier: MIT
 */
#include "pipeline/change.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/json.h"
#include "base/map.h"
#include "chat/row.h"
#include "pipeline/event_internal.h"
#include "pipeline/kind.h"
#include "pipeline/pipeline.h"
#include "store/store.h"

#define ROWS_MAX 1000

/** A row as the batch leaves it. */
struct over {
	json_t *json;        /* NULL: gone */
	struct over *before; /* what it was before the change under construction */
	size_t by;           /* place of that change in the batch */
	char key[];
};

static void over_free(struct over *o)
{
	for (struct over *before; o; o = before) {
		before = o->before;
		json_decref(o->json);
		free(o);
	}
}

static void overlay_put(struct confab_change *c, const char *kind, const char *id, json_t *json)
{
	char key[200];
	struct over *o, *former;

	id_join(key, sizeof(key), kind, ':', id);
	o = calloc(1, sizeof(*o) + strlen(key) + 1);
	assert(o);
	strcpy(o->key, key);
	o->json = json;
	o->by = c->batch->n;
	former = strmap_put(c->batch->overlay, key, o);
	o->before = former;
}

/** Rows whose parsed form judges others: nothing may follow them in a batch. */
static bool is_parsed_kind(const char *kind)
{
	static const char *const kinds[] = {
		"member", "channel", "membership", "block", "profile", "session"};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i], kind) == 0) {
			return true;
		}
	}
	return false;
}

static struct confab_row *row_slot(struct confab_change *c, const char *kind, const char *id)
{
	struct confab_arena *a = c->batch->call->call.arena;

	for (size_t i = 0; i < c->entry.n_rows; i++) {
		if (strcmp(c->rows[i].kind, kind) == 0 && strcmp(c->rows[i].id, id) == 0) {
			return &c->rows[i];
		}
	}
	if (c->entry.n_rows == c->cap_rows) {
		size_t cap = c->cap_rows ? c->cap_rows * 2 : 2;
		struct confab_row *rows = confab_arena_alloc(a, cap * sizeof(*rows));

		if (c->entry.n_rows) {
			memcpy(rows, c->rows, c->entry.n_rows * sizeof(*rows));
		}
		c->rows = rows;
		c->cap_rows = cap;
	}
	c->rows[c->entry.n_rows] = (struct confab_row){
		.kind = row_kind(kind),
		.id = confab_arena_dup(a, id, strlen(id)),
		.rev = c->entry.rev,
	};
	c->parsed |= is_parsed_kind(kind);
	return &c->rows[c->entry.n_rows++];
}

/** {"kind":…,"id":…,"rev":…, and the members of json that are none of these. */
static void row_text(struct confab_change *c, struct confab_row *row, json_t *json)
{
	struct buf b;
	const char *key;
	json_t *value;

	buf_init(&b);
	buf_str(&b, "{\"kind\":");
	buf_json_str(&b, row->kind, strlen(row->kind));
	buf_str(&b, ",\"id\":");
	if (row->seq) {
		buf_unum(&b, row->seq);
	} else {
		buf_json_str(&b, row->id, strlen(row->id));
	}
	buf_str(&b, ",\"rev\":");
	buf_unum(&b, row->rev);
	json_object_foreach(json, key, value)
	{
		if (strcmp(key, "kind") == 0 || strcmp(key, "id") == 0 || strcmp(key, "rev") == 0) {
			continue;
		}
		buf_char(&b, ',');
		buf_json_str(&b, key, strlen(key));
		buf_char(&b, ':');
		json_write(&b, value);
	}
	buf_char(&b, '}');
	row->body_len = b.len;
	row->body = confab_arena_dup(c->batch->call->call.arena, b.bytes, b.len);
	buf_fini(&b);
}

static const char *arena_str(struct confab_change *c, const char *s)
{
	return s && *s ? confab_arena_dup(c->batch->call->call.arena, s, strlen(s)) : NULL;
}

static void message_row(struct confab_change *c, uint64_t seq, const struct change_message *m)
{
	char id[ID_NUMBER_SIZE];
	struct confab_row *row;

	id_number(id, seq);
	row = row_slot(c, "message", id);
	row->seq = seq;
	row->parent = m->parent;
	row->n = m->n;
	row->sender = arena_str(c, m->sender);
	row->audience = arena_str(c, m->audience);
	row->tokens = arena_str(c, m->tokens);
	row_text(c, row, m->json);
	overlay_put(c, "message", id, m->json);
}

/* -------------------------------------------------------------------------------------------- */

struct batch *batch_new(struct chat_log *lg)
{
	struct batch *b = calloc(1, sizeof(*b));

	assert(b);
	b->lg = lg;
	b->call = store_commit_new(lg->chat->store);
	b->overlay = strmap_new();
	b->tail = &b->events;
	b->tally = (struct tally){.seq = lg->seq,
		.ord = lg->ord,
		.all = lg->all,
		.first = lg->first ? lg->first : 1,
		.ts = lg->ts};
	return b;
}

void batch_free(struct batch *b)
{
	size_t pos = 0;
	void *value;

	if (!b) {
		return;
	}
	while (strmap_next(b->overlay, &pos, NULL, &value)) {
		over_free(value);
	}
	strmap_free(b->overlay);
	json_decref(b->scrap);
	for (size_t i = 0; i < b->n; i++) {
		json_decref(b->changes[i].reply);
	}
	free(b->changes);
	if (b->call) {
		store_call_free(&b->call->call);
	}
	free(b);
}

struct confab_change *change_begin(struct batch *b, struct confab_event *ev)
{
	struct confab_arena *a = b->call->call.arena;
	struct confab_change *c;
	int64_t now = clock_real_ms();

	if (b->n == b->cap) {
		b->cap = b->cap ? b->cap * 2 : 8;
		b->changes = realloc(b->changes, b->cap * sizeof(*b->changes));
		assert(b->changes);
	}
	c = &b->changes[b->n];
	*c = (struct confab_change){.batch = b, .ev = ev, .after = b->tally};
	if (now > c->after.ts) {
		c->after.ts = now;
	}
	c->entry.rev = b->lg->rev + b->n + 1;
	c->entry.ts = c->after.ts;
	c->entry.op = ev->kind->row->name;
	c->entry.sender = confab_arena_dup(a, ev->actor.id, strlen(ev->actor.id));
	c->entry.cid = confab_arena_dup(a, ev->cid, strlen(ev->cid));
	memcpy(c->entry.hash, ev->hash, sizeof(c->entry.hash));
	return c;
}

/** {"rev":…,"ts":…[,"seq":…], and what the kind adds}: the first answer, kept with the entry. */
static const char *result_text(struct confab_change *c)
{
	struct buf b;
	const char *key, *text;
	json_t *value;

	buf_init(&b);
	buf_str(&b, "{\"rev\":");
	buf_unum(&b, c->entry.rev);
	buf_str(&b, ",\"ts\":");
	buf_num(&b, c->entry.ts);
	if (c->entry.message) {
		buf_str(&b, ",\"seq\":");
		buf_unum(&b, c->entry.seq);
	}
	json_object_foreach(c->reply, key, value)
	{
		buf_char(&b, ',');
		buf_json_str(&b, key, strlen(key));
		buf_char(&b, ':');
		json_write(&b, value);
	}
	buf_char(&b, '}');
	text = confab_arena_dup(c->batch->call->call.arena, b.bytes, b.len);
	buf_fini(&b);
	return text;
}

bool change_take(struct confab_change *c)
{
	struct batch *b = c->batch;

	if (!c->entry.n_rows && c->after.first == b->tally.first) {
		change_drop(c);
		return false;
	}
	c->entry.seq = c->after.seq;
	c->entry.ord = c->after.ord;
	c->entry.all = c->after.all;
	c->entry.first = c->after.first;
	c->entry.rows = c->rows;
	c->entry.todos = c->todos;
	c->entry.result = result_text(c);
	b->tally = c->after;
	b->closed |= c->parsed;
	b->n++;
	return true;
}

/** Take this change's rows out of the overlay again. */
void change_drop(struct confab_change *c)
{
	struct strmap *overlay = c->batch->overlay;

	for (size_t i = 0; i < c->entry.n_rows; i++) {
		char key[200];
		struct over *o;

		id_join(key, sizeof(key), c->rows[i].kind, ':', c->rows[i].id);
		o = strmap_take(overlay, key);
		while (o && o->by == c->batch->n) {
			struct over *before = o->before;

			o->before = NULL;
			over_free(o);
			o = before;
		}
		if (o) {
			strmap_put(overlay, key, o);
		}
	}
	json_decref(c->reply);
	c->reply = NULL;
}

uint64_t change_message_add(struct confab_change *c, const struct change_message *m)
{
	uint64_t seq = ++c->after.seq;

	c->after.ord += m->counts;
	c->after.all += m->counts && m->counts_all;
	c->entry.message = true;
	c->entry.counts = m->counts;
	c->entry.counts_all = m->counts && m->counts_all;
	json_object_set_new(m->json, "ord", json_integer((json_int_t)c->after.ord));
	json_object_set_new(m->json, "all", json_integer((json_int_t)c->after.all));
	json_object_set_new(m->json, "ts", json_integer(c->entry.ts));
	message_row(c, seq, m);
	return seq;
}

void change_message_set(struct confab_change *c, uint64_t seq, const struct change_message *m)
{
	message_row(c, seq, m);
}

void change_uncount(struct confab_change *c, uint64_t seq, bool all)
{
	c->entry.deleted = seq;
	c->entry.deleted_all = all;
}

void change_first(struct confab_change *c, uint64_t first)
{
	if (first > c->after.first) {
		c->after.first = first;
	}
}

int change_set_tagged(
	struct confab_change *c, const char *kind, const char *id, json_t *json, const char *tag)
{
	struct confab_row *row;

	if (c->entry.n_rows >= ROWS_MAX) {
		json_decref(json);
		return CONFAB_ELIMIT;
	}
	row = row_slot(c, kind, id);
	row->gone = json == NULL;
	row->tag = arena_str(c, tag);
	row->body = "";
	row->body_len = 0;
	if (json) {
		row_text(c, row, json);
	}
	overlay_put(c, kind, id, json);
	return 0;
}

int confab_change_set(struct confab_change *c, const char *kind, const char *id, json_t *json)
{
	return change_set_tagged(c, kind, id, json, NULL);
}

int confab_change_todo(struct confab_change *c, const char *name, json_t *body)
{
	struct confab_arena *a = c->batch->call->call.arena;
	char full[TODO_NAME_MAX];
	struct buf b;

	event_todo_name(c->ev, name, full);
	if (c->entry.n_todos == c->cap_todos) {
		size_t cap = c->cap_todos ? c->cap_todos * 2 : 2;
		struct confab_todo *todos = confab_arena_alloc(a, cap * sizeof(*todos));

		if (c->entry.n_todos) {
			memcpy(todos, c->todos, c->entry.n_todos * sizeof(*todos));
		}
		c->todos = todos;
		c->cap_todos = cap;
	}
	buf_init(&b);
	json_write(&b, body);
	c->todos[c->entry.n_todos] = (struct confab_todo){
		.log = c->batch->lg->id,
		.rev = c->entry.rev,
		.n = (unsigned)c->entry.n_todos,
		.name = confab_arena_dup(a, full, strlen(full)),
		.body = confab_arena_dup(a, b.bytes, b.len),
		.due_ms = c->entry.ts + 10000,
	};
	c->entry.n_todos++;
	buf_fini(&b);
	json_decref(body);
	return 0;
}

void confab_change_reply(struct confab_change *c, const char *key, json_t *value)
{
	if (!c->reply) {
		c->reply = json_object();
	}
	json_object_set_new(c->reply, key, value);
}

const json_t *batch_row(struct batch *b, const char *kind, const char *id, bool *known)
{
	char key[200];
	struct over *o;

	id_join(key, sizeof(key), kind, ':', id);
	o = b ? strmap_find(b->overlay, key) : NULL;
	*known = o != NULL;
	return o ? o->json : NULL;
}

const json_t *confab_change_row(struct confab_change *c, const char *kind, const char *id)
{
	return event_lend(c->ev, c->batch->lg, kind, id);
}
