/**
 * mute, mark, draft: what a user keeps about channels in its own log, for its own devices alone; read, which
 * moves the cursor and clears marks and mentions.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ops/mine.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <confab/chat.h>
#include "base/clock.h"
#include "base/json.h"
#include "base/map.h"
#include "chat/cursor.h"
#include "chat/row.h"
#include "ops/fields.h"
#include "ops/ops_internal.h"
#include "pipeline/change.h"
#include "pipeline/event_internal.h"
#include "pipeline/kind.h"
#include "wire/request.h"

#define MENTIONS_AT_ONCE 900 /* in one entry */

/** Set a row, unless it says just that already; row is taken. */
static int set_row(struct confab_change *c, const char *kind, const char *id, json_t *row)
{
	json_t *old = json_deep_copy(confab_change_row(c, kind, id));
	bool same;

	json_object_del(old, "kind");
	json_object_del(old, "id");
	json_object_del(old, "rev");
	same = old && json_equal(old, row);
	json_decref(old);
	if (same) {
		json_decref(row);
		return 0;
	}
	return confab_change_set(c, kind, id, row);
}

static int clear_row(struct confab_change *c, const char *kind, const char *id)
{
	return confab_change_row(c, kind, id) ? confab_change_set(c, kind, id, NULL) : 0;
}

static const char *channel_of(const struct confab_event *ev)
{
	return json_str(ev->body, "channel");
}

/** Only about channels one is a member of: what is kept has a bound. */
static enum confab_verdict member_judge(struct confab_event *ev, void *ctx)
{
	const char *target = json_str(ev->body, "target");
	const char *channel = target ? target : channel_of(ev);

	(void)ctx;
	if (*channel != '@' && !strmap_find(ev->lg->user->memberships, channel)) {
		return confab_reject(ev, "not_member", NULL);
	}
	return CONFAB_PASS;
}

/* --- mute, mark ------------------------------------------------------------------------------------------- */

static int mute_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	int64_t until = json_int(ev->body, "until", 0);

	(void)ctx;
	return set_row(c, "mute", json_str(ev->body, "target"),
		until ? json_pack("{s:I}", "until", (json_int_t)until) : json_object());
}

static int unmute_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	(void)ctx;
	return clear_row(c, "mute", json_str(ev->body, "target"));
}

static int mark_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	(void)ctx;
	return set_row(c, "mark", channel_of(ev),
		json_pack("{s:I}", "seq", (json_int_t)json_int(ev->body, "seq", 1)));
}

static int unmark_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	(void)ctx;
	return clear_row(c, "mark", channel_of(ev));
}

/* --- draft ------------------------------------------------------------------------------------------------ */

/** One draft per channel and thread. */
static void draft_id(const struct confab_event *ev, char out[136])
{
	int64_t parent = json_int(ev->body, "parent", 0);

	if (parent) {
		snprintf(out, 136, "%s:%" PRId64, channel_of(ev), parent);
	} else {
		snprintf(out, 136, "%s", channel_of(ev));
	}
}

static void draft_keys(struct confab_event *ev, struct confab_keys *keys)
{
	char id[136];

	draft_id(ev, id);
	confab_keys_add(keys, "draft", id);
}

static int draft_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	static const char *const members[] = {"channel", "parent", "text", "parts"};
	json_t *row = json_object();
	char id[136];

	(void)ctx;
	draft_id(ev, id);
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		json_t *value = json_object_get(ev->body, members[i]);

		if (value && !json_is_null(value)) {
			json_object_set_new(row, members[i], json_deep_copy(value));
		}
	}
	return set_row(c, "draft", id, row);
}

static int undraft_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	char id[136];

	(void)ctx;
	draft_id(ev, id);
	return clear_row(c, "draft", id);
}

/* --- mentions --------------------------------------------------------------------------------------------- */

/** Is this key of u->mentions one of the channel, at or below a seq? */
static bool mention_read(const char *key, const char *channel, uint64_t upto)
{
	size_t len = strlen(channel);

	return strncmp(key, channel, len) == 0 && key[len] == ':' && !strchr(key + len + 1, ':') &&
		strtoull(key + len + 1, NULL, 10) <= upto;
}

static int mentions_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	const struct strmap *mentions = ev->lg->user->mentions;
	uint64_t upto = (uint64_t)json_int(ev->body, "upto", 0);
	size_t pos = 0, n = 0;
	const char *key;

	(void)ctx;
	while (mentions && n < MENTIONS_AT_ONCE && strmap_next(mentions, &pos, &key, NULL)) {
		if (mention_read(key, channel_of(ev), upto) &&
			confab_change_row(c, "mention", key)) {
			confab_change_set(c, "mention", key, NULL);
			n++;
		}
	}
	return 0;
}

