/**
 * From the claims of a token to a user and a server role.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef AUTH_JWT_CLAIMS_H
#define AUTH_JWT_CLAIMS_H

#include <jansson.h>
#include "auth-jwt/cache.h"

/** Which claims say what. Borrowed. */
struct claims_rule {
	const char *user;  /* name of a claim, or a path "a.b.c" where there is no such name */
	const char *role;  /* the same; "" or NULL: everybody is a user */
	const char *admin; /* value that makes an admin; */
	const char *guest; /* … a guest; "" or NULL: none does */
};

/**
 * @param out  user and role are filled
 * @return 0, or CONFAB_EPERM with why: the claim is missing, or is no user's id
 * Pure; any thread.
 */
int claims_read(
	const json_t *claims, const struct claims_rule *rule, struct verified *out, char why[160]);

#endif
