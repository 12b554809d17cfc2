/**
 * hello, the first message of a WebSocket.
 *
 *   verify the token → the user's log (made at first sight) → the session's row (made, or resumed)
 *   → heads of all memberships, the watched channels whole → answer and subscriptions in one turn
 *
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <confab/chat.h>
#include <confab/provider/store.h>
#include "base/buf.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/json.h"
#include "base/map.h"
#include "chat/channel.h"
#include "chat/cursor.h"
#include "chat/row.h"
#include "chat/session.h"
#include "ops/auth_chain.h"
#include "ops/fields.h"
#include "ops/item.h"
#include "ops/mine.h"
#include "ops/ops_internal.h"
#include "ops/user.h"
#include "pipeline/event_internal.h"
#include "store/store.h"
#include "wire/errors.h"
#include "wire/request.h"

/** Channels that hello may ask for. */
#define WATCH_MAX 1000

struct hello {
	struct ops *o;
	struct confab_request *rq;
	confab_conn_id conn;
	struct user *user;
	struct session *session;
	struct log_waiter waiter;
	struct mail next_turn;
	int64_t expires_ms;
	bool named; /* the token names the session */
	bool fresh; /* its row has to be made */
	char id[32], role[16];
	char user_id[CONFAB_ID_MAX + 1];
	char (*watch)[CONFAB_ID_MAX + 1]; /* channels to load whole */
	size_t n_watch, at;
};

static void hello_free(struct hello *h)
{
	if (h->user) {
		chat_log_unpin(h->user->lg);
	}
	free(h->watch);
	free(h);
}

/** A refused hello closes the connection (design, section 8). */
static void hello_refuse(struct hello *h, const char *code, const char *text)
{
	struct ops *o = h->o;
	confab_conn_id conn = h->conn;

	request_error(h->rq, code, text, 0, NULL);
	hello_free(h);
	net_close(o->net, conn, CLOSE_REFUSED, code);
}

static void hello_busy(struct hello *h)
{
	request_error(h->rq, "busy", NULL, 1000, NULL);
	hello_free(h);
}

static json_t *own_item(const struct user *u)
{
	const struct chat_log *lg = u->lg;

	return json_pack("{s:s,s:s,s:I,s:I,s:I,s:b}", "id", lg->id, "epoch", lg->epoch, "rev",
		(json_int_t)lg->rev, "seq", (json_int_t)lg->seq, "first", (json_int_t)lg->first,
		"watch", 1);
}

static json_t *user_json(const struct user *u)
{
	json_t *profile = row_json(row_find(u->lg, "profile", u->id));
	json_t *out = user_public(u->id, profile, true);

	json_object_set_new(out, "role", json_string(u->role[0] ? u->role : "user"));
	json_decref(profile);
	return out;
}

static json_t *hello_body(struct ops *o, struct session *s)
{
	json_t *channels = json_array(), *totals;
	uint64_t unread = 0, mentions = 0;
	size_t n;
	struct chat_log **logs = item_logs(s->user, &n);
	char place[ITEM_PLACE_SIZE];
	json_t *body;

	json_array_append_new(channels, own_item(s->user));
	for (size_t i = 0; i < n; i++) {
		struct unread one = cursor_unread(
			s->user, logs[i], cursor_find(s->user, logs[i]->id));

		unread += mine_muted(s->user, logs[i]->id) ? 0 : one.unread;
		mentions += one.mentions;
		if (i < ITEMS_MAX || session_level(s, logs[i]) >= SUB_WATCH) {
			json_array_append_new(channels, item_json(o, s->user, s, logs[i]));
		}
	}
	for (unsigned i = 0; i < s->n_items; i++) { /* watched without membership */
		struct chat_log *lg = s->items[i].lg;

		if (lg->channel && !strmap_find(s->user->memberships, lg->id)) {
			json_array_append_new(channels, item_json(o, s->user, s, lg));
		}
	}
	totals = json_pack(
		"{s:I,s:I}", "unread", (json_int_t)unread, "mentions", (json_int_t)mentions);
	body = json_pack("{s:o,s:s,s:{s:s,s:s,s:I},s:o,s:o}", "user", user_json(s->user), "session",
		s->id, "server", "name", o->server_name, "version", o->version, "time",
		(json_int_t)clock_real_ms(), "totals", totals, "channels", channels);
	if (n > ITEMS_MAX) {
		item_place(logs[ITEMS_MAX - 1], place);
		json_object_set_new(body, "more", json_string(place));
	}
	free(logs);
	return body;
}

