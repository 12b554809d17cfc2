/**
 * hello, session.renew, session.list, session.revoke, and what connections tell.
 *
 *   hello: verify the token → the user's log (made at first sight) → the session's row (made, or resumed)
 *          → heads of all memberships, the watched channels whole → answer and subscriptions in one turn
 *
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <confab/chat.h>
#include <confab/provider/store.h>
#include "base/clock.h"
#include "base/ids.h"
#include "base/json.h"
#include "base/map.h"
#include "chat/channel.h"
#include "chat/cursor.h"
#include "chat/row.h"
#include "chat/session.h"
#include "config/config.h"
#include "ops/auth_chain.h"
#include "ops/ops_internal.h"
#include "ops/user.h"
#include "pipeline/event_internal.h"
#include "pipeline/fanout.h"
#include "store/store.h"
#include "wire/errors.h"
#include "wire/request.h"

#define CHANNELS_IN_HELLO 100
#define ROWS_LOOKED_AT 512 /* of a user's log, for sessions to drop: bounds what a hello costs */

/* --- users ----------------------------------------------------------------------------------------- */

struct user_wait {
	struct log_waiter waiter;
	struct ops *o;
	char user[CONFAB_ID_MAX + 1], role[16];
	void (*done)(struct ops *o, void *arg, int rc);
	void *arg;
};

static void user_made(struct confab_event *ev, void *arg)
{
	struct user_wait *w = arg;

	w->done(w->o, w->arg, ev->out.is == OUTCOME_OK ? 0 : CONFAB_EBUSY);
	free(w);
}

static void user_loaded(struct log_waiter *waiter, int rc)
{
	struct user_wait *w = (struct user_wait *)waiter;
	char own[CONFAB_ID_MAX + 2];
	struct chat_log *lg;

	chat_own_log(own, w->user);
	lg = chat_log_get(w->o->chat, own);
	if (!rc && lg->state == LOG_ABSENT) {
		pipeline_system(w->o->pl, "user.create", w->user, NULL,
			json_pack("{s:s,s:s}", "user", w->user, "role", w->role), user_made, w);
		return;
	}
	w->done(w->o, w->arg, rc);
	free(w);
}

void session_user(struct ops *o, const char *user, const char *role,
	void (*done)(struct ops *o, void *arg, int rc), void *arg)
{
	struct user_wait *w = calloc(1, sizeof(*w));
	char own[CONFAB_ID_MAX + 2];

	assert(w);
	w->waiter.fn = user_loaded;
	w->o = o;
	w->done = done;
	w->arg = arg;
	snprintf(w->user, sizeof(w->user), "%s", user);
	snprintf(w->role, sizeof(w->role), "%s", role);
	chat_own_log(own, user);
	if (chat_log_load(chat_log_get(o->chat, own), &w->waiter)) {
		user_loaded(&w->waiter, 0);
	}
}

bool session_alive(const struct user *u, const char *session)
{
	struct row *r = row_find(u->lg, "session", session);

	return !r || row_lives(r);
}

void session_role(struct user *u, const char *role)
{
	if (u->role_set) {
		return;
	}
	snprintf(u->role, sizeof(u->role), "%s", role);
	u->is_admin = strcmp(role, "admin") == 0;
}

void session_refuse(struct confab_request *rq, const struct confab_verify *v)
{
	if (v->rc == CONFAB_EBUSY) {
		request_error(rq, "busy", v->text, 1000, NULL);
	} else {
		request_error(
			rq, v->rc == CONFAB_ETIMEDOUT ? "expired" : "token", v->text, 0, NULL);
	}
}

/* --- hello ------------------------------------------------------------------------------------------ */

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
	const char **watch; /* channels to load whole */
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

