/**
 * Keeping order in a channel: member.ban, member.unban, member.mute, member.unmute. (Kicks and roles are in
 * member.c, lock and slow mode in channel.c; who is kept out of the whole server in user.c.)
 *
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include <confab/chat.h>
#include "base/clock.h"
#include "base/json.h"
#include "chat/row.h"
#include "chat/session.h"
#include "ops/fields.h"
#include "ops/ops_internal.h"
#include "pipeline/change.h"
#include "pipeline/event_internal.h"
#include "wire/errors.h"
#include "wire/op_table.h"
#include "wire/request.h"

static const char *body_user(const struct confab_event *ev)
{
	const char *user = json_str(ev->body, "user");

	return user ? user : "";
}

/** -1: for ever. */
static int64_t body_until(const json_t *body)
{
	return json_int(body, "until", -1);
}

static enum confab_verdict judge_until(
	const struct ops *o, struct confab_event *ev, enum member_need need)
{
	int64_t until = body_until(ev->body);

	if (until >= 0 && until <= clock_real_ms()) {
		return confab_reject(ev, "bad_request", "'until' is over already");
	}
	return ops_member_below(o, ev, need);
}

/* --- in a channel -------------------------------------------------------------------------------------- */

static enum confab_verdict ban_judge(struct confab_event *ev, void *ctx)
{
	return judge_until(ctx, ev, MEMBER_KNOWN);
}

static int ban_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	const json_t *old = confab_change_row(c, "member", body_user(ev));
	int64_t until = body_until(ev->body);
	json_t *row;

	(void)ctx;
	if (old && !json_bool(old, "joined") && json_int(old, "banned_until", 0) == until) {
		return 0;
	}
	row = json_pack("{s:b,s:I,s:s,s:I}", "joined", 0, "banned_until", (json_int_t)until, "by",
		ev->actor.id, "since", (json_int_t)c->entry.ts);
	if (json_object_get(old, "sent")) {
		json_object_set(row, "sent", json_object_get(old, "sent"));
	}
	ops_member_todo(c, body_user(ev));
	ops_invite_drop(c, body_user(ev));
	return confab_change_set(c, "member", body_user(ev), row);
}

static int unban_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	const json_t *old = confab_change_row(c, "member", body_user(ev));

	(void)ctx;
	if (!old || json_bool(old, "joined") || !json_int(old, "banned_until", 0)) {
		return 0;
	}
	return confab_change_set(c, "member", body_user(ev), NULL);
}

static enum confab_verdict mute_judge(struct confab_event *ev, void *ctx)
{
	return judge_until(ctx, ev, MEMBER_JOINED);
}

/** The member's row with another end of the mute; 0: it speaks again. */
static int set_mute(struct confab_event *ev, struct confab_change *c, int64_t until)
{
	json_t *row = ops_member_copy(ev, c, body_user(ev));

	if (json_int(row, "muted_until", 0) == until) {
		json_decref(row);
		return 0;
	}
	if (until) {
		json_object_set_new(row, "muted_until", json_integer(until));
		json_object_set_new(row, "muted_by", json_string(ev->actor.id));
	} else {
		json_object_del(row, "muted_until");
		json_object_del(row, "muted_by");
	}
	return confab_change_set(c, "member", body_user(ev), row);
}

static int mute_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	(void)ctx;
	return set_mute(ev, c, body_until(ev->body));
}

static enum confab_verdict unmute_judge(struct confab_event *ev, void *ctx)
{
	return ops_member_below(ctx, ev, MEMBER_JOINED);
}

static int unmute_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	(void)ctx;
	return set_mute(ev, c, 0);
}

/** The op's kind bears its name. */
static void run_about(struct confab_request *rq, void *ctx)
{
	ops_event(ctx, rq, rq->op->row->name, json_str(rq->args, "channel"));
}

/* --- rows ------------------------------------------------------------------------------------------------ */

#define MODERATE_KIND(name_, grant_, judge_, build_, doc_) \
	{ \
		.name = (name_), .class_ = CONFAB_DURABLE, .log = CONFAB_LOG_CHANNEL, \
		.grant = (grant_), .flags = KIND_ABOUT_USER, .keys = ops_invite_keys, \
		.judge = (judge_), .build = (build_), .doc = (doc_) \
	}

static const struct confab_kind_row kinds[] = {
	MODERATE_KIND(
		"member.ban", "ban", ban_judge, ban_build, "Somebody is kept out of a channel."),
	MODERATE_KIND(
		"member.unban", "ban", NULL, unban_build, "Somebody may come back to a channel."),
	MODERATE_KIND("member.mute", "mute", mute_judge, mute_build, "A member may not speak."),
	MODERATE_KIND(
		"member.unmute", "mute", unmute_judge, unmute_build, "A member may speak again."),
};

static const struct confab_field timed_fields[] = {
	OPS_CHANNEL_FIELD,
	OPS_CID_FIELD,
	OPS_AGAIN_FIELD,
	OPS_USER_FIELD,
	OPS_UNTIL_FIELD,
	{0},
};
static const struct confab_field user_fields[] = {
	OPS_CHANNEL_FIELD, OPS_CID_FIELD, OPS_AGAIN_FIELD, OPS_USER_FIELD, {0}};

#define MODERATE_OP(name_, method_, path_, run_, args_, grant_, doc_) \
	{ \
		.name = (name_), .actor = CONFAB_OP_USER, .method = (method_), .path = (path_), \
		.run = (run_), .args = (args_), .reply = ops_change_reply, .doc = (doc_), \
		.grant = (grant_) \
	}

static const struct confab_op_row rows[] = {
	MODERATE_OP("member.ban", "PUT", "/v1/channels/{channel}/bans/{user}", run_about,
		timed_fields, "ban", "Keep somebody out of a channel, for a while or for ever."),
	MODERATE_OP("member.unban", "DELETE", "/v1/channels/{channel}/bans/{user}", run_about,
		user_fields, "ban", "Let somebody come back to a channel."),
	MODERATE_OP("member.mute", "PUT", "/v1/channels/{channel}/mutes/{user}", run_about,
		timed_fields, "mute", "Take a member's voice, for a while or for ever."),
	MODERATE_OP("member.unmute", "DELETE", "/v1/channels/{channel}/mutes/{user}", run_about,
		user_fields, "mute", "Give a member's voice back."),
};

/* -------------------------------------------------------------------------------------------- */

int ops_moderate_register(struct ops *o, struct confab_error *err)
{
	int rc = ops_add_kinds(o, kinds, sizeof(kinds) / sizeof(kinds[0]), err);

	return rc ? rc : ops_add(o, rows, sizeof(rows) / sizeof(rows[0]), err);
}
