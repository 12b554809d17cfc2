/**
 * channel.create, channel.list; member.join, member.leave, member.add, member.kick, member.list.
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
#include "ops/ops_internal.h"
#include "pipeline/change.h"
#include "pipeline/event_internal.h"
#include "store/store.h"
#include "wire/op_table.h"
#include "wire/request.h"

#define MEMBERS_AT_ONCE 100

/** The todo that puts (or drops) a membership into a user's own log. */
static void add_membership(struct confab_change *c, const char *user, const char *channel,
	const char *type, const char *role)
{
	confab_change_todo(c, role ? "core.membership" : "core.membership_drop",
		json_pack("{s:s,s:s,s:s,s:s}", "user", user, "channel", channel, "type", type,
			"role", role ? role : ""));
}

static void put_member(struct confab_change *c, const char *user, const char *role, uint64_t floor)
{
	json_t *row = json_pack(
		"{s:b,s:s,s:I}", "joined", 1, "role", role, "since", (json_int_t)c->entry.ts);

	if (floor) {
		json_object_set_new(row, "floor", json_integer((json_int_t)floor));
	}
	confab_change_set(c, "member", user, row);
}

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
		return confab_reject(ev, "bad_request", "'type' is no channel type of this server");
	}
	snprintf(grant, sizeof(grant), "channels.create.%s", type);
	why = permit_refusal(&ev->actor, NULL, grant);
	if (why) {
		return confab_reject(ev, why, NULL);
	}
	if (ev->lg->rev && row->kind != CONFIG_TYPE_DIRECT) {
		return confab_reject(ev, "exists", "there is a channel of this id already");
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
		json_pack("{s:s,s:s,s:s,s:b,s:s,s:I,s:I}", "type", type, "name", name ? name : "",
			"members", row->members == CONFIG_MEMBERS_LISTED ? "listed" : "unlisted",
			"history", (int)row->history_for_newcomers, "creator", ev->actor.id,
			"created", (json_int_t)c->entry.ts, "slow_ms",
			(json_int_t)row->slow_mode_ms),
		config_type_public(row) ? "public" : NULL);
	put_member(c, ev->actor.id, row->creator_role, 0);
	add_membership(c, ev->actor.id, id, type, row->creator_role);
	if (peer && row->kind == CONFIG_TYPE_DIRECT && strcmp(peer, ev->actor.id) != 0) {
		put_member(c, peer, row->creator_role, 0);
		add_membership(c, peer, id, type, row->creator_role);
	}
	json_array_foreach(members, i, item)
	{
		const char *user = json_string_value(item);

		if (row->kind != CONFIG_TYPE_DIRECT && strcmp(user, ev->actor.id) != 0) {
			put_member(c, user, row->newcomer_role, 0);
			add_membership(c, user, id, type, row->newcomer_role);
		}
	}
	return 0;
}

/** The answer waits for the actor's own log too: behind the todo's change in its queue. */
static void own_written(struct confab_event *ev, void *arg)
{
	struct confab_request *rq = arg;
	json_t *ok = rq->ok;

	(void)ev;
	confab_reply(rq, ok);
}

static void answer_behind_own(struct ops *o, struct confab_request *rq, struct confab_event *ev)
{
	rq->ok = event_take_ok(ev);
	pipeline_system(o->pl, "own.touch", rq->actor->id, NULL, json_object(), own_written, rq);
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
	ops_event_then(o, rq, "channel.create", id, answer_behind_own);
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

/* --- members ------------------------------------------------------------------------------------------ */

static const char *type_name(const struct confab_event *ev)
{
	return channel_type_name(ev->lg->channel);
}

static enum confab_verdict enter_judge(struct confab_event *ev, const char *user, const char *grant)
{
	struct channel *ch = ev->lg->channel;
	struct member *m = permit_member(ch, user);
	const char *why = permit_refusal(&ev->actor, ch, grant);

	if (why) {
		return confab_reject(ev, why, NULL);
	}
	if (ch->type->kind == CONFIG_TYPE_DIRECT) {
		return confab_reject(ev, "forbidden", "a direct channel has two members for ever");
	}
	if (!(m && m->joined) && ch->type->max_members && ch->n_joined >= ch->type->max_members) {
		return confab_reject(ev, "full", NULL);
	}
	return CONFAB_PASS;
}

static int enter_build(struct confab_event *ev, struct confab_change *c, const char *user)
{
	struct channel *ch = ev->lg->channel;
	struct member *m = permit_member(ch, user);

	if (m && m->joined) {
		return 0;
	}
	put_member(c, user, ch->type->newcomer_role, ch->history ? 0 : c->after.seq + 1);
	add_membership(c, user, ev->lg->id, type_name(ev), ch->type->newcomer_role);
	return 0;
}

/** Who is a member already is answered like the first time: it changes nothing. */
static enum confab_verdict join_judge(struct confab_event *ev, void *ctx)
{
	struct member *m = permit_member(ev->lg->channel, ev->actor.id);

	(void)ctx;
	if (m && m->joined) {
		return CONFAB_PASS;
	}
	return enter_judge(ev, ev->actor.id, "join");
}

static int join_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	(void)ctx;
	return enter_build(ev, c, ev->actor.id);
}