static json_t *channel_item(struct ops *o, struct session *s, struct chat_log *lg)
{
	struct user *u = s->user;
	struct cursor *c = cursor_find(u, lg->id);
	struct unread unread = cursor_unread(u, lg, c);
	json_t *membership = row_json(row_find(u->lg, "membership", lg->id));
	const char *type = json_str(membership, "type"), *role = json_str(membership, "role");
	json_t *item = json_pack("{s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:{s:I,s:I,s:I},s:I,s:I,s:b}",
		"id", lg->id, "epoch", lg->epoch, "rev", (json_int_t)lg->rev, "seq",
		(json_int_t)lg->seq, "ord", (json_int_t)lg->ord, "all", (json_int_t)lg->all,
		"first", (json_int_t)lg->first, "ts", (json_int_t)lg->ts, "read", "seq",
		(json_int_t)(c ? c->read_seq : 0), "ord", (json_int_t)(c ? c->read_ord : 0), "all",
		(json_int_t)(c ? c->read_all : 0), "unread", (json_int_t)unread.unread, "mentions",
		(json_int_t)unread.mentions, "watch", session_level(s, lg) >= SUB_WATCH);

	if (lg->channel) {
		const char *now = permit_role(lg->channel, u);

		type = channel_type_name(lg->channel);
		role = now ? now : role;
	}
	json_object_set_new(item, "type", json_string(type ? type : ""));
	json_object_set_new(item, "role", json_string(role ? role : "guest"));
	json_object_set_new(item, "can", ops_can(o, type, role ? role : "guest"));
	json_decref(membership);
	return item;
}

static int by_activity(const void *a, const void *b)
{
	const struct chat_log *x = *(struct chat_log *const *)a, *y = *(struct chat_log *const *)b;

	return x->ts < y->ts ? 1 : x->ts > y->ts ? -1 : strcmp(x->id, y->id);
}

/** Every membership's log that has a head, most active first. @return an array to free() */
static struct chat_log **active_logs(struct user *u, size_t *n)
{
	struct chat_log **logs = calloc(strmap_count(u->memberships) + 1, sizeof(*logs));
	const char *id;
	size_t pos = 0;

	assert(logs);
	*n = 0;
	while (strmap_next(u->memberships, &pos, &id, NULL)) {
		struct chat_log *lg = chat_log_get(u->lg->chat, id);

		if (lg->rev && !(lg->channel && lg->channel->deleted)) {
			logs[(*n)++] = lg;
		}
	}
	qsort(logs, *n, sizeof(*logs), by_activity);
	return logs;
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
	struct chat_log **logs = active_logs(s->user, &n);
	json_t *body;

	json_array_append_new(channels, own_item(s->user));
	for (size_t i = 0; i < n; i++) {
		struct unread one = cursor_unread(
			s->user, logs[i], cursor_find(s->user, logs[i]->id));

		unread += one.unread;
		mentions += one.mentions;
		if (i < CHANNELS_IN_HELLO || session_level(s, logs[i]) >= SUB_WATCH) {
			json_array_append_new(channels, channel_item(o, s, logs[i]));
		}
	}
	for (unsigned i = 0; i < s->n_items; i++) { /* watched without membership */
		struct chat_log *lg = s->items[i].lg;

		if (lg->channel && !strmap_find(s->user->memberships, lg->id)) {
			json_array_append_new(channels, channel_item(o, s, lg));
		}
	}
	totals = json_pack(
		"{s:I,s:I}", "unread", (json_int_t)unread, "mentions", (json_int_t)mentions);
	body = json_pack("{s:o,s:s,s:{s:s,s:s,s:I},s:o,s:o}", "user", user_json(s->user), "session",
		s->id, "server", "name", o->server_name, "version", o->version, "time",
		(json_int_t)clock_real_ms(), "totals", totals, "channels", channels);
	if (n > CHANNELS_IN_HELLO) {
		json_object_set_new(body, "more", json_string(logs[CHANNELS_IN_HELLO - 1]->id));
	}
	free(logs);
	return body;
}

static void session_expired(void *arg)
{
	struct session *s = arg;
	struct chat *chat = s->user->lg->chat;

	if (s->conn) {
		chat->ports.close(chat->ports.ctx, s->conn, CLOSE_REFUSED, "expired");
	}
}

