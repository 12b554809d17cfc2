/**
 * Accounts: registering, signing in, changing passwords, and the service for the core.
 *
 *   {"hash","role","disabled","created","name"} by user id
 *
 * SPDX-License-Identifier: MIT
 */
#include "auth-local/local.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <confab/chat.h>

/* ---- limits ------------------------------------------------------------------------------ */

/* A guess is counted for the account at this address, for the account, and for the address; the
 * last two may be many people's. */
#define ACCOUNT_FACTOR 10
#define ADDRESS_FACTOR 6
#define FIRST_WAIT_MS 1000
#define FORGET_MS (30 * 60 * 1000)

enum guess_key { KEY_PAIR, KEY_ACCOUNT, KEY_ADDRESS, GUESS_KEYS };

static void guess_key_write(const struct flow *f, enum guess_key which, char key[160])
{
	if (which == KEY_PAIR)
		snprintf(key, 160, "%.63s@%.63s", f->peer, f->user);
	else if (which == KEY_ACCOUNT)
		snprintf(key, 160, "user %s", f->user);
	else
		snprintf(key, 160, "peer %s", f->peer);
}

/* @return 0, or how long to wait [ms] */
static int64_t guess_begin(const struct flow *f)
{
	const struct confab_settings *s = confab_plugin_settings(f->local->plugin);
	static const unsigned factors[GUESS_KEYS] = {1, ACCOUNT_FACTOR, ADDRESS_FACTOR};
	char key[160];
	/* Where nobody is named yet, only the address is somebody. */
	for (enum guess_key k = f->user[0] != '\0' ? 0 : KEY_ADDRESS; k < GUESS_KEYS; k++) {
		struct limit_rule rule = {
			.free_attempts = (unsigned)confab_setting_int(s, ROW_FREE_ATTEMPTS) *
				factors[k],
			.first_wait_ms = FIRST_WAIT_MS,
			.max_wait_ms = confab_setting_int(s, ROW_MAX_WAIT),
			.forget_ms = FORGET_MS,
		};
		guess_key_write(f, k, key);
		int64_t wait = limit_attempt(f->local->limit, key, &rule, confab_now_ms());
		if (wait > 0)
			return wait;
	}
	return 0;
}

/* It was no guess: the right password, or nobody looked. */
static void guess_end(const struct flow *f, bool right)
{
	char key[160];
	for (enum guess_key k = 0; k < GUESS_KEYS; k++) {
		guess_key_write(f, k, key);
		/* Who owns one account must not be able to guess at others for ever. */
		if (right && k == KEY_PAIR)
			limit_success(f->local->limit, key);
		else
			limit_undo(f->local->limit, key);
	}
}

static bool guess_refused(struct flow *f)
{
	int64_t wait = guess_begin(f);
	if (wait > 0)
		flow_fail_later(f, CONFAB_ELIMIT, "rate",
			"too many attempts; wait as long as retry_ms says", (unsigned)wait);
	return wait > 0;
}

/* ---- making ------------------------------------------------------------------------------ */

static void account_fields(struct flow *f)
{
	json_decref(f->doc);
	f->doc = json_pack("{s:s, s:s, s:b, s:I}", "hash", f->hash, "role", f->role, "disabled", 0,
		"created", (json_int_t)confab_time_ms());
	if (f->name[0] != '\0')
		json_object_set_new(f->doc, "name", json_string(f->name));
	f->version = 0;
}

static void created(struct flow *f)
{
	if (f->rc == CONFAB_ECONFLICT) {
		flow_fail(f, CONFAB_EEXIST, "exists", "this name is taken; choose another");
		return;
	}
	if (f->rc != 0) {
		flow_fail_store(f);
		return;
	}
	confab_log(f->local->plugin, CONFAB_LOG_INFO, "account '%s', created (role %s)", f->user,
		f->role);
	if (f->rq != NULL)
		session_open(f);
	else
		flow_reply(f, json_pack("{s:s, s:s}", "user", f->user, "role", f->role));
}

static void create_put(struct flow *f)
{
	if (f->invite[0] != '\0' && f->rc == CONFAB_ENOENT) {
		flow_fail(f, CONFAB_EPERM, "refused", "this invitation is not valid (any more)");
		return;
	}
	if (f->rc != 0) {
		flow_fail_store(f);
		return;
	}
	account_fields(f);
	flow_put(f, COLL_ACCOUNTS, f->user, NULL, 0, created);
}

static void create_hashed(struct flow *f)
{
	f->rc = 0;
	if (f->invite[0] != '\0')
		invite_use(f, create_put);
	else
		create_put(f);
}

/* Whoever is there already is found before anything costly is done. */
static void create_look(struct flow *f)
{
	if (f->rc == 0)
		flow_fail(f, CONFAB_EEXIST, "exists", "this name is taken; choose another");
	else if (f->rc != CONFAB_ENOENT)
		flow_fail_store(f);
	else
		flow_hash(f, create_hashed);
}

static void create_begin(struct flow *f, const char *user, const char *password)
{
	if (!flow_user(f, user) || !flow_password(f, password))
		return;
	f->password = strdup(password);
	flow_get(f, COLL_ACCOUNTS, f->user, create_look);
}

