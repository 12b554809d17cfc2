/**
 * message.send, message.edit, message.delete.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <confab/chat.h>
#include "base/buf.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/json.h"
#include "base/map.h"
#include "chat/channel.h"
#include "chat/row.h"
#include "chat/visible.h"
#include "config/config.h"
#include "ops/fields.h"
#include "ops/mine.h"
#include "ops/ops_internal.h"
#include "pipeline/change.h"
#include "pipeline/draft.h"
#include "pipeline/event_internal.h"
#include "store/token.h"
#include "wire/request.h"

#define MENTIONS_MAX 64

/** The message that the body names by `field`. Lent. */
static const json_t *named_message(struct confab_event *ev, const char *field)
{
	char id[ID_NUMBER_SIZE];

	id_number(id, (uint64_t)json_int(ev->body, field, 0));
	return event_lend(ev, ev->lg, "message", id);
}

/** May the actor see the message that the body names by `field`? */
static bool sees_named(struct confab_event *ev, const char *field)
{
	char id[ID_NUMBER_SIZE];

	id_number(id, (uint64_t)json_int(ev->body, field, 0));
	return ops_sees(ev, id);
}

static void add_message_key(struct confab_keys *keys, uint64_t seq)
{
	char id[ID_NUMBER_SIZE];

	if (seq) {
		id_number(id, seq);
		confab_keys_add(keys, "message", id);
	}
}

/** Search words of a message's text. */
static char *tokens_of(const json_t *message)
{
	const json_t *text = json_object_get(message, "text");
	struct buf b;

	buf_init(&b);
	if (json_is_string(text)) {
		token_text(&b, json_string_value(text), json_string_length(text), TOKEN_DOCUMENT);
	}
	return b.len ? buf_take(&b, NULL) : (buf_fini(&b), NULL);
}

/* --- send -------------------------------------------------------------------------------------- */

static void send_keys(struct confab_event *ev, struct confab_keys *keys)
{
	add_message_key(keys, (uint64_t)json_int(ev->body, "parent", 0));
}

/** Does slow mode hold for this sender? */
static bool is_slow(const struct confab_event *ev)
{
	const struct channel *ch = ev->lg->channel;

	return ch->slow_ms && !ev->approved && ev->actor.kind == CONFAB_ACTOR_USER &&
		permit_refusal(&ev->actor, ch, "slow.bypass");
}

static enum confab_verdict judge_slow(struct confab_event *ev)
{
	struct member *m = permit_member(ev->lg->channel, ev->actor.id);
	int64_t wait;

	if (!m || !is_slow(ev)) {
		return CONFAB_PASS;
	}
	wait = m->last_sent_ms + ev->lg->channel->slow_ms - clock_real_ms();
	return wait > 0 ? confab_reject_later(ev, "slow", NULL, (unsigned)wait) : CONFAB_PASS;
}

/** When it was sent stands in the sender's row, so that slow mode is exact on every node and after a
 *  restart. But of a message that not everybody sees, as the row would show whose it is: that one holds by the
 *  memory of the node it came to. */
static void stamp_sender(struct confab_event *ev, struct confab_change *c)
{
	bool shows = !ev->draft || !ev->draft->audience_json;
	json_t *row;

	if (shows && ev->lg->channel->slow_ms && ev->actor.kind == CONFAB_ACTOR_USER) {
		row = ops_member_copy(ev, c, ev->actor.id);
		json_object_set_new(row, "sent", json_integer(c->entry.ts));
		confab_change_set(c, "member", ev->actor.id, row);
	}
}

/** Only this channel's one other member may have blocked the author of a direct message. */
static bool peer_blocks(struct confab_event *ev)
{
	struct channel *ch = ev->lg->channel;
	const struct strmap *blockers;
	const char *id;
	size_t pos = 0;

	if (!ch->type || ch->type->kind != CONFIG_TYPE_DIRECT) {
		return false;
	}
	blockers = chat_blockers(ev->pl->chat, ev->actor.id);
	while (strmap_next(ch->members, &pos, &id, NULL)) {
		const json_t *row = event_lend(ev, ev->lg, "member", id);

		if (strcmp(id, ev->actor.id) != 0 &&
			(json_bool(row, "blocks") || (blockers && strmap_find(blockers, id)))) {
			return true;
		}
	}
	return false;
}

static enum confab_verdict judge_text(struct confab_event *ev)
{
	const json_t *text = json_object_get(ev->body, "text");
	const json_t *parts = json_object_get(ev->body, "parts");

