/**
 * session.renew, session.list, session.revoke, and what connections tell; users at first sight.
 *
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <confab/chat.h>
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/map.h"
#include "chat/row.h"
#include "chat/session.h"
#include "config/config.h"
#include "ops/auth_chain.h"
#include "ops/fields.h"
#include "ops/ops_internal.h"
#include "pipeline/event_internal.h"
#include "pipeline/fanout.h"
#include "wire/errors.h"
#include "wire/request.h"

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

/* --- ops --------------------------------------------------------------------------------------- */

static void session_expired(void *arg)
{
	struct session *s = arg;
	struct chat *chat = s->user->lg->chat;

	if (s->conn) {
		chat->ports.close(chat->ports.ctx, s->conn, CLOSE_REFUSED, "expired");
	}
}

static void renewed(void *arg, struct confab_verify *v)
{
	struct confab_request *rq = arg;
	struct session *s = rq->actor->session;

	if (v->rc) {
		session_refuse(rq, v);
	} else if (strcmp(v->user, rq->actor->id) != 0 || !s) {
		request_error(rq, "token", "this token belongs to another user", 0, NULL);
	} else {
		session_expiry(s, v->expires_ms);
		if (v->role[0]) { /* as a hello with it would */
			session_role(s->user, v->role);
		}
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
		s = session_find(u->lg->chat, row_id(r));
		json_object_set_new(j, "online", json_boolean(s && s->conn));
		json_object_set_new(
			j, "current", json_boolean(rq->actor->session && s == rq->actor->session));
		json_array_append_new(list, j);
	}
	confab_reply(rq, json_pack("{s:o}", "sessions", list));
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
		if (session_find(ev->lg->chat, row_id(r))) {
			continue;
		}
		created = json_int(event_lend(ev, ev->lg, "session", row_id(r)), "created", 0);
		if (created < least) {
			least = created;
			oldest = row_id(r);
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

static const struct confab_field renew_fields[] = {
	{"token", CONFAB_FIELD_STRING, true, 1, 8192, NULL, NULL, "a newer token of the same user"},
	{0},
};
static const struct confab_field renew_reply[] = {
	OPS_COUNT("expires", "when the new token ends, Unix ms; 0: never"),
	{0},
};
static const struct confab_field sessions_fields[] = {
	{"kind", CONFAB_FIELD_STRING, true, 0, 0, "session", NULL, "a row of the own log"},
	{"id", CONFAB_FIELD_ID, true, 0, 0, NULL, NULL, "to resume or revoke it"},
	OPS_COUNT("rev", "of the row"),
	{"device", CONFAB_FIELD_STRING, true, 0, 0, NULL, NULL, "as the client named it"},
	OPS_COUNT("created", "when, Unix ms"),
	{"online", CONFAB_FIELD_BOOL, true, 0, 0, NULL, NULL, "is it connected now?"},
	{"current", CONFAB_FIELD_BOOL, true, 0, 0, NULL, NULL, "is it the one that asks?"},
	{0},
};
static const struct confab_field list_reply[] = {
	{"sessions", CONFAB_FIELD_LIST, true, 0, 0, NULL, sessions_fields, "all that live"},
	{0},
};
static const struct confab_field revoke_fields[] = {
	{"session", CONFAB_FIELD_ID, true, 0, 0, NULL, NULL, "which one"},
	{"cid", CONFAB_FIELD_CID, false, 0, 0, NULL, NULL, "the client's own name of this change"},
	{0},
};

static const struct confab_op_row rows[] = {
	{.name = "session.list",
		.actor = CONFAB_OP_USER,
		.method = "GET",
		.path = "/v1/sessions",
		.run = run_list,
		.reply = list_reply,
		.doc = "Your sessions, on all devices."},
	{.name = "session.renew",
		.actor = CONFAB_OP_USER,
		.run = run_renew,
		.args = renew_fields,
		.reply = renew_reply,
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

void session_expiry(struct session *s, int64_t expires_ms)
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

void session_closed(void *ctx, confab_conn_id conn, uint16_t code)
{
	struct ops *o = ctx;
	struct session *s = session_of_conn(o->chat, conn);

	(void)code;
	greeting_end(o, conn);
	if (s) {
		session_say(s, "lost its connection");
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

void session_say(const struct session *s, const char *what)
{
	struct log_who who = {.conn = s->conn}, former;

	memcpy(who.session, s->id, sizeof(who.session));
	former = log_who_set(who);
	log_debug("session of '%s', %s", s->user->id, what);
	log_who_set(former);
}
