/**
 * Passwords: Argon2id, with parameters that may grow. Pure functions that block for tens of
 * milliseconds; never on the logic thread.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef AUTH_LOCAL_PASSWORD_H
#define AUTH_LOCAL_PASSWORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PASSWORD_SALT_BYTES 16
/** Room for an encoded hash and its NUL. */
#define PASSWORD_HASH_SIZE 160

/** What one hash costs. */
struct password_cost {
	uint32_t memory_kib; /* 8,192..1,048,576 */
	uint32_t passes;     /* 1..16 */
	uint32_t lanes;      /* 1..16 */
};

/**
 * Hash a password.
 *
 * @param salt  PASSWORD_SALT_BYTES unpredictable bytes
 * @param out   "$argon2id$v=19$m=…,t=…,p=…$salt$hash"
 * @return 0, or CONFAB_ENOMEM
 * Source: RFC 9106; OWASP Password Storage Cheat Sheet for the smallest cost (m=19 MiB, t=2, p=1).
 */
int password_hash(const char *password, const struct password_cost *cost, const uint8_t *salt,
	char out[PASSWORD_HASH_SIZE]);

/**
 * Is it this password? Compared in constant time.
 *
 * @param hash  from password_hash; text that is none, or that costs more than the largest cost
 *              above, is never right
 */
bool password_check(const char *password, const char *hash);

/** Was it hashed with another cost than this? Then hash it anew when it is known. */
bool password_outdated(const char *hash, const struct password_cost *cost);

#endif