	if (ev->draft) {
		text = confab_draft_get(ev->draft, "text");
		parts = confab_draft_get(ev->draft, "parts");
	}
	if (!json_string_length(text) && !json_array_size(parts)) {
		return confab_reject(ev, "bad_request", "a message needs 'text' or 'parts'");
	}
	if (!channel_text_fits(
		    ev->lg->channel, json_string_value(text), json_string_length(text))) {
		char why[80];

		snprintf(why, sizeof(why),
			"the text is longer than this channel's %" PRId64 " characters",
			ev->lg->channel->type->message_length);
		return confab_reject(ev, "limit", why);
	}
	return CONFAB_PASS;
}

static enum confab_verdict send_judge(struct confab_event *ev, void *ctx)
{
	const json_t *parent;
	const char *why;

	(void)ctx;
	if (judge_text(ev) != CONFAB_PASS) {
		return CONFAB_REJECT;
	}
	if (json_int(ev->body, "parent", 0)) {
		parent = named_message(ev, "parent");
		if (!parent || json_bool(parent, "deleted") || json_int(parent, "parent", 0) ||
			json_int(ev->body, "parent", 0) < (int64_t)ev->lg->first ||
			!sees_named(ev, "parent")) {
			return confab_reject(
				ev, "no_message", "'parent' is no message that can have replies");
		}
		why = permit_refusal(&ev->actor, ev->lg->channel, "thread");
		if (why) {
			return confab_reject(ev, why, NULL);
		}
	}
	if (peer_blocks(ev)) {
		return confab_reject(ev, "refused", NULL);
	}
	return judge_slow(ev);
}

/** Does a member hear of the message that is being built? */
static bool hears(struct confab_event *ev, const struct member *m)
{
	const char *audience = ev->draft ? ev->draft->audience_json : NULL;

	return m && (!audience || visible_audience_has(audience, m->user, m->role));
}

/** Personal mentions become rows in the mentioned users' own logs; members who may see it only. */
static bool add_mentions(
	struct confab_event *ev, struct confab_change *c, const json_t *message, uint64_t seq)
{
	const json_t *mentions = json_object_get(message, "mentions");
	struct channel *ch = ev->lg->channel;
	json_t *users = json_array(), *item;
	bool all = false;
	size_t i;

	json_array_foreach(mentions, i, item)
	{
		const char *id = json_string_value(item);

		if (id && (strcmp(id, "@channel") == 0 || strcmp(id, "@here") == 0)) {
			all |= !permit_refusal(&ev->actor, ch, "mention.all");
		} else if (id && strcmp(id, ev->actor.id) != 0 &&
			hears(ev, permit_member(ch, id)) && json_array_size(users) < MENTIONS_MAX) {
			json_array_append_new(users, json_string(id));
		}
	}
	if (json_array_size(users)) {
		confab_change_todo(c, "core.mention",
			json_pack("{s:s,s:I,s:s,s:o}", "channel", ev->lg->id, "seq",
				(json_int_t)seq, "by", ev->actor.id, "users", users));
	} else {
		json_decref(users);
	}
	return all;
}

/** What a message row says beside its JSON, read back from what is held. */
static struct change_message message_meta(struct confab_event *ev, const json_t *m, uint64_t seq)
{
	struct row *r;
	char id[ID_NUMBER_SIZE];

	id_number(id, seq);
	r = row_find(ev->lg, "message", id);
	return (struct change_message){
		.sender = json_str(m, "user"),
		.audience = r ? row_audience(r) : NULL,
		.parent = (uint64_t)json_int(m, "parent", 0),
		.n = (uint64_t)json_int(m, "n", 0),
	};
}

/** Whose reply not everybody may see is not named. */
static json_t *thread_summary(struct confab_event *ev, const struct confab_change *c,
	const json_t *parent, uint64_t seq, uint64_t n)
{
	json_t *thread = json_deep_copy(json_object_get(parent, "thread"));

	thread = thread ? thread : json_object();
	json_object_set_new(thread, "n", json_integer((json_int_t)n));
	json_object_set_new(thread, "last", json_integer((json_int_t)seq));
	if (!ev->draft || !ev->draft->audience_json) {
		json_object_set_new(thread, "ts", json_integer(c->entry.ts));
		json_object_set_new(thread, "user", json_string(ev->actor.id));
	}
	return thread;
}

/** The parent's summary: how many replies, the last one. @return the reply's number */
static uint64_t touch_parent(
	struct confab_event *ev, struct confab_change *c, uint64_t parent_seq, uint64_t seq)
{
	char id[ID_NUMBER_SIZE];
	const json_t *row;
	json_t *parent;
	uint64_t n;
	struct change_message m;
	char *tokens;

