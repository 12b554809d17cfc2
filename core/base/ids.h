/**
 * Ids: which strings are one, and how the server makes them (design, sections 2 and 8).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BASE_IDS_H
#define BASE_IDS_H

#include <stdbool.h>
#include <confab/types.h>

/** 1..64 of [A-Za-z0-9_.:-]. */
bool id_valid(const char *s);
/** 16..64 printable ASCII characters without quote, backslash or space. */
bool cid_valid(const char *s);

/** Room for "d." or "c." + 26 + NUL. */
#define ID_MADE_SIZE 29

/** Direct channel: "d." + 26 of lower-case base32(SHA-256(smaller 0x0A larger)). */
void id_direct(char out[ID_MADE_SIZE], const char *user_a, const char *user_b);
/** Server-made channel: "c." + 26 of base32(SHA-256(creator 0x0A cid)). */
void id_made(char out[ID_MADE_SIZE], const char *creator, const char *cid);
/** Both prefixes are reserved: may a client choose this id? */
bool id_reserved(const char *s);

/** Room for every number as an id. */
#define ID_NUMBER_SIZE 24

/** A number in decimal, as rows of messages are named. */
void id_number(char out[ID_NUMBER_SIZE], uint64_t n);
/** Copy a name, cut to size - 1 bytes; NULL is "". size ≥ 1 */
void id_copy(char *out, size_t size, const char *name);
/** Two names and what stands between them, cut to size - 1 bytes. size ≥ 2 */
void id_join(char *out, size_t size, const char *a, char between, const char *b);

/** len characters of lower-case base32 from chance (5 bits each) and a NUL. For tokens use 32+. */
void id_random(char *out, size_t len);

#endif
