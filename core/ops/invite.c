/**
 * invite.send, invite.revoke, invite.accept, invite.decline, invite.list, invite.mine: one person asks another
 * into a channel, and the other decides.
 *
 * The channel's row `invite` (by the user's id) is what counts. A todo brings it to the invited user's own
 * log, as a row by the channel's id, so that they hear of it; not from somebody whom they block. Links for
 * whoever holds them are in link.c.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
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
#include "ops/fields.h"
#include "ops/invite.h"
#include "ops/ops_internal.h"
#include "ops/page.h"
#include "pipeline/change.h"
#include "pipeline/event_internal.h"
#include "store/store.h"
#include "wire/request.h"

#define PENDING_MAX 200 /* that one user hears of */

static const char *body_user(const struct confab_event *ev)
{
	const char *user = json_str(ev->body, "user");

	return user ? user : "";
}

static void add_key(struct confab_keys *keys, const char *user)
{
	confab_keys_add(keys, "invite", user);
}

static void about_keys(struct confab_event *ev, struct confab_keys *keys)
{
	add_key(keys, body_user(ev));
}

static void own_keys(struct confab_event *ev, struct confab_keys *keys)
{
	add_key(keys, ev->actor.id);
}

/* --- in the channel ------------------------------------------------------------------------------------ */

static enum confab_verdict send_judge(struct confab_event *ev, void *ctx)
{
	const struct ops *o = ctx;
	const struct channel *ch = ev->lg->channel;
	const struct member *m = permit_member(ch, body_user(ev));
	enum confab_verdict v = invite_judge(ev);

	if (v != CONFAB_PASS) {
		return v;
	}
	if (!chat_user_find(o->chat, body_user(ev))) {
		return confab_reject(ev, "no_user", NULL);
	}
	if (!ch->listed) {
		return confab_reject(ev, "forbidden",
			"members are not shown here, nor who is invited; make a link instead");
	}
	if (m && member_banned(m, clock_real_ms())) {
		return confab_reject(ev, "banned", "this user is banned here; lift the ban first");
	}
	return CONFAB_PASS;
}

static int send_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	const struct member *m = permit_member(ev->lg->channel, body_user(ev));
	const json_t *old = confab_change_row(c, "invite", body_user(ev));
	int64_t until = json_int(ev->body, "until", 0);

	(void)ctx;
	if ((m && m->joined) ||
		(old && json_int(old, "until", 0) == until &&
			strcmp(json_str(old, "by"), ev->actor.id) == 0)) {
		return 0;
	}
	ops_invite_todo(c, body_user(ev));
	return confab_change_set(c, "invite", body_user(ev), invite_row(ev, c));
}

static enum confab_verdict revoke_judge(struct confab_event *ev, void *ctx)
{
	(void)ctx;
	return invite_revoke_judge(ev, confab_event_row(ev, "invite", body_user(ev)));
}

static int revoke_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	(void)ctx;
	return ops_invite_drop(c, body_user(ev));
}

static enum confab_verdict accept_judge(struct confab_event *ev, void *ctx)
{
	const json_t *row = confab_event_row(ev, "invite", ev->actor.id);
	const struct member *m = permit_member(ev->lg->channel, ev->actor.id);

	(void)ctx;
	if (m && m->joined) {
		return CONFAB_PASS; /* there already: nothing will change */
	}
	return invite_holds(ev, row) == CONFAB_PASS ? ops_member_enter_judge(ev, ev->actor.id)
						    : CONFAB_REJECT;
}

static int accept_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	(void)ctx;
	return ops_member_enter(ev, c, ev->actor.id);
}

static int decline_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	(void)ctx;
	return ops_invite_drop(c, ev->actor.id);
}

/* --- in the own log ------------------------------------------------------------------------------------- */