	id_number(id, parent_seq);
	row = confab_change_row(c, "message", id);
	parent = json_deep_copy(row);
	n = (uint64_t)json_int(json_object_get(parent, "thread"), "n", 0) + 1;
	json_object_set_new(parent, "thread", thread_summary(ev, c, parent, seq, n));
	tokens = tokens_of(parent);
	m = message_meta(ev, parent, parent_seq);
	m.json = parent;
	m.tokens = tokens;
	change_message_set(c, parent_seq, &m);
	free(tokens);
	return n;
}

static json_t *message_json(struct confab_event *ev)
{
	json_t *j = ev->draft ? draft_json(ev->draft) : json_object();

	json_object_set_new(j, "ver", json_integer(1));
	json_object_set_new(j, "user", json_string(ev->actor.id));
	if (ev->cid[0]) {
		json_object_set_new(j, "cid", json_string(ev->cid));
	}
	return j;
}

static void add_draft_todos(struct confab_event *ev, struct confab_change *c)
{
	size_t i;
	json_t *todo;

	if (!ev->draft) {
		return;
	}
	json_array_foreach(ev->draft->todos, i, todo)
	{
		confab_change_todo(
			c, json_str(todo, "name"), json_deep_copy(json_object_get(todo, "body")));
	}
}

static int send_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	uint64_t parent = (uint64_t)json_int(ev->body, "parent", 0), seq = c->after.seq + 1;
	struct channel *ch = ev->lg->channel;
	struct change_message m = {
		.json = message_json(ev), .sender = ev->actor.id, .parent = parent};
	bool all;
	char *tokens;

	(void)ctx;
	all = add_mentions(ev, c, m.json, seq);
	if (parent) {
		m.n = touch_parent(ev, c, parent, seq);
		json_object_set_new(m.json, "parent", json_integer((json_int_t)parent));
		json_object_set_new(m.json, "n", json_integer((json_int_t)m.n));
	}
	m.audience = ev->draft ? ev->draft->audience_json : NULL;
	m.counts = !parent && (!m.audience || ev->draft->audience == CONFAB_AUTHOR) &&
		(ch->unread == CONFIG_UNREAD_ALL || (ch->unread == CONFIG_UNREAD_MENTIONS && all));
	m.counts_all = all;
	if (m.counts) {
		json_object_set_new(m.json, "counts", json_integer(all ? 2 : 1));
	}
	if (m.counts && m.audience) {
		change_uncount(
			c, seq, all); /* shadowed: as if deleted, for everybody but its author */
	}
	tokens = tokens_of(m.json);
	m.tokens = tokens;
	change_message_add(c, &m);
	free(tokens);
	stamp_sender(ev, c);
	add_draft_todos(ev, c);
	return 0;
}

/* --- edit ---------------------------------------------------------------------------------------- */

static void seq_keys(struct confab_event *ev, struct confab_keys *keys)
{
	add_message_key(keys, (uint64_t)json_int(ev->body, "seq", 0));
}

/** Own messages need one grant, others' another. */
static enum confab_verdict judge_owned(
	struct confab_event *ev, const char *own, const char *any, const json_t **message)
{
	const json_t *m = named_message(ev, "seq");
	const char *user, *why;

	if (!m || json_bool(m, "deleted") ||
		json_int(ev->body, "seq", 0) < (int64_t)ev->lg->first || !sees_named(ev, "seq")) {
		return confab_reject(ev, "no_message", NULL);
	}
	user = json_str(m, "user");
	why = permit_refusal(
		&ev->actor, ev->lg->channel, user && strcmp(user, ev->actor.id) == 0 ? own : any);
	if (why) {
		return confab_reject(ev, why, NULL);
	}
	*message = m;
	return CONFAB_PASS;
}

static enum confab_verdict edit_judge(struct confab_event *ev, void *ctx)
{
	const json_t *m = NULL;
	int64_t window;

	(void)ctx;
	if (judge_owned(ev, "edit.own", "edit.any", &m) != CONFAB_PASS ||
		judge_text(ev) != CONFAB_PASS) {
		return CONFAB_REJECT;
	}
	window = ev->lg->channel->type->edit_window_ms;
	if (window && ev->actor.kind == CONFAB_ACTOR_USER &&
		clock_real_ms() > json_int(m, "ts", 0) + window &&
		permit_refusal(&ev->actor, ev->lg->channel, "edit.any")) {
		return confab_reject(ev, "too_late", "the time for editing this message is over");
	}
	if (json_int(m, "ver", 0) != json_int(ev->body, "ver", 0)) {
		return confab_reject(ev, "stale", NULL);
	}
	return CONFAB_PASS;
}

