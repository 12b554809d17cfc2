/**
 * Three parts, a header that is believed only where a key agrees, and claims.
 *
 * SPDX-License-Identifier: MIT
 */
#include "auth-jwt/jwt.h"

#include <stdio.h>
#include <string.h>

#include "base64url.h"

#define SIGNATURE_MAX 1024
#define DEPTH_MAX 16

/* The parts of "header.claims.signature". */
struct parts {
	const char *header, *claims, *signature;
	size_t header_len, claims_len, signature_len;
	size_t signed_len; /* of "header.claims" */
};

static bool parts_split(const char *token, struct parts *p)
{
	size_t len = strnlen(token, JWT_BYTES_MAX + 1);
	const char *first = memchr(token, '.', len);
	const char *second = first != NULL
		? memchr(first + 1, '.', len - (size_t)(first + 1 - token))
		: NULL;
	if (len > JWT_BYTES_MAX || second == NULL)
		return false;
	*p = (struct parts){
		.header = token,
		.header_len = (size_t)(first - token),
		.claims = first + 1,
		.claims_len = (size_t)(second - first - 1),
		.signature = second + 1,
		.signature_len = len - (size_t)(second + 1 - token),
		.signed_len = (size_t)(second - token),
	};
	return p->header_len > 0 && p->claims_len > 0 &&
		memchr(p->signature, '.', p->signature_len) == NULL;
}

/* jansson's own bound is 2,048 levels, each a stack frame. */
static bool shallow(const char *json, size_t len)
{
	unsigned depth = 0;
	bool text = false;
	for (size_t i = 0; i < len; i++) {
		char c = json[i];
		if (text && c == '\\')
			i++;
		else if (c == '"')
			text = !text;
		else if (!text && (c == '{' || c == '['))
			depth++;
		else if (!text && (c == '}' || c == ']') && depth > 0)
			depth--;
		if (depth > DEPTH_MAX)
			return false;
	}
	return true;
}

/* @return an object, or NULL */
static json_t *object_read(const char *text, size_t len)
{
	uint8_t bytes[JWT_BYTES_MAX];
	ssize_t n = base64url_read(text, len, bytes, sizeof(bytes));
	if (n <= 0 || !shallow((const char *)bytes, (size_t)n))
		return NULL;
	json_t *object = json_loadb((const char *)bytes, (size_t)n, JSON_REJECT_DUPLICATES, NULL);
	if (json_is_object(object))
		return object;
	json_decref(object);
	return NULL;
}

static const char *text_of(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static bool aud_fits(const json_t *aud, const struct jwt_policy *policy)
{
	for (size_t i = 0; i < policy->n_audiences; i++) {
		const char *wanted = policy->audiences[i];
		const char *one = json_string_value(aud);
		if (one != NULL && strcmp(one, wanted) == 0)
			return true;
		for (size_t k = 0; k < json_array_size(aud); k++) {
			one = json_string_value(json_array_get(aud, k));
			if (one != NULL && strcmp(one, wanted) == 0)
				return true;
		}
	}
	return policy->n_audiences == 0;
}

/* NumericDate: seconds, perhaps with a fraction (RFC 7519, section 2). */
static bool date_of(const json_t *claims, const char *name, int64_t *ms)
{
	const json_t *value = json_object_get(claims, name);
	double seconds = json_number_value(value);
	if (!json_is_number(value) || !(seconds > -1e11 && seconds < 1e11))
		return false;
	*ms = (int64_t)(seconds * 1000);
	return true;
}

static enum jwt_result claims_judge(const json_t *claims, const struct jwt_policy *policy,
	int64_t now_ms, int64_t *expires_ms, char why[160])
{
	int64_t from_ms = 0;
	const char *iss = text_of(claims, "iss");
	if (policy->issuer != NULL && (iss == NULL || strcmp(iss, policy->issuer) != 0)) {
		snprintf(why, 160, "this token is of another issuer");
		return JWT_NOT_OURS;
	}
	if (!aud_fits(json_object_get(claims, "aud"), policy)) {
		snprintf(why, 160, "this token is for another audience");
		return JWT_BAD;
	}
	if (!date_of(claims, "exp", expires_ms)) {
		snprintf(why, 160, "this token does not say when it expires");
		return JWT_BAD;
	}
	if (json_object_get(claims, "nbf") != NULL && !date_of(claims, "nbf", &from_ms)) {
		snprintf(why, 160, "this token's nbf is no date");
		return JWT_BAD;
	}
	if (now_ms >= *expires_ms + policy->leeway_ms) {
		snprintf(why, 160, "this token has expired");
		return JWT_EXPIRED;
	}
	if (now_ms < from_ms - policy->leeway_ms) {
		snprintf(why, 160, "this token is not valid yet");
		return JWT_BAD;
	}
	return JWT_GOOD;
}

/* Keys are chosen by kid where the token has one; the algorithm is the key's, never the token's. */
static enum jwt_result signature_judge(
	const struct parts *p, const json_t *header, const struct keys *keys, char why[160])
{
	uint8_t signature[SIGNATURE_MAX];
	ssize_t len = base64url_read(p->signature, p->signature_len, signature, sizeof(signature));
	const char *alg_name = text_of(header, "alg"), *kid = text_of(header, "kid");
	enum key_alg alg = alg_name != NULL ? key_alg_find(alg_name) : 0;
	bool known = false;
	snprintf(why, 160, "this token's signature is not valid");
	if (alg == 0 || json_object_get(header, "crit") != NULL) {
		snprintf(why, 160, "this token's algorithm is not accepted here");
		return JWT_BAD;
	}
	for (size_t i = 0; i < keys_count(keys); i++) {
		const struct key *key = keys_at(keys, i);
		if (kid != NULL && key->kid[0] != '\0' && strcmp(kid, key->kid) != 0)
			continue;
		/* The key that is named is for another algorithm: no other key would do either. */
		known = known || key->alg == alg || (kid != NULL && key->kid[0] != '\0');
		if (key->alg != alg)
			continue;
		if (len > 0 && key_verify(key, p->header, p->signed_len, signature, (size_t)len))
			return JWT_GOOD;
	}
	return known ? JWT_BAD : JWT_UNKNOWN_KEY;
}

/* ------------------------------------------------------------------------------------------ */

bool jwt_looks_like(const char *token)
{
	struct parts p;
	/* Every header begins with {" which is eyJ in base64. */
	return strncmp(token, "eyJ", 3) == 0 && parts_split(token, &p);
}

enum jwt_result jwt_verify(const char *token, const struct keys *keys,
	const struct jwt_policy *policy, int64_t now_ms, json_t **claims, int64_t *expires_ms,
	char why[160])
{
	struct parts p;
	*claims = NULL;
	if (!parts_split(token, &p)) {
		snprintf(why, 160, "this is no JSON Web Token");
		return JWT_NOT_OURS;
	}
	json_t *header = object_read(p.header, p.header_len);
	json_t *said = header != NULL ? object_read(p.claims, p.claims_len) : NULL;
	enum jwt_result result = JWT_BAD;
	snprintf(why, 160, "this token is damaged");
	if (said != NULL)
		result = signature_judge(&p, header, keys, why);
	if (result == JWT_GOOD)
		result = claims_judge(said, policy, now_ms, expires_ms, why);
	json_decref(header);
	if (result == JWT_GOOD)
		*claims = said;
	else
		json_decref(said);
	return result;
}
