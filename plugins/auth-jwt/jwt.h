/**
 * Is a JSON Web Token good, and what does it say? Only signed tokens in compact form.
 *
 * Source: RFC 7515 (JWS), RFC 7519 (JWT), RFC 8725 (best current practices). Pure; any thread.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef AUTH_JWT_JWT_H
#define AUTH_JWT_JWT_H

#include <jansson.h>
#include "auth-jwt/keys.h"

/** Longest token [bytes]. */
#define JWT_BYTES_MAX 8192

/** What is asked of a token. Borrowed. */
struct jwt_policy {
	const char *issuer;           /* must be its `iss`; NULL: any */
	const char *const *audiences; /* one must be in its `aud`; none given: any */
	size_t n_audiences;
	int64_t leeway_ms; /* how far clocks may differ */
};

enum jwt_result {
	JWT_GOOD = 0,
	JWT_NOT_OURS, /* no token of this form, or of another issuer */
	JWT_BAD,      /* damaged, forged, not for us */
	JWT_EXPIRED,
	JWT_UNKNOWN_KEY, /* its kid is in no set: perhaps keys have changed */
};

/**
 * Verify.
 *
 * @param now_ms  Unix time
 * @param claims  filled if JWT_GOOD: a new reference
 * @param expires_ms  filled if JWT_GOOD: Unix time
 * @param why     filled otherwise: one sentence for the client
 */
enum jwt_result jwt_verify(const char *token, const struct keys *keys,
	const struct jwt_policy *policy, int64_t now_ms, json_t **claims, int64_t *expires_ms,
	char why[160]);

/** Does it have the form of a signed token? Cheap. */
bool jwt_looks_like(const char *token);

#endif
