/**
 * Accounts with passwords, as the plugin that keeps them offers them to the core: for the first
 * administrator and for confabctl. Service "auth-local.accounts", major 1.
 *
 * Everything is asked on the logic thread, done comes there once, in a later turn. Strings are copied.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CONFAB_PROVIDER_ACCOUNTS_H
#define CONFAB_PROVIDER_ACCOUNTS_H

#include <stdbool.h>
#include <jansson.h>
#include <confab/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * How it went. rc: 0, CONFAB_EINVAL (name, password or role; text says what is right), CONFAB_EEXIST,
 * CONFAB_ENOENT, CONFAB_EBUSY (nothing was done), CONFAB_EUNKNOWN. reply is borrowed, or NULL.
 */
typedef void (*confab_accounts_fn)(void *arg, int rc, const char *text, const json_t *reply);

struct confab_accounts {
	size_t size;
	/** Make one. role: "user", "admin" or "guest"; name: shown to people, or NULL. */
	void (*create)(void *ctx, const char *user, const char *password, const char *role,
		const char *name, confab_accounts_fn done, void *arg);
	/** Another password; refresh tokens of the user end. */
	void (*set_password)(void *ctx, const char *user, const char *password,
		confab_accounts_fn done, void *arg);
	/** Another server role; known to new access tokens. */
	void (*set_role)(
		void *ctx, const char *user, const char *role, confab_accounts_fn done, void *arg);
	/** Let nobody in with it any more, or again; refresh tokens of the user end. */
	void (*set_disabled)(
		void *ctx, const char *user, bool disabled, confab_accounts_fn done, void *arg);
	/** Sign a user in without a password: reply is what auth.login answers. */
	void (*sign_in)(void *ctx, const char *user, const char *device, confab_accounts_fn done,
		void *arg);
	/** One account: reply {user, role, disabled, created, name}. */
	void (*get)(void *ctx, const char *user, confab_accounts_fn done, void *arg);
};

#ifdef __cplusplus
}
#endif
#endif
