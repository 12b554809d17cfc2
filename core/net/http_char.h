/**
 * The smallest words of HTTP: tokens, lists, slices (RFC 9110, section 5.6).
 *
 * Pure functions over bytes; any thread.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NET_HTTP_CHAR_H
#define NET_HTTP_CHAR_H

#include <stdbool.h>
#include <stddef.h>

/** Some bytes of somebody else, not NUL-terminated. */
struct http_slice {
	const char *at;
	size_t len;
};

/** tchar: may it stand in a method or a field's name? RFC 9110, section 5.6.2. */
bool http_char_token(unsigned char c);

/** Is it a token of at least one character? */
bool http_is_token(const char *s, size_t len);

/** Value of a hexadecimal digit, -1 for every other character. */
int http_char_hex(unsigned char c);

/** The same letters, whatever their case (ASCII). `word` is NUL-terminated. */
bool http_same(const char *s, size_t len, const char *word);

/**
 * Walk a list "a, b,,c": elements without the white space around them, empty ones left out
 * (RFC 9110, section 5.6.1). Does not know quoted strings.
 *
 * @param rest  what is still to be read; moved on
 * @return false when there is no further element
 */
bool http_list_next(struct http_slice *rest, struct http_slice *item);

/** Cut spaces and tabs off both ends (OWS). */
struct http_slice http_trim(const char *s, size_t len);

#endif
