/**
 * Keys that sign JSON Web Tokens: read from a JWK Set or a secret, each bound to one algorithm.
 *
 * Source: RFC 7517 (JWK), RFC 7518 (algorithms), RFC 8037 (EdDSA). Immutable and counted; any thread.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef AUTH_JWT_KEYS_H
#define AUTH_JWT_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <openssl/evp.h>
#include <confab/types.h>

/** Longest set as text, most keys in it, longest kid. */
#define KEYS_BYTES_MAX 262144
#define KEYS_MAX 64
#define KEYS_KID_MAX 256
/** Shortest secret (RFC 7518, section 3.2) and RSA modulus (section 3.3). */
#define KEYS_SECRET_MIN 32
#define KEYS_RSA_BITS_MIN 2048

/** The algorithms there are. "none" is none of them. */
enum key_alg { KEY_HS256 = 1, KEY_RS256, KEY_ES256, KEY_EDDSA };

/** One key. A token whose header names another algorithm than the key's is refused. */
struct key {
	char kid[KEYS_KID_MAX + 1]; /* "" : it has none */
	enum key_alg alg;
	EVP_PKEY *public_key; /* NULL for KEY_HS256 */
	uint8_t *secret;
	size_t secret_len;
};

struct keys;

/** An empty set with one reference, the caller's. */
struct keys *keys_new(void);
struct keys *keys_ref(struct keys *keys);
/** NULL is fine. */
void keys_unref(struct keys *keys);

/** Add a secret for HS256. @return 0, or CONFAB_EINVAL: too short */
int keys_add_secret(struct keys *keys, const void *secret, size_t len, struct confab_error *err);

/**
 * Add the keys of a JWK Set. Keys for other uses and of other sorts are left out; symmetric keys are
 * refused, as who publishes a set publishes no secrets.
 *
 * @param skipped  filled with how many were left out
 * @return 0, or CONFAB_EINVAL: no set, a damaged or weak key, a kid twice, or more than KEYS_MAX
 */
int keys_add_set(struct keys *keys, const char *text, size_t len, unsigned *skipped,
	struct confab_error *err);

/** How many keys there are. */
size_t keys_count(const struct keys *keys);
/** Key n, or NULL behind the last. Borrowed from the set. */
const struct key *keys_at(const struct keys *keys, size_t n);

/** "RS256" … and back; 0: no such algorithm here. */
const char *key_alg_name(enum key_alg alg);
enum key_alg key_alg_find(const char *name);

/** Is it the signature of text by this key? Raw bytes as in a token (RFC 7515, section 3). */
bool key_verify(const struct key *key, const char *text, size_t len, const uint8_t *signature,
	size_t signature_len);

#endif
