/**
 * base64url without padding, strictly: one text for every sequence of bytes, nothing else is read.
 *
 * Source: RFC 4648, sections 3.5 and 5. Pure functions; any thread.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PLUGINS_BASE64URL_H
#define PLUGINS_BASE64URL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/** Write len bytes as text with a NUL; out has room for 4 * ((len + 2) / 3) + 1. */
void base64url_write(const void *bytes, size_t len, char *out);

/**
 * Read len characters.
 *
 * @param out  room for max bytes
 * @return bytes written, or -1: a character that does not belong, a length that cannot be, bits that
 *         must be zero are not, or more than max
 */
ssize_t base64url_read(const char *text, size_t len, uint8_t *out, size_t max);

#endif