static enum confab_verdict add_judge(struct confab_event *ev, void *ctx)
{
	const struct ops *o = ctx;
	const char *user = json_str(ev->body, "user");

	if (!chat_user_find(o->chat, user)) {
		return confab_reject(ev, "no_user", NULL);
	}
	return enter_judge(ev, user, "invite");
}

static int add_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	(void)ctx;
	return enter_build(ev, c, json_str(ev->body, "user"));
}

static int part_build(struct confab_event *ev, struct confab_change *c, const char *user)
{
	if (!confab_change_row(c, "member", user)) {
		return 0;
	}
	add_membership(c, user, ev->lg->id, type_name(ev), NULL);
	return confab_change_set(c, "member", user, NULL);
}

static int leave_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	(void)ctx;
	return part_build(ev, c, ev->actor.id);
}

static enum confab_verdict kick_judge(struct confab_event *ev, void *ctx)
{
	struct member *m = permit_member(ev->lg->channel, json_str(ev->body, "user"));

	(void)ctx;
	if (!m || !m->joined) {
		return confab_reject(ev, "no_member", NULL);
	}
	if (strcmp(m->role, "owner") == 0) {
		return confab_reject(ev, "forbidden", "an owner cannot be removed");
	}
	return CONFAB_PASS;
}

static int kick_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	(void)ctx;
	return part_build(ev, c, json_str(ev->body, "user"));
}

static void run_enter(struct confab_request *rq, void *ctx)
{
	ops_event_then(ctx, rq, "member.join", json_str(rq->args, "channel"), answer_behind_own);
}

static void add_loaded(struct ops *o, struct confab_request *rq)
{
	ops_event(o, rq, "member.add", json_str(rq->args, "channel"));
}

static void run_add(struct confab_request *rq, void *ctx)
{
	char own[CONFAB_ID_MAX + 2];
	const char *id = own;

	chat_own_log(own, json_str(rq->args, "user"));
	ops_load(ctx, rq, &id, 1, add_loaded);
}

/* --- lists ---------------------------------------------------------------------------------------------- */

static void members_read(struct confab_row_list *call, void *arg)
{
	struct confab_request *rq = arg;
	struct buf *b = &rq->raw;

	if (call->call.rc) {
		request_error(rq, "busy", NULL, 1000, NULL);
		return;
	}
	if (!ops_readable(rq->op->ctx, rq, call->log)) { /* lost while the store read */
		return;
	}
	buf_fmt(b, "{\"rev\":%llu,\"more\":%s,\"members\":[", (unsigned long long)call->head.rev,
		call->more ? "true" : "false");
	for (size_t i = 0; i < call->n; i++) {
		if (i) {
			buf_char(b, ',');
		}
		buf_add(b, call->rows[i].body, call->rows[i].body_len);
	}
	buf_str(b, "]}");
	request_reply_raw(rq);
}

static void members_loaded(struct ops *o, struct confab_request *rq)
{
	struct chat_log *lg = ops_readable(o, rq, json_str(rq->args, "channel"));
	const char *after = json_str(rq->args, "after");
	struct confab_row_list *call;

	if (!lg) {
		return;
	}
	call = store_list_new(o->chat->store);
	call->log = confab_arena_dup(call->call.arena, lg->id, strlen(lg->id));
	call->kind = "member";
	call->after = after ? after : "";
	call->limit = (size_t)json_int(rq->args, "limit", 100);
	store_list(o->chat->store, call, members_read, rq);
}

static void run_members(struct confab_request *rq, void *ctx)
{
	const char *id = json_str(rq->args, "channel");

	ops_load(ctx, rq, &id, 1, members_loaded);
}

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
	{.name = "member.join",
		.flags = CONFAB_KIND_STRANGERS,
		.class_ = CONFAB_DURABLE,
		.log = CONFAB_LOG_CHANNEL,
		.judge = join_judge,
		.build = join_build,
		.doc = "Somebody joins an open channel."},
	{.name = "member.add",
		.class_ = CONFAB_DURABLE,
		.log = CONFAB_LOG_CHANNEL,
		.judge = add_judge,
		.build = add_build,
		.doc = "A member brings somebody in."},
	{.name = "member.leave",
		.class_ = CONFAB_DURABLE,
		.log = CONFAB_LOG_CHANNEL,
		.grant = "read",
		.build = leave_build,
		.doc = "A member leaves."},
	{.name = "member.kick",
		.class_ = CONFAB_DURABLE,
		.log = CONFAB_LOG_CHANNEL,
		.grant = "kick",
		.judge = kick_judge,
		.build = kick_build,
		.doc = "A member is removed."},
};

