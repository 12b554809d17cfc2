/**
 * What a request is for: forms of a target, strict paths, parameters of a query.
 *
 * SPDX-License-Identifier: MIT
 */
#include "net/http_target.h"
#include "base/utf8.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

static bool alnum(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* RFC 3986, section 3.3: pchar and the slash; escapes are looked at when they are decoded. */
static bool path_char(unsigned char c)
{
	return c != '\0' && (alnum(c) || strchr("-._~!$&'()*+,;=:@/%", c) != NULL);
}

/* RFC 3986, section 3.4, and what browsers do not escape there ("|", "^", "`", "{", "}", …). */
static bool query_char(unsigned char c)
{
	return c > ' ' && c < 0x7F && strchr("\"#<>\\", c) == NULL;
}

static bool port_valid(const char *s, size_t len)
{
	uint32_t port = 0;

	if (len == 0 || len > 5)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		port = port * 10 + (uint32_t)(s[i] - '0');
	}
	return port > 0 && port <= UINT16_MAX;
}

/* "[" … "]"; @return its length with the brackets, or 0 */
static size_t bracketed(const char *host, size_t len)
{
	const char *end = memchr(host, ']', len);
	unsigned char bytes[16];
	char text[INET6_ADDRSTRLEN];
	size_t n;

	if (end == NULL)
		return 0;
	n = (size_t)(end - host) - 1;
	if (n >= sizeof(text))
		return 0;
	memcpy(text, host + 1, n);
	text[n] = '\0';
	return inet_pton(AF_INET6, text, bytes) == 1 ? n + 2 : 0;
}

/* RFC 9112, section 3.2.2. @return length of scheme and "//", or 0 */
static size_t scheme(const char *target, size_t len)
{
	if (len >= 7 && strncasecmp(target, "http://", 7) == 0)
		return 7;
	if (len >= 8 && strncasecmp(target, "https://", 8) == 0)
		return 8;
	return 0;
}

static const char *split_path(const char *s, size_t len, struct http_target *out)
{
	const char *mark = memchr(s, '?', len);
	size_t path_len = mark != NULL ? (size_t)(mark - s) : len;

	for (size_t i = 0; i < path_len; i++) {
		if (!path_char((unsigned char)s[i]))
			return "a character in the path that must be percent-encoded";
	}
	for (size_t i = path_len + 1; i < len; i++) {
		if (!query_char((unsigned char)s[i]))
			return "a character in the query that must be percent-encoded";
	}
	out->path = (struct http_slice){s, path_len};
	if (mark != NULL)
		out->query = (struct http_slice){mark + 1, len - path_len - 1};
	else
		out->query = (struct http_slice){s + len, 0};
	return NULL;
}

static const char *split_absolute(
	const char *target, size_t len, size_t from, struct http_target *out)
{
	size_t end = from;
	const char *why;

	while (end < len && target[end] != '/' && target[end] != '?')
		end++;
	if (!http_host_valid(target + from, end - from))
		return "an authority in the target that is no host and port";
	out->authority = (struct http_slice){target + from, end - from};
	why = split_path(target + end, len - end, out);
	if (why == NULL && out->path.len == 0) /* RFC 9110, section 4.2.3: the same as "/" */
		out->path = (struct http_slice){"/", 1};
	return why;
}

/* One escaped or plain character; moves *i behind it. @return the byte, or -1 */
static int decode_one(const char *s, size_t len, size_t *i)
{
	int high, low;

	if (s[*i] != '%')
		return (unsigned char)s[(*i)++];
	if (len - *i < 3)
		return -1;
	high = http_char_hex((unsigned char)s[*i + 1]);
	low = http_char_hex((unsigned char)s[*i + 2]);
	if (high < 0 || low < 0)
		return -1;
	*i += 3;
	return high << 4 | low;
}

static bool dot_segment(const char *s, size_t len)
{
	return (len == 1 && s[0] == '.') || (len == 2 && s[0] == '.' && s[1] == '.');
}

static bool decode_value(const char *s, size_t len, char *out, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < len;) {
		bool plus = s[i] == '+';
		int c = decode_one(s, len, &i);

		if (c <= 0 || n + 1 >= size)
			return false;
		out[n++] = plus ? ' ' : (char)c;
	}
	if (n >= size || !utf8_valid(out, n))
		return false;
	out[n] = '\0';
	return true;
}

/* ------------------------------------------------------------------------------------------ */

bool http_host_valid(const char *host, size_t len)
{
	size_t n = 0;

	if (len == 0)
		return false;
	if (host[0] == '[')
		n = bracketed(host, len);
	else
		while (n < len &&
			(alnum((unsigned char)host[n]) || host[n] == '-' || host[n] == '.' ||
				host[n] == '_' || host[n] == '~'))
			n++;
	if (n == 0 || n > 255)
		return false;
	return n == len || (host[n] == ':' && port_valid(host + n + 1, len - n - 1));
}

const char *http_target_parse(
	const char *target, size_t len, bool is_options, struct http_target *out)
{
	size_t n;

	*out = (struct http_target){{target, 0}, {target, 0}, {target + len, 0}};
	if (len == 0)
		return "an empty target";
	if (target[0] == '/')
		return split_path(target, len, out);
	if (len == 1 && target[0] == '*') {
		out->path = (struct http_slice){target, 1};
		return is_options ? NULL : "the target * belongs to OPTIONS alone";
	}
	n = scheme(target, len);
	if (n > 0)
		return split_absolute(target, len, n, out);
	return "a target that is neither a path nor an http URL";
}

const char *http_path_decode(struct http_slice raw, char *out, size_t size)
{
	size_t n = 0, segment = 1;

	if (raw.len == 0 || raw.at[0] != '/')
		return "a path that does not begin with a slash";
	for (size_t i = 0; i < raw.len;) {
		bool escaped = raw.at[i] == '%';
		int c = decode_one(raw.at, raw.len, &i);

		if (c < 0)
			return "a bad percent escape in the path";
		if (c < ' ' || c == 0x7F)
			return "a control character in the path";
		if (c == '\\' || (escaped && c == '/'))
			return "an encoded slash or a backslash in the path";
		if (n + 1 >= size)
			return "a path that is too long";
		if (c == '/') {
			if (n >= segment && dot_segment(out + segment, n - segment))
				return "a dot segment in the path";
			segment = n + 1;
		}
		out[n++] = (char)c;
	}
	if (dot_segment(out + segment, n - segment))
		return "a dot segment in the path";
	if (!utf8_valid(out, n))
		return "a path that is not UTF-8";
	out[n] = '\0';
	return NULL;
}

bool http_query_find(const char *query, const char *key, char *out, size_t size)
{
	size_t key_len = strlen(key);

	while (*query != '\0') {
		size_t len = strcspn(query, "&");
		size_t name = strcspn(query, "=&");

		if (name == key_len && memcmp(query, key, key_len) == 0) {
			size_t from = name < len ? name + 1 : len;

			return decode_value(query + from, len - from, out, size);
		}
		query += len;
		if (*query == '&')
			query++;
	}
	return false;
}