/** What the channel says, unless one blocks who says it; whoever is asked by too many hears no more. */
static int put_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	static const char *const members[] = {"by", "since", "until", "type", "name"};
	const char *id = json_str(ev->body, "channel"), *by = json_str(ev->body, "by");
	const struct user *u = ev->lg->user;
	const json_t *old = confab_change_row(c, "invite", id);
	json_t *row;

	(void)ctx;
	if ((u->blocks && by && strmap_find(u->blocks, by)) ||
		(u->invites && strmap_count(u->invites) >= PENDING_MAX && !old)) {
		return old ? confab_change_set(c, "invite", id, NULL) : 0;
	}
	if (old && json_int(old, "since", 0) == json_int(ev->body, "since", 0)) {
		return 0;
	}
	row = json_object();
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		json_t *value = json_object_get(ev->body, members[i]);

		if (value) {
			json_object_set(row, members[i], value);
		}
	}
	return confab_change_set(c, "invite", id, row);
}

static int drop_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	const char *id = json_str(ev->body, "channel");

	(void)ctx;
	return confab_change_row(c, "invite", id) ? confab_change_set(c, "invite", id, NULL) : 0;
}

#define INVITE_KIND(name_, flags_, grant_, keys_, judge_, build_, doc_) \
	{ \
		.name = (name_), .flags = (flags_), .class_ = CONFAB_DURABLE, \
		.log = CONFAB_LOG_CHANNEL, .grant = (grant_), .keys = (keys_), .judge = (judge_), \
		.build = (build_), .doc = (doc_) \
	}
#define OWN_KIND(name_, build_, doc_) \
	{ \
		.name = (name_), .class_ = CONFAB_DURABLE, .log = CONFAB_LOG_OWN, \
		.build = (build_), .doc = (doc_) \
	}

static const struct confab_kind_row kinds[] = {
	INVITE_KIND("invite.send", KIND_ABOUT_USER, "invite", about_keys, send_judge, send_build,
		"Somebody is asked into a channel."),
	INVITE_KIND("invite.revoke", 0, "invite", about_keys, revoke_judge, revoke_build,
		"Somebody is asked into a channel no more."),
	INVITE_KIND("invite.accept", CONFAB_KIND_STRANGERS, NULL, own_keys, accept_judge,
		accept_build, "Somebody follows an invitation."),
	INVITE_KIND("invite.decline", CONFAB_KIND_STRANGERS, NULL, own_keys, NULL, decline_build,
		"Somebody declines an invitation."),
	OWN_KIND("invite.put", put_build, "A user is invited to a channel."),
	OWN_KIND("invite.drop", drop_build, "An invitation has ended."),
};

/* --- lists ------------------------------------------------------------------------------------------------ */

/** The channel, if the actor may (still) read it and invite there; else the request is answered. */
static struct chat_log *list_log(
	struct ops *o, struct confab_request *rq, int rc, const char *channel)
{
	struct chat_log *lg;
	const char *why;

	if (rc) {
		request_error(rq, "busy", NULL, 1000, NULL);
		return NULL;
	}
	lg = ops_readable(o, rq, channel);
	why = lg ? permit_refusal(rq->actor, lg->channel, "invite") : NULL;
	if (why) {
		request_error(rq, why, NULL, 0, NULL);
	}
	return why ? NULL : lg;
}

/** Invitations or links, as the op's name says. */
static bool lists_links(const struct confab_request *rq)
{
	return strcmp(rq->op->row->name, "link.list") == 0;
}

static void list_read(struct confab_row_list *call, void *arg)
{
	struct confab_request *rq = arg;
	struct chat_log *lg = list_log(rq->op->ctx, rq, call->call.rc, call->log);

	if (!lg) {
		return;
	}
	page_list_begin(&rq->raw, call, lists_links(rq) ? "links" : "invites");
	page_rows(&rq->raw, rq->actor->user, lg, 0, call->rows, call->n);
	buf_char(&rq->raw, '}');
	request_reply_raw(rq);
}

static void list_loaded(struct ops *o, struct confab_request *rq)
{
	const char *after = json_str(rq->args, "after");
	struct chat_log *lg = list_log(o, rq, 0, json_str(rq->args, "channel"));
	struct confab_row_list *call;

	if (!lg) {
		return;
	}
	call = store_list_new(o->chat->store);
	call->log = confab_arena_dup(call->call.arena, lg->id, strlen(lg->id));
	call->kind = lists_links(rq) ? "link" : "invite";
	call->after = after ? after : "";
	call->limit = (size_t)json_int(rq->args, "limit", 100);
	store_list(o->chat->store, call, list_read, rq);
}

