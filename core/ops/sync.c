/**
 * sync, channel.watch.
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
#include "base/json_read.h"
#include "base/map.h"
#include "chat/channel.h"
#include "chat/cursor.h"
#include "chat/session.h"
#include "ops/fields.h"
#include "ops/ops_internal.h"
#include "ops/page.h"
#include "pipeline/event_internal.h"
#include "store/store.h"
#include "wire/request.h"

#define SYNC_ROWS 500
#define SYNC_LOGS 100

/* --- sync -------------------------------------------------------------------------------------------- */

/** One sync under way: its logs one after the other. */
struct sync {
	struct ops *o;
	struct confab_request *rq;
	struct chat_log *lg; /* the one being read, pinned */
	size_t at;
	struct log_waiter waiter;
};

static void sync_next(struct sync *s);

static json_t *sync_item(const struct sync *s)
{
	return json_array_get(json_object_get(s->rq->args, "channels"), s->at);
}

static void item_begin(struct sync *s, const char *id)
{
	struct buf *b = &s->rq->raw;

	buf_str(b, s->at ? ",{\"id\":" : "{\"channels\":[{\"id\":");
	buf_json_str(b, id, strlen(id));
}

/** {"id":…,"reset":true} or {"id":…,"gone":"why"} */
static void item_word(struct sync *s, const char *id, const char *key, const char *why)
{
	struct buf *b = &s->rq->raw;

	item_begin(s, id);
	buf_str(b, ",\"");
	buf_str(b, key);
	buf_str(b, "\":");
	if (why) {
		buf_json_str(b, why, strlen(why));
	} else {
		buf_str(b, "true");
	}
	buf_char(b, '}');
}

static void item_done(struct sync *s)
{
	if (s->lg) {
		chat_log_unpin(s->lg);
		s->lg = NULL;
	}
	s->at++;
	sync_next(s);
}

static void sync_busy(struct sync *s)
{
	chat_log_unpin(s->lg);
	buf_clear(&s->rq->raw);
	request_error(s->rq, "busy", NULL, 1000, NULL);
	free(s);
}

/** Why a log is gone for this reader, or NULL. Who held it and may not see it any more hears that it was
 *  removed, whether it is there or not. */
static const char *gone_why(struct sync *s)
{
	const char *why = ops_read_refusal(s->o, s->rq, s->lg);
	const struct channel *ch = s->lg->channel;
	bool held = json_int(sync_item(s), "rev", 0) > 0;

	if (!why) {
		return NULL;
	}
	if (ch && ch->deleted && !channel_hides(ch, s->rq->actor)) {
		return "deleted";
	}
	return strcmp(why, "not_member") == 0 || (held && strcmp(why, "no_channel") == 0)
		? "removed"
		: why;
}

/** A channel that does not list its readers could not tell them when it was deleted: who still has it in the
 *  own log asks, and loses it now. */
static void forget_deleted(struct sync *s)
{
	const struct channel *ch = s->lg->channel;
	const struct user *u = s->rq->actor->user;

	if (ch && ch->deleted && strmap_find(u->memberships, s->lg->id)) {
		pipeline_system(s->o->pl, "membership.drop", u->id, NULL,
			json_pack("{s:s,s:s}", "user", u->id, "channel", s->lg->id), NULL, NULL);
	}
}

static bool item_refused(struct sync *s)
{
	const char *why = gone_why(s);

	if (why) {
		forget_deleted(s);
		item_word(s, s->lg->id, "gone", why);
		item_done(s);
	}
	return why != NULL;
}

