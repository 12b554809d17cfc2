/**
 * user.get, user.update, user.list, user.role, user.disable: who somebody is, and what a server lets
 * them do.
 *
 *   profile, a row of "@ann": name, avatar, status for everybody; role and disabled for the server.
 *   Its tag is the role, by which administrators find users. A role that an administrator gave (role_set)
 *   counts for more than the one that a token names.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ops/user.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <confab/chat.h>
#include <confab/provider/accounts.h>
#include <confab/provider/store.h>
#include "base/clock.h"
#include "base/json.h"
#include "base/json_read.h"
#include "base/map.h"
#include "chat/permit.h"
#include "chat/row.h"
#include "ops/fields.h"
#include "ops/ops_internal.h"
#include "pipeline/change.h"
#include "pipeline/event_internal.h"
#include "store/store.h"
#include "wire/request.h"

#define USERS_AT_ONCE 100
#define SESSIONS_ENDED_MAX 900 /* of one user, in one entry */

static const char *const roles[] = {"admin", "user", "guest"};
#define N_ROLES (sizeof(roles) / sizeof(roles[0]))

/* --- kinds -------------------------------------------------------------------------------------------- */

static int profile_set(struct confab_change *c, const char *user, json_t *profile)
{
	const char *role = json_str(profile, "role");

	return change_set_tagged(c, "profile", user, profile, role ? role : "user");
}

static int create_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	const char *user = json_str(ev->body, "user"), *role = json_str(ev->body, "role");
	const char *name = json_str(ev->body, "name");

	(void)ctx;
	if (confab_change_row(c, "profile", user)) {
		return 0;
	}
	return profile_set(c, user,
		json_pack("{s:s,s:s,s:I}", "name", name && *name ? name : user, "role",
			role && *role ? role : "user", "since", (json_int_t)c->entry.ts));
}

/** A member that is given replaces, an empty string takes it away; a name is always there. */
static void take_member(json_t *profile, const json_t *body, const char *key, const char *user)
{
	const char *value = json_str(body, key);

	if (!value) {
		return;
	}
	if (*value) {
		json_object_set_new(profile, key, json_string(value));
	} else if (strcmp(key, "name") == 0) {
		json_object_set_new(profile, key, json_string(user));
	} else {
		json_object_del(profile, key);
	}
}

static int update_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	const char *user = ev->lg->id + 1;
	const json_t *old = confab_change_row(c, "profile", user);
	json_t *profile = old ? json_deep_copy(old) : json_object();

	(void)ctx;
	take_member(profile, ev->body, "name", user);
	take_member(profile, ev->body, "avatar", user);
	take_member(profile, ev->body, "status", user);
	if (old && json_equal(profile, (json_t *)(uintptr_t)old)) {
		json_decref(profile);
		return 0;
	}
	return profile_set(c, user, profile);
}

static int role_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	const char *user = ev->lg->id + 1, *role = json_str(ev->body, "role");
	const json_t *old = confab_change_row(c, "profile", user);
	json_t *profile;

	(void)ctx;
	if (old && json_bool(old, "role_set") && strcmp(json_str(old, "role"), role) == 0) {
		return 0;
	}
	profile = old ? json_deep_copy(old) : json_pack("{s:s}", "name", user);
	json_object_set_new(profile, "role", json_string(role));
	json_object_set_new(profile, "role_set", json_true());
	return profile_set(c, user, profile);
}

/** Sessions end in the entry that disables the user. */
static void end_sessions(struct confab_event *ev, struct confab_change *c)
{
	size_t pos = 0, n = 0;
	void *value;

	while (strmap_next(ev->lg->rows, &pos, NULL, &value) && n < SESSIONS_ENDED_MAX) {
		struct row *r = value;

		if (strcmp(r->kind, "session") == 0 && row_lives(r)) {
			confab_change_set(c, "session", row_id(r), NULL);
			n++;
		}
	}
}

static int disable_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	const char *user = ev->lg->id + 1;
	bool disabled = json_bool(ev->body, "disabled");
	int64_t until = disabled ? json_int(ev->body, "until", 0) : 0;
	const json_t *old = confab_change_row(c, "profile", user);
	json_t *profile;

	(void)ctx;
	if (json_bool(old, "disabled") == disabled && json_int(old, "disabled_until", 0) == until) {
		return 0;
	}
	profile = old ? json_deep_copy(old) : json_pack("{s:s}", "name", user);
	if (disabled) {
		json_object_set_new(profile, "disabled", json_true());
		end_sessions(ev, c);
	} else {
		json_object_del(profile, "disabled");
	}
	if (until) {
		json_object_set_new(profile, "disabled_until", json_integer(until));
	} else {
		json_object_del(profile, "disabled_until");
	}
	return profile_set(c, user, profile);
}

