/**
 * channel.list: a user's own channels by activity, each with its row and its last message, page by page.
 *
 * What a page needs of a channel (its row, its last message, the reader's own member row) is one read of
 * few rows; the channels themselves are not loaded for it.
 *
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <confab/provider/store.h>
#include "base/buf.h"
#include "base/json.h"
#include "base/json_read.h"
#include "chat/permit.h"
#include "chat/visible.h"
#include "ops/fields.h"
#include "ops/item.h"
#include "ops/ops_internal.h"
#include "store/store.h"
#include "wire/op_table.h"
#include "wire/request.h"

struct page;

/** One channel of a page. */
struct entry {
	struct page *page;
	struct chat_log *lg; /* pinned */
	struct buf text;     /* empty: it was lost meanwhile */
};

/** A page under way. */
struct page {
	struct ops *o;
	struct confab_request *rq;
	size_t n, left;
	bool more, failed;
	char next[ITEM_PLACE_SIZE];
	struct entry entries[];
};

static void page_over(struct page *p)
{
	struct buf *b = &p->rq->raw;
	bool any = false;

	if (--p->left > 0) {
		return;
	}
	buf_str(b, "{\"channels\":[");
	for (size_t i = 0; i < p->n; i++) {
		struct buf *text = &p->entries[i].text;

		if (text->len) {
			buf_str(b, any ? "," : "");
			buf_add(b, text->bytes, text->len);
			any = true;
		}
		buf_fini(text);
		chat_log_unpin(p->entries[i].lg);
	}
	buf_str(b, "],\"next\":");
	if (p->more) {
		buf_json_str(b, p->next, strlen(p->next));
	} else {
		buf_str(b, "null");
	}
	buf_char(b, '}');
	if (p->failed) {
		buf_clear(b);
		request_error(p->rq, "busy", NULL, 1000, NULL);
	} else {
		request_reply_raw(p->rq);
	}
	free(p);
}

/** The reader of a channel that may not be in memory: its own member row says the rest. */
static struct reader reader_by_row(
	const struct user *u, const struct chat_log *lg, const struct confab_row *member)
{
	struct reader reader = reader_of(u, lg);
	json_t *j;

	if (lg->channel || !member->kind || member->gone) {
		return reader;
	}
	j = json_read(member->body, member->body_len);
	reader.floor = (uint64_t)json_int(j, "floor", 0);
	json_decref(j);
	return reader;
}

static void write_entry(struct entry *e, const struct confab_row_get *call)
{
	struct confab_request *rq = e->page->rq;
	struct user *u = rq->actor->user;
	const struct confab_row *channel = &call->rows[0], *last = &call->rows[2];
	struct reader reader = reader_by_row(u, e->lg, &call->rows[1]);
	json_t *item = item_json(e->page->o, u, rq->actor->session, e->lg);
	struct sight sight;

	json_write(&e->text, item);
	json_decref(item);
	e->text.len--; /* the item goes on */
	buf_str(&e->text, ",\"channel\":");
	buf_add(&e->text, channel->body, channel->body_len);
	if (last->kind && !last->gone && last->seq >= e->lg->first) {
		sight = (struct sight){.kind = last->kind,
			.seq = last->seq,
			.sender = last->sender,
			.audience = last->audience};
		buf_str(&e->text, ",\"last\":");
		visible_row(
			&e->text, &reader, &sight, last->id, last->rev, last->body, last->body_len);
	}
	buf_char(&e->text, '}');
}

/** Was the channel lost while the store read? */
static bool lost(const struct entry *e, const struct confab_row_get *call)
{
	const struct confab_row *channel = &call->rows[0];
	const struct confab_actor *who = e->page->rq->actor;
	json_t *row;
	bool deleted;

	if (!channel->kind || channel->gone || !channel->body_len) {
		return true;
	}
	if (e->lg->channel) {
		return e->lg->channel->deleted ||
			permit_refusal(who, e->lg->channel, "read") != NULL;
	}
	row = json_read(channel->body, channel->body_len);
	deleted = json_bool(row, "deleted");
	json_decref(row);
	return deleted;
}

