/**
 * block.set, block.clear: whose messages one does not see.
 *
 * A block is a row of the blocker's own log; one function (chat/visible) asks it wherever messages are
 * read. In the direct channel of the two, if there is one, it is a mark in the blocker's member row too, so
 * that every node refuses what the other sends there.
 *
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include <confab/chat.h>
#include "base/ids.h"
#include "base/json.h"
#include "base/map.h"
#include "ops/fields.h"
#include "ops/ops_internal.h"
#include "pipeline/change.h"
#include "pipeline/event_internal.h"
#include "pipeline/kind.h"
#include "wire/request.h"

#define BLOCKS_MAX 1000

static const char *whom(const struct confab_event *ev)
{
	return json_str(ev->body, "user");
}

static void add_todo(struct confab_event *ev, struct confab_change *c, bool blocks)
{
	char direct[ID_MADE_SIZE];

	id_direct(direct, ev->lg->id + 1, whom(ev));
	confab_change_todo(c, "core.block",
		json_pack("{s:s,s:s,s:b}", "channel", direct, "by", ev->lg->id + 1, "blocks",
			(int)blocks));
}

static enum confab_verdict set_judge(struct confab_event *ev, void *ctx)
{
	const struct user *u = ev->lg->user;

	(void)ctx;
	if (strcmp(whom(ev), u->id) == 0) {
		return confab_reject(ev, "bad_request", "nobody blocks themselves");
	}
	if (u->blocks && strmap_count(u->blocks) >= BLOCKS_MAX) {
		return confab_reject(
			ev, "limit", "you block a thousand users already; unblock one first");
	}
	return CONFAB_PASS;
}

/** What the blocked one has invited this user to goes with the block. */
static void drop_invites(struct confab_event *ev, struct confab_change *c)
{
	const char *id;
	size_t pos = 0;

	while (ev->lg->user->invites && strmap_next(ev->lg->user->invites, &pos, &id, NULL)) {
		const json_t *row = confab_change_row(c, "invite", id);
		const char *by = json_str(row, "by");

		if (by && strcmp(by, whom(ev)) == 0) {
			confab_change_set(c, "invite", id, NULL);
		}
	}
}

static int set_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	(void)ctx;
	if (confab_change_row(c, "block", whom(ev))) {
		return 0;
	}
	add_todo(ev, c, true);
	drop_invites(ev, c);
	return confab_change_set(
		c, "block", whom(ev), json_pack("{s:I}", "since", (json_int_t)c->entry.ts));
}

static int clear_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	(void)ctx;
	if (!confab_change_row(c, "block", whom(ev))) {
		return 0;
	}
	add_todo(ev, c, false);
	return confab_change_set(c, "block", whom(ev), NULL);
}

/** The member row of `by` with the mark, or without. */
static int mark_member(struct confab_change *c, const char *by, bool blocks)
{
	const json_t *old = confab_change_row(c, "member", by);
	json_t *row;

	if (!old || json_bool(old, "blocks") == blocks) {
		return 0;
	}
	row = json_deep_copy(old);
	if (blocks) {
		json_object_set_new(row, "blocks", json_true());
	} else {
		json_object_del(row, "blocks");
	}
	return confab_change_set(c, "member", by, row);
}

static int direct_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	(void)ctx;
	return mark_member(c, json_str(ev->body, "by"), json_bool(ev->body, "blocks"));
}

static const struct confab_kind_row kinds[] = {
	{.name = "block.set",
		.class_ = CONFAB_DURABLE,
		.log = CONFAB_LOG_OWN,
		.judge = set_judge,
		.build = set_build,
		.doc = "A user blocks another."},
	{.name = "block.clear",
		.class_ = CONFAB_DURABLE,
		.log = CONFAB_LOG_OWN,
		.build = clear_build,
		.doc = "A user unblocks another."},
	{.name = "member.blocks",
		.class_ = CONFAB_DURABLE,
		.log = CONFAB_LOG_CHANNEL,
		.build = direct_build,
		.doc = "A member of a direct channel blocks the other, or does so no more."},
};

/** The answer waits for the direct channel too, so that it holds from then on; the todo finds it done. */
static void direct_written(struct confab_event *ev, void *arg)
{
	struct confab_request *rq = arg;
	json_t *ok = rq->ok;

	(void)ev; /* there may be no such channel; and what could not be written, the todo writes */
	rq->ok = NULL;
	confab_reply(rq, ok);
}

static void settle(struct ops *o, struct confab_request *rq, struct confab_event *ev)
{
	bool blocks = strcmp(ev->kind->row->name, "block.set") == 0;
	char direct[ID_MADE_SIZE];

	id_direct(direct, rq->actor->id, whom(ev));
	rq->ok = json_deep_copy(ev->out.ok);
	pipeline_system(o->pl, "member.blocks", NULL, direct,
		json_pack("{s:s,s:b}", "by", rq->actor->id, "blocks", (int)blocks), direct_written,
		rq);
}

static void user_loaded(struct ops *o, struct confab_request *rq)
{
	if (!chat_user_find(o->chat, json_str(rq->args, "user"))) {
		request_error(rq, "no_user", NULL, 0, NULL);
		return;
	}
	ops_event_then(o, rq, "block.set", NULL, settle);
}

static void run_clear(struct confab_request *rq, void *ctx)
{
	ops_event_then(ctx, rq, "block.clear", NULL, settle);
}

static void run_set(struct confab_request *rq, void *ctx)
{
	char own[CONFAB_ID_MAX + 2];
	const char *id = own;

	chat_own_log(own, json_str(rq->args, "user"));
	ops_load(ctx, rq, &id, 1, user_loaded);
}

static const struct confab_field fields[] = {OPS_USER_FIELD, OPS_CID_FIELD, OPS_AGAIN_FIELD, {0}};

static const struct confab_op_row rows[] = {
	{.name = "block.set",
		.actor = CONFAB_OP_USER,
		.method = "PUT",
		.path = "/v1/blocks/{user}",
		.run = run_set,
		.args = fields,
		.reply = ops_change_reply,
		.doc = "See nothing of somebody, and take no direct messages from them."},
	{.name = "block.clear",
		.actor = CONFAB_OP_USER,
		.method = "DELETE",
		.path = "/v1/blocks/{user}",
		.run = run_clear,
		.args = fields,
		.reply = ops_change_reply,
		.doc = "See somebody again."},
};

/* -------------------------------------------------------------------------------------------- */

void ops_member_blocks(struct confab_event *ev, struct confab_change *c, const char *other)
{
	const struct user *u = ev->actor.user;

	if (u && u->blocks && strmap_find(u->blocks, other)) {
		(void)mark_member(c, u->id, true); /* one row more in an entry of a few */
	}
}

int ops_block_register(struct ops *o, struct confab_error *err)
{
	int rc = ops_add_kinds(o, kinds, sizeof(kinds) / sizeof(kinds[0]), err);

	return rc ? rc : ops_add(o, rows, sizeof(rows) / sizeof(rows[0]), err);
}
