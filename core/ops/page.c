/**
 * history: pages of messages in both directions and around one; message.get.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ops/page.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <confab/provider/store.h>
#include "base/json.h"
#include "chat/visible.h"
#include "ops/fields.h"
#include "ops/ops_internal.h"
#include "store/store.h"
#include "wire/op_table.h"
#include "wire/request.h"

static void page_read(struct confab_page *call, void *arg)
{
	struct confab_request *rq = arg;
	struct buf *b = &rq->raw;
	struct chat_log *lg = page_log(rq, call->call.rc, call->log);

	if (!lg) {
		return;
	}
	buf_fmt(b,
		"{\"rev\":%" PRIu64 ",\"seq\":%" PRIu64 ",\"first\":%" PRIu64 ",\"from\":%" PRIu64
		",\"to\":%" PRIu64 ",\"rows\":",
		call->head.rev, call->head.seq, call->head.first, call->from_seq, call->to_seq);
	page_rows(b, rq->actor->user, lg, call->head.first, call->rows, call->n);
	buf_char(b, '}');
	request_reply_raw(rq);
}

static void page_loaded(struct ops *o, struct confab_request *rq)
{
	int64_t limit = json_int(rq->args, "limit", 50), from, to;
	int64_t before = json_int(rq->args, "before", 0), after = json_int(rq->args, "after", -1);
	int64_t around = json_int(rq->args, "around", 0);
	struct chat_log *lg = ops_readable(o, rq, json_str(rq->args, "channel"));
	struct confab_page *call;

	if (!lg) {
		return; /* answered, and with that the request is another thread's */
	}
	if (around) {
		from = around - limit / 2;
		to = from + limit - 1;
	} else if (after >= 0) {
		from = after + 1;
		to = after + limit;
	} else {
		to = before ? before - 1 : (int64_t)lg->seq;
		from = to - limit + 1;
	}
	from = from < (int64_t)lg->first ? (int64_t)lg->first : from;
	to = to > (int64_t)lg->seq ? (int64_t)lg->seq : to;
	call = store_page_new(o->chat->store);
	call->log = confab_arena_dup(call->call.arena, lg->id, strlen(lg->id));
	call->from_seq = (uint64_t)(from < 1 ? 1 : from);
	call->to_seq = (uint64_t)(to < 0 ? 0 : to);
	store_page(o->chat->store, call, page_read, rq);
}

static void run_history(struct confab_request *rq, void *ctx)
{
	const char *id = json_str(rq->args, "channel");

	ops_load(ctx, rq, &id, 1, page_loaded);
}

static void got(struct confab_row_get *call, void *arg)
{
	struct confab_request *rq = arg;
	struct chat_log *lg = page_log(rq, call->call.rc, call->log);

	if (!lg) {
		return;
	}
	if (!call->rows[0].kind || call->rows[0].seq < call->head.first) {
		request_error(rq, "no_message", NULL, 0, NULL);
		return;
	}
	buf_fmt(&rq->raw, "{\"rev\":%" PRIu64 ",\"row\":", call->head.rev);
	page_row(&rq->raw, rq->actor->user, lg, &call->rows[0]);
	buf_char(&rq->raw, '}');
	request_reply_raw(rq);
}

static void get_loaded(struct ops *o, struct confab_request *rq)
{
	struct chat_log *lg = ops_readable(o, rq, json_str(rq->args, "channel"));

	if (lg) {
		page_message_get(o, lg, json_int(rq->args, "seq", 0), got, rq);
	}
}

static void run_get(struct confab_request *rq, void *ctx)
{
	const char *id = json_str(rq->args, "channel");

	ops_load(ctx, rq, &id, 1, get_loaded);
}

static const struct confab_field get_fields[] = {OPS_CHANNEL_FIELD, OPS_SEQ_FIELD, {0}};
static const struct confab_field get_reply[] = {
	{"rev", CONFAB_FIELD_INT, true, 0, 0, NULL, NULL, "the head it was read at"},
	{"row", CONFAB_FIELD_OBJECT, true, 0, 0, NULL, NULL, "the message"},
	{0},
};
static const struct confab_field fields[] = {
	OPS_CHANNEL_FIELD,
	{"before", CONFAB_FIELD_INT, false, 1, JSON_INT_MAX, NULL, NULL, "messages below this seq"},
	{"after", CONFAB_FIELD_INT, false, 0, JSON_INT_MAX, NULL, NULL, "messages above this seq"},
	{"around", CONFAB_FIELD_INT, false, 1, JSON_INT_MAX, NULL, NULL,
		"messages around this seq"},
	{"limit", CONFAB_FIELD_INT, false, 1, 200, NULL, NULL, "at most so many"},
	{0},
};

