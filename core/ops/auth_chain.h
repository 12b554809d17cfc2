/**
 * Whose is a token? The auth providers are asked in the configured order; the first that knows it ends
 * the question.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef OPS_AUTH_CHAIN_H
#define OPS_AUTH_CHAIN_H

#include <confab/provider/auth.h>
#include "loop/loop.h"

struct auth_chain;

/** A chain without providers; auth_chain_free() takes it, NULL is fine. */
struct auth_chain *auth_chain_new(struct loop *logic);
void auth_chain_free(struct auth_chain *c);
/** A provider. Borrowed. */
struct auth_provider {
	const struct confab_auth *vtable;
	void *ctx;
	/** Around every question to it, so that its code stays while one is open; owner is theirs. NULL: it
	 *  stays anyway. */
	void (*begin)(void *owner), (*end)(void *owner);
	void *owner;
};

/** Append one. Copied. */
void auth_chain_add(struct auth_chain *c, const struct auth_provider *p);
/** Forget them all (a reload sets them anew). */
void auth_chain_clear(struct auth_chain *c);

/** Ask. token and peer are copied. done comes once, on the logic thread, in a later turn; its result is
 *  borrowed until return (claims may be taken by setting the pointer to NULL). */
void auth_chain_verify(struct auth_chain *c, const char *token, const char *peer,
	void (*done)(void *arg, struct confab_verify *v), void *arg);

#endif