static void sync_rows(struct confab_rows *call, void *arg)
{
	struct sync *s = arg;
	struct buf *b = &s->rq->raw;

	if (!call->call.rc && item_refused(s)) { /* it may have been lost while the store read */
		return;
	}
	if (call->call.rc == CONFAB_EGONE) {
		item_word(s, s->lg->id, "reset", NULL);
		item_done(s);
		return;
	}
	if (call->call.rc) {
		sync_busy(s);
		return;
	}
	item_begin(s, s->lg->id);
	buf_str(b, ",\"epoch\":");
	buf_json_str(b, s->lg->epoch, strlen(s->lg->epoch));
	buf_str(b, ",\"rev\":");
	buf_unum(b, call->to);
	buf_fmt(b,
		",\"seq\":%" PRIu64 ",\"ord\":%" PRIu64 ",\"all\":%" PRIu64 ",\"first\":%" PRIu64
		",\"more\":%s,\"rows\":",
		call->head.seq, call->head.ord, call->head.all,
		call->head.first ? call->head.first : 1, call->more ? "true" : "false");
	page_rows(b, s->rq->actor->user, s->lg, call->head.first, call->rows, call->n);
	buf_char(b, '}');
	item_done(s);
}

static void ask_rows(struct sync *s, uint64_t after)
{
	struct confab_rows *call = store_rows_new(s->o->chat->store);

	call->log = s->lg->id;
	call->after = after;
	call->limit = SYNC_ROWS;
	store_rows(s->o->chat->store, call, sync_rows, s);
}

/** The newest message the client holds: is it still the same one? */
static void sync_tail(struct confab_row_get *call, void *arg)
{
	struct sync *s = arg;
	json_t *item = sync_item(s), *tail = json_object_get(item, "tail");
	json_t *row = NULL;
	const char *cid;
	bool same;

	if (!call->call.rc && call->rows[0].kind && call->rows[0].body_len) {
		row = json_read(call->rows[0].body, call->rows[0].body_len);
	}
	cid = json_str(row, "cid");
	same = call->call.rc ||
		(row && cid && json_is_string(json_array_get(tail, 1)) &&
			strcmp(cid, json_string_value(json_array_get(tail, 1))) == 0) ||
		(row && !cid);
	json_decref(row);
	if (!same) {
		item_word(s, s->lg->id, "reset", NULL);
		item_done(s);
		return;
	}
	ask_rows(s, (uint64_t)json_int(item, "rev", 0));
}

static void head_read(struct confab_heads *call, void *arg)
{
	struct sync *s = arg;
	uint64_t rev = (uint64_t)json_int(sync_item(s), "rev", 0);

	if (call->call.rc) {
		sync_busy(s);
	} else if (rev > call->heads[0].rev) {
		item_word(s, s->lg->id, "reset", NULL);
		item_done(s);
	} else {
		ask_rows(s, rev);
	}
}

/** The client knows of more than this node: only a store behind it is another history (design, section 3). */
static void ask_head(struct sync *s)
{
	struct confab_heads *call = store_heads_new(s->o->chat->store);
	const char **logs = confab_arena_alloc(call->call.arena, sizeof(char *));

	logs[0] = s->lg->id;
	call->logs = logs;
	call->n = 1;
	store_heads(s->o->chat->store, call, head_read, s);
}

static void sync_loaded(struct sync *s)
{
	json_t *item = sync_item(s), *tail = json_object_get(item, "tail");
	const char *epoch = json_str(item, "epoch");
	uint64_t rev = (uint64_t)json_int(item, "rev", 0);
	struct confab_row_get *call;
	const char **kinds, **ids;
	char id[24];

	if (item_refused(s)) {
		return;
	}
	if (rev && epoch && s->lg->epoch[0] && strcmp(epoch, s->lg->epoch) != 0) {
		item_word(s, s->lg->id, "reset", NULL);
		item_done(s);
		return;
	}
	if (rev > s->lg->rev) {
		ask_head(s);
		return;
	}
	if (!rev || !json_is_integer(json_array_get(tail, 0)) ||
		json_integer_value(json_array_get(tail, 0)) < (json_int_t)s->lg->first) {
		ask_rows(s, rev);
		return;
	}
	snprintf(id, sizeof(id), "%" JSON_INTEGER_FORMAT,
		json_integer_value(json_array_get(tail, 0)));
	call = store_row_get_new(s->o->chat->store);
	kinds = confab_arena_alloc(call->call.arena, sizeof(char *));
	ids = confab_arena_alloc(call->call.arena, sizeof(char *));
	kinds[0] = "message";
	ids[0] = confab_arena_dup(call->call.arena, id, strlen(id));
	call->log = s->lg->id;
	call->kinds = kinds;
	call->ids = ids;
	call->n = 1;
	store_row_get(s->o->chat->store, call, sync_tail, s);
}