static void run_mine(struct confab_request *rq, void *ctx)
{
	const struct user *u = rq->actor->user;
	json_t *list = json_array();
	size_t pos = 0;
	void *row;

	(void)ctx;
	while (u->invites && strmap_next(u->invites, &pos, NULL, &row)) {
		json_array_append_new(list, row_json(row));
	}
	confab_reply(rq, json_pack("{s:I,s:o}", "rev", (json_int_t)u->lg->rev, "invites", list));
}

/* --- ops --------------------------------------------------------------------------------------------------- */

static void run_about(struct confab_request *rq, void *ctx)
{
	ops_event(ctx, rq, rq->op->row->name, json_str(rq->args, "channel"));
}

static void run_accept(struct confab_request *rq, void *ctx)
{
	invite_follow(ctx, rq, json_str(rq->args, "channel"));
}

static const struct confab_field send_fields[] = {
	OPS_CHANNEL_FIELD, OPS_CID_FIELD, OPS_AGAIN_FIELD, OPS_USER_FIELD, OPS_UNTIL_FIELD, {0}};
static const struct confab_field revoke_fields[] = {
	OPS_CHANNEL_FIELD, OPS_CID_FIELD, OPS_AGAIN_FIELD, OPS_USER_FIELD, {0}};
static const struct confab_field answer_fields[] = {
	OPS_CHANNEL_FIELD, OPS_CID_FIELD, OPS_AGAIN_FIELD, {0}};
static const struct confab_field list_fields[] = {
	OPS_CHANNEL_FIELD, OPS_AFTER_FIELD, OPS_LIMIT_FIELD(1000), {0}};
static const struct confab_field list_reply[] = {
	OPS_COUNT("rev", "the head they were read at"),
	{"next", CONFAB_FIELD_PLACE, true, 0, 0, NULL, NULL,
		"ask again after this id; null: the end"},
	OPS_ROWS_FIELD("invites", "their rows, by id"),
	{0},
};
static const struct confab_field mine_reply[] = {
	OPS_COUNT("rev", "the head they were read at"),
	OPS_ROWS_FIELD("invites", "their rows"),
	{0},
};

#define INVITE_OP(name_, method_, path_, run_, args_, grant_, doc_) \
	{ \
		.name = (name_), .actor = CONFAB_OP_USER, .method = (method_), .path = (path_), \
		.run = (run_), .args = (args_), .reply = ops_change_reply, .doc = (doc_), \
		.grant = (grant_) \
	}

static const struct confab_op_row rows[] = {
	INVITE_OP("invite.send", "PUT", "/v1/channels/{channel}/invites/{user}", run_about,
		send_fields, "invite",
		"Ask somebody into a channel; they find it in their own log and decide."),
	INVITE_OP("invite.revoke", "DELETE", "/v1/channels/{channel}/invites/{user}", run_about,
		revoke_fields, "invite",
		"Take an invitation back: one's own, or with the grant kick anybody's."),
	INVITE_OP("invite.accept", "POST", "/v1/invites/{channel}", run_accept, answer_fields, NULL,
		"Follow an invitation: become a member."),
	INVITE_OP("invite.decline", "DELETE", "/v1/invites/{channel}", run_accept, answer_fields,
		NULL, "Decline an invitation."),
	{.name = "invite.list",
		.actor = CONFAB_OP_USER,
		.method = "GET",
		.path = "/v1/channels/{channel}/invites",
		.run = invite_list,
		.args = list_fields,
		.reply = list_reply,
		.grant = "invite",
		.doc = "Who is invited to a channel and has not answered."},
	{.name = "invite.mine",
		.actor = CONFAB_OP_USER,
		.method = "GET",
		.path = "/v1/invites",
		.run = run_mine,
		.reply = mine_reply,
		.doc = "To which channels one is invited: the rows of the own log."},
};

/* --- shared with links ---------------------------------------------------------------------------------- */

/** May this one, who once did, invite still? */
static bool still_invites(const struct channel *ch, const char *user)
{
	const struct member *m = permit_member(ch, user);

	if (!m) {
		return !ch->listed && config_may(ch->type, ch->type->newcomer_role, "invite");
	}
	return m->joined && config_may(ch->type, m->role, "invite");
}