static void set_expiry(struct session *s, int64_t expires_ms)
{
	int64_t left = expires_ms - clock_real_ms();

	s->expires_ms = expires_ms;
	timer_stop(&s->expiry);
	if (expires_ms) {
		timer_init(&s->expiry, session_expired, s);
		timer_start(s->user->lg->chat->loop, &s->expiry, (left > 0 ? left : 0) * 1000);
	}
}

/** Everything is in memory: take over the connection, subscribe, answer. */
static void hello_answer(struct hello *h)
{
	struct ops *o = h->o;
	struct chat *chat = o->chat;
	struct session *s = session_find(chat, h->id);
	struct session *other = session_of_conn(chat, h->conn);
	const char *id;
	size_t pos = 0;

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
	set_expiry(s, h->expires_ms);
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

static void hello_heads(struct confab_heads *call, void *arg)
{
	struct hello *h = arg;

	if (call->call.rc) {
		hello_busy(h);
		return;
	}
	for (size_t i = 0; i < call->n; i++) {
		if (call->heads[i].rev) {
			chat_log_head(chat_log_get(h->o->chat, call->logs[i]), &call->heads[i]);
		}
	}
	hello_watch(h);
}

/** Which channels to watch, and heads of memberships that no log in memory knows. */
static void hello_logs(struct hello *h)
{
	json_t *watch = json_object_get(h->rq->args, "watch"), *item;
	struct confab_heads *call;
	const char **logs;
	const char *id;
	size_t pos = 0, i, n = 0, members = strmap_count(h->user->memberships);

	h->watch = calloc(members + json_array_size(watch) + 1, sizeof(*h->watch));
	assert(h->watch);
	json_array_foreach(watch, i, item)
	{
		if (json_is_string(item) && id_valid(json_string_value(item))) {
			h->watch[h->n_watch++] = json_string_value(item);
		}
	}
	call = store_heads_new(h->o->chat->store);
	logs = confab_arena_alloc(call->call.arena, sizeof(char *) * (members + 1));
	while (strmap_next(h->user->memberships, &pos, &id, NULL)) {
		if (json_is_string(watch) && strcmp(json_string_value(watch), "all") == 0) {
			h->watch[h->n_watch++] = id;
		}
		if (!chat_log_get(h->o->chat, id)->rev) {
			logs[n++] = confab_arena_dup(call->call.arena, id, strlen(id));
		}
	}
	call->logs = logs;
	call->n = n;
	if (!n) {
		store_call_free(&call->call);
		hello_watch(h);
		return;
	}
	store_heads(h->o->chat->store, call, hello_heads, h);
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

/** Its row is there; a device that is named now for the first time, or anew, is written down. */
static void hello_known(struct hello *h)
{
	json_t *row = row_json(row_find(h->user->lg, "session", h->id));
	const char *device = json_str(h->rq->args, "device"), *was = json_str(row, "device");
	bool same = !device || !*device || (was && strcmp(was, device) == 0);

	json_decref(row);
	if (same) {
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
	if (u->disabled) {
		hello_refuse(h, "token", "this account is disabled");
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

/* --- other ops --------------------------------------------------------------------------------------- */

static void renewed(void *arg, struct confab_verify *v)
{
	struct confab_request *rq = arg;
	struct session *s = rq->actor->session;

	if (v->rc) {
		session_refuse(rq, v);
	} else if (strcmp(v->user, rq->actor->id) != 0 || !s) {
		request_error(rq, "token", "this token belongs to another user", 0, NULL);
	} else {
		set_expiry(s, v->expires_ms);
		confab_reply(rq, json_pack("{s:I}", "expires", (json_int_t)v->expires_ms));
	}
}

static void run_renew(struct confab_request *rq, void *ctx)
{
	struct ops *o = ctx;

	auth_chain_verify(o->auth, json_str(rq->args, "token"), rq->peer, renewed, rq);
}

static void run_list(struct confab_request *rq, void *ctx)
{
	struct user *u = rq->actor->user;
	json_t *list = json_array();
	size_t pos = 0;
	void *value;

	(void)ctx;
	while (strmap_next(u->lg->rows, &pos, NULL, &value)) {
		struct row *r = value;
		struct session *s;
		json_t *j;

		if (strcmp(r->kind, "session") != 0 || !row_lives(r)) {
			continue;
		}
		j = row_json(r);
		s = session_find(u->lg->chat, r->id);
		json_object_set_new(j, "online", json_boolean(s && s->conn));
		json_object_set_new(
			j, "current", json_boolean(rq->actor->session && s == rq->actor->session));
		json_array_append_new(list, j);
	}
	confab_reply(rq, json_pack("{s:o}", "sessions", list));
}

static void run_hello_http(struct confab_request *rq, void *ctx)
{
	(void)ctx;
	request_error(rq, "bad_request", "hello is for WebSockets", 0, NULL);
}

/* --- kinds -------------------------------------------------------------------------------------------- */

/** More than the limit are not kept: the oldest that nobody uses goes. */
static void drop_oldest(struct confab_event *ev, struct confab_change *c, int64_t most)
{
	const char *oldest = NULL;
	int64_t least = INT64_MAX, n = 0;
	size_t pos = 0;
	void *value;

	for (unsigned i = 0; i < ROWS_LOOKED_AT; i++) {
		const struct row *r;
		int64_t created;

		if (!strmap_next(ev->lg->rows, &pos, NULL, &value)) {
			break;
		}
		r = value;
		if (strcmp(r->kind, "session") != 0 || !row_lives(r)) {
			continue;
		}
		n++;
		if (session_find(ev->lg->chat, r->id)) {
			continue;
		}
		created = json_int(event_lend(ev, ev->lg, "session", r->id), "created", 0);
		if (created < least) {
			least = created;
			oldest = r->id;
		}
	}
	if (n >= most && oldest) {
		confab_change_set(c, "session", oldest, NULL);
	}
}

static int open_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	const struct ops *o = ctx;
	const char *id = json_str(ev->body, "id"), *device = json_str(ev->body, "device");
	const json_t *old = confab_change_row(c, "session", id);
	const struct row *held = row_find(ev->lg, "session", id);

	if (!old && held && held->gone) {
		confab_reject(ev, "token", "this session was revoked; sign in again");
		return CONFAB_EGONE;
	}
	if (old && (!device || !*device || strcmp(json_str(old, "device"), device) == 0)) {
		return 0;
	}
	if (!old) {
		drop_oldest(ev, c, config_limits(o->chat->config)->sessions_per_user);
	}
	return confab_change_set(c, "session", id,
		json_pack("{s:s,s:I}", "device", device ? device : "", "created",
			(json_int_t)json_int(old, "created", clock_real_ms())));
}

static enum confab_verdict revoke_judge(struct confab_event *ev, void *ctx)
{
	const struct row *held = row_find(ev->lg, "session", json_str(ev->body, "session"));

	(void)ctx;
	return held && held->rev
		? CONFAB_PASS
		: confab_reject(ev, "not_found", "you have no session of that name");
}

static int revoke_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	const char *id = json_str(ev->body, "session");

	(void)ctx;
	return confab_change_row(c, "session", id) ? confab_change_set(c, "session", id, NULL) : 0;
}

static const struct confab_kind_row kinds[] = {
	{.name = "session.open",
		.class_ = CONFAB_DURABLE,
		.log = CONFAB_LOG_OWN,
		.build = open_build,
		.doc = "A user is there on a new device."},
	{.name = "session.revoke",
		.class_ = CONFAB_DURABLE,
		.log = CONFAB_LOG_OWN,
		.judge = revoke_judge,
		.build = revoke_build,
		.doc = "A session ends everywhere, for ever."},
};

static const struct confab_field hello_fields[] = {
	{"token", CONFAB_FIELD_STRING, true, 1, 8192, NULL, NULL, "whose it is"},
	{"session", CONFAB_FIELD_STRING, false, 0, 31, NULL, NULL, "session to resume"},
	{"device", CONFAB_FIELD_STRING, false, 0, 32, NULL, NULL, "name of the device"},
	{"watch", CONFAB_FIELD_ANY, false, 0, 0, NULL, NULL,
		"channels to watch: a list of ids, or \"all\""},
	{0},
};
static const struct confab_field hello_reply[] = {
	{"user", CONFAB_FIELD_OBJECT, true, 0, 0, NULL, NULL, "who you are"},
	{"session", CONFAB_FIELD_STRING, true, 1, 31, NULL, NULL, "to resume with"},
	{"server", CONFAB_FIELD_OBJECT, true, 0, 0, NULL, NULL, "name, version, time"},
	{"totals", CONFAB_FIELD_OBJECT, true, 0, 0, NULL, NULL,
		"unread and mentions of all channels"},
	{"channels", CONFAB_FIELD_LIST, true, 0, 0, NULL, NULL,
		"own log first, then the most active memberships"},
	{0},
};
static const struct confab_field renew_fields[] = {
	{"token", CONFAB_FIELD_STRING, true, 1, 8192, NULL, NULL, "a newer token of the same user"},
	{0},
};
static const struct confab_field revoke_fields[] = {
	{"session", CONFAB_FIELD_ID, true, 0, 0, NULL, NULL, "which one"},
	{"cid", CONFAB_FIELD_CID, false, 0, 0, NULL, NULL, "the client's own name of this change"},
	{0},
};

static const struct confab_op_row rows[] = {
	{.name = "hello",
		.actor = CONFAB_OP_USER,
		.run = run_hello_http,
		.args = hello_fields,
		.reply = hello_reply,
		.doc = "First message of a WebSocket: who it is and what it watches."},
	{.name = "session.list",
		.actor = CONFAB_OP_USER,
		.method = "GET",
		.path = "/v1/sessions",
		.run = run_list,
		.doc = "Your sessions, on all devices."},
	{.name = "session.renew",
		.actor = CONFAB_OP_USER,
		.run = run_renew,
		.args = renew_fields,
		.doc = "Go on with a newer token."},
	{.name = "session.revoke",
		.actor = CONFAB_OP_USER,
		.method = "DELETE",
		.path = "/v1/sessions/{session}",
		.kind = "session.revoke",
		.args = revoke_fields,
		.doc = "End one of your sessions everywhere."},
};

/* -------------------------------------------------------------------------------------------- */

bool session_is_hello(const struct confab_request *rq)
{
	return rq->op->row == &rows[0];
}

void session_hello(struct ops *o, struct confab_request *rq)
{
	struct hello *h = calloc(1, sizeof(*h));

	assert(h);
	h->o = o;
	h->rq = rq;
	h->conn = rq->conn;
	auth_chain_verify(o->auth, json_str(rq->args, "token"), rq->peer, hello_verified, h);
}

void session_opened(void *ctx, confab_conn_id conn, const char *peer)
{
	(void)ctx;
	(void)conn;
	(void)peer;
}

void session_closed(void *ctx, confab_conn_id conn, uint16_t code)
{
	struct ops *o = ctx;
	struct session *s = session_of_conn(o->chat, conn);

	(void)code;
	if (s) {
		session_end(s);
	}
}

void session_drained(void *ctx, confab_conn_id conn, const uint32_t *topics, size_t n)
{
	struct ops *o = ctx;

	fanout_drained(o->pl->fanout, conn, topics, n);
}

int ops_session_register(struct ops *o, struct confab_error *err)
{
	int rc = ops_add_kinds(o, kinds, sizeof(kinds) / sizeof(kinds[0]), err);

	return rc ? rc : ops_add(o, rows, sizeof(rows) / sizeof(rows[0]), err);
}