static void sync_log_loaded(struct log_waiter *w, int rc)
{
	struct sync *s = (struct sync *)((char *)w - offsetof(struct sync, waiter));

	if (rc) {
		sync_busy(s);
		return;
	}
	sync_loaded(s);
}

static void sync_next(struct sync *s)
{
	json_t *item = sync_item(s);

	if (!item) {
		buf_str(&s->rq->raw, s->at ? "]}" : "{\"channels\":[]}");
		request_reply_raw(s->rq);
		free(s);
		return;
	}
	s->lg = chat_log_get(s->o->chat, json_str(item, "id"));
	chat_log_pin(s->lg);
	s->waiter.fn = sync_log_loaded;
	if (chat_log_load(s->lg, &s->waiter)) {
		sync_loaded(s);
	}
}

static void run_sync(struct confab_request *rq, void *ctx)
{
	struct sync *s = calloc(1, sizeof(*s));

	assert(s);
	s->o = ctx;
	s->rq = rq;
	sync_next(s);
}

/* --- channel.watch -------------------------------------------------------------------------------------- */

static void watch_ready(struct ops *o, struct confab_request *rq)
{
	struct session *s = rq->actor->session;
	const char *word = json_str(rq->args, "level");
	unsigned level = strcmp(word, "focus") == 0 ? SUB_FOCUS
		: strcmp(word, "watch") == 0        ? SUB_WATCH
		: strcmp(word, "notice") == 0       ? SUB_NOTICE
						    : SUB_NONE;
	struct chat_log *lg = ops_readable(o, rq, json_str(rq->args, "channel"));
	struct cursor *c;
	struct unread unread;

	if (!lg) {
		return;
	}
	if (level == SUB_FOCUS) { /* one channel is looked at: the former one is only watched */
		for (unsigned i = 0; i < s->n_items; i++) {
			if (s->items[i].level == SUB_FOCUS && s->items[i].lg != lg) {
				session_watch(s, s->items[i].lg, SUB_WATCH);
			}
		}
	}
	session_watch(s, lg, level);
	c = cursor_find(rq->actor->user, lg->id);
	unread = cursor_unread(rq->actor->user, lg, c);
	confab_reply(rq,
		json_pack("{s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "id", lg->id, "epoch", lg->epoch,
			"rev", (json_int_t)lg->rev, "seq", (json_int_t)lg->seq, "ord",
			(json_int_t)lg->ord, "all", (json_int_t)lg->all, "first",
			(json_int_t)lg->first, "unread", (json_int_t)unread.unread, "mentions",
			(json_int_t)unread.mentions));
}

static void run_watch(struct confab_request *rq, void *ctx)
{
	const char *id = json_str(rq->args, "channel");

	if (!rq->actor->session) {
		request_error(rq, "bad_request", "only a session can watch", 0, NULL);
		return;
	}
	ops_load(ctx, rq, &id, 1, watch_ready);
}

/* --- rows ------------------------------------------------------------------------------------------------ */

