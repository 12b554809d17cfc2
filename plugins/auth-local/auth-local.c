/**
 * auth-local: accounts with passwords kept in the server's own store. Glue only.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <confab/plugin.h>
#include <confab/provider/auth.h>
#include <confab/service.h>

#include "base64url.h"
#include "auth-local/local.h"

/* Guessers that are remembered. */
#define LIMIT_KEYS_MAX 20000
#define KEY_NAME "access"

const struct confab_setting local_rows[LOCAL_ROWS] = {
	[ROW_REGISTER] = {"register", CONFAB_SETTING_ENUM, "invite",
		.words = "open, invite, closed", .flags = CONFAB_SETTING_RELOADABLE,
		.doc = "Who may make an account: anybody, who has an invitation, or nobody but "
		       "the administrator."},
	[ROW_PASSWORD_MIN] = {"password_min", CONFAB_SETTING_INT, "8", 1, 256, .unit = "characters",
		.flags = CONFAB_SETTING_RELOADABLE, .doc = "Shortest new password."},
	[ROW_ACCESS_LIFETIME] = {"access_lifetime", CONFAB_SETTING_DURATION, "15m", 10000, 86400000,
		.flags = CONFAB_SETTING_RELOADABLE,
		.doc = "How long an access token is good; clients get new ones by themselves."},
	[ROW_REFRESH_LIFETIME] = {"refresh_lifetime", CONFAB_SETTING_DURATION, "30d", 60000,
		31536000000, .flags = CONFAB_SETTING_RELOADABLE,
		.doc = "How long somebody stays signed in without using the session."},
	[ROW_REUSE_GRACE] = {"reuse_grace", CONFAB_SETTING_DURATION, "10s", 0, 300000,
		.flags = CONFAB_SETTING_RELOADABLE,
		.doc = "How long a refresh token that was just exchanged may come again, as its "
		       "answer may be lost; later its session ends."},
	[ROW_HASH_MEMORY] = {"hash_memory", CONFAB_SETTING_SIZE, "19MB", 8388608, 1073741824,
		.flags = CONFAB_SETTING_RELOADABLE,
		.doc = "Memory that hashing one password takes (Argon2id)."},
	[ROW_HASH_PASSES] = {"hash_passes", CONFAB_SETTING_INT, "2", 1, 16,
		.flags = CONFAB_SETTING_RELOADABLE, .doc = "Passes over that memory."},
	[ROW_HASH_LANES] = {"hash_lanes", CONFAB_SETTING_INT, "1", 1, 16,
		.flags = CONFAB_SETTING_RELOADABLE, .doc = "Argon2id's degree of parallelism."},
	[ROW_HASHERS] = {"hashers", CONFAB_SETTING_INT, "1", 1, HASHERS_MAX, .unit = "threads",
		.doc = "Passwords that are hashed at the same time; 64 more may wait."},
	[ROW_FREE_ATTEMPTS] = {"free_attempts", CONFAB_SETTING_INT, "5", 1, 1000,
		.flags = CONFAB_SETTING_RELOADABLE,
		.doc = "Wrong passwords for one account from one address before waits begin; six "
		       "times as many for an address, ten times for an account."},
	[ROW_MAX_WAIT] = {"max_wait", CONFAB_SETTING_DURATION, "5m", 1000, 86400000,
		.flags = CONFAB_SETTING_RELOADABLE, .doc = "Longest wait after wrong passwords."},
	[ROW_INVITE_LIFETIME] = {"invite_lifetime", CONFAB_SETTING_DURATION, "7d", 60000,
		31536000000, .flags = CONFAB_SETTING_RELOADABLE,
		.doc = "How long an invitation is good."},
};

#define FIELD_USER(doc_) \
	{ \
		"user", CONFAB_FIELD_STRING, true, 1, CONFAB_ID_MAX, NULL, NULL, doc_ \
	}
#define FIELD_PASSWORD(name_, doc_) \
	{ \
		name_, CONFAB_FIELD_STRING, true, 1, PASSWORD_BYTES_MAX, NULL, NULL, doc_ \
	}
#define FIELD_DEVICE \
	{ \
		"device", CONFAB_FIELD_STRING, false, 0, 64, NULL, NULL, \
			"What the user calls this device." \
	}
#define FIELDS_END \
	{ \
		NULL, 0, false, 0, 0, NULL, NULL, NULL \
	}

