/**
 * pin.add, pin.remove, pin.list: messages that a channel keeps at hand. A pin is a row of the channel, by its
 * message's seq; it goes with its message.
 *
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <confab/chat.h>
#include <confab/provider/store.h>
#include "base/json.h"
#include "base/map.h"
#include "chat/row.h"
#include "ops/fields.h"
#include "ops/ops_internal.h"
#include "ops/page.h"
#include "pipeline/change.h"
#include "pipeline/event_internal.h"
#include "store/store.h"
#include "wire/request.h"

#define PINS_MAX 100

static void pin_id(const struct confab_event *ev, char out[24])
{
	snprintf(out, 24, "%" PRId64, json_int(ev->body, "seq", 0));
}

static void add_keys(struct confab_event *ev, struct confab_keys *keys)
{
	char id[24];

	pin_id(ev, id);
	confab_keys_add(keys, "message", id);
}

static enum confab_verdict add_judge(struct confab_event *ev, void *ctx)
{
	const struct channel *ch = ev->lg->channel;
	const json_t *message;
	char id[24];

	(void)ctx;
	pin_id(ev, id);
	message = event_lend(ev, ev->lg, "message", id);
	if (!message || json_bool(message, "deleted") || !ops_sees(ev, id)) {
		return confab_reject(ev, "no_message", NULL);
	}
	if (ch->pins && strmap_count(ch->pins) >= PINS_MAX && !strmap_find(ch->pins, id)) {
		return confab_reject(
			ev, "limit", "a hundred messages are pinned here already; unpin one first");
	}
	return CONFAB_PASS;
}

static int add_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	char id[24];

	(void)ctx;
	pin_id(ev, id);
	if (confab_change_row(c, "pin", id)) {
		return 0;
	}
	return confab_change_set(c, "pin", id,
		json_pack("{s:I,s:s,s:I}", "seq", (json_int_t)json_int(ev->body, "seq", 0), "by",
			ev->actor.id, "ts", (json_int_t)c->entry.ts));
}

static int remove_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	char id[24];

	(void)ctx;
	pin_id(ev, id);
	return confab_change_row(c, "pin", id) ? confab_change_set(c, "pin", id, NULL) : 0;
}

static const struct confab_kind_row kinds[] = {
	{.name = "pin.add",
		.class_ = CONFAB_DURABLE,
		.log = CONFAB_LOG_CHANNEL,
		.grant = "pin",
		.keys = add_keys,
		.judge = add_judge,
		.build = add_build,
		.doc = "A message is pinned."},
	{.name = "pin.remove",
		.class_ = CONFAB_DURABLE,
		.log = CONFAB_LOG_CHANNEL,
		.grant = "pin",
		.build = remove_build,
		.doc = "A message is pinned no more."},
};

/* --- list --------------------------------------------------------------------------------------------------- */

static int by_age(const void *a, const void *b)
{
	const struct row *x = *(struct row *const *)a, *y = *(struct row *const *)b;

	return x->rev < y->rev ? 1 : -1;
}

static void list_read(struct confab_row_get *call, void *arg)
{
	struct confab_request *rq = arg;
	struct buf *b = &rq->raw;
	struct chat_log *lg = page_log(rq, call->call.rc, call->log);

	if (!lg) {
		return;
	}
	buf_fmt(b, "{\"rev\":%" PRIu64 ",\"pins\":[", call->head.rev);
	for (size_t i = 0; i + 1 < call->n; i += 2) {
		if (!call->rows[i].kind || call->rows[i].gone || !call->rows[i + 1].kind) {
			continue; /* unpinned meanwhile */
		}
		buf_str(b, b->bytes[b->len - 1] == '[' ? "{\"pin\":" : ",{\"pin\":");
		page_row(b, rq->actor->user, lg, &call->rows[i]);
		buf_str(b, ",\"message\":");
		page_row(b, rq->actor->user, lg, &call->rows[i + 1]);
		buf_char(b, '}');
	}
	buf_str(b, "]}");
	request_reply_raw(rq);
}