#define OWN_KIND(name_, build_, doc_) \
	{ \
		.name = (name_), .class_ = CONFAB_DURABLE, .log = CONFAB_LOG_OWN, \
		.build = (build_), .doc = (doc_) \
	}

static const struct confab_kind_row kinds[] = {
	{.name = "user.create",
		.flags = CONFAB_KIND_MAKES_LOG,
		.class_ = CONFAB_DURABLE,
		.log = CONFAB_LOG_OWN,
		.build = create_build,
		.doc = "A user is seen for the first time."},
	OWN_KIND("user.update", update_build, "A user changes name, avatar or status."),
	OWN_KIND("user.role", role_build, "An administrator gives a user another server role."),
	OWN_KIND("user.disable", disable_build, "A user is kept out, or let in again."),
};

/* --- get ---------------------------------------------------------------------------------------------- */

/** Reading profiles one by one. Users who are not there are left out. */
struct getting {
	struct ops *o;
	struct confab_request *rq;
	size_t at;
	json_t *users;
};

static void get_next(struct getting *g);

static void get_add(struct getting *g, const char *user, json_t *profile)
{
	bool all = g->rq->actor->user->is_admin || strcmp(user, g->rq->actor->id) == 0;

	if (profile) {
		json_array_append_new(g->users, user_public(user, profile, all));
	}
	json_decref(profile);
	g->at++;
}

static void get_read(struct confab_row_get *call, void *arg)
{
	struct getting *g = arg;
	const struct confab_row *row = call->rows;

	if (call->call.rc) {
		request_error(g->rq, "busy", NULL, 1000, NULL);
		json_decref(g->users);
		free(g);
		return;
	}
	get_add(g, call->ids[0],
		row->kind && !row->gone ? json_read(row->body, row->body_len) : NULL);
	get_next(g);
}

static void get_ask(struct getting *g, const char *user)
{
	struct confab_row_get *call = store_row_get_new(g->o->chat->store);
	const char **names = confab_arena_alloc(call->call.arena, 2 * sizeof(char *));
	char own[CONFAB_ID_MAX + 2];

	chat_own_log(own, user);
	names[0] = "profile";
	names[1] = confab_arena_dup(call->call.arena, user, strlen(user));
	call->log = confab_arena_dup(call->call.arena, own, strlen(own));
	call->kinds = names;
	call->ids = names + 1;
	call->n = 1;
	store_row_get(g->o->chat->store, call, get_read, g);
}

static void get_next(struct getting *g)
{
	const json_t *ids = json_object_get(g->rq->args, "users");
	const char *user;

	while ((user = json_string_value(json_array_get(ids, g->at))) != NULL) {
		const struct user *u = chat_user_find(g->o->chat, user);

		if (!u || u->lg->state != LOG_READY) {
			get_ask(g, user);
			return;
		}
		get_add(g, user, row_json(row_find(u->lg, "profile", user)));
	}
	confab_reply(g->rq, json_pack("{s:o}", "users", g->users));
	free(g);
}

static void run_get(struct confab_request *rq, void *ctx)
{
	struct getting *g = calloc(1, sizeof(*g));

	assert(g);
	*g = (struct getting){.o = ctx, .rq = rq, .users = json_array()};
	get_next(g);
}

/* --- list --------------------------------------------------------------------------------------------- */

/** All roles' lists, one after the other, merged by id. */
struct listing {
	struct ops *o;
	struct confab_request *rq;
	unsigned role;
	bool more;
	json_t *users;
};

static int by_id(const void *a, const void *b)
{
	return strcmp(json_str(*(json_t *const *)a, "id"), json_str(*(json_t *const *)b, "id"));
}

/** The first `limit` of all that were found: beyond them some list may not have been read. */
static void list_reply(struct listing *l)
{
	size_t n = json_array_size(l->users);
	size_t limit = (size_t)json_int(l->rq->args, "limit", 100);
	json_t **sorted = calloc(n + 1, sizeof(*sorted)), *out = json_array();

	assert(sorted);
	for (size_t i = 0; i < n; i++) {
		sorted[i] = json_array_get(l->users, i);
	}
	qsort(sorted, n, sizeof(*sorted), by_id);
	for (size_t i = 0; i < n && i < limit; i++) {
		json_array_append(out, sorted[i]);
	}
	confab_reply(
		l->rq, json_pack("{s:o,s:b}", "users", out, "more", (int)(l->more || n > limit)));
	free(sorted);
	json_decref(l->users);
	free(l);
}

