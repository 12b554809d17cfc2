/**
 * Entity tags and conditional requests (RFC 9110, sections 8.8.3 and 13). Pure.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NET_HTTP_ETAG_H
#define NET_HTTP_ETAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Room for a tag made by http_etag_format. */
#define HTTP_ETAG_SIZE 40

/** A strong tag with its quotes from a file's size and time of change. */
void http_etag_format(uint64_t size, int64_t mtime_ns, char out[HTTP_ETAG_SIZE]);

enum http_etag_compare { HTTP_ETAG_STRONG, HTTP_ETAG_WEAK };

/** Is the tag in the list of If-Match or If-None-Match ("*" is every tag)? Section 8.8.3.2. */
bool http_etag_in(const char *list, const char *etag, enum http_etag_compare how);

/** What the client holds already. NULL where a field is absent. */
struct http_conditions {
	const char *if_match;
	const char *if_none_match;
	const char *if_modified_since;
	const char *if_unmodified_since;
};

/**
 * Judge the conditions in their order (section 13.2.2).
 *
 * @param etag     of what is there, with its quotes; NULL if nothing is there
 * @param mtime_s  when it last changed, Unix time
 * @param reads    the method is GET or HEAD
 * @return 0 to go on, 304 or 412
 */
int http_conditions_judge(
	const struct http_conditions *c, const char *etag, int64_t mtime_s, bool reads);

#endif