/* ---- signing in -------------------------------------------------------------------------- */

static void rehashed(struct flow *f)
{
	/* The old hash is as right as the new one: a failure changes nothing. */
	session_open(f);
}

static void rehash_put(struct flow *f)
{
	json_object_set_new(f->doc, "hash", json_string(f->hash));
	flow_put(f, COLL_ACCOUNTS, f->user, NULL, 0, rehashed);
}

static void login_refuse(struct flow *f)
{
	flow_fail(f, CONFAB_EPERM, "credentials", "name or password is wrong");
}

static void login_checked(struct flow *f)
{
	if (!f->right) {
		login_refuse(f);
		return;
	}
	guess_end(f, true);
	if (json_is_true(json_object_get(f->doc, "disabled")))
		flow_fail(f, CONFAB_EPERM, "credentials",
			"this account is disabled; ask an administrator");
	else if (flow_outdated(f) && f->local->hashing < HASHES_WAITING_MAX / 2)
		flow_hash(f, rehash_put);
	else
		session_open(f);
}

static void account_take(struct flow *f)
{
	const char *hash = json_string_value(json_object_get(f->doc, "hash"));
	const char *role = json_string_value(json_object_get(f->doc, "role"));
	snprintf(f->hash, sizeof(f->hash), "%s", hash != NULL ? hash : "");
	if (role != NULL)
		snprintf(f->role, sizeof(f->role), "%s", role);
}

static void login_found(struct flow *f)
{
	if (f->rc != 0 && f->rc != CONFAB_ENOENT) {
		guess_end(f, false);
		flow_fail_store(f);
		return;
	}
	account_take(f);
	if (f->local->hashing >= HASHES_WAITING_MAX)
		guess_end(f, false);
	flow_check(f, login_checked);
}

/* ---- changing ---------------------------------------------------------------------------- */

static void changed_end(struct flow *f)
{
	flow_reply(f, json_object());
}

static void changed_put(struct flow *f)
{
	if (f->rc == CONFAB_ECONFLICT)
		flow_fail_later(f, CONFAB_EBUSY, "busy",
			"this account was changed meanwhile; try again", 100);
	else if (f->rc != 0)
		flow_fail_store(f);
	else if (f->end_sessions)
		session_end_others(f, changed_end);
	else
		changed_end(f);
}

static void change_hashed(struct flow *f)
{
	json_object_set_new(f->doc, "hash", json_string(f->hash));
	f->end_sessions = true;
	flow_put(f, COLL_ACCOUNTS, f->user, NULL, 0, changed_put);
}

static void change_checked(struct flow *f)
{
	if (!f->right) {
		login_refuse(f);
		return;
	}
	guess_end(f, true);
	flow_hash(f, change_hashed);
}

static void change_found(struct flow *f)
{
	if (f->rc == CONFAB_ENOENT) {
		flow_fail(f, f->rc, "not_found", "you have no account with a password here");
		return;
	}
	if (f->rc != 0) {
		flow_fail_store(f);
		return;
	}
	account_take(f);
	flow_check(f, change_checked);
}

/* ---- the service ------------------------------------------------------------------------- */

static struct flow *service_flow(void *ctx, confab_accounts_fn done, void *arg)
{
	struct flow *f = flow_new(ctx, NULL);
	f->done = done;
	f->arg = arg;
	return f;
}

static bool role_valid(struct flow *f, const char *role)
{
	if (role != NULL &&
		(strcmp(role, "user") == 0 || strcmp(role, "admin") == 0 ||
			strcmp(role, "guest") == 0))
		return true;
	flow_fail(f, CONFAB_EINVAL, "bad_request", "a role is user, admin or guest");
	return false;
}

/* f->rc of a look-up; false: the flow has ended. */
static bool account_there(struct flow *f)
{
	int rc = f->rc;
	if (rc == CONFAB_ENOENT)
		flow_fail(f, rc, "not_found", "there is no such account");
	else if (rc != 0)
		flow_fail_store(f);
	return rc == 0;
}

static void service_create(void *ctx, const char *user, const char *password, const char *role,
	const char *name, confab_accounts_fn done, void *arg)
{
	struct flow *f = service_flow(ctx, done, arg);
	if (!role_valid(f, role))
		return;
	snprintf(f->role, sizeof(f->role), "%s", role);
	snprintf(f->name, sizeof(f->name), "%s", name != NULL ? name : "");
	create_begin(f, user, password);
}

static void reset_found(struct flow *f)
{
	if (account_there(f))
		flow_hash(f, change_hashed);
}

static void service_set_password(
	void *ctx, const char *user, const char *password, confab_accounts_fn done, void *arg)
{
	struct flow *f = service_flow(ctx, done, arg);
	if (!flow_user(f, user) || !flow_password(f, password))
		return;
	f->new_password = strdup(password);
	flow_get(f, COLL_ACCOUNTS, f->user, reset_found);
}

