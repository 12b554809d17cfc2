/**
 * UTF-8 checked as it arrives (RFC 3629): no surrogates, no overlong forms, up to U+10FFFF.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** State between two pieces; starts as 0. */
typedef uint32_t utf8_state;

/** Take in a piece. @return false at the first byte that cannot be right (fail fast) */
bool utf8_feed(utf8_state *state, const void *bytes, size_t len);
/** Did the text end at a character's boundary? */
bool utf8_complete(utf8_state state);
/** Whole text at once. */
bool utf8_valid(const void *bytes, size_t len);
/** Longest prefix of at most max bytes that ends at a boundary. */
size_t utf8_cut(const char *s, size_t len, size_t max);

#endif
