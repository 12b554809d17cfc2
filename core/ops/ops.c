/**
 * From a request to its event or query: who acts, what is loaded, how it is answered.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ops/ops.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <confab/chat.h>
#include "base/clock.h"
#include "base/ids.h"
#include "base/json.h"
#include "base/log.h"
#include "chat/channel.h"
#include "chat/row.h"
#include "chat/session.h"
#include "chat/visible.h"
#include "config/config.h"
#include "config/grant.h"
#include "ops/auth_chain.h"
#include "ops/document.h"
#include "ops/fields.h"
#include "ops/ops_internal.h"
#include "pipeline/event_internal.h"
#include "pipeline/fanout.h"
#include "pipeline/kind.h"
#include "pipeline/meter.h"
#include "wire/errors.h"
#include "wire/request.h"

/* --- who acts ------------------------------------------------------------------------------------ */

/** An actor on behalf of a request; holds the user's log and the session until it is forgotten. */
static struct confab_actor *actor_new(struct user *u, struct session *s)
{
	struct confab_actor *a = calloc(1, sizeof(*a));

	assert(a);
	a->kind = CONFAB_ACTOR_USER;
	a->user = u;
	a->session = s;
	id_copy(a->id, sizeof(a->id), u->id);
	chat_log_pin(u->lg);
	if (s) {
		session_hold(s);
	}
	return a;
}

static void forget(void *ctx, struct confab_request *rq)
{
	struct confab_actor *a = rq->actor;

	(void)ctx;
	rq->actor = NULL;
	if (!a) {
		return;
	}
	session_drop(a->session);
	if (a->user) {
		chat_log_unpin(a->user->lg);
	}
	free(a);
}

/* --- running ------------------------------------------------------------------------------------- */

static bool within_rate(struct ops *o, struct confab_request *rq)
{
	const struct config_limits *limits = config_limits(o->chat->config);
	unsigned cost = rq->op->row->cost ? rq->op->row->cost : 1, wait;
	char key[CONFAB_ID_MAX + 4];

	if (rq->actor) {
		id_join(key, sizeof(key), "u", ':', rq->actor->id);
		wait = meter_take(o->pl->meter, key, &limits->user_rate, cost);
	} else {
		id_join(key, sizeof(key), "a", ':', rq->peer);
		wait = meter_take(o->pl->meter, key, &limits->address_rate, cost);
	}
	if (wait) {
		request_error(rq, "rate", NULL, wait, NULL);
	}
	return !wait;
}

/** rq may be answered and gone when this returns; the op is not. */
static void op_call(struct ops *o, struct confab_request *rq)
{
	const struct op *op = rq->op;
	struct blame *b = pipeline_blame(o->pl, op->owner);
	struct blame_call call = blame_enter(b, BLAME_OP);

	op->row->run(rq, op->ctx);
	blame_leave(b, &call, BLAME_OP, false);
}

static void run_as(struct ops *o, struct confab_request *rq)
{
	const struct confab_op_row *row = rq->op->row;

	if (row->actor == CONFAB_OP_ADMIN && !(rq->actor && rq->actor->user->is_admin)) {
		request_error(rq, "forbidden", "this needs the server role admin", 0, NULL);
		return;
	}
	if (!within_rate(o, rq)) {
		return;
	}
	if (row->run) {
		op_call(o, rq);
		return;
	}
	ops_event(o, rq, row->kind, json_str(rq->args, "channel"));
}

#define IN_FLIGHT_RETRY_MS 100

struct http_login {
	struct ops *o;
	struct confab_request *rq;
	struct log_waiter waiter;
	char role[16], session[64];
};

/** Everything is known about who asks. */
static void http_run(struct http_login *in, struct user *u)
{
	struct confab_request *rq = in->rq;
	struct ops *o = in->o;
	const char *named = rq->web->session;
	struct session *s = session_find(o->chat, named[0] ? named : in->session);

	s = s && s->user == u ? s : NULL;
	free(in);
	if (s && s->inflight >= config_limits(o->chat->config)->in_flight) {
		request_error(rq, "rate",
			"this session has as many requests under way as limits.in_flight allows",
			IN_FLIGHT_RETRY_MS, NULL);
		return;
	}
	rq->actor = actor_new(u, s);
	run_as(o, rq);
}

