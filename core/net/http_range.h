/**
 * Parts of a file (RFC 9110, section 14). Pure.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NET_HTTP_RANGE_H
#define NET_HTTP_RANGE_H

#include <stdbool.h>
#include <stdint.h>

enum http_range {
	HTTP_RANGE_ALL = 0,   /* the whole (200): no range, several, or one that cannot be read */
	HTTP_RANGE_PART = 1,  /* send from..to (206, Content-Range: bytes from-to/size) */
	HTTP_RANGE_BEYOND = 2 /* 416, Content-Range names nothing but the size */
};

/**
 * @param header  of Range, or NULL
 * @param size    of the whole [bytes]
 * @param from    set at HTTP_RANGE_PART: first byte, and
 * @param to      last byte, both within 0..size-1
 */
enum http_range http_range_parse(const char *header, uint64_t size, uint64_t *from, uint64_t *to);

/**
 * Does a Range count beside this If-Range (section 13.1.5)? A tag must match strongly, a date
 * exactly.
 *
 * @param if_range  or NULL: yes
 */
bool http_range_applies(const char *if_range, const char *etag, int64_t mtime_s);

#endif