static const struct confab_field reply[] = {
	OPS_COUNT("rev", "the rows are at least as new as this"),
	OPS_COUNT("seq", "newest message of the channel"),
	OPS_COUNT("first", "lowest seq that is kept"),
	OPS_COUNT("from", "lowest seq of the page; above to: the page is empty"),
	OPS_COUNT("to", "highest seq of the page"),
	OPS_ROWS_FIELD("rows", "one message per seq: whole, tombstone or stub"),
	{0},
};

static const struct confab_op_row rows[] = {
	{.name = "message.get",
		.actor = CONFAB_OP_USER,
		.method = "GET",
		.path = "/v1/channels/{channel}/messages/{seq}",
		.run = run_get,
		.args = get_fields,
		.reply = get_reply,
		.grant = "read",
		.doc = "One message as it stands."},
	{.name = "history",
		.actor = CONFAB_OP_USER,
		.method = "GET",
		.path = "/v1/channels/{channel}/messages",
		.run = run_history,
		.args = fields,
		.reply = reply,
		.grant = "read",
		.doc = "A page of messages: exactly the seqs from … to."},
};

/* -------------------------------------------------------------------------------------------- */

void page_row(struct buf *b, const struct user *u, const struct chat_log *lg,
	const struct confab_row *row)
{
	struct reader reader = reader_of(u, lg);
	struct sight sight = {.kind = row->kind,
		.seq = row->seq,
		.sender = row->sender,
		.audience = row->audience};

	visible_row(
		b, &reader, &sight, row->id, row->rev, row->body, row->gone ? 0 : row->body_len);
}

void page_rows(struct buf *b, const struct user *u, const struct chat_log *lg, uint64_t first,
	const struct confab_row *rows_, size_t n)
{
	bool any = false;

	buf_char(b, '[');
	for (size_t i = 0; i < n; i++) {
		if (rows_[i].seq && rows_[i].seq < first) {
			continue;
		}
		if (any) {
			buf_char(b, ',');
		}
		any = true;
		page_row(b, u, lg, &rows_[i]);
	}
	buf_char(b, ']');
}

void page_list_begin(struct buf *b, const struct confab_row_list *call, const char *name)
{
	const char *last = call->more && call->n ? call->rows[call->n - 1].id : NULL;

	buf_fmt(b, "{\"rev\":%" PRIu64 ",\"next\":", call->head.rev);
	if (last) {
		buf_json_str(b, last, strlen(last));
	} else {
		buf_str(b, "null");
	}
	buf_fmt(b, ",\"%s\":", name);
}

void page_message_get(struct ops *o, const struct chat_log *lg, int64_t seq,
	void (*done)(struct confab_row_get *call, void *rq), struct confab_request *rq)
{
	char id[24];

	snprintf(id, sizeof(id), "%" PRId64, seq);
	page_row_get(o, lg->id, "message", id, done, rq);
}

void page_row_get(struct ops *o, const char *log, const char *kind, const char *id,
	void (*done)(struct confab_row_get *call, void *arg), void *arg)
{
	struct confab_row_get *call = store_row_get_new(o->chat->store);
	const char **names = confab_arena_alloc(call->call.arena, 2 * sizeof(char *));

	names[0] = kind;
	names[1] = confab_arena_dup(call->call.arena, id, strlen(id));
	call->log = confab_arena_dup(call->call.arena, log, strlen(log));
	call->kinds = names;
	call->ids = names + 1;
	call->n = 1;
	store_row_get(o->chat->store, call, done, arg);
}

struct chat_log *page_log(struct confab_request *rq, int rc, const char *log)
{
	struct chat_log *lg = chat_log_find(rq->actor->user->lg->chat, log);

	if (rc || !lg) {
		request_error(rq, "busy", NULL, 1000, NULL);
		return NULL;
	}
	return ops_readable(rq->op->ctx, rq, log); /* it may be lost since the store was asked */
}

int ops_page_register(struct ops *o, struct confab_error *err)
{
	return ops_add(o, rows, sizeof(rows) / sizeof(rows[0]), err);
}
