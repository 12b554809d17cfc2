/**
 * JSON from strangers: bounded before jansson sees a byte, and canonical text for hashing.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <confab/types.h>

#define JSON_DEPTH_MAX 32
#define JSON_INT_MAX 9007199254740991LL /* 2^53-1 */

/**
 * Parse one JSON value from outside. Checked in one pass before jansson sees a byte: UTF-8, depth ≤
 * JSON_DEPTH_MAX, no NUL (raw or \u0000), integers within ±JSON_INT_MAX; duplicate keys are
 * refused. The error names the byte offset.
 *
 * @param max_bytes  refuse longer input with CONFAB_ELIMIT
 * @return a new reference, or NULL with err filled (CONFAB_EPROTO, CONFAB_ELIMIT)
 * Thread: any. The value belongs to one thread at a time.
 */
json_t *json_parse_bounded(
	const char *bytes, size_t len, size_t max_bytes, struct confab_error *err);

/** Only the check of json_parse_bounded. @return 0 or a code, err filled */
int json_scan(const char *bytes, size_t len, struct confab_error *err);

/** Does anybody else hold this value or something in it (constants apart)? Then it must not be given
 *  to another thread: jansson's counts are atomic, but what is read and freed beside them is not. */
bool json_is_shared(const json_t *value);

struct buf;
struct digest;
/** Compact text of a value, keys as they stand. Appends. */
void json_write(struct buf *b, const json_t *value);

/**
 * SHA-256 of a request's canonical text: keys sorted, compact, without the top-level keys
 * `id`, `again` and `read` (design, section 3: Once). 32 bytes.
 */
void json_hash(const json_t *object, struct digest *digest, uint8_t hash[32]);

/** Borrowed string member, or NULL if absent or of another type. */
const char *json_str(const json_t *object, const char *key);
/** Integer member, or dflt. */
int64_t json_int(const json_t *object, const char *key, int64_t dflt);
/** Boolean member, or false. */
int json_bool(const json_t *object, const char *key);

#endif