static void follow_loaded(struct ops *o, struct confab_request *rq)
{
	const char *code = json_str(rq->args, "code"), *id = json_str(rq->args, "channel");
	char channel[CONFAB_ID_MAX + 1];

	snprintf(channel, sizeof(channel), "%.*s", (int)strcspn(code ? code : id, "~"),
		code ? code : id);
	if (!chat_channel_find(o->chat, channel)) {
		request_error(rq, "no_invite", NULL, 0, NULL);
		return;
	}
	ops_event_then(o, rq, rq->op->row->name, channel, ops_answer_behind_own);
}

/* -------------------------------------------------------------------------------------------- */

enum confab_verdict invite_judge(struct confab_event *ev)
{
	int64_t until = json_int(ev->body, "until", 0);

	if (until && until <= clock_real_ms()) {
		return confab_reject(ev, "bad_request", "'until' is over already");
	}
	if (ev->lg->channel->type->kind == CONFIG_TYPE_DIRECT) {
		return confab_reject(ev, "forbidden", "a direct channel has two members for ever");
	}
	return CONFAB_PASS;
}

json_t *invite_row(const struct confab_event *ev, const struct confab_change *c)
{
	const struct member *m = permit_member(ev->lg->channel, ev->actor.id);
	int64_t until = json_int(ev->body, "until", 0);
	json_t *row = json_pack("{s:s,s:I}", "by", ev->actor.id, "since", (json_int_t)c->entry.ts);

	if (until) {
		json_object_set_new(row, "until", json_integer(until));
	}
	if (!m && (!ev->actor.user || ev->actor.user->is_admin)) {
		json_object_set_new(row, "server", json_true()); /* no member's word */
	}
	return row;
}

enum confab_verdict invite_holds(struct confab_event *ev, const json_t *row)
{
	int64_t until = json_int(row, "until", 0);

	if (!row) {
		return confab_reject(ev, "no_invite", NULL);
	}
	if (until && until <= clock_real_ms()) {
		return confab_reject(
			ev, "no_invite", "this invitation has expired; ask for another");
	}
	if (!json_bool(row, "server") && !still_invites(ev->lg->channel, json_str(row, "by"))) {
		return confab_reject(ev, "no_invite",
			"who invited you may not do so any more; ask somebody else");
	}
	return CONFAB_PASS;
}

enum confab_verdict invite_revoke_judge(struct confab_event *ev, const json_t *row)
{
	const char *why;

	if (!row) {
		return confab_reject(ev, "no_invite", NULL);
	}
	why = strcmp(json_str(row, "by"), ev->actor.id) == 0
		? NULL
		: permit_refusal(&ev->actor, ev->lg->channel, "kick");
	return why ? confab_reject(ev, why, "it is another member's; this needs the grant kick")
		   : CONFAB_PASS;
}

void invite_list(struct confab_request *rq, void *ctx)
{
	const char *id = json_str(rq->args, "channel");

	ops_load(ctx, rq, &id, 1, list_loaded);
}

void invite_follow(struct ops *o, struct confab_request *rq, const char *channel)
{
	ops_load(o, rq, &channel, 1, follow_loaded);
}

void ops_invite_todo(struct confab_change *c, const char *user)
{
	confab_change_todo(c, "core.invite",
		json_pack("{s:s,s:s}", "user", user, "channel", c->batch->lg->id));
}

int ops_invite_drop(struct confab_change *c, const char *user)
{
	if (!confab_change_row(c, "invite", user)) {
		return 0;
	}
	ops_invite_todo(c, user);
	return confab_change_set(c, "invite", user, NULL);
}

void ops_invite_keys(struct confab_event *ev, struct confab_keys *keys)
{
	add_key(keys, *body_user(ev) ? body_user(ev) : ev->actor.id);
}

int ops_invite_register(struct ops *o, struct confab_error *err)
{
	int rc = ops_add_kinds(o, kinds, sizeof(kinds) / sizeof(kinds[0]), err);

	return rc ? rc : ops_add(o, rows, sizeof(rows) / sizeof(rows[0]), err);
}