static void hello_answer(struct hello *h)
{
	struct ops *o = h->o;
	struct chat *chat = o->chat;
	struct session *s = session_find(chat, h->id);
	struct session *other = session_of_conn(chat, h->conn);
	const char *id;
	size_t pos = 0;

	if (!other && !greeting_waits(o, h->conn)) {
		hello_busy(h); /* nobody hears it: the connection has gone meanwhile */
		return;
	}
	if (s && s->user != h->user) {
		hello_refuse(h, "token", "this session belongs to somebody else");
		return;
	}
	if (other && other != s) {
		session_end(other);
	}
	if (!s) {
		s = session_new(h->user, h->id, json_str(h->rq->args, "device"));
	} else if (s->conn && s->conn != h->conn) {
		net_close(o->net, s->conn, CLOSE_REPLACED, "replaced");
		while (s->n_items) {
			session_watch(s, s->items[s->n_items - 1].lg, 0);
		}
	}
	session_bind(s, h->conn);
	greeting_end(o, h->conn);
	session_say(s, "begins");
	session_expiry(s, h->expires_ms);
	session_watch(s, h->user->lg, SUB_WATCH);
	while (strmap_next(h->user->memberships, &pos, &id, NULL)) {
		struct chat_log *lg = chat_log_get(chat, id);

		if (lg->rev) {
			session_watch(s, lg, SUB_NOTICE);
		}
	}
	for (size_t i = 0; i < h->n_watch; i++) {
		struct chat_log *lg = chat_log_get(chat, h->watch[i]);
		struct confab_actor who = {.kind = CONFAB_ACTOR_USER, .user = h->user};

		snprintf(who.id, sizeof(who.id), "%s", h->user->id);
		if (lg->state == LOG_READY && lg->channel && !lg->channel->deleted &&
			!permit_refusal(&who, lg->channel, "read")) {
			session_watch(s, lg, SUB_WATCH);
		}
	}
	s->ready = true;
	confab_reply(h->rq, hello_body(o, s));
	hello_free(h);
}

static void watch_loaded(struct log_waiter *w, int rc);

static void hello_watch(struct hello *h)
{
	while (h->at < h->n_watch) {
		struct chat_log *lg = chat_log_get(h->o->chat, h->watch[h->at]);

		h->at++;
		h->waiter.fn = watch_loaded;
		if (!chat_log_load(lg, &h->waiter)) {
			return;
		}
	}
	hello_answer(h);
}

static void watch_loaded(struct log_waiter *w, int rc)
{
	struct hello *h = (struct hello *)((char *)w - offsetof(struct hello, waiter));

	if (rc) {
		hello_busy(h);
		return;
	}
	hello_watch(h);
}

static void hello_heads(void *arg, int rc)
{
	struct hello *h = arg;

	if (rc) {
		hello_busy(h);
		return;
	}
	hello_watch(h);
}

/** Which channels to watch, and heads of memberships that no log in memory knows. */
static void hello_logs(struct hello *h)
{
	json_t *watch = json_object_get(h->rq->args, "watch"), *item;
	const char *id;
	size_t pos = 0, i, members = strmap_count(h->user->memberships);

	h->watch = calloc(members + json_array_size(watch) + 1, sizeof(*h->watch));
	assert(h->watch);
	json_array_foreach(watch, i, item)
	{
		if (json_is_string(item) && id_valid(json_string_value(item))) {
			snprintf(h->watch[h->n_watch++], sizeof(*h->watch), "%s",
				json_string_value(item));
		}
	}
	if (json_is_string(watch) && strcmp(json_string_value(watch), "all") == 0) {
		while (strmap_next(h->user->memberships, &pos, &id, NULL)) {
			snprintf(h->watch[h->n_watch++], sizeof(*h->watch), "%s", id);
		}
	}
	item_heads(h->o, h->user, hello_heads, h);
}

static void hello_go_on(struct mail *m)
{
	hello_logs((struct hello *)((char *)m - offsetof(struct hello, next_turn)));
}