/* --- read ------------------------------------------------------------------------------------------------- */

static void read_keys(struct confab_event *ev, struct confab_keys *keys)
{
	uint64_t seq = (uint64_t)json_int(ev->body, "seq", 0);
	char id[24];

	if (seq && seq < ev->lg->seq) {
		snprintf(id, sizeof(id), "%" PRIu64, seq);
		confab_keys_add(keys, "message", id);
	}
}

/** The mark is gone: now the read is answered. */
static void mark_cleared(struct confab_event *ev, void *arg)
{
	struct confab_request *rq = arg;
	json_t *ok = rq->ok;

	rq->ok = NULL;
	if (ev->out.is == OUTCOME_OK) {
		confab_reply(rq, ok);
	} else {
		json_decref(ok);
		request_error(rq, ev->out.code, ev->out.text, ev->out.retry_ms, NULL);
	}
}

static void read_stored(struct ops *o, struct confab_request *rq, struct confab_event *ev)
{
	mine_mentions_read(o, rq->actor->user, ev->channel_id);
	if (!json_bool(rq->args, "mark")) {
		ops_answer(rq, ev);
		return;
	}
	rq->ok = json_deep_copy(ev->out.ok);
	pipeline_system(o->pl, "mark.clear", rq->actor->id, NULL,
		json_pack("{s:s}", "channel", ev->channel_id), mark_cleared, rq);
}

static void run_read(struct confab_request *rq, void *ctx)
{
	ops_event_then(ctx, rq, "read", json_str(rq->args, "channel"), read_stored);
}

static void quiet_read(struct confab_event *ev, void *arg)
{
	if (ev->out.is == OUTCOME_OK && ev->actor.user) {
		mine_mentions_read(arg, ev->actor.user, ev->channel_id);
	}
}

/* --- rows ------------------------------------------------------------------------------------------------- */

#define OWN_KIND(name_, judge_, keys_, build_, doc_) \
	{ \
		.name = (name_), .class_ = CONFAB_DURABLE, .log = CONFAB_LOG_OWN, \
		.judge = (judge_), .keys = (keys_), .build = (build_), .doc = (doc_) \
	}

static const struct confab_kind_row kinds[] = {
	{.name = "read",
		.class_ = CONFAB_CURSOR,
		.log = CONFAB_LOG_CHANNEL,
		.grant = "read",
		.keys = read_keys,
		.doc = "A user has read, or been given, messages up to one."},
	OWN_KIND("mute.set", member_judge, NULL, mute_build, "A channel or user makes no noise."),
	OWN_KIND("mute.clear", NULL, NULL, unmute_build, "A channel or user is heard again."),
	OWN_KIND("mark.set", member_judge, NULL, mark_build, "A user marks a channel unread."),
	OWN_KIND("mark.clear", NULL, NULL, unmark_build, "A channel is marked unread no more."),
	OWN_KIND("draft.set", member_judge, draft_keys, draft_build, "What is not yet sent."),
	OWN_KIND("draft.clear", NULL, draft_keys, undraft_build, "A draft is sent or dropped."),
	OWN_KIND("mention.read", NULL, NULL, mentions_build, "Mentions that were read go."),
};

#define TARGET_FIELD \
	{ \
		"target", CONFAB_FIELD_ID, true, 0, 0, NULL, NULL, "a channel, or @user" \
	}
#define PARENT_FIELD \
	{ \
		"parent", CONFAB_FIELD_INT, false, 1, JSON_INT_MAX, NULL, NULL, \
			"of a thread: the message it replies to" \
	}

static const struct confab_field read_fields[] = {
	OPS_CHANNEL_FIELD,
	{"seq", CONFAB_FIELD_INT, false, 0, JSON_INT_MAX, NULL, NULL, "read up to this message"},
	{"delivered", CONFAB_FIELD_INT, false, 0, JSON_INT_MAX, NULL, NULL,
		"received up to this message"},
	{"mark", CONFAB_FIELD_BOOL, false, 0, 0, NULL, NULL,
		"the channel is not marked unread any more"},
	{0},
};
static const struct confab_field place_reply[] = {
	OPS_COUNT("seq", "read up to this message"),
	OPS_COUNT("ord", "its ord"),
	OPS_COUNT("all", "its all"),
	{0},
};
static const struct confab_field read_reply[] = {
	{"read", CONFAB_FIELD_OBJECT, true, 0, 0, NULL, place_reply, "the read cursor now"},
	OPS_COUNT("delivered", "received up to this message"),
	OPS_COUNT("unread", "what is left"),
	OPS_COUNT("mentions", "what is left of mentions"),
	{0},
};
static const struct confab_field mute_fields[] = {
	TARGET_FIELD,
	OPS_CID_FIELD,
	OPS_AGAIN_FIELD,
	{"until", CONFAB_FIELD_INT, false, 0, JSON_INT_MAX, NULL, NULL, "Unix ms; 0: for ever"},
	{0},
};
static const struct confab_field unmute_fields[] = {
	TARGET_FIELD, OPS_CID_FIELD, OPS_AGAIN_FIELD, {0}};
