/**
 * Sessions that can be prolonged: one document per session with the hash of its newest refresh token.
 *
 * A refresh token is good once. When one comes that was exchanged already, somebody else may hold
 * the session: it ends, for both. (RFC 9700, section 4.14.2.) Who did not hear the answer may ask
 * again for a short while.
 *
 *   {"user","device","hash": newest,"former": the one before,"rotated": when,"created","fresh": the
 *    newest was not used yet}
 *
 * SPDX-License-Identifier: MIT
 */
#include "auth-local/local.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <confab/chat.h>

/* Sessions of one user that are ended at once; more are ended by their age. */
#define SESSIONS_MAX 1000

static const struct confab_settings *settings_of(const struct flow *f)
{
	return confab_plugin_settings(f->local->plugin);
}

static int64_t session_expiry(const struct flow *f)
{
	return confab_time_ms() + confab_setting_int(settings_of(f), ROW_REFRESH_LIFETIME);
}

/* Give f->doc a new refresh token, and leave the answer in it until it is stored. */
static json_t *tokens_new(struct flow *f)
{
	uint8_t secret[TOKEN_SECRET_BYTES];
	char refresh[TOKEN_REFRESH_SIZE], hash[TOKEN_HASH_SIZE], token[TOKEN_ACCESS_SIZE];
	struct access access = {
		.expires_ms = confab_time_ms() +
			confab_setting_int(settings_of(f), ROW_ACCESS_LIFETIME),
	};
	confab_random(secret, sizeof(secret));
	refresh_write(f->session, secret, refresh);
	secret_hash(secret, sizeof(secret), hash);
	explicit_bzero(secret, sizeof(secret));
	json_t *former = json_object_get(f->doc, "hash");
	json_object_set_new(
		f->doc, "former", former != NULL ? json_deep_copy(former) : json_string(""));
	json_object_set_new(f->doc, "hash", json_string(hash));
	json_object_set_new(f->doc, "rotated", json_integer(confab_time_ms()));
	snprintf(access.user, sizeof(access.user), "%s", f->user);
	snprintf(access.session, sizeof(access.session), "%s", f->session);
	snprintf(access.role, sizeof(access.role), "%s", f->role);
	access_sign(&access, f->local->key, token);
	return json_pack("{s:s, s:I, s:s, s:s, s:s, s:s}", "access", token, "expires_ms",
		(json_int_t)access.expires_ms, "refresh", refresh, "user", f->user, "session",
		f->session, "role", f->role);
}

/* The answer waits in the document's copy, which is not what is stored. */
static void tokens_answer(struct flow *f)
{
	json_t *answer = f->answer;
	f->answer = NULL;
	flow_reply(f, answer);
}

static void opened(struct flow *f)
{
	if (f->rc != 0)
		flow_fail_store(f);
	else
		tokens_answer(f);
}

/* ---- refresh ----------------------------------------------------------------------------- */

static void refuse_refresh(struct flow *f)
{
	flow_fail(f, CONFAB_EPERM, "token", "this session has ended; sign in again");
}

/* The server's own session of that name ends too: connections, and access tokens that are still good. */
static void end_everywhere(struct local *l, const char *user, const char *session)
{
	int rc = confab_emit_as(
		l->plugin, user, "session.revoke", NULL, json_pack("{s:s}", "session", session));
	if (rc != 0)
		confab_log(l->plugin, CONFAB_LOG_WARNING,
			"session of '%s', ends only when its access token does (%s)", user,
			confab_code_text(rc));
}

static void reuse_ended(struct flow *f)
{
	end_everywhere(f->local, f->user, f->session);
	refuse_refresh(f);
}

static void refresh_look(struct flow *f);

static void refreshed(struct flow *f)
{
	/* Somebody else exchanged it meanwhile: judge again. */
	if (f->rc == CONFAB_ECONFLICT && f->tries++ < 3) {
		flow_get(f, COLL_SESSIONS, f->session, refresh_look);
		return;
	}
	if (f->rc != 0)
		flow_fail_store(f);
	else
		tokens_answer(f);
}

/* f->doc is the session's again (the account's role and state are known). */
static void refresh_rotate(struct flow *f)
{
	json_decref(f->answer);
	f->answer = tokens_new(f);
	flow_put(f, COLL_SESSIONS, f->session, f->user, session_expiry(f), refreshed);
}

static void refresh_account(struct flow *f)
{
	json_t *session = f->kept;
	f->kept = NULL;
	const char *role = json_string_value(json_object_get(f->doc, "role"));
	bool disabled = json_is_true(json_object_get(f->doc, "disabled"));
	int rc = f->rc;
	if (role != NULL)
		snprintf(f->role, sizeof(f->role), "%s", role);
	json_decref(f->doc);
	f->doc = session;
	f->version = f->kept_version;
	if (rc == CONFAB_ENOENT || disabled)
		flow_delete(f, COLL_SESSIONS, f->session, reuse_ended);
	else if (rc != 0)
		flow_fail_store(f);
	else
		refresh_rotate(f);
}

