/**
 * link.make, link.revoke, link.list, link.look, link.redeem: a code lets whoever holds it into a channel, so
 * many times, until a day.
 *
 *   code = CHANNEL~SECRET     the channel's row `link` has a hash of the secret as its id
 *
 * Redeeming is one entry of the channel: the new member and the count. So the last use is given once.
 *
 * SPDX-License-Identifier: MIT
 */
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

#include <confab/chat.h>
#include <confab/provider/store.h>
#include "base/ids.h"
#include "base/json.h"
#include "base/json_read.h"
#include "chat/channel.h"
#include "chat/permit.h"
#include "chat/row.h"
#include "ops/fields.h"
#include "ops/invite.h"
#include "ops/ops_internal.h"
#include "ops/page.h"
#include "pipeline/change.h"
#include "pipeline/event_internal.h"
#include "store/store.h"
#include "wire/request.h"

#define SECRET_LEN 26   /* characters of five bits */
#define LINK_ID_SIZE 33 /* 128 bits of the hash, hexadecimal */
#define USES_MAX 1000000
#define CODE_MAX (CONFAB_ID_MAX + 1 + SECRET_LEN)

static void link_id(const char *secret, char out[LINK_ID_SIZE])
{
	unsigned char digest[SHA256_DIGEST_LENGTH];

	(void)SHA256((const unsigned char *)secret, strlen(secret), digest); /* returns digest */
	for (size_t i = 0; i < LINK_ID_SIZE / 2; i++) {
		snprintf(out + 2 * i, 3, "%02x", digest[i]);
	}
}

/** The link that a body names: by its code (of the event's channel), or by its id. */
static const char *named_link(const json_t *body, char out[LINK_ID_SIZE])
{
	const char *code = json_str(body, "code"), *id = json_str(body, "link");
	const char *secret = code ? strchr(code, '~') : NULL;

	if (secret) {
		link_id(secret + 1, out);
	} else {
		snprintf(out, LINK_ID_SIZE, "%s", id ? id : "");
	}
	return out;
}

/** The channel of a code; false: it is none. */
static bool code_channel(const char *code, char out[CONFAB_ID_MAX + 1])
{
	size_t len = strcspn(code, "~");

	if (len > CONFAB_ID_MAX || code[len] != '~') {
		return false;
	}
	memcpy(out, code, len);
	out[len] = '\0';
	return id_valid(out) && *out != '@';
}

static void link_keys(struct confab_event *ev, struct confab_keys *keys)
{
	char id[LINK_ID_SIZE];

	confab_keys_add(keys, "link", named_link(ev->body, id));
}

static const json_t *event_link(struct confab_event *ev)
{
	char id[LINK_ID_SIZE];

	return confab_event_row(ev, "link", named_link(ev->body, id));
}

/* --- make, revoke ---------------------------------------------------------------------------------------- */

static enum confab_verdict make_judge(struct confab_event *ev, void *ctx)
{
	(void)ctx;
	return invite_judge(ev);
}

/** A commit that has to be tried again makes another code; only the one that is committed is answered. */
static int make_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	char secret[SECRET_LEN + 1], id[LINK_ID_SIZE], code[CODE_MAX + 1];
	int64_t uses = json_int(ev->body, "uses", 0);
	json_t *row = invite_row(ev, c);

	(void)ctx;
	id_random(secret, SECRET_LEN);
	link_id(secret, id);
	snprintf(code, sizeof(code), "%s~%s", ev->lg->id, secret);
	json_object_set_new(row, "used", json_integer(0));
	if (uses) {
		json_object_set_new(row, "uses", json_integer(uses));
	}
	confab_change_reply(c, "link", json_string(id));
	confab_change_reply(c, "code", json_string(code));
	return confab_change_set(c, "link", id, row);
}

static enum confab_verdict revoke_judge(struct confab_event *ev, void *ctx)
{
	(void)ctx;
	return invite_revoke_judge(ev, event_link(ev));
}

static int revoke_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	char id[LINK_ID_SIZE];

	(void)ctx;
	return confab_change_row(c, "link", named_link(ev->body, id))
		? confab_change_set(c, "link", id, NULL)
		: 0;
}

/* --- redeem ------------------------------------------------------------------------------------------------ */

static bool there_already(const struct confab_event *ev)
{
	return ev->actor.user && permit_joined(ev->lg->channel, ev->actor.user);
}

