/**
 * history: pages of messages in both directions and around one.
 *
 * SPDX-License-Identifier: MIT
 */
#include <inttypes.h>
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
	struct chat_log *lg = chat_log_find(rq->actor->user->lg->chat, call->log);
	struct reader reader;

	if (call->call.rc || !lg) {
		request_error(rq, "busy", NULL, 1000, NULL);
		return;
	}
	if (!ops_readable(rq->op->ctx, rq, call->log)) { /* lost while the store read */
		return;
	}
	reader = reader_of(rq->actor->user, lg);
	buf_fmt(b,
		"{\"rev\":%" PRIu64 ",\"seq\":%" PRIu64 ",\"first\":%" PRIu64 ",\"from\":%" PRIu64
		",\"to\":%" PRIu64 ",\"rows\":[",
		call->head.rev, call->head.seq, call->head.first, call->from_seq, call->to_seq);
	for (size_t i = 0; i < call->n; i++) {
		const struct confab_row *row = &call->rows[i];
		struct sight sight = {.kind = row->kind,
			.seq = row->seq,
			.sender = row->sender,
			.audience = row->audience};

		if (i) {
			buf_char(b, ',');
		}
		visible_row(b, &reader, &sight, row->id, row->rev, row->body, row->body_len);
	}
	buf_str(b, "]}");
	request_reply_raw(rq);
}

static void page_loaded(struct ops *o, struct confab_request *rq)
{
	struct chat_log *lg = ops_readable(o, rq, json_str(rq->args, "channel"));
	int64_t limit = json_int(rq->args, "limit", 50), from, to;
	int64_t before = json_int(rq->args, "before", 0), after = json_int(rq->args, "after", -1);
	int64_t around = json_int(rq->args, "around", 0);
	struct confab_page *call;

	if (!lg) {
		return;
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

static const struct confab_field fields[] = {
	{"channel", CONFAB_FIELD_ID, true, 0, 0, NULL, NULL, "the channel"},
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

int ops_page_register(struct ops *o, struct confab_error *err)
{
	return ops_add(o, rows, sizeof(rows) / sizeof(rows[0]), err);
}
