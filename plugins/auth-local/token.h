/**
 * The two sorts of tokens. An access token is signed and says all by itself, so that it is verified
 * without asking anybody; it lives minutes. A refresh token is a secret that the server keeps a hash
 * of; it is exchanged for the next one.
 *
 *   access   cfa1.BASE64URL(user/session/role/expires_ms).BASE64URL(HMAC-SHA256)
 *   refresh  cfr1.SESSION.BASE64URL(32 bytes)
 *
 * Pure functions; any thread.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef AUTH_LOCAL_TOKEN_H
#define AUTH_LOCAL_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <confab/types.h>

#define TOKEN_KEY_BYTES 32
#define TOKEN_SECRET_BYTES 32
#define TOKEN_HASH_BYTES 32
/** Room for an access token, a refresh token, a session's id and a hash as text, each with its NUL. */
#define TOKEN_ACCESS_SIZE 320
#define TOKEN_REFRESH_SIZE 96
#define TOKEN_SESSION_SIZE 32
#define TOKEN_HASH_SIZE 48

/** What an access token says. */
struct access {
	char user[CONFAB_ID_MAX + 1];
	char session[TOKEN_SESSION_SIZE];
	char role[16];
	int64_t expires_ms; /* Unix time */
};

/** Does it look like one of ours? Others may belong to another provider. */
bool access_is_ours(const char *token);

/** Sign. user, session and role must not contain '/'. */
void access_sign(
	const struct access *a, const uint8_t key[TOKEN_KEY_BYTES], char out[TOKEN_ACCESS_SIZE]);

/**
 * Verify the signature (in constant time), then read.
 *
 * @param now_ms  Unix time
 * @return 0, CONFAB_EPERM (not signed by this key, or damaged), CONFAB_ETIMEDOUT (expired; out is
 *         filled)
 */
int access_verify(
	const char *token, const uint8_t key[TOKEN_KEY_BYTES], int64_t now_ms, struct access *out);

/** What a refresh token says. */
struct refresh {
	char session[TOKEN_SESSION_SIZE];
	char hash[TOKEN_HASH_SIZE]; /* of its secret, as base64url: what is kept */
};

/** Write a token for a secret. */
void refresh_write(const char *session, const uint8_t secret[TOKEN_SECRET_BYTES],
	char out[TOKEN_REFRESH_SIZE]);

/** Read a token. @return 0, or CONFAB_EPERM: it is none */
int refresh_read(const char *token, struct refresh *out);

/** A session's id from 15 unpredictable bytes: "l" and 20 characters of base64url. */
void session_id_write(const uint8_t random[15], char out[TOKEN_SESSION_SIZE]);

/** A hash of a secret text (invitation codes, refresh secrets), as base64url. */
void secret_hash(const void *secret, size_t len, char out[TOKEN_HASH_SIZE]);

/** Equal, in constant time for texts of one length? */
bool secret_equal(const char *a, const char *b);

#endif
