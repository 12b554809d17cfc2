/**
 * Signing and reading tokens.
 *
 * SPDX-License-Identifier: MIT
 */
#include "auth-local/token.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base64url.h"

#define ACCESS_PREFIX "cfa1."
#define REFRESH_PREFIX "cfr1."
#define PREFIX_LEN 5
#define PAYLOAD_MAX 160
#define MAC_BYTES 32
#define MAC_TEXT 43

/* The prefix is signed too: no other use of the key can be taken for an access token. */
static void mac_of(
	const char *payload, size_t len, const uint8_t key[TOKEN_KEY_BYTES], uint8_t mac[MAC_BYTES])
{
	char signed_text[PREFIX_LEN + PAYLOAD_MAX];
	unsigned mac_len = MAC_BYTES;
	memcpy(signed_text, ACCESS_PREFIX, PREFIX_LEN);
	memcpy(signed_text + PREFIX_LEN, payload, len);
	if (HMAC(EVP_sha256(), key, TOKEN_KEY_BYTES, (const uint8_t *)signed_text, PREFIX_LEN + len,
		    mac, &mac_len) == NULL)
		abort();
}

/* Cut the next part off "a/b/c"; NULL: it does not fit or there is none. */
static char *part_next(char **at, size_t size)
{
	char *part = *at;
	if (part == NULL)
		return NULL;
	char *slash = strchr(part, '/');
	if (slash != NULL)
		*slash++ = '\0';
	*at = slash;
	return strlen(part) < size ? part : NULL;
}

static bool payload_read(char *payload, struct access *out)
{
	char *at = payload, *end;
	const char *user = part_next(&at, sizeof(out->user));
	const char *session = part_next(&at, sizeof(out->session));
	const char *role = part_next(&at, sizeof(out->role));
	const char *expires = part_next(&at, 20);
	if (user == NULL || session == NULL || role == NULL || expires == NULL || at != NULL ||
		user[0] == '\0')
		return false;
	snprintf(out->user, sizeof(out->user), "%s", user);
	snprintf(out->session, sizeof(out->session), "%s", session);
	snprintf(out->role, sizeof(out->role), "%s", role);
	out->expires_ms = strtoll(expires, &end, 10);
	return *expires != '\0' && *end == '\0';
}

/* ------------------------------------------------------------------------------------------ */

bool access_is_ours(const char *token)
{
	return strncmp(token, ACCESS_PREFIX, PREFIX_LEN) == 0;
}

void access_sign(
	const struct access *a, const uint8_t key[TOKEN_KEY_BYTES], char out[TOKEN_ACCESS_SIZE])
{
	char payload[PAYLOAD_MAX];
	uint8_t mac[MAC_BYTES];
	int len = snprintf(payload, sizeof(payload), "%s/%s/%s/%lld", a->user, a->session, a->role,
		(long long)a->expires_ms);
	if (len < 0 || (size_t)len >= sizeof(payload))
		abort(); /* the parts have sizes that always fit */
	mac_of(payload, (size_t)len, key, mac);
	memcpy(out, ACCESS_PREFIX, PREFIX_LEN);
	base64url_write(payload, (size_t)len, out + PREFIX_LEN);
	size_t at = strlen(out);
	out[at++] = '.';
	base64url_write(mac, sizeof(mac), out + at);
}

int access_verify(
	const char *token, const uint8_t key[TOKEN_KEY_BYTES], int64_t now_ms, struct access *out)
{
	char payload[PAYLOAD_MAX + 1];
	uint8_t said[MAC_BYTES], mac[MAC_BYTES];
	memset(out, 0, sizeof(*out));
	if (!access_is_ours(token) || strlen(token) >= TOKEN_ACCESS_SIZE)
		return CONFAB_EPERM;
	const char *text = token + PREFIX_LEN;
	const char *dot = strchr(text, '.');
	if (dot == NULL || strlen(dot + 1) != MAC_TEXT ||
		base64url_read(dot + 1, MAC_TEXT, said, sizeof(said)) != MAC_BYTES)
		return CONFAB_EPERM;
	ssize_t len = base64url_read(text, (size_t)(dot - text), (uint8_t *)payload, PAYLOAD_MAX);
	if (len < 0)
		return CONFAB_EPERM;
	mac_of(payload, (size_t)len, key, mac);
	if (CRYPTO_memcmp(mac, said, sizeof(mac)) != 0)
		return CONFAB_EPERM;
	payload[len] = '\0';
	if (!payload_read(payload, out))
		return CONFAB_EPERM;
	return now_ms < out->expires_ms ? 0 : CONFAB_ETIMEDOUT;
}

void refresh_write(
	const char *session, const uint8_t secret[TOKEN_SECRET_BYTES], char out[TOKEN_REFRESH_SIZE])
{
	int len = snprintf(out, TOKEN_REFRESH_SIZE, REFRESH_PREFIX "%.31s.", session);
	base64url_write(secret, TOKEN_SECRET_BYTES, out + len);
}

int refresh_read(const char *token, struct refresh *out)
{
	uint8_t secret[TOKEN_SECRET_BYTES];
	memset(out, 0, sizeof(*out));
	if (strlen(token) >= TOKEN_REFRESH_SIZE || strncmp(token, REFRESH_PREFIX, PREFIX_LEN) != 0)
		return CONFAB_EPERM;
	const char *session = token + PREFIX_LEN;
	const char *dot = strchr(session, '.');
	size_t len = dot != NULL ? (size_t)(dot - session) : 0;
	if (len == 0 || len >= sizeof(out->session) ||
		base64url_read(dot + 1, strlen(dot + 1), secret, sizeof(secret)) !=
			(ssize_t)sizeof(secret))
		return CONFAB_EPERM;
	memcpy(out->session, session, len);
	secret_hash(secret, sizeof(secret), out->hash);
	return 0;
}

void session_id_write(const uint8_t random[15], char out[TOKEN_SESSION_SIZE])
{
	out[0] = 'l';
	base64url_write(random, 15, out + 1);
}

void secret_hash(const void *secret, size_t len, char out[TOKEN_HASH_SIZE])
{
	uint8_t hash[TOKEN_HASH_BYTES];
	SHA256(secret, len, hash);
	base64url_write(hash, sizeof(hash), out);
}

bool secret_equal(const char *a, const char *b)
{
	size_t len = strlen(a);
	return len == strlen(b) && CRYPTO_memcmp(a, b, len) == 0;
}
