/**
 * channel.create, channel.find, channel.get, channel.update, channel.delete.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <confab/chat.h>
#include <confab/provider/store.h>
#include "base/ids.h"
#include "base/json.h"
#include "base/map.h"
#include "chat/channel.h"
#include "chat/parse.h"
#include "chat/row.h"
#include "config/config.h"
#include "ops/fields.h"
#include "ops/item.h"
#include "ops/ops_internal.h"
#include "pipeline/change.h"
#include "pipeline/event_internal.h"
#include "store/store.h"
#include "wire/request.h"

#define MEMBERS_AT_ONCE 100
#define SLOW_MAX_MS (INT64_C(24) * 3600 * 1000)

static const char *const unread_words[] = {"all", "mentions", "none"};

/* --- create ------------------------------------------------------------------------------------------ */

static const char *create_type(const struct confab_event *ev)
{
	return json_str(ev->body, "type");
}

static enum confab_verdict create_judge(struct confab_event *ev, void *ctx)
{
	const struct ops *o = ctx;
	const char *type = create_type(ev), *peer = json_str(ev->body, "user"), *why;
	const struct config_type *row = type ? config_type(o->chat->config, type) : NULL;
	const json_t *members = json_object_get(ev->body, "members");
	struct user *other;
	char grant[64];
	size_t i;
	json_t *item;

	if (!row) {
		return confab_reject(ev, "bad_request",
			"'type' is no channel type of this server; /v1/server lists them");
	}
	snprintf(grant, sizeof(grant), "channels.create.%s", type);
	why = permit_refusal(&ev->actor, NULL, grant);
	if (why) {
		return confab_reject(ev, why, NULL);
	}
	if (ev->lg->rev && (row->kind != CONFIG_TYPE_DIRECT || ev->lg->channel->deleted)) {
		return confab_reject(
			ev, "exists", "there is a channel of this id already; choose another");
	}
	other = peer ? chat_user_find(o->chat, peer) : NULL;
	if (row->kind == CONFIG_TYPE_DIRECT && !other) {
		return confab_reject(ev, "no_user", NULL);
	}
	if (other && other->blocks && strmap_find(other->blocks, ev->actor.id)) {
		return confab_reject(ev, "refused", NULL);
	}
	json_array_foreach(members, i, item)
	{
		if (!chat_user_find(o->chat, json_string_value(item))) {
			return confab_reject(ev, "no_user", "a user in 'members' does not exist");
		}
	}
	return CONFAB_PASS;
}

static int create_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	const struct ops *o = ctx;
	const char *id = ev->lg->id, *type = create_type(ev), *name = json_str(ev->body, "name");
	const char *peer = json_str(ev->body, "user");
	const struct config_type *row = config_type(o->chat->config, type);
	json_t *members = json_object_get(ev->body, "members"), *item;
	size_t i;

	confab_change_reply(c, "channel", json_string(id));
	if (ev->lg->rev) {
		return 0; /* a direct channel that is there already */
	}
	change_set_tagged(c, "channel", id,
		json_pack("{s:s,s:s,s:s,s:b,s:s,s:s,s:I,s:I}", "type", type, "name",
			name ? name : "", "members",
			row->members == CONFIG_MEMBERS_LISTED ? "listed" : "unlisted", "history",
			(int)row->history_for_newcomers, "unread", unread_words[row->unread],
			"creator", ev->actor.id, "created", (json_int_t)c->entry.ts, "slow_ms",
			(json_int_t)row->slow_mode_ms),
		config_type_public(row) ? "public" : NULL);
	ops_member_put(c, ev->actor.id, row->creator_role, 0);
	ops_member_todo(c, ev->actor.id);
	if (peer && row->kind == CONFIG_TYPE_DIRECT && strcmp(peer, ev->actor.id) != 0) {
		ops_member_put(c, peer, row->creator_role, 0);
		ops_member_todo(c, peer);
		ops_member_blocks(ev, c, peer);
	}
	json_array_foreach(members, i, item)
	{
		const char *user = json_string_value(item);

		if (row->kind != CONFIG_TYPE_DIRECT && strcmp(user, ev->actor.id) != 0) {
			ops_member_put(c, user, row->newcomer_role, 0);
			ops_member_todo(c, user);
		}
	}
	return 0;
}

