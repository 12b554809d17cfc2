/**
 * Fuzz: tokens and keys that strangers send. No text but ours is signed, whatever is read can be
 * written again as the same text, and key sets are taken or refused with a sentence. The first byte
 * says what the rest is.
 *
 * SPDX-License-Identifier: MIT
 */
#include "auth-jwt/claims.h"
#include "auth-jwt/jwt.h"
#include "auth-local/token.h"
#include "base64url.h"
#include "pieces.h"

#define NOW_MS INT64_C(1700000000000)

static const char secret[] = "a secret that is long enough for it";

static void try_base64url(const char *text)
{
	size_t len = strlen(text);
	uint8_t *bytes = malloc(len + 1);
	char *again = malloc(len + 4);
	ssize_t n;

	HOLDS(bytes != NULL && again != NULL);
	n = base64url_read(text, len, bytes, len);
	if (n >= 0) {
		base64url_write(bytes, (size_t)n, again);
		HOLDS(strcmp(text, again) == 0);
		HOLDS(n == 0 || base64url_read(text, len, bytes, (size_t)n - 1) == -1);
	}
	free(bytes);
	free(again);
}

static void try_claims(const json_t *claims)
{
	static const struct claims_rule rule = {"sub", "a.b", "admin", "guest"};
	struct verified who = {0};
	char why[160] = "";
	int rc = claims_read(claims, &rule, &who, why);

	HOLDS(rc == 0 || (rc == CONFAB_EPERM && why[0] != '\0'));
}

static void judge(const char *token, const struct keys *keys)
{
	static const char *const audiences[] = {"chat"};
	static const struct jwt_policy policy = {NULL, audiences, 1, 1000};
	json_t *claims = NULL;
	int64_t expires_ms;
	char why[160] = "";
	enum jwt_result result = jwt_verify(
		token, keys, &policy, NOW_MS, &claims, &expires_ms, why);

	HOLDS((result == JWT_GOOD) == (claims != NULL));
	HOLDS(result == JWT_GOOD || why[0] != '\0');
	HOLDS(result != JWT_GOOD || (jwt_looks_like(token) && expires_ms + 1000 > NOW_MS));
	if (claims != NULL)
		try_claims(claims);
	json_decref(claims);
}

static void try_jwt(const char *token)
{
	struct keys *keys = keys_new();

	HOLDS(keys_add_secret(keys, secret, sizeof(secret) - 1, NULL) == 0);
	judge(token, keys);
	keys_unref(keys);
}

/* "header.payload", signed here: what stands in a token whose signature is right. */
static void try_signed_jwt(const char *text)
{
	char *token = malloc(strlen(text) + 64);
	uint8_t mac[32];
	char mac_text[44];

	HOLDS(token != NULL);
	HOLDS(EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, secret, sizeof(secret) - 1,
		      (const unsigned char *)text, strlen(text), mac, sizeof(mac), NULL) != NULL);
	base64url_write(mac, sizeof(mac), mac_text);
	strcpy(token, text);
	strcat(token, ".");
	strcat(token, mac_text);
	try_jwt(token);
	free(token);
}

static void try_key_set(const char *text)
{
	struct confab_error err = {0};
	struct keys *keys = keys_new();
	unsigned skipped = 0;
	int rc = keys_add_set(keys, text, strlen(text), &skipped, &err);

	HOLDS(rc == 0 || (rc == CONFAB_EINVAL && err.text[0] != '\0'));
	HOLDS(keys_count(keys) <= KEYS_MAX);
	for (size_t i = 0; i < keys_count(keys); i++)
		HOLDS(keys_at(keys, i)->alg != KEY_HS256 && keys_at(keys, i)->secret == NULL);
	keys_unref(keys);
}

static void try_claims_text(const char *text)
{
	json_t *claims = json_loads(text, 0, NULL);

	if (claims != NULL)
		try_claims(claims);
	json_decref(claims);
}

static void try_access(const char *text)
{
	static const uint8_t key[TOKEN_KEY_BYTES] = {1, 2, 3};
	struct access a = {0};
	char again[TOKEN_ACCESS_SIZE];

	/* Only a text that this key signed passes, and it is signed as the same text. */
	if (access_verify(text, key, NOW_MS, &a) == CONFAB_EPERM)
		return;
	access_sign(&a, key, again);
	HOLDS(access_is_ours(text) && strcmp(text, again) == 0);
}

static void try_refresh(const char *text)
{
	struct refresh r;

	if (refresh_read(text, &r) == 0)
		HOLDS(strlen(r.session) < sizeof(r.session) && strlen(r.hash) == 43);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const tries[])(const char *text) = {try_base64url, try_jwt, try_signed_jwt,
		try_key_set, try_claims_text, try_access, try_refresh};

	pieces_choose(tries, sizeof(tries) / sizeof(tries[0]), data, size);
	return 0;
}