/** The token's session has its row now, by which it can be seen and revoked. */
static void http_opened(struct confab_event *ev, void *arg)
{
	struct http_login *in = arg;

	if (ev->out.is == OUTCOME_OK) {
		http_run(in, ev->lg->user);
		return;
	}
	request_error(in->rq, ev->out.code, ev->out.text, ev->out.retry_ms, NULL);
	free(in);
}

static void http_ready(struct http_login *in, int rc)
{
	struct ops *o = in->o;
	struct confab_request *rq = in->rq;
	struct user *u;

	if (rc) {
		request_error(rq, "busy", NULL, 1000, NULL);
		free(in);
		return;
	}
	u = chat_user_find(o->chat, in->rq->keep);
	free(rq->keep);
	rq->keep = NULL;
	if (!u) {
		request_error(rq, "token", "this user's account is gone", 0, NULL);
		free(in);
		return;
	}
	if (session_user_disabled(u)) {
		request_error(
			rq, "token", "this account is disabled; ask an administrator", 0, NULL);
		free(in);
		return;
	}
	if (in->role[0]) {
		session_role(u, in->role);
	}
	if (!session_alive(u, in->session)) {
		request_error(rq, "token", "this session was revoked; sign in again", 0, NULL);
		free(in);
		return;
	}
	if (rq->web->session[0] && strcmp(rq->web->session, in->session) != 0 &&
		!row_lives(row_find(u->lg, "session", rq->web->session))) {
		request_error(rq, "token",
			"the header Confab-Session names none of your sessions; leave it out, or sign in again",
			0, NULL);
		free(in);
		return;
	}
	if (in->session[0] && !row_find(u->lg, "session", in->session)) {
		pipeline_system(o->pl, "session.open", u->id, NULL,
			json_pack("{s:s,s:s}", "id", in->session, "device", "http"), http_opened,
			in);
		return;
	}
	http_run(in, u);
}

static void http_loaded(struct log_waiter *w, int rc)
{
	http_ready((struct http_login *)((char *)w - offsetof(struct http_login, waiter)), rc);
}

static void http_user_made(struct ops *o, void *arg, int rc)
{
	(void)o;
	http_ready(arg, rc);
}

static void http_verified(void *arg, struct confab_verify *v)
{
	struct http_login *in = arg;
	struct confab_request *rq = in->rq;

	if (v->rc) {
		session_refuse(rq, v);
		free(in);
		return;
	}
	snprintf(in->role, sizeof(in->role), "%s", v->role);
	snprintf(in->session, sizeof(in->session), "%s", v->session);
	rq->keep = strdup(v->user);
	session_user(in->o, v->user, v->role, http_user_made, in);
}

/** Lines of the log name the session, until the request's turn is over. */
static void speak_for(confab_conn_id conn, const struct session *s)
{
	struct log_who who = {.conn = conn};

	memcpy(who.session, s->id, sizeof(who.session));
	log_who_set(who);
}

static void run(void *ctx, struct confab_request *rq)
{
	struct ops *o = ctx;
	struct http_login *in;
	struct session *s;

	if (rq->op->row->actor == CONFAB_OP_NONE) {
		if (within_rate(o, rq)) {
			op_call(o, rq);
		}
		return;
	}
	if (!rq->http) {
		s = session_of_conn(o->chat, rq->conn);
		if (!s && !session_is_hello(rq)) {
			confab_conn_id conn = rq->conn;

			request_error(rq, "no_hello", NULL, 0, NULL);
			net_close(o->net, conn, CLOSE_NO_HELLO, "say hello first");
			return;
		}
		if (!session_is_hello(rq)) {
			rq->actor = actor_new(s->user, s);
			speak_for(rq->conn, s);
		}
		if (session_is_hello(rq)) {
			session_hello(o, rq);
		} else {
			run_as(o, rq);
		}
		return;
	}
	if (!rq->web->token) {
		request_error(rq, "token", "this needs 'Authorization: Bearer TOKEN'", 0, NULL);
		return;
	}
	in = calloc(1, sizeof(*in));
	assert(in);
	in->o = o;
	in->rq = rq;
	in->waiter.fn = http_loaded;
	auth_chain_verify(o->auth, rq->web->token, rq->peer, http_verified, in);
}

