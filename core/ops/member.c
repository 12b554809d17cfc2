/**
 * Members come, go and get roles: channel.join, channel.leave, member.add, member.kick, member.role,
 * member.list.
 *
 * In a listed channel the channel's entry decides and a todo brings it to the user's own log. In an
 * unlisted one readers join and leave by entries of their own log alone; what the channel's row says
 * of somebody (a kick, a ban, another role) wins.
 *
 * SPDX-License-Identifier: MIT
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <confab/chat.h>
#include <confab/provider/store.h>
#include "base/clock.h"
#include "base/json.h"
#include "base/map.h"
#include "chat/channel.h"
#include "chat/permit.h"
#include "chat/row.h"
#include "config/config.h"
#include "config/grant.h"
#include "ops/fields.h"
#include "ops/ops_internal.h"
#include "ops/page.h"
#include "pipeline/change.h"
#include "pipeline/event_internal.h"
#include "pipeline/fanout.h"
#include "store/store.h"
#include "wire/op_table.h"
#include "wire/request.h"

static const char *body_user(const struct confab_event *ev)
{
	const char *user = json_str(ev->body, "user");

	return user ? user : "";
}

/** Does the channel itself write who comes and goes, rather than the user's own log? */
static bool in_channel(const struct channel *ch, const char *user)
{
	const struct member *m = permit_member(ch, user);

	return ch->listed || (m && strcmp(m->role, "reader") != 0);
}

/* --- come --------------------------------------------------------------------------------------------- */

/** Is there a place for this user, who is no member yet? */
static enum confab_verdict enter_room(
	struct confab_event *ev, const struct channel *ch, const char *user)
{
	const struct member *m = permit_member(ch, user);

	if (ch->type->kind == CONFIG_TYPE_DIRECT) {
		return confab_reject(ev, "forbidden", "a direct channel has two members for ever");
	}
	if (m && member_banned(m, clock_real_ms())) {
		return confab_reject(ev, "banned",
			strcmp(user, ev->actor.id) == 0
				? NULL
				: "this user is banned here; lift the ban first");
	}
	if (ch->type->max_members && ch->n_joined >= ch->type->max_members) {
		return confab_reject(ev, "full", NULL);
	}
	return CONFAB_PASS;
}

static enum confab_verdict enter_judge(
	struct confab_event *ev, struct channel *ch, const char *user, const char *grant)
{
	struct member *m = permit_member(ch, user);
	const char *why = permit_refusal(&ev->actor, ch, grant);

	if (m && m->joined) {
		return CONFAB_PASS; /* there already: nothing will change */
	}
	if (why) {
		return confab_reject(ev, channel_hides(ch, &ev->actor) ? "no_channel" : why, NULL);
	}
	return enter_room(ev, ch, user);
}

static enum confab_verdict join_judge(struct confab_event *ev, void *ctx)
{
	(void)ctx;
	return enter_judge(ev, ev->lg->channel, ev->actor.id, "join");
}

static int join_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	(void)ctx;
	return ops_member_enter(ev, c, ev->actor.id);
}

static enum confab_verdict add_judge(struct confab_event *ev, void *ctx)
{
	const struct ops *o = ctx;
	const struct user *u = chat_user_find(o->chat, body_user(ev));

	if (!u) {
		return confab_reject(ev, "no_user", NULL);
	}
	if (u->blocks && strmap_find(u->blocks, ev->actor.id)) {
		return confab_reject(ev, "refused", NULL);
	}
	return enter_judge(ev, ev->lg->channel, body_user(ev), "invite");
}

static int add_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	(void)ctx;
	return ops_member_enter(ev, c, body_user(ev));
}

/** The channel of an entry of the own log, which whoever started it has loaded. */
static struct channel *named_channel(const struct confab_event *ev)
{
	return chat_channel_find(ev->pl->chat, ev->channel_id);
}

static enum confab_verdict enter_own_judge(struct confab_event *ev, void *ctx)
{
	struct channel *ch = named_channel(ev);

	(void)ctx;
	if (!ch || in_channel(ch, ev->actor.id)) {
		return confab_reject(ev, "stale", NULL);
	}
	return enter_judge(ev, ch, ev->actor.id, "join");
}

static int enter_own_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	struct channel *ch = named_channel(ev);

	(void)ctx;
	if (confab_change_row(c, "membership", ev->channel_id)) {
		return 0;
	}
	return confab_change_set(c, "membership", ev->channel_id,
		json_pack("{s:s,s:s,s:I,s:I,s:I}", "type", channel_type_name(ch), "role",
			ch->type->newcomer_role, "seq", (json_int_t)ch->lg->seq, "ord",
			(json_int_t)ch->lg->ord, "all", (json_int_t)ch->lg->all));
}