static void list_next(struct listing *l);

static void list_read(struct confab_tagged *call, void *arg)
{
	struct listing *l = arg;

	if (call->call.rc) {
		request_error(l->rq, "busy", NULL, 1000, NULL);
		json_decref(l->users);
		free(l);
		return;
	}
	for (size_t i = 0; i < call->n; i++) {
		json_t *profile = json_read(call->rows[i].body, call->rows[i].body_len);

		json_array_append_new(l->users, user_public(call->rows[i].id, profile, true));
		json_decref(profile);
	}
	l->more |= call->more;
	l->role++;
	list_next(l);
}

static void list_next(struct listing *l)
{
	const char *only = json_str(l->rq->args, "role"), *after = json_str(l->rq->args, "after");
	struct confab_tagged *call;
	char own[CONFAB_ID_MAX + 2] = "";

	while (l->role < N_ROLES && only && strcmp(only, roles[l->role]) != 0) {
		l->role++;
	}
	if (l->role == N_ROLES) {
		list_reply(l);
		return;
	}
	if (after) {
		chat_own_log(own, after);
	}
	call = store_tagged_new(l->o->chat->store);
	call->kind = "profile";
	call->tag = roles[l->role];
	call->after = confab_arena_dup(call->call.arena, own, strlen(own));
	call->limit = (size_t)json_int(l->rq->args, "limit", 100);
	store_tagged(l->o->chat->store, call, list_read, l);
}

static void run_list(struct confab_request *rq, void *ctx)
{
	const char *why = permit_refusal(rq->actor, NULL, "users.manage");
	struct listing *l;

	if (why) {
		request_error(rq, why, NULL, 0, NULL);
		return;
	}
	l = calloc(1, sizeof(*l));
	assert(l);
	*l = (struct listing){.o = ctx, .rq = rq, .users = json_array()};
	list_next(l);
}

/* --- role and disable ---------------------------------------------------------------------------------- */

/** One change of a user by who manages them: in the accounts, then in the user's own log. */
struct managing {
	struct ops *o;
	user_done_fn done;
	void *arg;
	const char *kind; /* of the event */
	json_t *args;
	struct chat_log *lg; /* the user's, pinned until it is loaded */
	struct log_waiter waiter;
	bool by_admin;
	char user[CONFAB_ID_MAX + 2]; /* as accounts spell it, if there is one */
};

static void manage_end(
	struct managing *m, const char *code, const char *text, unsigned retry_ms, json_t *ok)
{
	m->done(m->arg, code, text, retry_ms, ok);
	json_decref(m->args);
	free(m);
}

static void manage_written(struct confab_event *ev, void *arg)
{
	if (ev->out.is == OUTCOME_OK) {
		manage_end(arg, NULL, NULL, 0, json_deep_copy(ev->out.ok));
	} else {
		manage_end(arg, ev->out.code, ev->out.text, ev->out.retry_ms, NULL);
	}
}

static void manage_loaded(struct ops *o, void *arg, int rc)
{
	struct managing *m = arg;

	if (rc) {
		manage_end(m, "busy", NULL, 1000, NULL);
		return;
	}
	pipeline_system(o->pl, m->kind, m->user, NULL, json_incref(m->args), manage_written, m);
}

/** rc of the accounts: who has none there may still be a user, whose role its tokens name. */
static void manage_account(void *arg, int rc, const char *text, const json_t *reply)
{
	struct managing *m = arg;
	bool role = strcmp(m->kind, "user.role") == 0;

	(void)reply;
	if (rc == CONFAB_ENOENT && role) {
		manage_end(m, "no_user",
			"this server keeps no account of that name; other roles come by token", 0,
			NULL);
	} else if (rc && rc != CONFAB_ENOENT) {
		manage_end(m, rc == CONFAB_EINVAL ? "bad_request" : "busy", text,
			rc == CONFAB_EINVAL ? 0 : 1000, NULL);
	} else if (rc == CONFAB_ENOENT && !chat_user_find(m->o->chat, m->user)) {
		manage_end(m, "no_user", NULL, 0, NULL);
	} else {
		for (char *c = m->user; !rc && *c; c++) { /* accounts know small letters only */
			*c = (char)(*c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c);
		}
		session_user(m->o, m->user, "user", manage_loaded, m);
	}
}

