/**
 * What an auth plugin does: say who a token belongs to. Several may be in force; they are asked in the
 * order of the setting `auth`, and the first that says yes or "expired" ends the question.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CONFAB_PROVIDER_AUTH_H
#define CONFAB_PROVIDER_AUTH_H

#include <jansson.h>
#include <confab/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A question; the core's memory until done. */
struct confab_verify {
	void *link[4];                         /* the core's */
	void (*done)(struct confab_verify *v); /* the core's */
	const char *token;                     /* ≤ 8 KB */
	const char *peer;
	int rc; /* out: 0; ENOENT: not mine; EPERM: mine and bad; ETIMEDOUT: expired;
	                             EBUSY: cannot tell now */
	char user[CONFAB_ID_MAX + 1]; /* out */
	char session[64];             /* out: session named by the token, or "" */
	char role[16];                /* out: server role named by the token, or "" */
	int64_t expires_ms;           /* out: Unix time; 0: never */
	json_t *claims;               /* out: taken by the core, or NULL */
	char text[160];               /* out: why not, for the client */
};

struct confab_auth {
	size_t size;
	const char *name;
	/** Called on the logic thread; answer by confab_verify_done, once, from any thread. */
	void (*verify)(void *ctx, struct confab_verify *v);
};

/** Answer a verify, once, with its out fields filled. Thread: any. */
void confab_verify_done(struct confab_verify *v);

#ifdef __cplusplus
}
#endif
#endif