static void entered_own(struct ops *o, struct confab_request *rq, struct confab_event *ev)
{
	ops_listen_in(o, rq->actor->id, ev->channel_id);
	ops_answer(rq, ev);
}

static void join_loaded(struct ops *o, struct confab_request *rq)
{
	const char *id = json_str(rq->args, "channel");
	struct channel *ch = chat_channel_find(o->chat, id);

	if (ch && !in_channel(ch, rq->actor->id)) {
		ops_event_then(o, rq, "membership.enter", id, entered_own);
	} else {
		ops_event_then(o, rq, "member.join", id, ops_answer_behind_own);
	}
}

static void run_join(struct confab_request *rq, void *ctx)
{
	const char *id = json_str(rq->args, "channel");

	ops_load(ctx, rq, &id, 1, join_loaded);
}

static void run_add(struct confab_request *rq, void *ctx)
{
	ops_event(ctx, rq, "member.add", json_str(rq->args, "channel"));
}

/* --- go ----------------------------------------------------------------------------------------------- */

/** What still binds who goes, so that coming back does not free him: a mute, and slow mode's clock.
 *  @return a member row, or NULL: nothing */
static json_t *still_bound(struct confab_event *ev, struct confab_change *c, const char *user)
{
	const json_t *row = confab_change_row(c, "member", user);
	int64_t now = clock_real_ms(), muted = json_int(row, "muted_until", 0);
	int64_t sent = json_int(row, "sent", 0);
	json_t *left = json_object();

	if (muted < 0 || muted > now) {
		json_object_set_new(left, "muted_until", json_integer(muted));
		json_object_set(left, "muted_by", json_object_get(row, "muted_by"));
	}
	if (sent + ev->lg->channel->slow_ms > now) {
		json_object_set_new(left, "sent", json_integer(sent));
	}
	if (!json_object_size(left)) {
		json_decref(left);
		return NULL;
	}
	json_object_set_new(left, "joined", json_false());
	return left;
}

static int leave_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	(void)ctx;
	if (!json_bool(confab_change_row(c, "member", ev->actor.id), "joined")) {
		return 0;
	}
	ops_member_todo(c, ev->actor.id);
	return confab_change_set(c, "member", ev->actor.id, still_bound(ev, c, ev->actor.id));
}

static enum confab_verdict leave_judge(struct confab_event *ev, void *ctx)
{
	(void)ctx;
	if (ev->lg->channel->type->kind == CONFIG_TYPE_DIRECT) {
		return confab_reject(ev, "forbidden", "a direct channel has two members for ever");
	}
	return CONFAB_PASS;
}

static int leave_own_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	(void)ctx;
	return confab_change_row(c, "membership", ev->channel_id)
		? confab_change_set(c, "membership", ev->channel_id, NULL)
		: 0;
}

static void left_own(struct ops *o, struct confab_request *rq, struct confab_event *ev)
{
	struct chat_log *lg = chat_log_find(o->chat, ev->channel_id);

	if (lg && ev->actor.user) {
		fanout_lost(o->pl->fanout, ev->actor.user, lg, "left");
	}
	ops_answer(rq, ev); /* the request is gone after this */
}

static void leave_loaded(struct ops *o, struct confab_request *rq)
{
	const char *id = json_str(rq->args, "channel");
	struct channel *ch = chat_channel_find(o->chat, id);

	if (ch && !in_channel(ch, rq->actor->id)) {
		ops_event_then(o, rq, "membership.leave", id, left_own);
	} else {
		ops_event_then(o, rq, "member.leave", id, ops_answer_behind_own);
	}
}

static void run_leave(struct confab_request *rq, void *ctx)
{
	const char *id = json_str(rq->args, "channel");

	ops_load(ctx, rq, &id, 1, leave_loaded);
}

static enum confab_verdict kick_judge(struct confab_event *ev, void *ctx)
{
	return ops_member_below(ctx, ev, MEMBER_JOINED);
}

static int kick_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	const char *user = body_user(ev);
	json_t *left;

	(void)ctx;
	ops_member_todo(c, user);
	left = still_bound(ev, c, user);
	if (!ev->lg->channel->listed) {
		/* The own log may still say otherwise for a moment: the channel's row wins. */
		left = left ? left : json_pack("{s:b}", "joined", 0);
		json_object_set_new(left, "kicked", json_integer(c->entry.ts));
	}
	return confab_change_set(c, "member", user, left);
}