/** Only administrators make some, and change them. */
static bool manage_allowed(const struct managing *m)
{
	const struct user *u = chat_user_find(m->o->chat, m->user);
	const char *role = json_str(m->args, "role");

	return m->by_admin || !((u && u->is_admin) || (role && strcmp(role, "admin") == 0));
}

/** The user's log is loaded, so that somebody without an account here is known by it. A while passes by
 *  itself: accounts know only for ever. */
static void manage_known(struct log_waiter *w, int rc)
{
	struct managing *m = (struct managing *)((char *)w - offsetof(struct managing, waiter));
	const struct confab_accounts *accounts = m->o->accounts;
	void *ctx = m->o->accounts_ctx;

	chat_log_unpin(m->lg);
	if (rc) {
		manage_end(m, "busy", NULL, 1000, NULL);
	} else if (!manage_allowed(m)) {
		manage_end(m, "forbidden", "only administrators make or change administrators", 0,
			NULL);
	} else if (!accounts) {
		manage_account(m, CONFAB_ENOENT, NULL, NULL);
	} else if (strcmp(m->kind, "user.role") == 0) {
		accounts->set_role(ctx, m->user, json_str(m->args, "role"), manage_account, m);
	} else {
		accounts->set_disabled(ctx, m->user,
			json_bool(m->args, "disabled") && !json_int(m->args, "until", 0),
			manage_account, m);
	}
}

static void manage_answer(
	void *arg, const char *code, const char *text, unsigned retry_ms, json_t *ok)
{
	if (code) {
		request_error(arg, code, text && *text ? text : NULL, retry_ms, NULL);
	} else {
		confab_reply(arg, ok);
	}
}

static void run_manage(struct confab_request *rq, void *ctx)
{
	const char *user = json_str(rq->args, "user");
	const char *why = permit_refusal(rq->actor, NULL, "users.manage");
	int64_t until = json_int(rq->args, "until", 0);

	if (why) {
		request_error(rq, why, NULL, 0, NULL);
	} else if (strcmp(user, rq->actor->id) == 0) {
		request_error(rq, "forbidden",
			"ask another administrator: nobody does this to "
			"themselves",
			0, NULL);
	} else if (until && until <= clock_real_ms()) {
		request_error(rq, "bad_request", "'until' is over already", 0, NULL);
	} else {
		user_manage(ctx, rq->op->row->name, json_incref(rq->args),
			rq->actor->user->is_admin, manage_answer, rq);
	}
}

/* --- rows ---------------------------------------------------------------------------------------------- */

static const struct confab_field public_fields[] = {
	{"id", CONFAB_FIELD_ID, true, 0, 0, NULL, NULL, "who it is"},
	{"name", CONFAB_FIELD_STRING, true, 0, 0, NULL, NULL, "for people"},
	{"avatar", CONFAB_FIELD_STRING, false, 0, 0, NULL, NULL, "what stands for the picture"},
	{"status", CONFAB_FIELD_STRING, false, 0, 0, NULL, NULL, "what they say of themselves"},
	{"role", CONFAB_FIELD_STRING, false, 0, 0, NULL, NULL,
		"server role; your own, and for administrators"},
	{"disabled", CONFAB_FIELD_BOOL, false, 0, 0, NULL, NULL, "kept out; for administrators"},
	{"disabled_until", CONFAB_FIELD_INT, false, 0, JSON_INT_MAX, NULL, NULL,
		"until then, Unix ms; absent: until told otherwise"},
	{0},
};
static const struct confab_field get_fields[] = {
	{"users", CONFAB_FIELD_IDS, true, 1, USERS_AT_ONCE, NULL, NULL, "whose"},
	{0},
};
static const struct confab_field users_reply[] = {
	{"users", CONFAB_FIELD_LIST, true, 0, 0, NULL, public_fields, "those that are there"},
	{"more", CONFAB_FIELD_BOOL, false, 0, 0, NULL, NULL, "there are others behind the last"},
	{0},
};
static const struct confab_field update_fields[] = {
	OPS_CID_FIELD,
	OPS_AGAIN_FIELD,
	{"name", CONFAB_FIELD_STRING, false, 0, 128, NULL, NULL, "for people; empty: the id"},
	{"avatar", CONFAB_FIELD_STRING, false, 0, 512, NULL, NULL, "a reference; empty: none"},
	{"status", CONFAB_FIELD_STRING, false, 0, 256, NULL, NULL, "a line; empty: none"},
	{0},
};
static const struct confab_field list_fields[] = {
	{"role", CONFAB_FIELD_STRING, false, 0, 0, "admin user guest", NULL, "only these"},
	{"after", CONFAB_FIELD_ID, false, 0, 0, NULL, NULL, "the last id of the page before"},
	{"limit", CONFAB_FIELD_INT, false, 1, 1000, NULL, NULL, "at most so many"},
	{0},
};
static const struct confab_field role_fields[] = {
	{"user", CONFAB_FIELD_ID, true, 0, 0, NULL, NULL, "whose"},
	{"role", CONFAB_FIELD_STRING, true, 0, 0, "admin user guest", NULL, "the server role"},
	{0},
};
static const struct confab_field disable_fields[] = {
	{"user", CONFAB_FIELD_ID, true, 0, 0, NULL, NULL, "whom"},
	{"disabled", CONFAB_FIELD_BOOL, true, 0, 0, NULL, NULL, "false lets them in again"},
	OPS_UNTIL_FIELD,
	{0},
};

