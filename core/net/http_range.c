/**
 * Parts of a file.
 *
 * SPDX-License-Identifier: MIT
 */
#include "net/http_range.h"
#include "net/http_date.h"
#include "net/http_etag.h"

#include <string.h>
#include <strings.h>

/* Digits; a number beyond 64 bits is the largest. @return false if there are none */
static bool take_number(const char **s, uint64_t *out)
{
	const char *start = *s;
	uint64_t n = 0;

	for (; **s >= '0' && **s <= '9'; (*s)++) {
		unsigned digit = (unsigned)(**s - '0');

		n = n > (UINT64_MAX - digit) / 10 ? UINT64_MAX : n * 10 + digit;
	}
	*out = n;
	return *s > start;
}

/* "-500": the last 500 */
static enum http_range suffix(uint64_t n, uint64_t size, uint64_t *from, uint64_t *to)
{
	if (n == 0 || size == 0)
		return HTTP_RANGE_BEYOND;
	*from = n < size ? size - n : 0;
	*to = size - 1;
	return HTTP_RANGE_PART;
}

/* ------------------------------------------------------------------------------------------ */

enum http_range http_range_parse(const char *header, uint64_t size, uint64_t *from, uint64_t *to)
{
	const char *s = header;
	uint64_t first, last;
	bool has_first, has_last;

	if (s == NULL || strncasecmp(s, "bytes=", 6) != 0)
		return HTTP_RANGE_ALL;
	s += 6;
	has_first = take_number(&s, &first);
	if (*s++ != '-')
		return HTTP_RANGE_ALL;
	has_last = take_number(&s, &last);
	if (*s != '\0' || (!has_first && !has_last)) /* several ranges end here too */
		return HTTP_RANGE_ALL;
	if (!has_first)
		return suffix(last, size, from, to);
	if (has_last && last < first)
		return HTTP_RANGE_ALL;
	if (first >= size)
		return HTTP_RANGE_BEYOND;
	*from = first;
	*to = has_last && last < size ? last : size - 1;
	return HTTP_RANGE_PART;
}

bool http_range_applies(const char *if_range, const char *etag, int64_t mtime_s)
{
	int64_t then;

	if (if_range == NULL)
		return true;
	if (if_range[0] == '"' || strncmp(if_range, "W/", 2) == 0)
		return etag != NULL && http_etag_in(if_range, etag, HTTP_ETAG_STRONG);
	return http_date_parse(if_range, &then) && then == mtime_s;
}
