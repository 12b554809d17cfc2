/**
 * Finding claims by name or path.
 *
 * SPDX-License-Identifier: MIT
 */
#include "auth-jwt/claims.h"

#include <stdio.h>
#include <string.h>

/* A claim's name may itself hold dots ("https://example.org/role"): the name as a whole counts first. */
static const json_t *claim_find(const json_t *object, const char *path)
{
	const json_t *found = json_object_get(object, path);
	for (const char *dot = strchr(path, '.'); found == NULL && dot != NULL;
		dot = strchr(dot + 1, '.')) {
		char name[128];
		int len = snprintf(name, sizeof(name), "%.*s", (int)(dot - path), path);
		const json_t *inner = len > 0 && (size_t)len < sizeof(name)
			? json_object_get(object, name)
			: NULL;
		if (json_is_object(inner))
			found = claim_find(inner, dot + 1);
	}
	return found;
}

static bool has_value(const json_t *claim, const char *value)
{
	const char *text = json_string_value(claim);
	if (value == NULL || value[0] == '\0')
		return false;
	if (text != NULL)
		return strcmp(text, value) == 0;
	for (size_t i = 0; i < json_array_size(claim); i++) {
		text = json_string_value(json_array_get(claim, i));
		if (text != NULL && strcmp(text, value) == 0)
			return true;
	}
	return false;
}

static bool id_valid(const char *id)
{
	size_t len = strlen(id);
	return len >= 1 && len <= CONFAB_ID_MAX &&
		strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:-") ==
		len;
}

/* ------------------------------------------------------------------------------------------ */

int claims_read(
	const json_t *claims, const struct claims_rule *rule, struct verified *out, char why[160])
{
	const char *user = json_string_value(claim_find(claims, rule->user));
	if (user == NULL || !id_valid(user)) {
		snprintf(why, 160, "this token's claim '%.60s' %s", rule->user,
			user == NULL ? "is missing"
				     : "is no user's id (1 to 64 of A-Z a-z 0-9 _ . : -)");
		return CONFAB_EPERM;
	}
	snprintf(out->user, sizeof(out->user), "%s", user);
	const json_t *role = rule->role != NULL && rule->role[0] != '\0'
		? claim_find(claims, rule->role)
		: NULL;
	const char *name = has_value(role, rule->admin) ? "admin"
		: has_value(role, rule->guest)          ? "guest"
							: "user";
	snprintf(out->role, sizeof(out->role), "%s", name);
	return 0;
}