static void create_loaded(struct ops *o, struct confab_request *rq)
{
	const char *type = json_str(rq->args, "type"), *id = json_str(rq->args, "channel");
	const struct config_type *row = type ? config_type(o->chat->config, type) : NULL;
	const char *cid = json_str(rq->args, "cid"), *peer = json_str(rq->args, "user");
	char made[ID_MADE_SIZE];

	if (row && row->kind == CONFIG_TYPE_DIRECT && peer) {
		id_direct(made, rq->actor->id, peer);
		id = made;
	} else if (!id) {
		id_made(made, rq->actor->id, cid);
		id = made;
	} else if (id_reserved(id) || *id == '@') {
		request_error(rq, "reserved", NULL, 0, NULL);
		return;
	}
	ops_event_then(o, rq, "channel.create", id, ops_answer_behind_own);
}

static void run_create(struct confab_request *rq, void *ctx)
{
	json_t *members = json_object_get(rq->args, "members"), *item;
	const char *peer = json_str(rq->args, "user");
	char names[MEMBERS_AT_ONCE + 1][CONFAB_ID_MAX + 2];
	const char *ids[MEMBERS_AT_ONCE + 1];
	size_t i, n = 0;

	json_array_foreach(members, i, item)
	{
		chat_own_log(names[n], json_string_value(item));
		ids[n] = names[n];
		n++;
	}
	if (peer) {
		chat_own_log(names[n], peer);
		ids[n] = names[n];
		n++;
	}
	ops_load(ctx, rq, ids, n, create_loaded);
}

/* --- update --------------------------------------------------------------------------------------------- */

/** Fields that may change, and the grant that each needs. */
static const struct {
	const char *name, *grant;
} changeable[] = {
	{"name", "update"},
	{"topic", "update"},
	{"slow_ms", "update"},
	{"history", "update"},
	{"locked", "lock"},
};
#define N_CHANGEABLE (sizeof(changeable) / sizeof(changeable[0]))

/** A field of the body; null is as good as absent. */
static json_t *given(const struct confab_event *ev, const char *name)
{
	json_t *value = json_object_get(ev->body, name);

	return json_is_null(value) ? NULL : value;
}

static enum confab_verdict update_judge(struct confab_event *ev, void *ctx)
{
	bool any = false;

	(void)ctx;
	for (size_t i = 0; i < N_CHANGEABLE; i++) {
		const char *why;

		if (!given(ev, changeable[i].name)) {
			continue;
		}
		any = true;
		why = permit_refusal(&ev->actor, ev->lg->channel, changeable[i].grant);
		if (why) {
			char text[80];

			snprintf(text, sizeof(text), "to change '%s' you need the grant '%s' here",
				changeable[i].name, changeable[i].grant);
			return confab_reject(ev, why, strcmp(why, "forbidden") == 0 ? text : NULL);
		}
	}
	return any ? CONFAB_PASS
		   : confab_reject(ev, "bad_request", "there is nothing in it to change");
}

/** What lists of open channels find it by. */
static const char *channel_tag(const struct channel *ch)
{
	return ch->type && config_type_public(ch->type) ? "public" : NULL;
}

static int update_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	const json_t *old = confab_change_row(c, "channel", ev->lg->id);
	json_t *row = json_deep_copy(old);

	(void)ctx;
	for (size_t i = 0; i < N_CHANGEABLE; i++) {
		json_t *value = given(ev, changeable[i].name);

		if (value) {
			json_object_set_new(row, changeable[i].name, json_deep_copy(value));
		}
	}
	if (json_equal(row, (json_t *)(uintptr_t)old)) {
		json_decref(row);
		return 0;
	}
	return change_set_tagged(c, "channel", ev->lg->id, row, channel_tag(ev->lg->channel));
}

/* --- delete --------------------------------------------------------------------------------------------- */

/** Only the id stays, and what it was; messages go behind `first`, memberships by a todo. */
static int delete_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	const json_t *old = confab_change_row(c, "channel", ev->lg->id);
	const char *type = json_str(old, "type");
	uint64_t first = c->after.seq + 1;

	(void)ctx;
	change_first(c, first);
	confab_change_todo(c, "core.channel_gone", json_pack("{s:s}", "channel", ev->lg->id));
	confab_change_todo(c, "core.purge",
		json_pack("{s:s,s:I}", "channel", ev->lg->id, "first", (json_int_t)first));
	return confab_change_set(c, "channel", ev->lg->id,
		json_pack("{s:s,s:b,s:I,s:s}", "type", type ? type : "", "deleted", 1, "deleted_ts",
			(json_int_t)c->entry.ts, "deleted_by", ev->actor.id));
}