/** Answers come before frames: whoever subscribed now would be sent a change that its reply counts in. */
static void hello_session_made(struct confab_event *ev, void *arg)
{
	struct hello *h = arg;

	if (ev->out.is != OUTCOME_OK) {
		hello_busy(h);
		return;
	}
	h->next_turn.run = hello_go_on;
	loop_post(h->o->chat->loop, &h->next_turn);
}

static void hello_make_session(struct hello *h)
{
	const char *device = json_str(h->rq->args, "device");

	pipeline_system(h->o->pl, "session.open", h->user->id, NULL,
		json_pack("{s:s,s:s,s:s}", "id", h->id, "device", device ? device : "", "peer",
			h->rq->peer),
		hello_session_made, h);
}

/** The store's word on a session that is not among the living rows: never seen, or revoked? */
static void hello_session_read(struct confab_row_get *call, void *arg)
{
	struct hello *h = arg;

	if (call->call.rc) {
		hello_busy(h);
		return;
	}
	if (call->rows[0].kind && call->rows[0].gone) {
		if (h->named) {
			hello_refuse(h, "token", "this session was revoked; sign in again");
			return;
		}
		id_random(h->id, 26);
	}
	hello_make_session(h);
}

/** Does a session's row name this device? Its text is searched: no string holds a bare quote. */
static bool names_device(const struct row *row, const char *device)
{
	struct buf b;
	bool named;

	buf_init(&b);
	buf_str(&b, "\"device\":");
	buf_json_str(&b, device, strlen(device));
	named = row_says(row, b.bytes, b.len);
	buf_fini(&b);
	return named;
}

/** Its row is there; a device that is named now for the first time, or anew, is written down. */
static void hello_known(struct hello *h)
{
	const char *device = json_str(h->rq->args, "device");

	if (!device || !*device || names_device(row_find(h->user->lg, "session", h->id), device)) {
		hello_logs(h);
	} else {
		hello_make_session(h);
	}
}

static void hello_session(struct hello *h)
{
	const char *asked = json_str(h->rq->args, "session");
	struct confab_row_get *call;
	const char **kinds, **ids;

	if (!h->named && asked && id_valid(asked) && strlen(asked) < sizeof(h->id) &&
		row_lives(row_find(h->user->lg, "session", asked))) {
		snprintf(h->id, sizeof(h->id), "%s", asked);
	}
	if (!h->id[0]) {
		id_random(h->id, 26);
		hello_make_session(h);
		return;
	}
	if (row_lives(row_find(h->user->lg, "session", h->id))) {
		hello_known(h);
		return;
	}
	call = store_row_get_new(h->o->chat->store);
	kinds = confab_arena_alloc(call->call.arena, sizeof(char *));
	ids = confab_arena_alloc(call->call.arena, sizeof(char *));
	kinds[0] = "session";
	ids[0] = h->id;
	call->log = h->user->lg->id;
	call->kinds = kinds;
	call->ids = ids;
	call->n = 1;
	store_row_get(h->o->chat->store, call, hello_session_read, h);
}

static void hello_user(struct ops *o, void *arg, int rc)
{
	struct hello *h = arg;
	struct user *u = rc ? NULL : chat_user_find(o->chat, h->user_id);

	if (!u) {
		hello_busy(h);
		return;
	}
	if (session_user_disabled(u)) {
		hello_refuse(h, "token", "this account is disabled; ask an administrator");
		return;
	}
	h->user = u;
	chat_log_pin(u->lg);
	if (h->role[0]) {
		session_role(u, h->role);
	}
	hello_session(h);
}

static void hello_verified(void *arg, struct confab_verify *v)
{
	struct hello *h = arg;

	if (v->rc) {
		struct net *net = h->o->net;
		confab_conn_id conn = h->conn;
		int rc = v->rc;

		session_refuse(h->rq, v);
		hello_free(h);
		if (rc != CONFAB_EBUSY) {
			net_close(net, conn, CLOSE_REFUSED,
				rc == CONFAB_ETIMEDOUT ? "expired" : "token");
		}
		return;
	}
	snprintf(h->user_id, sizeof(h->user_id), "%s", v->user);
	snprintf(h->role, sizeof(h->role), "%s", v->role);
	snprintf(h->id, sizeof(h->id), "%.31s", v->session);
	h->named = v->session[0] != '\0';
	h->expires_ms = v->expires_ms;
	session_user(h->o, v->user, v->role, hello_user, h);
}