static const struct confab_op_row rows[] = {
	{.name = "user.get",
		.actor = CONFAB_OP_USER,
		.method = "GET",
		.path = "/v1/users",
		.run = run_get,
		.args = get_fields,
		.reply = users_reply,
		.doc = "Profiles of up to 100 users."},
	{.name = "user.update",
		.actor = CONFAB_OP_USER,
		.method = "PATCH",
		.path = "/v1/me",
		.kind = "user.update",
		.args = update_fields,
		.reply = ops_change_reply,
		.doc = "Change your name, avatar or status."},
	{.name = "user.list",
		.actor = CONFAB_OP_USER,
		.method = "GET",
		.path = "/v1/admin/users",
		.run = run_list,
		.args = list_fields,
		.reply = users_reply,
		.grant = "server:users.manage",
		.doc = "Users of this server, by id."},
	{.name = "user.role",
		.actor = CONFAB_OP_USER,
		.method = "PUT",
		.path = "/v1/admin/users/{user}/role",
		.run = run_manage,
		.args = role_fields,
		.reply = ops_change_reply,
		.grant = "server:users.manage",
		.doc = "Give somebody another server role."},
	{.name = "user.disable",
		.actor = CONFAB_OP_USER,
		.method = "PUT",
		.path = "/v1/admin/users/{user}/disabled",
		.run = run_manage,
		.args = disable_fields,
		.reply = ops_change_reply,
		.grant = "server:users.manage",
		.doc = "Keep somebody out, sessions and all, or let them in again."},
};

/* -------------------------------------------------------------------------------------------- */

void user_manage(
	struct ops *o, const char *kind, json_t *args, bool by_admin, user_done_fn done, void *arg)
{
	struct managing *m = calloc(1, sizeof(*m));
	char own[CONFAB_ID_MAX + 2];

	assert(m);
	*m = (struct managing){.o = o,
		.done = done,
		.arg = arg,
		.kind = kind,
		.args = args,
		.by_admin = by_admin,
		.waiter = {.fn = manage_known}};
	snprintf(m->user, sizeof(m->user), "%s", json_str(args, "user"));
	chat_own_log(own, m->user);
	m->lg = chat_log_get(o->chat, own);
	chat_log_pin(m->lg);
	if (chat_log_load(m->lg, &m->waiter)) {
		manage_known(&m->waiter, 0);
	}
}

json_t *user_public(const char *user, const json_t *profile, bool all)
{
	static const char *const everybody[] = {"name", "avatar", "status"};
	json_t *out = json_pack("{s:s}", "id", user);

	for (size_t i = 0; i < sizeof(everybody) / sizeof(everybody[0]); i++) {
		json_t *value = json_object_get(profile, everybody[i]);

		if (value) {
			json_object_set(out, everybody[i], value);
		}
	}
	if (!json_str(out, "name")) {
		json_object_set_new(out, "name", json_string(user));
	}
	if (all) {
		const char *role = json_str(profile, "role");

		json_object_set_new(out, "role", json_string(role ? role : "user"));
		json_object_set_new(out, "disabled", json_boolean(json_bool(profile, "disabled")));
		if (json_object_get(profile, "disabled_until")) {
			json_object_set(
				out, "disabled_until", json_object_get(profile, "disabled_until"));
		}
	}
	return out;
}

int ops_user_register(struct ops *o, struct confab_error *err)
{
	int rc = ops_add_kinds(o, kinds, sizeof(kinds) / sizeof(kinds[0]), err);

	return rc ? rc : ops_add(o, rows, sizeof(rows) / sizeof(rows[0]), err);
}