static void entry_read(struct confab_row_get *call, void *arg)
{
	struct entry *e = arg;

	if (call->call.rc) {
		e->page->failed = true;
	} else if (!lost(e, call)) {
		write_entry(e, call);
	}
	page_over(e->page);
}

static void entry_ask(struct entry *e)
{
	struct store *store = e->page->o->chat->store;
	struct confab_row_get *call = store_row_get_new(store);
	struct confab_arena *a = call->call.arena;
	const char **kinds = confab_arena_alloc(a, 3 * sizeof(char *));
	const char **ids = confab_arena_alloc(a, 3 * sizeof(char *));
	const char *user = e->page->rq->actor->id;
	char seq[24];

	snprintf(seq, sizeof(seq), "%" PRIu64, e->lg->seq);
	kinds[0] = "channel";
	ids[0] = e->lg->id;
	kinds[1] = "member";
	ids[1] = confab_arena_dup(a, user, strlen(user));
	kinds[2] = "message";
	ids[2] = confab_arena_dup(a, seq, strlen(seq));
	call->log = e->lg->id;
	call->kinds = kinds;
	call->ids = ids;
	call->n = 3;
	store_row_get(store, call, entry_read, e);
}

static void list_heads(void *arg, int rc)
{
	struct confab_request *rq = arg;
	struct user *u = rq->actor->user;
	size_t limit = (size_t)json_int(rq->args, "limit", 50), total, n = 0;
	const char *after = json_str(rq->args, "after");
	struct chat_log **logs;
	struct page *p;

	if (rc) {
		request_error(rq, "busy", NULL, 1000, NULL);
		return;
	}
	logs = item_logs(u, &total);
	p = calloc(1, sizeof(*p) + limit * sizeof(p->entries[0]));
	assert(p);
	p->o = rq->op->ctx;
	p->rq = rq;
	p->left = 1;
	for (size_t i = 0; i < total && !p->more; i++) {
		if (!item_behind(logs[i], after ? after : "")) {
			continue;
		}
		if (n == limit) {
			p->more = true;
			item_place(logs[i - 1], p->next);
			break;
		}
		p->entries[n] = (struct entry){.page = p, .lg = logs[i]};
		buf_init(&p->entries[n].text);
		chat_log_pin(logs[i]);
		n++;
	}
	free(logs);
	p->n = n;
	p->left += n;
	for (size_t i = 0; i < n; i++) {
		entry_ask(&p->entries[i]);
	}
	page_over(p);
}

static void run_list(struct confab_request *rq, void *ctx)
{
	item_heads(ctx, rq->actor->user, list_heads, rq);
}

/* --- rows ------------------------------------------------------------------------------------------------ */

static const struct confab_field fields[] = {
	{"after", CONFAB_FIELD_STRING, false, 0, ITEM_PLACE_SIZE, NULL, NULL,
		"next of the page before, or more of hello"},
	OPS_LIMIT_FIELD(ITEMS_MAX),
	{0},
};
static const struct confab_field entry_fields[] = {
	ITEM_FIELDS,
	{"channel", CONFAB_FIELD_ROW, true, 0, 0, NULL, NULL, "the channel's row"},
	{"last", CONFAB_FIELD_ROW, false, 0, 0, NULL, NULL, "its newest message"},
	{0},
};
static const struct confab_field reply[] = {
	{"channels", CONFAB_FIELD_LIST, true, 0, 0, NULL, entry_fields,
		"items as in hello, with the channel's row and its last message"},
	{"next", CONFAB_FIELD_PLACE, true, 0, 0, NULL, NULL, "ask again after this; null: the end"},
	{0},
};

static const struct confab_op_row rows[] = {
	{.name = "channel.list",
		.actor = CONFAB_OP_USER,
		.method = "GET",
		.path = "/v1/me/channels",
		.run = run_list,
		.args = fields,
		.reply = reply,
		.cost = 4,
		.doc = "Your channels, most active first, each with its last message."},
};

/* -------------------------------------------------------------------------------------------- */

int ops_list_register(struct ops *o, struct confab_error *err)
{
	return ops_add(o, rows, sizeof(rows) / sizeof(rows[0]), err);
}