/** Pins and their messages, from one state of the store; the newest pin first. */
static void list_loaded(struct ops *o, struct confab_request *rq)
{
	struct chat_log *lg = ops_readable(o, rq, json_str(rq->args, "channel"));
	const struct row *pins[PINS_MAX];
	struct confab_row_get *call;
	const char **kinds_, **ids;
	size_t pos = 0, n = 0;
	void *value;

	if (!lg) {
		return;
	}
	while (n < PINS_MAX && lg->channel->pins &&
		strmap_next(lg->channel->pins, &pos, NULL, &value)) {
		pins[n++] = value;
	}
	if (!n) {
		confab_reply(rq, json_pack("{s:I,s:[]}", "rev", (json_int_t)lg->rev, "pins"));
		return;
	}
	qsort(pins, n, sizeof(pins[0]), by_age);
	call = store_row_get_new(o->chat->store);
	kinds_ = confab_arena_alloc(call->call.arena, 2 * n * sizeof(char *));
	ids = confab_arena_alloc(call->call.arena, 2 * n * sizeof(char *));
	for (size_t i = 0; i < n; i++) {
		kinds_[2 * i] = "pin";
		kinds_[2 * i + 1] = "message";
		ids[2 * i] = confab_arena_dup(
			call->call.arena, row_id(pins[i]), strlen(row_id(pins[i])));
		ids[2 * i + 1] = ids[2 * i];
	}
	call->log = confab_arena_dup(call->call.arena, lg->id, strlen(lg->id));
	call->kinds = kinds_;
	call->ids = ids;
	call->n = 2 * n;
	store_row_get(o->chat->store, call, list_read, rq);
}

static void run_list(struct confab_request *rq, void *ctx)
{
	const char *id = json_str(rq->args, "channel");

	ops_load(ctx, rq, &id, 1, list_loaded);
}

static const struct confab_field pin_fields[] = {
	OPS_CHANNEL_FIELD, OPS_SEQ_FIELD, OPS_CID_FIELD, OPS_AGAIN_FIELD, {0}};
static const struct confab_field list_fields[] = {OPS_CHANNEL_FIELD, {0}};
static const struct confab_field pin_reply[] = {
	{"pin", CONFAB_FIELD_ROW, true, 0, 0, NULL, NULL, "seq, by, ts"},
	{"message", CONFAB_FIELD_ROW, true, 0, 0, NULL, NULL, "as it stands"},
	{0},
};
static const struct confab_field list_reply[] = {
	{"rev", CONFAB_FIELD_INT, true, 0, 0, NULL, NULL, "the head it was read at"},
	{"pins", CONFAB_FIELD_LIST, true, 0, 0, NULL, pin_reply, "the newest pin first"},
	{0},
};

static const struct confab_op_row rows[] = {
	{.name = "pin.add",
		.actor = CONFAB_OP_USER,
		.method = "PUT",
		.path = "/v1/channels/{channel}/pins/{seq}",
		.kind = "pin.add",
		.args = pin_fields,
		.reply = ops_change_reply,
		.grant = "pin",
		.doc = "Pin a message."},
	{.name = "pin.remove",
		.actor = CONFAB_OP_USER,
		.method = "DELETE",
		.path = "/v1/channels/{channel}/pins/{seq}",
		.kind = "pin.remove",
		.args = pin_fields,
		.reply = ops_change_reply,
		.grant = "pin",
		.doc = "Unpin a message."},
	{.name = "pin.list",
		.actor = CONFAB_OP_USER,
		.method = "GET",
		.path = "/v1/channels/{channel}/pins",
		.run = run_list,
		.args = list_fields,
		.reply = list_reply,
		.grant = "read",
		.doc = "What is pinned in a channel."},
};

/* -------------------------------------------------------------------------------------------- */

int ops_pin_register(struct ops *o, struct confab_error *err)
{
	int rc = ops_add_kinds(o, kinds, sizeof(kinds) / sizeof(kinds[0]), err);

	return rc ? rc : ops_add(o, rows, sizeof(rows) / sizeof(rows[0]), err);
}