static enum confab_verdict redeem_judge(struct confab_event *ev, void *ctx)
{
	const json_t *row = event_link(ev);
	int64_t uses = json_int(row, "uses", 0);

	(void)ctx;
	if (invite_holds(ev, row) != CONFAB_PASS) {
		return CONFAB_REJECT;
	}
	if (there_already(ev)) {
		return CONFAB_PASS; /* no use is spent */
	}
	if (uses && json_int(row, "used", 0) >= uses) {
		return confab_reject(ev, "no_invite",
			"this link was used as often as it may be; ask for another");
	}
	return ops_member_enter_judge(ev, ev->actor.id);
}

static int redeem_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	char id[LINK_ID_SIZE];
	json_t *row;

	(void)ctx;
	confab_change_reply(c, "channel", json_string(ev->lg->id));
	if (there_already(ev)) {
		return 0;
	}
	row = json_deep_copy(confab_change_row(c, "link", named_link(ev->body, id)));
	json_object_set_new(row, "used", json_integer(json_int(row, "used", 0) + 1));
	confab_change_set(c, "link", id, row);
	return ops_member_enter(ev, c, ev->actor.id);
}

#define LINK_KIND(name_, flags_, grant_, keys_, judge_, build_, doc_) \
	{ \
		.name = (name_), .flags = (flags_), .class_ = CONFAB_DURABLE, \
		.log = CONFAB_LOG_CHANNEL, .grant = (grant_), .keys = (keys_), .judge = (judge_), \
		.build = (build_), .doc = (doc_) \
	}

static const struct confab_kind_row kinds[] = {
	LINK_KIND("link.make", 0, "invite", NULL, make_judge, make_build,
		"A link into a channel is made."),
	LINK_KIND("link.revoke", 0, "invite", link_keys, revoke_judge, revoke_build,
		"A link is void."),
	LINK_KIND("link.redeem", CONFAB_KIND_STRANGERS, NULL, link_keys, redeem_judge, redeem_build,
		"Somebody comes by a link."),
};

static void run_redeem(struct confab_request *rq, void *ctx)
{
	char channel[CONFAB_ID_MAX + 1];

	if (!code_channel(json_str(rq->args, "code"), channel)) {
		request_error(rq, "no_invite", NULL, 0, NULL);
		return;
	}
	invite_follow(ctx, rq, channel);
}

/* --- look -------------------------------------------------------------------------------------------------- */

static void look_read(struct confab_row_get *call, void *arg)
{
	struct confab_request *rq = arg;
	struct ops *o = rq->op->ctx;
	struct channel *ch = chat_channel_find(o->chat, call->log);
	json_t *row = call->call.rc || !call->rows[0].kind || call->rows[0].gone
		? NULL
		: json_read(call->rows[0].body, call->rows[0].body_len);
	json_t *about, *answer;

	if (call->call.rc) {
		request_error(rq, "busy", NULL, 1000, NULL);
		return;
	}
	if (!ch || !row) {
		request_error(rq, "no_invite", NULL, 0, NULL);
		json_decref(row);
		return;
	}
	about = row_json(row_find(ch->lg, "channel", ch->lg->id));
	answer = json_pack("{s:s,s:s,s:O,s:I,s:O}", "channel", ch->lg->id, "type",
		channel_type_name(ch), "name", json_object_get(about, "name"), "members",
		(json_int_t)ch->n_joined, "link", row);
	json_decref(about);
	json_decref(row);
	confab_reply(rq, answer);
}

static void look_loaded(struct ops *o, struct confab_request *rq)
{
	char channel[CONFAB_ID_MAX + 1], id[LINK_ID_SIZE];

	if (!code_channel(json_str(rq->args, "code"), channel) ||
		!chat_channel_find(o->chat, channel)) {
		request_error(rq, "no_invite", NULL, 0, NULL);
		return;
	}
	page_row_get(o, channel, "link", named_link(rq->args, id), look_read, rq);
}

static void run_look(struct confab_request *rq, void *ctx)
{
	char channel[CONFAB_ID_MAX + 1];
	const char *id = channel;

	if (!code_channel(json_str(rq->args, "code"), channel)) {
		request_error(rq, "no_invite", NULL, 0, NULL);
		return;
	}
	ops_load(ctx, rq, &id, 1, look_loaded);
}