static int edit_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	uint64_t seq = (uint64_t)json_int(ev->body, "seq", 0);
	const json_t *old = named_message(ev, "seq");
	json_t *j = json_deep_copy(old), *draft = draft_json(ev->draft);
	struct change_message m;
	char *tokens;

	(void)ctx;
	json_object_del(j, "parts");
	json_object_del(j, "text");
	json_object_update(j, draft);
	json_decref(draft);
	if (json_equal(j, (json_t *)old)) {
		json_decref(j);
		confab_change_reply(c, "ver", json_integer(json_int(old, "ver", 1)));
		return 0;
	}
	json_object_set_new(j, "ver", json_integer(json_int(old, "ver", 1) + 1));
	json_object_set_new(j, "edited", json_integer(c->entry.ts));
	if (strcmp(json_str(j, "user") ? json_str(j, "user") : "", ev->actor.id) != 0) {
		json_object_set_new(j, "edited_by", json_string(ev->actor.id));
	}
	m = message_meta(ev, j, seq);
	m.json = j;
	tokens = tokens_of(j);
	m.tokens = tokens;
	confab_change_reply(c, "ver", json_integer(json_int(j, "ver", 1)));
	change_message_set(c, seq, &m);
	free(tokens);
	add_draft_todos(ev, c);
	return 0;
}

/* --- delete ---------------------------------------------------------------------------------------- */

static enum confab_verdict delete_judge(struct confab_event *ev, void *ctx)
{
	const json_t *m = NULL;

	(void)ctx;
	return judge_owned(ev, "delete.own", "delete.any", &m);
}

/** What is left of a deleted message: its place and its numbers. */
static json_t *tombstone(const json_t *old, const char *by, int64_t ts)
{
	static const char *const kept[] = {
		"cid", "ts", "ord", "all", "parent", "n", "user", "thread"};
	json_t *j = json_object();

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		json_t *value = json_object_get(old, kept[i]);

		if (value) {
			json_object_set_new(j, kept[i], json_deep_copy(value));
		}
	}
	json_object_set_new(j, "ver", json_integer(json_int(old, "ver", 1) + 1));
	json_object_set_new(j, "deleted", json_true());
	json_object_set_new(j, "deleted_ts", json_integer(ts));
	json_object_set_new(j, "deleted_by", json_string(by));
	return j;
}

static int delete_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	uint64_t seq = (uint64_t)json_int(ev->body, "seq", 0);
	const json_t *old = named_message(ev, "seq");
	struct change_message m = message_meta(ev, old, seq);
	char id[ID_NUMBER_SIZE];

	(void)ctx;
	id_number(id, seq);
	if (confab_change_row(c, "pin", id)) {
		confab_change_set(c, "pin", id, NULL);
	}
	m.json = tombstone(old, ev->actor.id, c->entry.ts);
	if (json_int(old, "counts", 0)) {
		change_uncount(c, seq, json_int(old, "counts", 0) == 2);
	}
	if (json_array_size(json_object_get(old, "mentions"))) {
		confab_change_todo(c, "core.unmention",
			json_pack("{s:s,s:I,s:o}", "channel", ev->lg->id, "seq", (json_int_t)seq,
				"users", json_deep_copy(json_object_get(old, "mentions"))));
	}
	change_message_set(c, seq, &m);
	return 0;
}

/* --- rows -------------------------------------------------------------------------------------------- */

static const struct confab_field reply_fields[] = {
	OPS_CHANGE_FIELDS,
	{"seq", CONFAB_FIELD_INT, false, 0, 0, NULL, NULL, "its place in the channel"},
	{"ver", CONFAB_FIELD_INT, false, 0, 0, NULL, NULL, "version of its content"},
	{"held", CONFAB_FIELD_BOOL, false, 0, 0, NULL, NULL, "it waits for review"},
	{"handled", CONFAB_FIELD_BOOL, false, 0, 0, NULL, NULL,
		"a plugin did something else with it"},
	{0},
};

#define TEXT_FIELD \
	{ \
		"text", CONFAB_FIELD_STRING, false, 0, 65536, NULL, NULL, "what it says" \
	}
#define PARTS_FIELD \
	{ \
		"parts", CONFAB_FIELD_LIST, false, 0, 100, NULL, NULL, \
			"structured parts: objects with a type" \
	}
