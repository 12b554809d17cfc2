/**
 * Messages that a hook held for review: held.list, held.approve, held.reject for who has the grant
 * review, held.withdraw for their author.
 *
 *   a hook says hold ─▶ held.add: a row of the author's own log, tagged with the channel; the answer
 *                       {"held":true} is remembered under the author's cid
 *   approve ─▶ the author's own request walks again, past the moderators, with its own cid; row gone
 *   reject  ─▶ the row says so and why, until its author withdraws it
 *
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <confab/chat.h>
#include <confab/provider/store.h>
#include "base/ids.h"
#include "base/json.h"
#include "chat/channel.h"
#include "chat/permit.h"
#include "chat/row.h"
#include "ops/fields.h"
#include "ops/ops_internal.h"
#include "pipeline/change.h"
#include "pipeline/event_internal.h"
#include "pipeline/kind.h"
#include "store/store.h"
#include "wire/op_table.h"
#include "wire/request.h"

/* --- kinds ---------------------------------------------------------------------------------------------- */

/** "h." and what id_made makes of author and cid: the same request is held once. */
static void held_id(const struct confab_event *ev, char out[ID_MADE_SIZE])
{
	id_made(out, ev->actor.id, ev->cid);
	out[0] = 'h';
}

static int add_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	static const char *const kept[] = {"channel", "op", "body", "queue", "why"};
	json_t *row = json_pack("{s:s,s:s,s:I}", "state", "pending", "user", ev->actor.id, "since",
		(json_int_t)c->entry.ts);
	char id[ID_MADE_SIZE];

	(void)ctx;
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		json_object_set(row, kept[i], json_object_get(ev->body, kept[i]));
	}
	held_id(ev, id);
	confab_change_reply(c, "held", json_true());
	confab_change_reply(c, "id", json_string(id));
	return change_set_tagged(c, "held", id, row, ev->channel_id);
}

/** The system closes one: approved (gone), or rejected (with the reviewer's words). */
static int close_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	const char *id = json_str(ev->body, "held"), *text = json_str(ev->body, "text");
	const json_t *old = confab_change_row(c, "held", id);
	json_t *row;

	(void)ctx;
	if (!old) {
		return 0;
	}
	if (strcmp(json_str(ev->body, "state"), "rejected") != 0) {
		return confab_change_set(c, "held", id, NULL);
	}
	row = json_deep_copy(old);
	json_object_set_new(row, "state", json_string("rejected"));
	json_object_set_new(row, "by",
		json_object_get(ev->body, "by") ? json_incref(json_object_get(ev->body, "by"))
						: json_string(""));
	if (text) {
		json_object_set_new(row, "text", json_string(text));
	}
	return confab_change_set(c, "held", id, row); /* without its tag: no more in the list */
}

static int withdraw_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	const char *id = json_str(ev->body, "held");

	(void)ctx;
	return confab_change_row(c, "held", id) ? confab_change_set(c, "held", id, NULL) : 0;
}

/* --- list ------------------------------------------------------------------------------------------------ */

/** The channel, if the actor may review there; else the request is answered. */
static struct chat_log *reviewable(struct ops *o, struct confab_request *rq)
{
	struct chat_log *lg = ops_readable(o, rq, json_str(rq->args, "channel"));
	const char *why = lg ? permit_refusal(rq->actor, lg->channel, "review") : NULL;

	if (why) {
		request_error(rq, why, NULL, 0, NULL);
		return NULL;
	}
	return lg;
}

static void list_read(struct confab_tagged *call, void *arg)
{
	struct confab_request *rq = arg;
	struct buf *b = &rq->raw;

	if (call->call.rc) {
		request_error(rq, "busy", NULL, 1000, NULL);
		return;
	}
	if (!reviewable(rq->op->ctx, rq)) { /* again: rights may have changed meanwhile */
		return;
	}
	buf_str(b, "{\"held\":[");
	for (size_t i = 0; i < call->n; i++) {
		buf_str(b, i ? "," : "");
		buf_add(b, call->rows[i].body, call->rows[i].body_len);
	}
	buf_str(b, "],\"next\":");
	if (call->more && call->n) {
		buf_json_str(b, call->logs[call->n - 1] + 1, strlen(call->logs[call->n - 1]) - 1);
	} else {
		buf_str(b, "null");
	}
	buf_char(b, '}');
	request_reply_raw(rq);
}