/* --- ops ---------------------------------------------------------------------------------------------------- */

#define CODE_FIELD \
	{ \
		"code", CONFAB_FIELD_STRING, true, 1, CODE_MAX, NULL, NULL, "as link.make gave it" \
	}
#define LINK_FIELD \
	{ \
		"link", CONFAB_FIELD_ID, true, 0, 0, NULL, NULL, "the link's id" \
	}

static const struct confab_field make_fields[] = {OPS_CHANNEL_FIELD, OPS_CID_FIELD, OPS_AGAIN_FIELD,
	OPS_UNTIL_FIELD,
	{"uses", CONFAB_FIELD_INT, false, 1, USES_MAX, NULL, NULL,
		"how many may come by it; absent: any number"},
	{0}};
static const struct confab_field make_reply[] = {OPS_CHANGE_FIELDS, LINK_FIELD,
	{"code", CONFAB_FIELD_STRING, true, 0, 0, NULL, NULL,
		"what lets people in; it is told this once"},
	{0}};
static const struct confab_field revoke_fields[] = {
	OPS_CHANNEL_FIELD, OPS_CID_FIELD, OPS_AGAIN_FIELD, LINK_FIELD, {0}};
static const struct confab_field redeem_fields[] = {
	CODE_FIELD, OPS_CID_FIELD, OPS_AGAIN_FIELD, {0}};
static const struct confab_field redeem_reply[] = {OPS_CHANGE_FIELDS, OPS_CHANNEL_FIELD, {0}};
static const struct confab_field list_fields[] = {
	OPS_CHANNEL_FIELD, OPS_AFTER_FIELD, OPS_LIMIT_FIELD(1000), {0}};
static const struct confab_field list_reply[] = {
	OPS_COUNT("rev", "the head they were read at"),
	{"next", CONFAB_FIELD_PLACE, true, 0, 0, NULL, NULL,
		"ask again after this id; null: the end"},
	OPS_ROWS_FIELD("links", "their rows, by id"),
	{0},
};
static const struct confab_field look_fields[] = {CODE_FIELD, {0}};
static const struct confab_field look_reply[] = {
	OPS_CHANNEL_FIELD,
	{"type", CONFAB_FIELD_STRING, true, 0, 0, NULL, NULL, "of the channel"},
	{"name", CONFAB_FIELD_STRING, true, 0, 0, NULL, NULL, "of the channel, for people"},
	OPS_COUNT("members", "how many; counted only where they are listed"),
	{"link", CONFAB_FIELD_ROW, true, 0, 0, NULL, NULL,
		"the link's row: by whom, until when, how many uses"},
	{0},
};

#define LINK_OP(name_, method_, path_, grant_, args_, reply_, doc_) \
	.name = (name_), .actor = CONFAB_OP_USER, .method = (method_), .path = (path_), \
	.grant = (grant_), .args = (args_), .reply = (reply_), .doc = (doc_)

static const struct confab_op_row rows[] = {
	{LINK_OP("link.make", "POST", "/v1/channels/{channel}/links", "invite", make_fields,
		 make_reply, "Make a link: a code that lets whoever holds it into the channel."),
		.kind = "link.make"},
	{LINK_OP("link.revoke", "DELETE", "/v1/channels/{channel}/links/{link}", "invite",
		 revoke_fields, ops_change_reply,
		 "End a link: one's own, or with the grant kick anybody's."),
		.kind = "link.revoke"},
	{LINK_OP("link.list", "GET", "/v1/channels/{channel}/links", "invite", list_fields,
		 list_reply, "The links into a channel, without their codes."),
		.run = invite_list},
	{LINK_OP("link.look", "POST", "/v1/links/look", NULL, look_fields, look_reply,
		 "Where a link leads, before one follows it."),
		.run = run_look, .cost = 5},
	{LINK_OP("link.redeem", "POST", "/v1/links", NULL, redeem_fields, redeem_reply,
		 "Follow a link: become a member of its channel."),
		.run = run_redeem, .cost = 5},
};

/* -------------------------------------------------------------------------------------------- */

int ops_link_register(struct ops *o, struct confab_error *err)
{
	int rc = ops_add_kinds(o, kinds, sizeof(kinds) / sizeof(kinds[0]), err);

	return rc ? rc : ops_add(o, rows, sizeof(rows) / sizeof(rows[0]), err);
}
