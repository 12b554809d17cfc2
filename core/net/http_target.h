/**
 * What a request is for: the four forms of a target, strict paths, and parameters of a query.
 *
 * Pure functions over bytes; any thread. Sources: RFC 9112, section 3.2; RFC 3986, section 3.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NET_HTTP_TARGET_H
#define NET_HTTP_TARGET_H

#include "net/http_char.h"

/** The parts of a request-target, borrowed from it. */
struct http_target {
	struct http_slice authority; /* of the absolute form, else empty */
	struct http_slice path;      /* raw; begins with "/", or is "*" */
	struct http_slice query;     /* raw, without the "?"; reaches to the target's end */
};

/**
 * Take a target apart: origin form ("/a?b"), absolute form ("http://host/a?b") and, for OPTIONS,
 * the asterisk. A path holds nothing but the characters of RFC 3986; a query may also hold what
 * browsers leave as it is. No fragment, no user name, nothing outside of ASCII.
 *
 * @return NULL, or the sentence that says why not (static)
 */
const char *http_target_parse(
	const char *target, size_t len, bool is_options, struct http_target *out);

/** host[:port] as it may stand in Host and in an authority: name, IPv4 or [IPv6]; port 1..65535. */
bool http_host_valid(const char *host, size_t len);

/**
 * Percent-decode a raw path. Refused: a bad escape, NUL and other control characters, an encoded
 * slash or backslash, segments "." and ".." (encoded or not), bad UTF-8, and what does not fit.
 *
 * @param size  of out, the NUL included; raw.len + 1 is always enough
 * @return NULL, or the sentence that says why not (static)
 */
const char *http_path_decode(struct http_slice raw, char *out, size_t size);

/**
 * The first parameter of that name, decoded ("+" is a space) and NUL-terminated.
 *
 * @return false if absent, too long for out, badly escaped, not UTF-8 or with a NUL in it
 */
bool http_query_find(const char *query, const char *key, char *out, size_t size);

#endif