static const struct confab_field mark_fields[] = {
	OPS_CHANNEL_FIELD, OPS_SEQ_FIELD, OPS_CID_FIELD, OPS_AGAIN_FIELD, {0}};
static const struct confab_field unmark_fields[] = {
	OPS_CHANNEL_FIELD, OPS_CID_FIELD, OPS_AGAIN_FIELD, {0}};
static const struct confab_field draft_fields[] = {
	OPS_CHANNEL_FIELD,
	OPS_CID_FIELD,
	OPS_AGAIN_FIELD,
	PARENT_FIELD,
	{"text", CONFAB_FIELD_STRING, false, 0, 65536, NULL, NULL, "so far"},
	{"parts", CONFAB_FIELD_LIST, false, 0, 100, NULL, NULL, "structured parts"},
	{0},
};
static const struct confab_field undraft_fields[] = {
	OPS_CHANNEL_FIELD, OPS_CID_FIELD, OPS_AGAIN_FIELD, PARENT_FIELD, {0}};

#define ROW(name_, method_, path_, fields_, doc_) \
	{ \
		.name = (name_), .actor = CONFAB_OP_USER, .method = (method_), .path = (path_), \
		.kind = (name_), .args = (fields_), .reply = ops_change_reply, .doc = (doc_) \
	}

static const struct confab_op_row rows[] = {
	{.name = "read",
		.actor = CONFAB_OP_USER,
		.method = "PUT",
		.path = "/v1/channels/{channel}/read",
		.run = run_read,
		.args = read_fields,
		.reply = read_reply,
		.grant = "read",
		.doc = "Move the read and delivered cursors; highest wins."},
	ROW("mute.set", "PUT", "/v1/mutes/{target}", mute_fields,
		"Want no noise from a channel or a user."),
	ROW("mute.clear", "DELETE", "/v1/mutes/{target}", unmute_fields,
		"Hear a channel or a user again."),
	ROW("mark.set", "PUT", "/v1/channels/{channel}/mark", mark_fields,
		"Mark a channel unread from a message on; the cursor stays."),
	ROW("mark.clear", "DELETE", "/v1/channels/{channel}/mark", unmark_fields,
		"Mark a channel unread no more."),
	ROW("draft.set", "PUT", "/v1/channels/{channel}/draft", draft_fields,
		"Keep what is not yet sent, for your other devices."),
	ROW("draft.clear", "DELETE", "/v1/channels/{channel}/draft", undraft_fields,
		"Drop a draft."),
};

/* -------------------------------------------------------------------------------------------- */

void mine_mentions_read(struct ops *o, struct user *u, const char *channel)
{
	const struct cursor *c = cursor_find(u, channel);
	size_t pos = 0;
	const char *key;

	while (c && u->mentions && strmap_next(u->mentions, &pos, &key, NULL)) {
		if (mention_read(key, channel, c->read_seq)) {
			pipeline_system(o->pl, "mention.read", u->id, NULL,
				json_pack("{s:s,s:I}", "channel", channel, "upto",
					(json_int_t)c->read_seq),
				NULL, NULL);
			return;
		}
	}
}

bool mine_muted(const struct user *u, const char *target)
{
	json_t *row = row_json(row_find(u->lg, "mute", target));
	int64_t until = json_int(row, "until", 0);
	bool muted = row && (!until || until > clock_real_ms());

	json_decref(row);
	return muted;
}

int64_t mine_mark(const struct user *u, const char *channel)
{
	json_t *row = row_json(row_find(u->lg, "mark", channel));
	int64_t seq = json_int(row, "seq", 0);

	json_decref(row);
	return seq;
}

void mine_read(struct ops *o, const struct confab_actor *actor, const char *channel, int64_t seq)
{
	const struct kind *kind = kind_find(o->pl->kinds, "read");

	event_start(event_make(o->pl, kind, actor, channel,
		json_pack("{s:s,s:I}", "channel", channel, "seq", (json_int_t)seq), quiet_read, o));
}

int ops_mine_register(struct ops *o, struct confab_error *err)
{
	int rc = ops_add_kinds(o, kinds, sizeof(kinds) / sizeof(kinds[0]), err);

	return rc ? rc : ops_add(o, rows, sizeof(rows) / sizeof(rows[0]), err);
}