static void run_hello_http(struct confab_request *rq, void *ctx)
{
	(void)ctx;
	request_error(rq, "bad_request", "hello is for WebSockets", 0, NULL);
}

static const struct confab_field hello_fields[] = {
	{"token", CONFAB_FIELD_STRING, true, 1, 8192, NULL, NULL, "whose it is"},
	{"session", CONFAB_FIELD_STRING, false, 0, 31, NULL, NULL, "session to resume"},
	{"device", CONFAB_FIELD_STRING, false, 0, 32, NULL, NULL, "name of the device"},
	{"watch", CONFAB_FIELD_IDS, false, 0, WATCH_MAX, "all", NULL,
		"channels to watch: a list of ids, or \"all\""},
	{0},
};
static const struct confab_field user_reply[] = {
	{"id", CONFAB_FIELD_ID, true, 0, 0, NULL, NULL, "your id"},
	{"name", CONFAB_FIELD_STRING, true, 0, 0, NULL, NULL, "shown to people"},
	{"role", CONFAB_FIELD_STRING, true, 0, 0, NULL, NULL, "server role: admin, user, guest"},
	{"avatar", CONFAB_FIELD_STRING, false, 0, 0, NULL, NULL, "what stands for the picture"},
	{"status", CONFAB_FIELD_STRING, false, 0, 0, NULL, NULL, "what you say of yourself"},
	{"disabled", CONFAB_FIELD_BOOL, false, 0, 0, NULL, NULL, "false, or you were not here"},
	{0},
};
static const struct confab_field server_reply[] = {
	{"name", CONFAB_FIELD_STRING, true, 0, 0, NULL, NULL, "the server's"},
	{"version", CONFAB_FIELD_STRING, true, 0, 0, NULL, NULL, "of confab"},
	OPS_COUNT("time", "its clock, Unix ms"),
	{0},
};
static const struct confab_field totals_reply[] = {
	OPS_COUNT("unread", "of all channels"),
	OPS_COUNT("mentions", "of all channels"),
	{0},
};
static const struct confab_field channels_reply[] = {ITEM_FIELDS, {0}};
static const struct confab_field hello_reply[] = {
	{"user", CONFAB_FIELD_OBJECT, true, 0, 0, NULL, user_reply, "who you are"},
	{"session", CONFAB_FIELD_STRING, true, 1, 31, NULL, NULL, "to resume with"},
	{"server", CONFAB_FIELD_OBJECT, true, 0, 0, NULL, server_reply, "where you are"},
	{"totals", CONFAB_FIELD_OBJECT, true, 0, 0, NULL, totals_reply, "of all memberships"},
	{"channels", CONFAB_FIELD_LIST, true, 0, 0, NULL, channels_reply,
		"own log first, then the most active memberships and what else is watched"},
	{"more", CONFAB_FIELD_STRING, false, 0, 0, NULL, NULL,
		"there are more: channel.list after this place"},
	{0},
};
static const struct confab_op_row rows[] = {
	{.name = "hello",
		.actor = CONFAB_OP_USER,
		.run = run_hello_http,
		.args = hello_fields,
		.reply = hello_reply,
		.doc = "First message of a WebSocket: who it is and what it watches."},
};

/* -------------------------------------------------------------------------------------------- */

bool session_is_hello(const struct confab_request *rq)
{
	return rq->op->row == &rows[0];
}

void session_hello(struct ops *o, struct confab_request *rq)
{
	struct hello *h;

	if (o->draining) {
		request_error(rq, "draining", NULL, 1000, NULL);
		return;
	}
	h = calloc(1, sizeof(*h));
	assert(h);
	h->o = o;
	h->rq = rq;
	h->conn = rq->conn;
	auth_chain_verify(o->auth, json_str(rq->args, "token"), rq->peer, hello_verified, h);
}

int ops_hello_register(struct ops *o, struct confab_error *err)
{
	return ops_add(o, rows, sizeof(rows) / sizeof(rows[0]), err);
}