/* --- trim ---------------------------------------------------------------------------------------------- */

static enum confab_verdict trim_judge(struct confab_event *ev, void *ctx)
{
	(void)ctx;
	return ev->actor.kind == CONFAB_ACTOR_SYSTEM
		? CONFAB_PASS
		: confab_reject(ev, "forbidden", "retention is the administrator's");
}

/** The system's: what is below `first` is gone for everybody from this entry on. */
static int trim_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	uint64_t first = (uint64_t)json_int(ev->body, "first", 0);

	(void)ctx;
	if (first > c->after.seq + 1 || first <= c->after.first) {
		return 0;
	}
	change_first(c, first);
	return confab_change_todo(c, "core.purge",
		json_pack("{s:s,s:I}", "channel", ev->lg->id, "first", (json_int_t)first));
}

/* --- get ------------------------------------------------------------------------------------------------- */

static void get_loaded(struct ops *o, struct confab_request *rq)
{
	struct chat_log *lg = ops_readable(o, rq, json_str(rq->args, "channel"));
	json_t *item;

	if (!lg) {
		return;
	}
	item = item_json(o, rq->actor->user, rq->actor->session, lg);
	json_object_set_new(item, "channel", row_json(row_find(lg, "channel", lg->id)));
	json_object_set_new(item, "members", json_integer((json_int_t)lg->channel->n_joined));
	confab_reply(rq, item);
}

static void run_get(struct confab_request *rq, void *ctx)
{
	const char *id = json_str(rq->args, "channel");

	ops_load(ctx, rq, &id, 1, get_loaded);
}

/* --- find ------------------------------------------------------------------------------------------------- */

static void public_read(struct confab_tagged *call, void *arg)
{
	struct confab_request *rq = arg;
	struct buf *b = &rq->raw;

	if (call->call.rc) {
		request_error(rq, "busy", NULL, 1000, NULL);
		return;
	}
	buf_fmt(b, "{\"more\":%s,\"channels\":[", call->more ? "true" : "false");
	for (size_t i = 0; i < call->n; i++) {
		if (i) {
			buf_char(b, ',');
		}
		buf_add(b, call->rows[i].body, call->rows[i].body_len);
	}
	buf_str(b, "]}");
	request_reply_raw(rq);
}

static void run_public(struct confab_request *rq, void *ctx)
{
	struct ops *o = ctx;
	struct confab_tagged *call = store_tagged_new(o->chat->store);
	const char *after = json_str(rq->args, "after");

	call->kind = "channel";
	call->tag = "public";
	call->after = after ? after : "";
	call->limit = (size_t)json_int(rq->args, "limit", 100);
	store_tagged(o->chat->store, call, public_read, rq);
}

/* --- rows ------------------------------------------------------------------------------------------------ */

static const struct confab_kind_row kinds[] = {
	{.name = "channel.create",
		.flags = CONFAB_KIND_MAKES_LOG,
		.class_ = CONFAB_DURABLE,
		.log = CONFAB_LOG_CHANNEL,
		.judge = create_judge,
		.build = create_build,
		.doc = "A channel begins."},
	{.name = "channel.update",
		.class_ = CONFAB_DURABLE,
		.log = CONFAB_LOG_CHANNEL,
		.grant = "read",
		.judge = update_judge,
		.build = update_build,
		.doc = "A channel's name, topic or settings change."},
	{.name = "channel.delete",
		.class_ = CONFAB_DURABLE,
		.log = CONFAB_LOG_CHANNEL,
		.grant = "delete",
		.build = delete_build,
		.doc = "A channel ends; its id stays taken."},
	{.name = "channel.trim",
		.class_ = CONFAB_DURABLE,
		.log = CONFAB_LOG_CHANNEL,
		.judge = trim_judge,
		.build = trim_build,
		.doc = "Messages that retention does not keep are gone."},
};