static const struct confab_field register_args[] = {
	FIELD_USER("The name to be known by; capital letters become small ones."),
	FIELD_PASSWORD("password", "The password."),
	{"invite", CONFAB_FIELD_STRING, false, 1, 128, NULL, NULL, "The code of an invitation."},
	{"name", CONFAB_FIELD_STRING, false, 0, 128, NULL, NULL, "The name shown to people."},
	FIELD_DEVICE,
	FIELDS_END,
};
static const struct confab_field login_args[] = {
	FIELD_USER("The user's name."),
	FIELD_PASSWORD("password", "The password."),
	FIELD_DEVICE,
	FIELDS_END,
};
static const struct confab_field refresh_args[] = {
	{"refresh", CONFAB_FIELD_STRING, true, 1, 128, NULL, NULL, "The newest refresh token."},
	FIELDS_END,
};
static const struct confab_field logout_args[] = {
	{"refresh", CONFAB_FIELD_STRING, false, 1, 128, NULL, NULL,
		"A refresh token of the session to end; without it the session that asks."},
	FIELDS_END,
};
static const struct confab_field password_args[] = {
	FIELD_PASSWORD("password", "The password so far."),
	FIELD_PASSWORD("new", "The new password."),
	FIELDS_END,
};
static const struct confab_field invite_args[] = {
	{"uses", CONFAB_FIELD_INT, false, 1, 1000, NULL, NULL, "How many may come by it; 1."},
	{"role", CONFAB_FIELD_STRING, false, 0, 0, "user guest", NULL, "What they become; user."},
	FIELDS_END,
};
static const struct confab_field tokens_reply[] = {
	{"access", CONFAB_FIELD_STRING, true, 0, 0, NULL, NULL, "Token for hello and HTTP."},
	{"expires_ms", CONFAB_FIELD_INT, true, 0, 0, NULL, NULL, "When it ends, Unix ms."},
	{"refresh", CONFAB_FIELD_STRING, true, 0, 0, NULL, NULL, "Good once, for the next two."},
	{"user", CONFAB_FIELD_ID, true, 0, 0, NULL, NULL, "Who this is."},
	{"session", CONFAB_FIELD_STRING, true, 0, 0, NULL, NULL, "The session's id."},
	{"role", CONFAB_FIELD_STRING, true, 0, 0, NULL, NULL, "The user's server role."},
	FIELDS_END,
};
static const struct confab_field invite_reply[] = {
	{"invite", CONFAB_FIELD_STRING, true, 0, 0, NULL, NULL, "The code; it is not kept."},
	{"expires_ms", CONFAB_FIELD_INT, true, 0, 0, NULL, NULL, "When it ends, Unix ms."},
	FIELDS_END,
};

static const struct confab_op_row ops[] = {
	{.name = "auth.register",
		.actor = CONFAB_OP_NONE,
		.method = "POST",
		.path = "/v1/auth/register",
		.run = op_register,
		.args = register_args,
		.reply = tokens_reply,
		.cost = 5,
		.doc = "Make an account and sign in."},
	{.name = "auth.login",
		.actor = CONFAB_OP_NONE,
		.method = "POST",
		.path = "/v1/auth/login",
		.run = op_login,
		.args = login_args,
		.reply = tokens_reply,
		.cost = 2,
		.doc = "Sign in with a password."},
	{.name = "auth.refresh",
		.actor = CONFAB_OP_NONE,
		.method = "POST",
		.path = "/v1/auth/refresh",
		.run = op_refresh,
		.args = refresh_args,
		.reply = tokens_reply,
		.doc = "Exchange a refresh token for new tokens."},
	{.name = "auth.logout",
		.actor = CONFAB_OP_USER,
		.method = "POST",
		.path = "/v1/auth/logout",
		.run = op_logout,
		.args = logout_args,
		.doc = "End a session, everywhere and at once."},
	{.name = "auth.password",
		.actor = CONFAB_OP_USER,
		.method = "POST",
		.path = "/v1/auth/password",
		.run = op_password,
		.args = password_args,
		.cost = 5,
		.doc = "Change the own password; other sessions end."},
	{.name = "auth.invite",
		.actor = CONFAB_OP_USER,
		.method = "POST",
		.path = "/v1/auth/invite",
		.run = op_invite,
		.args = invite_args,
		.reply = invite_reply,
		.grant = "server:invite",
		.doc = "Make an invitation (server grant invite)."},
};