/* --- events ---------------------------------------------------------------------------------------- */

struct asked {
	struct ops *o;
	struct confab_request *rq;
	void (*then)(struct ops *o, struct confab_request *rq, struct confab_event *ev);
};

static void event_done(struct confab_event *ev, void *arg)
{
	struct asked *asked = arg;

	if (asked->then && ev->out.is == OUTCOME_OK) {
		asked->then(asked->o, asked->rq, ev);
	} else {
		ops_answer(asked->rq, ev);
	}
	free(asked);
}

void ops_answer(struct confab_request *rq, struct confab_event *ev)
{
	if (ev->out.is == OUTCOME_OK) {
		confab_reply(rq, event_take_ok(ev));
	} else {
		request_error(rq, ev->out.code, ev->out.text, ev->out.retry_ms, ev->out.plugin);
	}
}

void ops_event_then(struct ops *o, struct confab_request *rq, const char *name,
	const char *channel_id,
	void (*then)(struct ops *o, struct confab_request *rq, struct confab_event *ev))
{
	const struct kind *kind = kind_find(o->pl->kinds, name);
	struct confab_event *ev;
	struct asked *asked;

	if (!kind) {
		request_error(rq, "unknown_op", NULL, 0, NULL);
		return;
	}
	if (kind->row->log == CONFAB_LOG_CHANNEL && !channel_id) {
		request_error(rq, "bad_request", "'channel' is missing", 0, NULL);
		return;
	}
	asked = malloc(sizeof(*asked));
	assert(asked);
	*asked = (struct asked){.o = o, .rq = rq, .then = then};
	ev = event_make(
		o->pl, kind, rq->actor, channel_id, json_incref(rq->args), event_done, asked);
	ev->born_us = rq->born_us;
	event_start(ev);
}

void ops_event(struct ops *o, struct confab_request *rq, const char *kind, const char *channel_id)
{
	ops_event_then(o, rq, kind, channel_id, NULL);
}

/* --- loading --------------------------------------------------------------------------------------- */

struct loading {
	struct ops *o;
	struct confab_request *rq;
	void (*fn)(struct ops *o, struct confab_request *rq);
	struct log_waiter waiter;
	size_t n, at;
	char ids[][CONFAB_ID_MAX + 2];
};

static void load_next(struct loading *ld)
{
	while (ld->at < ld->n) {
		struct chat_log *lg = chat_log_get(ld->o->chat, ld->ids[ld->at]);

		if (!chat_log_load(lg, &ld->waiter)) {
			return;
		}
		ld->at++;
	}
	ld->fn(ld->o, ld->rq);
	free(ld);
}

static void loaded(struct log_waiter *w, int rc)
{
	struct loading *ld = (struct loading *)((char *)w - offsetof(struct loading, waiter));

	if (rc) {
		request_error(ld->rq, "busy", NULL, 1000, NULL);
		free(ld);
		return;
	}
	load_next(ld);
}

void ops_load(struct ops *o, struct confab_request *rq, const char *const *ids, size_t n,
	void (*fn)(struct ops *o, struct confab_request *rq))
{
	struct loading *ld = calloc(1, sizeof(*ld) + n * sizeof(ld->ids[0]));

	assert(ld);
	ld->o = o;
	ld->rq = rq;
	ld->fn = fn;
	ld->waiter.fn = loaded;
	ld->n = n;
	for (size_t i = 0; i < n; i++) {
		snprintf(ld->ids[i], sizeof(ld->ids[i]), "%s", ids[i]);
	}
	load_next(ld);
}

