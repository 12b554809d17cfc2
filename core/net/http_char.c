/**
 * The smallest words of HTTP: tokens, lists, slices.
 *
 * SPDX-License-Identifier: MIT
 */
#include "net/http_char.h"

#include <string.h>
#include <strings.h>

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

/* ------------------------------------------------------------------------------------------ */

bool http_char_token(unsigned char c)
{
	/* RFC 9110, section 5.6.2: visible characters without delimiters. */
	static const bool delimiter[128] = {['"'] = true,
		['('] = true,
		[')'] = true,
		[','] = true,
		['/'] = true,
		[':'] = true,
		[';'] = true,
		['<'] = true,
		['='] = true,
		['>'] = true,
		['?'] = true,
		['@'] = true,
		['['] = true,
		['\\'] = true,
		[']'] = true,
		['{'] = true,
		['}'] = true};

	return c > ' ' && c < 0x7F && !delimiter[c];
}

bool http_is_token(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (!http_char_token((unsigned char)s[i]))
			return false;
	}
	return len > 0;
}

int http_char_hex(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool http_same(const char *s, size_t len, const char *word)
{
	return strlen(word) == len && strncasecmp(s, word, len) == 0;
}

bool http_list_next(struct http_slice *rest, struct http_slice *item)
{
	while (rest->len > 0) {
		const char *comma = memchr(rest->at, ',', rest->len);
		size_t len = comma != NULL ? (size_t)(comma - rest->at) : rest->len;
		size_t step = comma != NULL ? len + 1 : len;

		*item = http_trim(rest->at, len);
		rest->at += step;
		rest->len -= step;
		if (item->len > 0)
			return true;
	}
	return false;
}

struct http_slice http_trim(const char *s, size_t len)
{
	while (len > 0 && blank(s[0])) {
		s++;
		len--;
	}
	while (len > 0 && blank(s[len - 1]))
		len--;
	return (struct http_slice){s, len};
}
