/**
 * thread.page: the replies to a message, by their number.
 *
 * SPDX-License-Identifier: MIT
 */
#include <inttypes.h>
#include <string.h>

#include <confab/provider/store.h>
#include "base/json.h"
#include "base/json_read.h"
#include "ops/fields.h"
#include "ops/ops_internal.h"
#include "ops/page.h"
#include "store/store.h"
#include "wire/request.h"

static void thread_read(struct confab_thread *call, void *arg)
{
	struct confab_request *rq = arg;
	struct buf *b = &rq->raw;
	struct chat_log *lg = page_log(rq, call->call.rc, call->log);

	if (!lg) {
		return;
	}
	buf_fmt(b, ",\"rev\":%" PRIu64 ",\"from\":%" PRIu64 ",\"to\":%" PRIu64 ",\"rows\":",
		call->head.rev, call->from_n, call->to_n);
	page_rows(b, rq->actor->user, lg, call->head.first, call->rows, call->n);
	buf_char(b, '}');
	request_reply_raw(rq);
}

/** The window of numbers that is asked for, of n replies there are. */
static void window(const json_t *args, int64_t n, int64_t *from, int64_t *to)
{
	int64_t limit = json_int(args, "limit", 50), before = json_int(args, "before", 0);
	int64_t after = json_int(args, "after", -1);

	if (after >= 0) {
		*from = after + 1;
		*to = after + limit;
	} else {
		*to = before ? before - 1 : n;
		*from = *to - limit + 1;
	}
	*from = *from < 1 ? 1 : *from;
	*to = *to > n ? n : *to;
}

/** The parent tells how many replies there are. */
static void parent_read(struct confab_row_get *got, void *arg)
{
	struct confab_request *rq = arg;
	struct ops *o = rq->op->ctx;
	const struct confab_row *row = got->rows;
	struct chat_log *lg = page_log(rq, got->call.rc, got->log);
	struct confab_thread *call;
	json_t *parent;
	int64_t n, from, to;

	if (!lg) {
		return;
	}
	if (!row->kind || !row->body_len || row->seq < got->head.first) {
		request_error(rq, "no_message", NULL, 0, NULL);
		return;
	}
	parent = json_read(row->body, row->body_len);
	n = json_int(json_object_get(parent, "thread"), "n", 0);
	json_decref(parent);
	window(rq->args, n, &from, &to);
	buf_str(&rq->raw, "{\"parent\":");
	page_row(&rq->raw, rq->actor->user, lg, row);
	buf_fmt(&rq->raw, ",\"n\":%" PRId64, n);
	call = store_thread_new(o->chat->store);
	call->log = confab_arena_dup(call->call.arena, lg->id, strlen(lg->id));
	call->parent = row->seq;
	call->from_n = (uint64_t)from;
	call->to_n = (uint64_t)to;
	store_thread(o->chat->store, call, thread_read, rq);
}

static void thread_loaded(struct ops *o, struct confab_request *rq)
{
	struct chat_log *lg = ops_readable(o, rq, json_str(rq->args, "channel"));

	if (lg) {
		page_message_get(o, lg, json_int(rq->args, "parent", 0), parent_read, rq);
	}
}

static void run_page(struct confab_request *rq, void *ctx)
{
	const char *id = json_str(rq->args, "channel");

	ops_load(ctx, rq, &id, 1, thread_loaded);
}

static const struct confab_field fields[] = {
	OPS_CHANNEL_FIELD,
	{"parent", CONFAB_FIELD_INT, true, 1, JSON_INT_MAX, NULL, NULL,
		"the message that was replied to"},
	{"before", CONFAB_FIELD_INT, false, 1, JSON_INT_MAX, NULL, NULL, "replies below this n"},
	{"after", CONFAB_FIELD_INT, false, 0, JSON_INT_MAX, NULL, NULL, "replies above this n"},
	{"limit", CONFAB_FIELD_INT, false, 1, 200, NULL, NULL, "at most so many"},
	{0},
};
static const struct confab_field reply[] = {
	{"parent", CONFAB_FIELD_ROW, true, 0, 0, NULL, NULL, "the message replied to"},
	{"n", CONFAB_FIELD_INT, true, 0, 0, NULL, NULL, "how many replies there are"},
	{"rev", CONFAB_FIELD_INT, true, 0, 0, NULL, NULL, "the head it was read at"},
	{"from", CONFAB_FIELD_INT, true, 0, 0, NULL, NULL, "n of the first"},
	{"to", CONFAB_FIELD_INT, true, 0, 0, NULL, NULL, "n of the last; below from: none"},
	OPS_ROWS_FIELD("rows", "exactly the replies from … to"),
	{0},
};

static const struct confab_op_row rows[] = {
	{.name = "thread.page",
		.actor = CONFAB_OP_USER,
		.method = "GET",
		.path = "/v1/channels/{channel}/messages/{parent}/thread",
		.run = run_page,
		.args = fields,
		.reply = reply,
		.grant = "read",
		.doc = "A page of a thread: exactly the replies from … to."},
};

/* -------------------------------------------------------------------------------------------- */

int ops_thread_register(struct ops *o, struct confab_error *err)
{
	return ops_add(o, rows, sizeof(rows) / sizeof(rows[0]), err);
}