#define MENTIONS_FIELD \
	{ \
		"mentions", CONFAB_FIELD_LIST, false, 0, 64, NULL, NULL, \
			"user ids, or @channel, @here" \
	}

/** What was read before something was said is told by the same request. */
static void sent(struct ops *o, struct confab_request *rq, struct confab_event *ev)
{
	int64_t read = json_int(ev->body, "read", 0);

	if (read) {
		mine_read(o, rq->actor, ev->channel_id, read);
	}
	ops_answer(rq, ev);
}

static void run_send(struct confab_request *rq, void *ctx)
{
	ops_event_then(ctx, rq, "message.send", json_str(rq->args, "channel"), sent);
}

static const struct confab_field send_fields[] = {
	OPS_CHANNEL_FIELD,
	OPS_CID_FIELD,
	OPS_AGAIN_FIELD,
	TEXT_FIELD,
	PARTS_FIELD,
	MENTIONS_FIELD,
	{"parent", CONFAB_FIELD_INT, false, 1, JSON_INT_MAX, NULL, NULL,
		"the message it replies to, in its thread"},
	{"quote", CONFAB_FIELD_INT, false, 1, JSON_INT_MAX, NULL, NULL, "a message it quotes"},
	{"read", CONFAB_FIELD_INT, false, 0, JSON_INT_MAX, NULL, NULL, "moves the read cursor too"},
	{0},
};
static const struct confab_field edit_fields[] = {
	OPS_CHANNEL_FIELD,
	OPS_CID_FIELD,
	OPS_AGAIN_FIELD,
	OPS_SEQ_FIELD,
	TEXT_FIELD,
	PARTS_FIELD,
	MENTIONS_FIELD,
	{"ver", CONFAB_FIELD_INT, true, 1, JSON_INT_MAX, NULL, NULL,
		"the version the edit was made from"},
	{0},
};
static const struct confab_field delete_fields[] = {
	OPS_CHANNEL_FIELD,
	OPS_CID_FIELD,
	OPS_AGAIN_FIELD,
	OPS_SEQ_FIELD,
	{0},
};

static const struct confab_kind_row kinds[] = {
	{.name = "message.send",
		.flags = KIND_HAS_DRAFT,
		.class_ = CONFAB_DURABLE,
		.log = CONFAB_LOG_CHANNEL,
		.grant = "send",
		.keys = send_keys,
		.judge = send_judge,
		.build = send_build,
		.doc = "Somebody says something."},
	{.name = "message.edit",
		.flags = KIND_HAS_DRAFT,
		.class_ = CONFAB_DURABLE,
		.log = CONFAB_LOG_CHANNEL,
		.grant = "read",
		.keys = seq_keys,
		.judge = edit_judge,
		.build = edit_build,
		.doc = "A message gets another content."},
	{.name = "message.delete",
		.class_ = CONFAB_DURABLE,
		.log = CONFAB_LOG_CHANNEL,
		.grant = "read",
		.keys = seq_keys,
		.judge = delete_judge,
		.build = delete_build,
		.doc = "A message becomes a tombstone; its body is gone."},
};

static const struct confab_op_row rows[] = {
	{.name = "message.send",
		.actor = CONFAB_OP_USER,
		.method = "POST",
		.path = "/v1/channels/{channel}/messages",
		.run = run_send,
		.args = send_fields,
		.reply = reply_fields,
		.grant = "send",
		.doc = "Say something in a channel."},
	{.name = "message.edit",
		.actor = CONFAB_OP_USER,
		.method = "PATCH",
		.path = "/v1/channels/{channel}/messages/{seq}",
		.kind = "message.edit",
		.args = edit_fields,
		.reply = reply_fields,
		.grant = "read edit.own|edit.any",
		.doc = "Replace the content of a message, made from version ver."},
	{.name = "message.delete",
		.actor = CONFAB_OP_USER,
		.method = "DELETE",
		.path = "/v1/channels/{channel}/messages/{seq}",
		.kind = "message.delete",
		.args = delete_fields,
		.reply = reply_fields,
		.grant = "read delete.own|delete.any",
		.doc = "Delete a message; its place stays, its body is gone everywhere."},
};

/* -------------------------------------------------------------------------------------------- */

int ops_message_register(struct ops *o, struct confab_error *err)
{
	int rc = ops_add_kinds(o, kinds, sizeof(kinds) / sizeof(kinds[0]), err);

	return rc ? rc : ops_add(o, rows, sizeof(rows) / sizeof(rows[0]), err);
}