static const struct confab_field create_fields[] = {
	OPS_CID_FIELD,
	OPS_AGAIN_FIELD,
	{"type", CONFAB_FIELD_STRING, true, 1, 32, NULL, NULL, "a channel type of this server"},
	{"channel", CONFAB_FIELD_ID, false, 0, 0, NULL, NULL,
		"its id, if people should know it by one"},
	{"name", CONFAB_FIELD_STRING, false, 0, 200, NULL, NULL, "for people"},
	{"user", CONFAB_FIELD_ID, false, 0, 0, NULL, NULL, "the other one of a direct channel"},
	{"members", CONFAB_FIELD_IDS, false, 0, MEMBERS_AT_ONCE, NULL, NULL, "first members"},
	{0},
};
static const struct confab_field created_fields[] = {
	OPS_CHANGE_FIELDS,
	{"channel", CONFAB_FIELD_ID, true, 0, 0, NULL, NULL, "its id"},
	{0},
};
static const struct confab_field update_fields[] = {
	OPS_CHANNEL_FIELD,
	OPS_CID_FIELD,
	OPS_AGAIN_FIELD,
	{"name", CONFAB_FIELD_STRING, false, 0, 200, NULL, NULL, "for people"},
	{"topic", CONFAB_FIELD_STRING, false, 0, 1000, NULL, NULL, "what it is about"},
	{"slow_ms", CONFAB_FIELD_INT, false, 0, SLOW_MAX_MS, NULL, NULL,
		"how long a person waits between two messages; 0: slow mode is off"},
	{"history", CONFAB_FIELD_BOOL, false, 0, 0, NULL, NULL,
		"may who comes from now on read what was said before?"},
	{"locked", CONFAB_FIELD_BOOL, false, 0, 0, NULL, NULL,
		"nobody may speak but who has the grant lock"},
	{0},
};
static const struct confab_field named_fields[] = {
	OPS_CHANNEL_FIELD, OPS_CID_FIELD, OPS_AGAIN_FIELD, {0}};
static const struct confab_field get_fields[] = {OPS_CHANNEL_FIELD, {0}};
static const struct confab_field public_fields[] = {OPS_AFTER_FIELD, OPS_LIMIT_FIELD(1000), {0}};
static const struct confab_field public_reply[] = {
	{"more", CONFAB_FIELD_BOOL, true, 0, 0, NULL, NULL, "there are more"},
	OPS_ROWS_FIELD("channels", "their rows, by id"),
	{0},
};
static const struct confab_field get_reply[] = {
	ITEM_FIELDS,
	{"channel", CONFAB_FIELD_ROW, true, 0, 0, NULL, NULL, "the channel's row"},
	OPS_COUNT("members", "how many; counted only where they are listed"),
	{0},
};

static const struct confab_op_row rows[] = {
	{.name = "channel.create",
		.actor = CONFAB_OP_USER,
		.method = "POST",
		.path = "/v1/channels",
		.run = run_create,
		.args = create_fields,
		.reply = created_fields,
		.grant = "server:channels.create.{type}",
		.doc = "Begin a channel."},
	{.name = "channel.find",
		.actor = CONFAB_OP_USER,
		.method = "GET",
		.path = "/v1/channels",
		.run = run_public,
		.args = public_fields,
		.reply = public_reply,
		.doc = "Channels that anybody may find."},
	{.name = "channel.get",
		.actor = CONFAB_OP_USER,
		.method = "GET",
		.path = "/v1/channels/{channel}",
		.run = run_get,
		.args = get_fields,
		.reply = get_reply,
		.grant = "read",
		.doc = "One channel: its row, its numbers, and what you may do there."},
	{.name = "channel.update",
		.actor = CONFAB_OP_USER,
		.method = "PATCH",
		.path = "/v1/channels/{channel}",
		.kind = "channel.update",
		.args = update_fields,
		.reply = ops_change_reply,
		.grant = "update",
		.doc = "Change a channel's name, topic, slow mode, lock or history for newcomers."},
	{.name = "channel.delete",
		.actor = CONFAB_OP_USER,
		.method = "DELETE",
		.path = "/v1/channels/{channel}",
		.kind = "channel.delete",
		.args = named_fields,
		.reply = ops_change_reply,
		.grant = "delete",
		.doc = "End a channel for everybody; its messages are gone, its id stays taken."},
};

/* -------------------------------------------------------------------------------------------- */

int ops_channel_register(struct ops *o, struct confab_error *err)
{
	int rc = ops_add_kinds(o, kinds, sizeof(kinds) / sizeof(kinds[0]), err);

	return rc ? rc : ops_add(o, rows, sizeof(rows) / sizeof(rows[0]), err);
}