static void list_loaded(struct ops *o, struct confab_request *rq)
{
	const char *after = json_str(rq->args, "after");
	struct chat_log *lg = reviewable(o, rq); /* the request may be gone after this */
	char own[CONFAB_ID_MAX + 2] = "";
	struct confab_tagged *call;

	if (!lg) {
		return;
	}
	if (after && *after) {
		snprintf(own, sizeof(own), "@%.*s", CONFAB_ID_MAX, after);
	}
	call = store_tagged_new(o->chat->store);
	call->kind = "held";
	call->tag = confab_arena_dup(call->call.arena, lg->id, strlen(lg->id));
	call->after = confab_arena_dup(call->call.arena, own, strlen(own));
	call->limit = (size_t)json_int(rq->args, "limit", 100);
	store_tagged(o->chat->store, call, list_read, rq);
}

static void run_list(struct confab_request *rq, void *ctx)
{
	const char *id = json_str(rq->args, "channel");

	ops_load(ctx, rq, &id, 1, list_loaded);
}

/* --- approve and reject ----------------------------------------------------------------------------------- */

/** One decision under way. */
struct review {
	struct ops *o;
	struct confab_request *rq;
	struct chat_log *own; /* the author's log, pinned */
	json_t *ok;           /* what the author's change was answered */
};

static void review_over(struct review *r)
{
	chat_log_unpin(r->own);
	free(r);
}

static void closed(struct confab_event *ev, void *arg)
{
	struct review *r = arg;

	if (ev->out.is != OUTCOME_OK) {
		json_decref(r->ok);
		ops_answer(r->rq, ev);
	} else if (r->ok) {
		confab_reply(r->rq, r->ok);
	} else {
		ops_answer(r->rq, ev);
	}
	review_over(r);
}

static void close_held(struct review *r, const char *state)
{
	const json_t *args = r->rq->args;
	const char *text = json_str(args, "text");
	json_t *body = json_pack("{s:s,s:s,s:s}", "held", json_str(args, "held"), "state", state,
		"by", r->rq->actor->id);

	if (text) {
		json_object_set_new(body, "text", json_string(text));
	}
	pipeline_system(r->o->pl, "held.close", r->own->id + 1, NULL, body, closed, r);
}

static void approved(struct confab_event *ev, void *arg)
{
	struct review *r = arg;

	if (ev->out.is != OUTCOME_OK) {
		ops_answer(r->rq, ev); /* the row stays: the author may not do this now */
		review_over(r);
		return;
	}
	r->ok = event_take_ok(ev);
	close_held(r, "approved");
}

/** What is held comes true as its author sent it, but for the moderators. */
static void approve(struct review *r, const json_t *row)
{
	const char *name = json_str(row, "op");
	const struct kind *kind = name ? kind_find(r->o->pl->kinds, name) : NULL;
	struct confab_actor author = {.kind = CONFAB_ACTOR_USER};
	struct confab_event *ev;

	if (!kind) {
		request_error(
			r->rq, "unknown_op", "the plugin that brought it is not here", 0, NULL);
		review_over(r);
		return;
	}
	snprintf(author.id, sizeof(author.id), "%s", r->own->id + 1);
	ev = event_make(r->o->pl, kind, &author, json_str(row, "channel"),
		json_deep_copy(json_object_get(row, "body")), approved, r);
	ev->approved = true;
	ev->again = false; /* the own log knows its cid: as held */
	event_start(ev);
}

static void review_loaded(struct ops *o, struct confab_request *rq)
{
	struct chat_log *lg = reviewable(o, rq), *own;
	char name[CONFAB_ID_MAX + 2];
	json_t *row;
	struct review *r;
	const char *channel, *state;

	if (!lg) {
		return;
	}
	chat_own_log(name, json_str(rq->args, "user"));
	own = chat_log_get(o->chat, name);
	row = row_json(row_find(own, "held", json_str(rq->args, "held")));
	channel = json_str(row, "channel");
	state = json_str(row, "state");
	if (!channel || !state || strcmp(channel, lg->id) != 0 || strcmp(state, "pending") != 0) {
		json_decref(row);
		request_error(rq, "not_found", "nothing of that name is held here", 0, NULL);
		return;
	}
	r = calloc(1, sizeof(*r));
	assert(r);
	*r = (struct review){.o = o, .rq = rq, .own = own};
	chat_log_pin(own);
	if (strcmp(rq->op->row->name, "held.approve") == 0) {
		approve(r, row);
	} else {
		close_held(r, "rejected");
	}
	json_decref(row);
}

