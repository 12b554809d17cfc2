/**
 * Reading JSON quickly: the same values that jansson would read.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BASE_JSON_READ_H
#define BASE_JSON_READ_H

#include <jansson.h>
#include <stddef.h>

/**
 * A text that is UTF-8 and has no NUL, of any JSON value without doubled keys.
 *
 * @return a new reference; NULL: it is not JSON, or has what only jansson reads (numbers with a
 *         fraction, exponent or more than 18 digits, a depth beyond 64), so ask jansson
 * Thread: any.
 */
json_t *json_read_checked(const char *bytes, size_t len);

/** As json_loadb without flags: an object or array of our own writing. @return a new reference or NULL */
json_t *json_read(const char *bytes, size_t len);

/** The end of the plain bytes of a string: at a quote, a backslash, a control character or the end. */
const char *json_plain_end(const char *at, const char *end);

#endif