static void run_kick(struct confab_request *rq, void *ctx)
{
	ops_event(ctx, rq, "member.kick", json_str(rq->args, "channel"));
}

/* --- roles --------------------------------------------------------------------------------------------- */

static bool last_owner(const struct channel *ch, const char *user)
{
	const struct member *m;
	const char *id;
	size_t pos = 0;
	void *value;

	while (strmap_next(ch->members, &pos, &id, &value)) {
		m = value;
		if (m->joined && strcmp(m->role, "owner") == 0 && strcmp(id, user) != 0) {
			return false;
		}
	}
	return true;
}

/** Who may give which role: below one's own to those below oneself; an owner may also make owners; everybody
 *  may step down. */
static enum confab_verdict role_judge(struct confab_event *ev, void *ctx)
{
	struct channel *ch = ev->lg->channel;
	const char *user = body_user(ev), *role = json_str(ev->body, "role");
	bool self = strcmp(user, ev->actor.id) == 0;
	int mine = ops_member_rank(ev), to = role ? grant_role_find(role) : -1;
	struct member *m = permit_member(ch, user);

	if (to < 0 || to >= GRANT_ROLE_GUEST) {
		return confab_reject(ev, "bad_request", "'role' is no role of members");
	}
	if (ch->type->kind == CONFIG_TYPE_DIRECT) {
		return confab_reject(ev, "forbidden", NULL);
	}
	if (self ? to < mine : mine > GRANT_ROLE_OWNER && to <= mine) {
		return confab_reject(ev, "forbidden", "you may give roles below your own only");
	}
	if (m && strcmp(m->role, "owner") == 0 && to != GRANT_ROLE_OWNER && last_owner(ch, user)) {
		return confab_reject(
			ev, "forbidden", "a channel needs an owner; make somebody else one first");
	}
	return self ? CONFAB_PASS : ops_member_below(ctx, ev, MEMBER_JOINED);
}

static int role_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	json_t *row = ops_member_copy(ev, c, body_user(ev));
	const char *role = json_str(ev->body, "role"), *old = json_str(row, "role");

	(void)ctx;
	if (old && strcmp(old, role) == 0 && confab_change_row(c, "member", body_user(ev))) {
		json_decref(row);
		return 0;
	}
	json_object_set_new(row, "role", json_string(role));
	ops_member_todo(c, body_user(ev));
	return confab_change_set(c, "member", body_user(ev), row);
}

static void run_role(struct confab_request *rq, void *ctx)
{
	ops_event(ctx, rq, "member.role", json_str(rq->args, "channel"));
}

/* --- list ---------------------------------------------------------------------------------------------- */

static void members_read(struct confab_row_list *call, void *arg)
{
	struct confab_request *rq = arg;
	struct ops *o = rq->op->ctx;
	struct buf *b = &rq->raw;
	bool banned = json_bool(rq->args, "banned"), any = false;
	struct chat_log *lg;

	if (call->call.rc) {
		request_error(rq, "busy", NULL, 1000, NULL);
		return;
	}
	lg = ops_readable(o, rq, call->log); /* again: a kick may have come meanwhile */
	if (!lg) {
		return;
	}
	page_list_begin(b, call, "members");
	buf_char(b, '[');
	for (size_t i = 0; i < call->n; i++) {
		const struct member *m = permit_member(lg->channel, call->rows[i].id);

		if (!m || m->joined == banned || (banned && !member_banned(m, clock_real_ms()))) {
			continue;
		}
		if (any) {
			buf_char(b, ',');
		}
		any = true;
		buf_add(b, call->rows[i].body, call->rows[i].body_len);
	}
	buf_str(b, "]}");
	request_reply_raw(rq);
}