static void refresh_look(struct flow *f)
{
	if (f->rc != 0 && f->rc != CONFAB_ENOENT) {
		flow_fail_store(f);
		return;
	}
	const char *user = json_string_value(json_object_get(f->doc, "user"));
	const char *hash = json_string_value(json_object_get(f->doc, "hash"));
	const char *former = json_string_value(json_object_get(f->doc, "former"));
	json_int_t rotated = json_integer_value(json_object_get(f->doc, "rotated"));
	if (f->rc == CONFAB_ENOENT || user == NULL || hash == NULL) {
		refuse_refresh(f);
		return;
	}
	snprintf(f->user, sizeof(f->user), "%s", user);
	int64_t grace = confab_setting_int(settings_of(f), ROW_REUSE_GRACE);
	bool newest = secret_equal(hash, f->refresh.hash);
	bool unheard = former != NULL && secret_equal(former, f->refresh.hash) &&
		confab_time_ms() - rotated < grace;
	if (!newest && !unheard) {
		confab_log(f->local->plugin, CONFAB_LOG_WARNING,
			"session of '%s', ended (a refresh token was used twice)", f->user);
		flow_delete(f, COLL_SESSIONS, f->session, reuse_ended);
		return;
	}
	if (unheard) /* what was given out and not heard is void; its predecessor stays the former */
		json_object_set_new(f->doc, "hash", json_string(former));
	f->kept = f->doc;
	f->kept_version = f->version;
	f->doc = NULL;
	flow_get(f, COLL_ACCOUNTS, f->user, refresh_account);
}

/* ---- ending ------------------------------------------------------------------------------ */

static void logged_out(struct flow *f)
{
	if (f->rc != 0 && f->rc != CONFAB_ENOENT) {
		flow_fail_store(f);
		return;
	}
	end_everywhere(f->local, f->user, f->session);
	flow_reply(f, json_object());
}

/* Only one's own session. */
static void logout_look(struct flow *f)
{
	const char *user = json_string_value(json_object_get(f->doc, "user"));
	if (f->rc != 0 && f->rc != CONFAB_ENOENT)
		flow_fail_store(f);
	else if (user == NULL || strcmp(user, f->user) != 0)
		flow_reply(f, json_object());
	else
		flow_delete(f, COLL_SESSIONS, f->session, logged_out);
}

/* One deletion under way for each session found; the flow goes on after the last. */
static void other_deleted(void *arg, int rc, const char *key, const json_t *doc, uint64_t version)
{
	struct flow *f = arg;
	(void)key;
	(void)doc;
	(void)version;
	if (rc != 0 && rc != CONFAB_ENOENT)
		f->rc = rc;
	if (--f->uses == 0)
		f->then(f);
}

static void other_found(void *arg, int rc, const char *key, const json_t *doc, uint64_t version)
{
	struct flow *f = arg;
	(void)doc;
	(void)version;
	if (key != NULL && strcmp(key, f->session) != 0) {
		f->uses++;
		end_everywhere(f->local, f->user, key);
		confab_doc_delete(
			f->local->plugin, COLL_SESSIONS, key, CONFAB_ANY_VERSION, other_deleted, f);
	} else if (key == NULL) {
		/* The search itself counted as one. */
		other_deleted(f, rc, NULL, NULL, 0);
	}
}

/* ------------------------------------------------------------------------------------------ */

void session_open(struct flow *f)
{
	uint8_t random[15];
	confab_random(random, sizeof(random));
	session_id_write(random, f->session);
	json_decref(f->doc);
	f->doc = json_pack("{s:s, s:s, s:I}", "user", f->user, "device", f->device, "created",
		(json_int_t)confab_time_ms());
	f->version = 0;
	f->answer = tokens_new(f);
	flow_put(f, COLL_SESSIONS, f->session, f->user, session_expiry(f), opened);
}

void session_end_others(struct flow *f, flow_fn step)
{
	f->then = step;
	f->uses = 1;
	f->rc = 0;
	confab_doc_find(f->local->plugin, COLL_SESSIONS, f->user, SESSIONS_MAX, other_found, f);
}

static void revoked_deleted(void *arg, int rc, const char *key, const json_t *doc, uint64_t version)
{
	(void)arg; /* a refresh token that stays names a session that is gone: harmless */
	(void)rc;
	(void)key;
	(void)doc;
	(void)version;
}

void session_revoked(const struct confab_event *ev, void *ctx)
{
	struct local *l = ctx;
	const char *session = json_string_value(json_object_get(confab_event_body(ev), "session"));
	if (session != NULL)
		confab_doc_delete(l->plugin, COLL_SESSIONS, session, CONFAB_ANY_VERSION,
			revoked_deleted, NULL);
}

void op_refresh(struct confab_request *rq, void *ctx)
{
	struct flow *f = flow_new(ctx, rq);
	const char *token = json_string_value(json_object_get(confab_request_args(rq), "refresh"));
	if (token == NULL || refresh_read(token, &f->refresh) != 0) {
		refuse_refresh(f);
		return;
	}
	snprintf(f->session, sizeof(f->session), "%s", f->refresh.session);
	flow_get(f, COLL_SESSIONS, f->session, refresh_look);
}

void op_logout(struct confab_request *rq, void *ctx)
{
	struct flow *f = flow_new(ctx, rq);
	const struct confab_actor *actor = confab_request_actor(rq);
	const struct confab_session *session = confab_actor_session(actor);
	const char *token = json_string_value(json_object_get(confab_request_args(rq), "refresh"));
	snprintf(f->user, sizeof(f->user), "%s", confab_actor_id(actor));
	if (token != NULL && refresh_read(token, &f->refresh) == 0)
		snprintf(f->session, sizeof(f->session), "%s", f->refresh.session);
	else if (token == NULL && session != NULL)
		snprintf(f->session, sizeof(f->session), "%s", confab_session_id(session));
	if (f->session[0] == '\0')
		flow_fail(f, CONFAB_EINVAL, "bad_request",
			"say which session: send its refresh token");
	else
		flow_get(f, COLL_SESSIONS, f->session, logout_look);
}