static void role_found(struct flow *f)
{
	if (!account_there(f))
		return;
	json_object_set_new(f->doc, "role", json_string(f->role));
	flow_put(f, COLL_ACCOUNTS, f->user, NULL, 0, changed_put);
}

static void service_set_role(
	void *ctx, const char *user, const char *role, confab_accounts_fn done, void *arg)
{
	struct flow *f = service_flow(ctx, done, arg);
	if (!role_valid(f, role) || !flow_user(f, user))
		return;
	snprintf(f->role, sizeof(f->role), "%s", role);
	flow_get(f, COLL_ACCOUNTS, f->user, role_found);
}

static void disabled_found(struct flow *f)
{
	if (!account_there(f))
		return;
	json_object_set_new(f->doc, "disabled", json_boolean(f->end_sessions));
	flow_put(f, COLL_ACCOUNTS, f->user, NULL, 0, changed_put);
}

static void service_set_disabled(
	void *ctx, const char *user, bool disabled, confab_accounts_fn done, void *arg)
{
	struct flow *f = service_flow(ctx, done, arg);
	if (!flow_user(f, user))
		return;
	f->end_sessions = disabled;
	flow_get(f, COLL_ACCOUNTS, f->user, disabled_found);
}

static void sign_in_found(struct flow *f)
{
	if (!account_there(f))
		return;
	account_take(f);
	session_open(f);
}

static void service_sign_in(
	void *ctx, const char *user, const char *device, confab_accounts_fn done, void *arg)
{
	struct flow *f = service_flow(ctx, done, arg);
	if (!flow_user(f, user))
		return;
	snprintf(f->device, sizeof(f->device), "%s", device != NULL ? device : "");
	flow_get(f, COLL_ACCOUNTS, f->user, sign_in_found);
}

static void get_found(struct flow *f)
{
	if (!account_there(f))
		return;
	json_t *account = f->doc;
	f->doc = NULL;
	json_object_del(account, "hash");
	json_object_set_new(account, "user", json_string(f->user));
	flow_reply(f, account);
}

static void service_get(void *ctx, const char *user, confab_accounts_fn done, void *arg)
{
	struct flow *f = service_flow(ctx, done, arg);
	if (flow_user(f, user))
		flow_get(f, COLL_ACCOUNTS, f->user, get_found);
}

/* ------------------------------------------------------------------------------------------ */

const struct confab_accounts local_accounts = {
	.size = sizeof(struct confab_accounts),
	.create = service_create,
	.set_password = service_set_password,
	.set_role = service_set_role,
	.set_disabled = service_set_disabled,
	.sign_in = service_sign_in,
	.get = service_get,
};

void op_register(struct confab_request *rq, void *ctx)
{
	struct flow *f = flow_new(ctx, rq);
	const json_t *args = confab_request_args(rq);
	const char *code = json_string_value(json_object_get(args, "invite"));
	int64_t policy = confab_setting_int(confab_plugin_settings(f->local->plugin), ROW_REGISTER);
	if (policy == REGISTER_CLOSED) {
		flow_fail(
			f, CONFAB_EPERM, "refused", "accounts are made by the administrator here");
		return;
	}
	if (policy == REGISTER_INVITE && code == NULL) {
		flow_fail(f, CONFAB_EPERM, "refused",
			"accounts are made by invitation here: send its code as 'invite'");
		return;
	}
	if (code != NULL)
		secret_hash(code, strlen(code), f->invite);
	/* By address only: the name is not known yet. */
	if (guess_refused(f))
		return;
	create_begin(f, json_string_value(json_object_get(args, "user")),
		json_string_value(json_object_get(args, "password")));
}

void op_login(struct confab_request *rq, void *ctx)
{
	struct flow *f = flow_new(ctx, rq);
	const json_t *args = confab_request_args(rq);
	const char *password = json_string_value(json_object_get(args, "password"));
	if (!flow_user(f, json_string_value(json_object_get(args, "user"))))
		return;
	if (password == NULL || strlen(password) > PASSWORD_BYTES_MAX) {
		login_refuse(f);
		return;
	}
	if (guess_refused(f))
		return;
	f->password = strdup(password);
	flow_get(f, COLL_ACCOUNTS, f->user, login_found);
}

void op_password(struct confab_request *rq, void *ctx)
{
	struct flow *f = flow_new(ctx, rq);
	const json_t *args = confab_request_args(rq);
	const struct confab_actor *actor = confab_request_actor(rq);
	const struct confab_session *session = confab_actor_session(actor);
	const char *password = json_string_value(json_object_get(args, "password"));
	const char *new_password = json_string_value(json_object_get(args, "new"));
	if (!flow_user(f, confab_actor_id(actor)) || !flow_password(f, new_password))
		return;
	if (password == NULL || strlen(password) > PASSWORD_BYTES_MAX) {
		login_refuse(f);
		return;
	}
	if (guess_refused(f))
		return;
	if (session != NULL)
		snprintf(f->session, sizeof(f->session), "%s", confab_session_id(session));
	f->password = strdup(password);
	f->new_password = strdup(new_password);
	flow_get(f, COLL_ACCOUNTS, f->user, change_found);
}