void ops_load_user(struct ops *o, struct confab_request *rq,
	void (*fn)(struct ops *o, struct confab_request *rq))
{
	char own[CONFAB_ID_MAX + 2];
	const char *id = own;

	chat_own_log(own, json_str(rq->args, "user"));
	ops_load(o, rq, &id, 1, fn);
}

const char *ops_read_refusal(struct ops *o, struct confab_request *rq, struct chat_log *lg)
{
	(void)o;
	if (lg->id[0] == '@') {
		return strcmp(lg->id + 1, rq->actor->id) == 0 && lg->user ? NULL : "no_channel";
	}
	if (lg->state != LOG_READY || !lg->channel || lg->channel->deleted ||
		channel_hides(lg->channel, rq->actor)) {
		return "no_channel";
	}
	return permit_refusal(rq->actor, lg->channel, "read");
}

bool ops_sees(const struct confab_event *ev, const char *message)
{
	const struct row *r = row_find(ev->lg, "message", message);
	struct reader reader;
	struct sight sight;

	if (!ev->actor.user || !r) {
		return true;
	}
	reader = reader_of(ev->actor.user, ev->lg);
	sight = (struct sight){.kind = "message",
		.seq = strtoull(row_id(r), NULL, 10),
		.sender = row_sender(r),
		.audience = row_audience(r)};
	return visible_full(&reader, &sight);
}

struct chat_log *ops_readable(struct ops *o, struct confab_request *rq, const char *channel)
{
	struct chat_log *lg = chat_log_get(o->chat, channel);
	const char *why = ops_read_refusal(o, rq, lg);

	if (why) {
		request_error(rq, why, NULL, 0, NULL);
		return NULL;
	}
	return lg;
}

json_t *ops_can(struct ops *o, const char *type_name, const char *role)
{
	const struct config_type *type = permit_type(o->chat, type_name);
	uint64_t grants = config_grants_of(type, role);
	json_t *can = json_array();
	const struct grant_word *word;

	for (size_t i = 0; (word = grant_word(GRANT_CHANNEL, i)) != NULL; i++) {
		if (grants >> i & 1) {
			json_array_append_new(can, json_string(word->name));
		}
	}
	return can;
}

const struct confab_field ops_change_reply[] = {OPS_CHANGE_FIELDS, {0}};

/* --- registering ------------------------------------------------------------------------------------ */

int ops_add(struct ops *o, const struct confab_op_row *rows, size_t n, struct confab_error *err)
{
	for (size_t i = 0; i < n; i++) {
		int rc = op_add(o->wire->ops, &rows[i], o, NULL, "core", err);

		if (rc) {
			return rc;
		}
	}
	return 0;
}

int ops_add_kinds(
	struct ops *o, const struct confab_kind_row *rows, size_t n, struct confab_error *err)
{
	for (size_t i = 0; i < n; i++) {
		int rc = kind_add(o->pl->kinds, &rows[i], o, NULL, "core", err);

		if (rc) {
			return rc;
		}
	}
	return 0;
}

int ops_register(struct ops *o, struct confab_error *err)
{
	static int (*const parts[])(struct ops * o, struct confab_error * err) = {
		ops_hello_register,
		ops_session_register,
		ops_sync_register,
		ops_message_register,
		ops_page_register,
		ops_channel_register,
		ops_own_register,
		ops_command_register,
		ops_search_register,
		ops_thread_register,
		ops_pin_register,
		ops_plugin_register,
		ops_block_register,
		ops_mine_register,
		ops_user_register,
		ops_setup_register,
		ops_server_info_register,
		ops_document_register,
		ops_held_register,
		ops_list_register,
		ops_member_register,
		ops_moderate_register,
		ops_invite_register,
		ops_link_register,
	};

	o->wire->ports = (struct wire_ports){.run = run,
		.opened = greeting_begin,
		.closed = session_closed,
		.drained = session_drained,
		.forget = forget,
		.ctx = o};
	o->pl->todo_run = ops_todo_run;
	o->pl->todo_ctx = o;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		int rc = parts[i](o, err);

		if (rc) {
			return rc;
		}
	}
	return 0;
}