static void members_loaded(struct ops *o, struct confab_request *rq)
{
	const char *after = json_str(rq->args, "after"), *why = NULL;
	struct chat_log *lg = ops_readable(o, rq, json_str(rq->args, "channel"));
	struct confab_row_list *call;

	if (!lg) {
		return; /* answered, and with that the request is another thread's */
	}
	if (json_bool(rq->args, "banned")) {
		why = permit_refusal(rq->actor, lg->channel, "ban");
	} else if (!lg->channel->listed) {
		why = permit_refusal(rq->actor, lg->channel, "kick");
	}
	if (why) {
		request_error(rq, why, NULL, 0, NULL);
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

static void own_written(struct confab_event *ev, void *arg)
{
	struct confab_request *rq = arg;
	json_t *ok = rq->ok;

	(void)ev;
	confab_reply(rq, ok);
}

/* --- rows ------------------------------------------------------------------------------------------------ */

#define MEMBER_KIND(name_, flags_, grant_, keys_, judge_, build_, doc_) \
	{ \
		.name = (name_), .flags = (flags_), .class_ = CONFAB_DURABLE, \
		.log = CONFAB_LOG_CHANNEL, .grant = (grant_), .keys = (keys_), .judge = (judge_), \
		.build = (build_), .doc = (doc_) \
	}

static const struct confab_kind_row kinds[] = {
	MEMBER_KIND("member.join", CONFAB_KIND_STRANGERS, NULL, ops_invite_keys, join_judge,
		join_build, "Somebody joins an open channel."),
	MEMBER_KIND("member.add", KIND_ABOUT_USER, NULL, ops_invite_keys, add_judge, add_build,
		"A member brings somebody in."),
	MEMBER_KIND("member.leave", 0, "read", NULL, leave_judge, leave_build, "A member leaves."),
	MEMBER_KIND("member.kick", KIND_ABOUT_USER, "kick", NULL, kick_judge, kick_build,
		"A member is removed."),
	MEMBER_KIND("member.role", KIND_ABOUT_USER, "role", NULL, role_judge, role_build,
		"A member gets another role."),
	{.name = "membership.enter",
		.class_ = CONFAB_DURABLE,
		.log = CONFAB_LOG_OWN,
		.judge = enter_own_judge,
		.build = enter_own_build,
		.doc = "Somebody joins a channel that does not list its members."},
	{.name = "membership.leave",
		.class_ = CONFAB_DURABLE,
		.log = CONFAB_LOG_OWN,
		.build = leave_own_build,
		.doc = "Somebody leaves a channel that does not list its members."},
};

static const struct confab_field join_fields[] = {
	OPS_CHANNEL_FIELD, OPS_CID_FIELD, OPS_AGAIN_FIELD, {0}};
static const struct confab_field user_fields[] = {
	OPS_CHANNEL_FIELD, OPS_CID_FIELD, OPS_AGAIN_FIELD, OPS_USER_FIELD, {0}};
static const struct confab_field role_fields[] = {
	OPS_CHANNEL_FIELD,
	OPS_CID_FIELD,
	OPS_AGAIN_FIELD,
	OPS_USER_FIELD,
	{"role", CONFAB_FIELD_STRING, true, 0, 0, "owner moderator member reader", NULL,
		"the role to give"},
	{0},
};
static const struct confab_field list_fields[] = {
	OPS_CHANNEL_FIELD,
	OPS_AFTER_FIELD,
	OPS_LIMIT_FIELD(1000),
	{"banned", CONFAB_FIELD_BOOL, false, 0, 0, NULL, NULL,
		"those who are banned instead (needs the grant ban)"},
	{0},
};
static const struct confab_field list_reply[] = {
	{"rev", CONFAB_FIELD_INT, true, 0, 0, NULL, NULL, "the head they were read at"},
	{"next", CONFAB_FIELD_PLACE, true, 0, 0, NULL, NULL,
		"ask again after this id; null: the end"},
	OPS_ROWS_FIELD("members", "their rows, by id"),
	{0},
};

#define MEMBER_OP(name_, method_, path_, run_, args_, grant_, doc_) \
	{ \
		.name = (name_), .actor = CONFAB_OP_USER, .method = (method_), .path = (path_), \
		.run = (run_), .args = (args_), .reply = ops_change_reply, .doc = (doc_), \
		.grant = (grant_) \
	}

static const struct confab_op_row rows[] = {
	MEMBER_OP("channel.join", "POST", "/v1/channels/{channel}/join", run_join, join_fields,
		"join", "Join an open channel."),
	MEMBER_OP("channel.leave", "POST", "/v1/channels/{channel}/leave", run_leave, join_fields,
		"read", "Leave a channel."),
	MEMBER_OP("member.add", "POST", "/v1/channels/{channel}/members", run_add, user_fields,
		"invite", "Bring somebody in."),
	MEMBER_OP("member.kick", "DELETE", "/v1/channels/{channel}/members/{user}", run_kick,
		user_fields, "kick", "Remove a member."),
	MEMBER_OP("member.role", "PUT", "/v1/channels/{channel}/members/{user}/role", run_role,
		role_fields, "role", "Give a member another role."),
	{.name = "member.list",
		.actor = CONFAB_OP_USER,
		.method = "GET",
		.path = "/v1/channels/{channel}/members",
		.run = run_members,
		.args = list_fields,
		.reply = list_reply,
		.grant = "read",
		.doc = "Members of a channel, by id; where they are unlisted, for who has the grant kick."},
};

/* -------------------------------------------------------------------------------------------- */

void ops_answer_behind_own(struct ops *o, struct confab_request *rq, struct confab_event *ev)
{
	rq->ok = event_take_ok(ev);
	pipeline_system(o->pl, "own.touch", rq->actor->id, NULL, json_object(), own_written, rq);
}

enum confab_verdict ops_member_enter_judge(struct confab_event *ev, const char *user)
{
	return enter_room(ev, ev->lg->channel, user);
}

int ops_member_enter(struct confab_event *ev, struct confab_change *c, const char *user)
{
	struct channel *ch = ev->lg->channel;
	struct member *m = permit_member(ch, user);

	if (m && m->joined) {
		return 0;
	}
	ops_member_put(c, user, ch->type->newcomer_role, ch->history ? 0 : c->after.seq + 1);
	ops_member_todo(c, user);
	return ops_invite_drop(c, user);
}

void ops_member_todo(struct confab_change *c, const char *user)
{
	confab_change_todo(c, "core.membership",
		json_pack("{s:s,s:s,s:I,s:I,s:I}", "user", user, "channel", c->batch->lg->id, "seq",
			(json_int_t)c->after.seq, "ord", (json_int_t)c->after.ord, "all",
			(json_int_t)c->after.all));
}

void ops_member_put(struct confab_change *c, const char *user, const char *role, uint64_t floor)
{
	static const char *const bonds[] = {"muted_until", "muted_by", "sent"};
	const json_t *old = confab_change_row(c, "member", user);
	json_t *row = json_pack(
		"{s:b,s:s,s:I}", "joined", 1, "role", role, "since", (json_int_t)c->entry.ts);

	for (size_t i = 0; i < sizeof(bonds) / sizeof(bonds[0]); i++) {
		json_t *bond = json_object_get(old, bonds[i]);

		if (bond) {
			json_object_set_new(row, bonds[i], json_copy(bond));
		}
	}
	if (floor) {
		json_object_set_new(row, "floor", json_integer((json_int_t)floor));
	}
	confab_change_set(c, "member", user, row);
}

json_t *ops_member_copy(struct confab_event *ev, struct confab_change *c, const char *user)
{
	const json_t *row = confab_change_row(c, "member", user);

	if (row) {
		return json_deep_copy(row);
	}
	return json_pack("{s:b,s:s,s:I}", "joined", 1, "role", ev->lg->channel->type->newcomer_role,
		"since", (json_int_t)c->entry.ts);
}

int ops_member_rank(const struct confab_event *ev)
{
	const char *role;

	if (ev->actor.kind != CONFAB_ACTOR_USER || !ev->actor.user || ev->actor.user->is_admin) {
		return -1;
	}
	role = permit_role(ev->lg->channel, ev->actor.user);
	return role ? grant_role_find(role) : GRANT_ROLE_GUEST;
}

enum confab_verdict ops_member_below(
	const struct ops *o, struct confab_event *ev, enum member_need need)
{
	struct channel *ch = ev->lg->channel;
	struct member *m = permit_member(ch, body_user(ev));
	struct user *u = chat_user_find(o->chat, body_user(ev));
	bool joined = m ? m->joined : false;
	int mine = ops_member_rank(ev), theirs;

	if (!joined && !ch->listed && u) {
		joined = permit_joined(ch, u);
	}
	if (need == MEMBER_JOINED && !joined) {
		return confab_reject(ev, "no_member", NULL);
	}
	if (need == MEMBER_KNOWN && !m && !u) {
		return confab_reject(ev, "no_user", NULL);
	}
	if (strcmp(body_user(ev), ev->actor.id) == 0) {
		return confab_reject(ev, "forbidden", "this is not for oneself");
	}
	if (ch->type->kind == CONFIG_TYPE_DIRECT) {
		return confab_reject(ev, "forbidden", "a direct channel has two members for ever");
	}
	theirs = joined && m && m->role[0] ? grant_role_find(m->role) : GRANT_ROLE_READER;
	if (mine >= 0 && joined && mine >= theirs) {
		return confab_reject(
			ev, "forbidden", "this needs a higher role than that member has");
	}
	return CONFAB_PASS;
}

int ops_member_register(struct ops *o, struct confab_error *err)
{
	int rc = ops_add_kinds(o, kinds, sizeof(kinds) / sizeof(kinds[0]), err);

	return rc ? rc : ops_add(o, rows, sizeof(rows) / sizeof(rows[0]), err);
}
