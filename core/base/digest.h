/**
 * SHA-256, many times: the algorithm is looked up once, not at each call.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

/** Belongs to one thread at a time. */
struct digest;

/** The caller's. Exhaustion is fatal. */
struct digest *digest_new(void);
/** NULL is fine. */
void digest_free(struct digest *d);
/** SHA-256 (FIPS 180-4) of some bytes. */
void digest_sha256(struct digest *d, const void *bytes, size_t len, uint8_t out[32]);

#endif