static void local_verify(void *ctx, struct confab_verify *v)
{
	struct local *l = ctx;
	struct access access;
	if (!access_is_ours(v->token)) {
		v->rc = CONFAB_ENOENT;
	} else {
		v->rc = access_verify(v->token, l->key, confab_time_ms(), &access);
		snprintf(v->user, sizeof(v->user), "%s", access.user);
		snprintf(v->session, sizeof(v->session), "%s", access.session);
		snprintf(v->role, sizeof(v->role), "%s", access.role);
		v->expires_ms = access.expires_ms;
		if (v->rc == CONFAB_EPERM)
			snprintf(v->text, sizeof(v->text), "this token is not valid");
		if (v->rc == CONFAB_ETIMEDOUT)
			snprintf(v->text, sizeof(v->text), "this token has expired");
	}
	confab_verify_done(v);
}

/* ---- the key that all nodes of a server share -------------------------------------------- */

static void key_load(struct local *l);

static void key_use(struct local *l, const json_t *doc)
{
	const char *text = json_string_value(json_object_get(doc, "key"));
	if (text == NULL ||
		base64url_read(text, strlen(text), l->key, sizeof(l->key)) != TOKEN_KEY_BYTES)
		confab_ready(l->plugin, CONFAB_EPROTO, "the key in the store cannot be read");
	else
		confab_ready(l->plugin, 0, NULL);
}

static void key_put(void *arg, int rc, const char *key, const json_t *doc, uint64_t version)
{
	struct local *l = arg;
	(void)key;
	(void)version;
	if (rc == 0)
		confab_ready(l->plugin, 0, NULL);
	else if (rc == CONFAB_ECONFLICT && doc != NULL) /* another node was faster */
		key_use(l, doc);
	else
		key_load(l);
}

static void key_got(void *arg, int rc, const char *key, const json_t *doc, uint64_t version)
{
	struct local *l = arg;
	char text[4 * TOKEN_KEY_BYTES / 3 + 4];
	(void)key;
	(void)version;
	if (rc == 0) {
		key_use(l, doc);
	} else if (rc != CONFAB_ENOENT) {
		confab_ready(l->plugin, rc, "the key cannot be read from the store");
	} else {
		confab_random(l->key, sizeof(l->key));
		base64url_write(l->key, sizeof(l->key), text);
		confab_doc_put(l->plugin, COLL_KEYS, KEY_NAME, json_pack("{s:s}", "key", text),
			NULL, 0, 0, key_put, l);
		explicit_bzero(text, sizeof(text));
	}
}

static void key_load(struct local *l)
{
	confab_doc_get(l->plugin, COLL_KEYS, KEY_NAME, key_got, l);
}

/* ---- life -------------------------------------------------------------------------------- */

static int local_load(struct confab_plugin *p, void **ctx, struct confab_error *err)
{
	struct local *l = calloc(1, sizeof(*l));
	if (l == NULL)
		return confab_error_set(err, CONFAB_ENOMEM, "out of memory");
	*ctx = l;
	l->plugin = p;
	l->limit = limit_new(LIMIT_KEYS_MAX);
	l->n_hashers = (unsigned)confab_setting_int(confab_plugin_settings(p), ROW_HASHERS);
	for (unsigned i = 0; i < l->n_hashers && l->limit != NULL; i++)
		l->hashers[i] = confab_lane_open(p, "hasher");
	if (l->limit == NULL || l->hashers[l->n_hashers - 1] == NULL) {
		limit_free(l->limit);
		free(l);
		return confab_error_set(err, CONFAB_ENOMEM, "no thread for hashing");
	}
	key_load(l);
	return 0;
}

static void local_unload(void *ctx)
{
	struct local *l = ctx;
	explicit_bzero(l->key, sizeof(l->key));
	limit_free(l->limit);
	free(l);
}

static const struct confab_auth auth = {
	.size = sizeof(auth), .name = "auth-local", .verify = local_verify};

static const struct confab_hook_row hooks[] = {
	CONFAB_OBSERVER("session.revoke", session_revoked,
		"Refresh tokens of a session that was revoked go with it."),
};

static const struct confab_provide_row provides[] = {
	{"auth", 1, &auth, sizeof(auth)},
	{"auth-local.accounts", 1, &local_accounts, sizeof(local_accounts)},
};

CONFAB_PLUGIN("auth-local", "1.0") = {
	CONFAB_HEAD("auth-local", "1.0", "MIT"),
	.summary = "Accounts with passwords, kept in the server's own store.",
	.caps = CONFAB_CAP_STORE | CONFAB_CAP_USERS | CONFAB_CAP_SESSIONS,
	CONFAB_ROWS(settings, local_rows),
	CONFAB_ROWS(hooks, hooks),
	CONFAB_ROWS(ops, ops),
	CONFAB_ROWS(provides, provides),
	.load = local_load,
	.unload = local_unload,
};