static const struct confab_field log_fields[] = {
	{"id", CONFAB_FIELD_ID, true, 0, 0, NULL, NULL, "channel, or @user for the own log"},
	{"epoch", CONFAB_FIELD_STRING, false, 0, 40, NULL, NULL, "as it was told"},
	{"rev", CONFAB_FIELD_INT, true, 0, JSON_INT_MAX, NULL, NULL, "what is held; 0: nothing"},
	{"tail", CONFAB_FIELD_LIST, false, 0, 2, NULL, NULL,
		"[seq, cid] of the newest message that is held whole"},
	{0},
};
static const struct confab_field sync_fields[] = {
	{"channels", CONFAB_FIELD_LIST, true, 0, SYNC_LOGS, NULL, log_fields, "the logs"},
	{0},
};
static const struct confab_field synced_fields[] = {
	{"id", CONFAB_FIELD_ID, true, 0, 0, NULL, NULL, "the log"},
	{"reset", CONFAB_FIELD_BOOL, false, 0, 0, NULL, NULL,
		"drop what is held of it and load the newest page"},
	{"gone", CONFAB_FIELD_STRING, false, 0, 0, NULL, NULL,
		"it may not be read (any more): why, as an error code, or removed"},
	{"epoch", CONFAB_FIELD_STRING, false, 0, 0, NULL, NULL, "to send with the next sync"},
	{"rev", CONFAB_FIELD_INT, false, 0, JSON_INT_MAX, NULL, NULL, "what is held now"},
	{"seq", CONFAB_FIELD_INT, false, 0, JSON_INT_MAX, NULL, NULL, "head: newest message"},
	{"ord", CONFAB_FIELD_INT, false, 0, JSON_INT_MAX, NULL, NULL,
		"head: messages that count as unread"},
	{"all", CONFAB_FIELD_INT, false, 0, JSON_INT_MAX, NULL, NULL,
		"head: messages that mention everybody"},
	{"first", CONFAB_FIELD_INT, false, 0, JSON_INT_MAX, NULL, NULL, "lowest seq that is kept"},
	{"more", CONFAB_FIELD_BOOL, false, 0, 0, NULL, NULL, "ask again, from rev"},
	{"rows", CONFAB_FIELD_ROWS, false, 0, 0, NULL, NULL, "what changed, as it is now"},
	{0},
};
static const struct confab_field sync_reply[] = {
	{"channels", CONFAB_FIELD_LIST, true, 0, 0, NULL, synced_fields,
		"per log, in the order of the request"},
	{0},
};
static const struct confab_field watch_fields[] = {
	{"channel", CONFAB_FIELD_ID, true, 0, 0, NULL, NULL, "the channel"},
	{"level", CONFAB_FIELD_STRING, true, 0, 0, "none notice watch focus", NULL,
		"how much of it"},
	{0},
};
static const struct confab_field watch_reply[] = {
	{"id", CONFAB_FIELD_ID, true, 0, 0, NULL, NULL, "the channel"},
	{"epoch", CONFAB_FIELD_STRING, true, 0, 0, NULL, NULL, "another one: what is held is void"},
	OPS_COUNT("rev", "head; the next change continues from here"),
	OPS_COUNT("seq", "head: newest message"),
	OPS_COUNT("ord", "head: messages that count as unread"),
	OPS_COUNT("all", "head: messages that mention everybody"),
	OPS_COUNT("first", "lowest seq that is kept"),
	OPS_COUNT("unread", "what is not read"),
	OPS_COUNT("mentions", "what is not read of mentions"),
	{0},
};
static const struct confab_op_row rows[] = {
	{.name = "sync",
		.actor = CONFAB_OP_USER,
		.method = "POST",
		.path = "/v1/sync",
		.run = run_sync,
		.args = sync_fields,
		.reply = sync_reply,
		.doc = "What changed since a rev, per log."},
	{.name = "channel.watch",
		.actor = CONFAB_OP_USER,
		.run = run_watch,
		.args = watch_fields,
		.reply = watch_reply,
		.grant = "read",
		.doc = "Subscribe to a channel at a level."},
};

/* -------------------------------------------------------------------------------------------- */

int ops_sync_register(struct ops *o, struct confab_error *err)
{
	return ops_add(o, rows, sizeof(rows) / sizeof(rows[0]), err);
}