#define CID_FIELD \
	{"cid", CONFAB_FIELD_CID, true, 0, 0, NULL, NULL, "the client's own name of this change"}, \
	{ \
		"again", CONFAB_FIELD_BOOL, false, 0, 0, NULL, NULL, "it was sent before" \
	}
#define CHANNEL_FIELD \
	{ \
		"channel", CONFAB_FIELD_ID, true, 0, 0, NULL, NULL, "the channel" \
	}
#define USER_FIELD \
	{ \
		"user", CONFAB_FIELD_ID, true, 0, 0, NULL, NULL, "the user" \
	}
#define LIMIT_FIELD \
	{ \
		"limit", CONFAB_FIELD_INT, false, 1, 1000, NULL, NULL, "at most so many" \
	}
#define AFTER_FIELD \
	{ \
		"after", CONFAB_FIELD_STRING, false, 0, 64, NULL, NULL, \
			"the last id of the page before" \
	}

static const struct confab_field create_fields[] = {
	CID_FIELD,
	{"type", CONFAB_FIELD_STRING, true, 1, 32, NULL, NULL, "a channel type of this server"},
	{"channel", CONFAB_FIELD_ID, false, 0, 0, NULL, NULL,
		"its id, if people should know it by one"},
	{"name", CONFAB_FIELD_STRING, false, 0, 200, NULL, NULL, "for people"},
	{"user", CONFAB_FIELD_ID, false, 0, 0, NULL, NULL, "the other one of a direct channel"},
	{"members", CONFAB_FIELD_IDS, false, 0, MEMBERS_AT_ONCE, NULL, NULL, "first members"},
	{0},
};
static const struct confab_field join_fields[] = {CHANNEL_FIELD, CID_FIELD, {0}};
static const struct confab_field user_fields[] = {CHANNEL_FIELD, CID_FIELD, USER_FIELD, {0}};
static const struct confab_field members_fields[] = {CHANNEL_FIELD, AFTER_FIELD, LIMIT_FIELD, {0}};
static const struct confab_field public_fields[] = {AFTER_FIELD, LIMIT_FIELD, {0}};

static const struct confab_op_row rows[] = {
	{.name = "channel.create",
		.actor = CONFAB_OP_USER,
		.method = "POST",
		.path = "/v1/channels",
		.run = run_create,
		.args = create_fields,
		.doc = "Begin a channel."},
	{.name = "channel.find",
		.actor = CONFAB_OP_USER,
		.method = "GET",
		.path = "/v1/channels",
		.run = run_public,
		.args = public_fields,
		.doc = "Channels that anybody may find."},
	{.name = "channel.join",
		.actor = CONFAB_OP_USER,
		.method = "POST",
		.path = "/v1/channels/{channel}/join",
		.run = run_enter,
		.args = join_fields,
		.doc = "Join an open channel."},
	{.name = "channel.leave",
		.actor = CONFAB_OP_USER,
		.method = "POST",
		.path = "/v1/channels/{channel}/leave",
		.kind = "member.leave",
		.args = join_fields,
		.doc = "Leave a channel."},
	{.name = "member.add",
		.actor = CONFAB_OP_USER,
		.method = "POST",
		.path = "/v1/channels/{channel}/members",
		.run = run_add,
		.args = user_fields,
		.doc = "Bring somebody in."},
	{.name = "member.kick",
		.actor = CONFAB_OP_USER,
		.method = "DELETE",
		.path = "/v1/channels/{channel}/members/{user}",
		.kind = "member.kick",
		.args = user_fields,
		.doc = "Remove a member."},
	{.name = "member.list",
		.actor = CONFAB_OP_USER,
		.method = "GET",
		.path = "/v1/channels/{channel}/members",
		.run = run_members,
		.args = members_fields,
		.doc = "Members of a channel, by id."},
};

/* -------------------------------------------------------------------------------------------- */

int ops_channel_register(struct ops *o, struct confab_error *err)
{
	int rc = ops_add_kinds(o, kinds, sizeof(kinds) / sizeof(kinds[0]), err);

	return rc ? rc : ops_add(o, rows, sizeof(rows) / sizeof(rows[0]), err);
}