static void run_review(struct confab_request *rq, void *ctx)
{
	char own[CONFAB_ID_MAX + 2];
	const char *ids[] = {json_str(rq->args, "channel"), own};

	chat_own_log(own, json_str(rq->args, "user"));
	ops_load(ctx, rq, ids, 2, review_loaded);
}

/* --- rows ------------------------------------------------------------------------------------------------ */

static const struct confab_kind_row kinds[] = {
	{.name = "held.add",
		.class_ = CONFAB_DURABLE,
		.log = CONFAB_LOG_OWN,
		.build = add_build,
		.doc = "A change is held for review."},
	{.name = "held.close",
		.class_ = CONFAB_DURABLE,
		.log = CONFAB_LOG_OWN,
		.build = close_build,
		.doc = "What was held is approved or rejected."},
	{.name = "held.withdraw",
		.class_ = CONFAB_DURABLE,
		.log = CONFAB_LOG_OWN,
		.build = withdraw_build,
		.doc = "Its author takes back what is held, or clears what was rejected."},
};

#define HELD_FIELD \
	{ \
		"held", CONFAB_FIELD_ID, true, 0, 0, NULL, NULL, "id of the row that is held" \
	}

static const struct confab_field list_fields[] = {
	OPS_CHANNEL_FIELD,
	OPS_AFTER_FIELD,
	OPS_LIMIT_FIELD(1000),
	{0},
};
static const struct confab_field list_reply[] = {
	{"held", CONFAB_FIELD_LIST, true, 0, 0, NULL, NULL,
		"rows: id, user, op, body, queue, why, since"},
	{"next", CONFAB_FIELD_PLACE, true, 0, 0, NULL, NULL, "ask again after this; null: the end"},
	{0},
};
static const struct confab_field approve_fields[] = {
	OPS_CHANNEL_FIELD,
	OPS_USER_FIELD,
	HELD_FIELD,
	{0},
};
static const struct confab_field approve_reply[] = {
	OPS_CHANGE_FIELDS,
	{"seq", CONFAB_FIELD_INT, false, 0, 0, NULL, NULL, "the message that it became"},
	{0},
};
static const struct confab_field reject_fields[] = {
	OPS_CHANNEL_FIELD,
	OPS_USER_FIELD,
	HELD_FIELD,
	{"text", CONFAB_FIELD_STRING, false, 0, 500, NULL, NULL, "why, for its author"},
	{0},
};
static const struct confab_field withdraw_fields[] = {
	OPS_CID_FIELD,
	OPS_AGAIN_FIELD,
	HELD_FIELD,
	{0},
};

static const struct confab_op_row rows[] = {
	{.name = "held.list",
		.actor = CONFAB_OP_USER,
		.method = "GET",
		.path = "/v1/channels/{channel}/held",
		.run = run_list,
		.args = list_fields,
		.reply = list_reply,
		.grant = "review",
		.doc = "What waits for review in a channel; needs the grant review."},
	{.name = "held.approve",
		.actor = CONFAB_OP_USER,
		.method = "POST",
		.path = "/v1/channels/{channel}/held/{held}/approve",
		.run = run_review,
		.args = approve_fields,
		.reply = approve_reply,
		.grant = "review",
		.doc = "Let what is held come true, as its author sent it."},
	{.name = "held.reject",
		.actor = CONFAB_OP_USER,
		.method = "POST",
		.path = "/v1/channels/{channel}/held/{held}/reject",
		.run = run_review,
		.args = reject_fields,
		.reply = ops_change_reply,
		.grant = "review",
		.doc = "Refuse what is held; its author is told."},
	{.name = "held.withdraw",
		.actor = CONFAB_OP_USER,
		.method = "DELETE",
		.path = "/v1/me/held/{held}",
		.kind = "held.withdraw",
		.args = withdraw_fields,
		.reply = ops_change_reply,
		.doc = "Take back what waits for review, or clear what was rejected."},
};

/* -------------------------------------------------------------------------------------------- */

int ops_held_register(struct ops *o, struct confab_error *err)
{
	int rc = ops_add_kinds(o, kinds, sizeof(kinds) / sizeof(kinds[0]), err);

	return rc ? rc : ops_add(o, rows, sizeof(rows) / sizeof(rows[0]), err);
}
