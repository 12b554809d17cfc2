/**
 * Dates in HTTP (RFC 9110, section 5.6.7). Pure; no locale, no time zone.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NET_HTTP_DATE_H
#define NET_HTTP_DATE_H

#include <stdbool.h>
#include <stdint.h>

/** "Sun, 06 Nov 1994 08:49:37 GMT" and a NUL. */
#define HTTP_DATE_SIZE 30

/** @param unix_s  seconds since 1970, years 1970..9999 (what is outside is clamped) */
void http_date_format(int64_t unix_s, char out[HTTP_DATE_SIZE]);

/**
 * Read a date: the fixed form, and the two old ones that everybody must accept (RFC 850 with a
 * year of two digits: 70–99 are 19xx; and asctime). The name of the day is not held against it.
 *
 * @return false if it is none
 */
bool http_date_parse(const char *text, int64_t *unix_s);

#endif
