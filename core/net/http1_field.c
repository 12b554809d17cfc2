/**
 * HTTP/1.1 requests, the judge: request line, single fields, and whether a head holds together.
 *
 * SPDX-License-Identifier: MIT
 */
#include "net/http1_internal.h"

#include <string.h>

#define METHOD_MAX 32

/* "HTTP/" DIGIT "." DIGIT, RFC 9112, section 2.3. */
static bool judge_version(struct http1 *h, const char *s, size_t len)
{
	if (len != 8 || memcmp(s, "HTTP/", 5) != 0 || s[6] != '.' || s[5] < '0' || s[5] > '9' ||
		s[7] < '0' || s[7] > '9')
		return http1_refuse(h, 400, "a request line without an HTTP version");
	if (s[5] != '1')
		return http1_refuse(h, 505, "a version of HTTP other than 1.0 and 1.1");
	h->rq.minor = s[7] == '0' ? 0 : 1; /* a higher minor is read as the highest we know */
	return true;
}

static bool judge_target(struct http1 *h, const char *target, size_t len)
{
	struct http_target parts;
	const char *why;

	why = http_target_parse(target, len, strcmp(h->rq.method, "OPTIONS") == 0, &parts);
	if (why != NULL)
		return http1_refuse(h, 400, why);
	h->rq.target = target;
	h->rq.path = parts.path;
	h->rq.query = parts.query.at; /* reaches to the end, where the NUL is */
	h->rq.host = parts.authority;
	return true;
}

/* Section 3.2.2: exactly one, also beside an absolute target, which then names the host. */
static bool judge_host(struct http1 *h, const char *value, size_t len)
{
	if (h->seen & HTTP1_SEEN_HOST)
		return http1_refuse(h, 400, "more than one Host");
	h->seen |= HTTP1_SEEN_HOST;
	if (!http_host_valid(value, len))
		return http1_refuse(h, 400, "a Host that is no host and port");
	if (h->rq.host.len == 0)
		h->rq.host = (struct http_slice){value, len};
	return true;
}

/* RFC 9110, section 8.6: digits only; a second one is refused even if it says the same. */
static bool judge_length(struct http1 *h, const char *value, size_t len)
{
	uint64_t n = 0;

	if (h->seen & HTTP1_SEEN_LENGTH)
		return http1_refuse(h, 400, "more than one Content-Length");
	h->seen |= HTTP1_SEEN_LENGTH;
	if (len == 0 || len > 18) /* 10^18 is within 63 bits */
		return http1_refuse(h, 400, "a Content-Length that is no number");
	for (size_t i = 0; i < len; i++) {
		if (value[i] < '0' || value[i] > '9')
			return http1_refuse(h, 400, "a Content-Length that is no number");
		n = n * 10 + (uint64_t)(value[i] - '0');
	}
	h->rq.length = n;
	return true;
}

/* RFC 9112, section 6.1: chunked is the last coding or the length is unknowable (400). */
static bool judge_coding(struct http1 *h, const char *value, size_t len)
{
	struct http_slice rest = {value, len}, item = {value, 0};
	bool others = false, chunked = false;

	if (h->seen & HTTP1_SEEN_CODING)
		return http1_refuse(h, 400, "more than one Transfer-Encoding");
	h->seen |= HTTP1_SEEN_CODING;
	while (http_list_next(&rest, &item)) {
		if (chunked)
			return http1_refuse(h, 400, "a Transfer-Encoding after chunked");
		chunked = http_same(item.at, item.len, "chunked");
		others = others || !chunked;
	}
	if (!chunked)
		return http1_refuse(h, 400, "a Transfer-Encoding that does not end in chunked");
	if (others)
		return http1_refuse(h, 501, "a Transfer-Encoding other than chunked");
	return true;
}

static bool judge_connection(struct http1 *h, const char *value, size_t len)
{
	struct http_slice rest = {value, len}, item;

	while (http_list_next(&rest, &item)) {
		if (!http_is_token(item.at, item.len))
			return http1_refuse(h, 400, "a Connection option that is no token");
		if (http_same(item.at, item.len, "close"))
			h->seen |= HTTP1_SEEN_CLOSE;
		else if (http_same(item.at, item.len, "keep-alive"))
			h->seen |= HTTP1_SEEN_KEEP_ALIVE;
		else if (http_same(item.at, item.len, "upgrade"))
			h->seen |= HTTP1_SEEN_UPGRADE;
	}
	return true;
}

/* RFC 9110, section 7.8. Other protocols than websocket are offers we do not take. */
static bool judge_upgrade(struct http1 *h, const char *value, size_t len)
{
	struct http_slice rest = {value, len}, item;

	while (http_list_next(&rest, &item)) {
		if (http_same(item.at, item.len, "websocket"))
			h->seen |= HTTP1_SEEN_WEBSOCKET;
	}
	return true;
}

/* RFC 9110, section 10.1.1: 1.0 cannot mean it. */
static bool judge_expect(struct http1 *h, const char *value, size_t len)
{
	if (h->rq.minor == 0)
		return true;
	if (!http_same(value, len, "100-continue"))
		return http1_refuse(h, 417, "an expectation other than 100-continue");
	h->rq.expect_continue = true;
	return true;
}

struct rule {
	const char *name;
	bool (*judge)(struct http1 *h, const char *value, size_t len);
};

static const struct rule rules[] = {
	{"connection", judge_connection},
	{"content-length", judge_length},
	{"expect", judge_expect},
	{"host", judge_host},
	{"transfer-encoding", judge_coding},
	{"upgrade", judge_upgrade},
};

/*
 * Split "name: value" (RFC 9112, section 5) of the current line. The value ends at the line's NUL:
 * white space behind it is cut by moving that NUL.
 */
static bool split_field(struct http1 *h, size_t *name_len, struct http_slice *value)
{
	char *line = h->arena + h->line;
	size_t len = h->used - h->line;
	const char *colon = memchr(line, ':', len);

	if (line[0] == ' ' || line[0] == '\t')
		return http1_refuse(h, 400, "a folded header line");
	if (colon == NULL)
		return http1_refuse(h, 400, "a header line without a colon");
	*name_len = (size_t)(colon - line);
	if (!http_is_token(line, *name_len))
		return http1_refuse(
			h, 400, "a field name that is no token (white space before the colon?)");
	*value = http_trim(colon + 1, len - *name_len - 1);
	return true;
}

/* ------------------------------------------------------------------------------------------ */

bool http1_judge_line(struct http1 *h)
{
	char *line = h->arena + h->line;
	char *end = h->arena + h->used;
	char *space = memchr(line, ' ', (size_t)(end - line));
	char *target, *after;

	if (space == NULL || !http_is_token(line, (size_t)(space - line)))
		return http1_refuse(h, 400, "a request line without a method");
	if (space - line > METHOD_MAX)
		return http1_refuse(h, 501, "a method that is too long");
	target = space + 1;
	after = memchr(target, ' ', (size_t)(end - target));
	if (after == NULL)
		return http1_refuse(h, 400, "a request line without an HTTP version");
	*space = '\0';
	*after = '\0';
	h->rq.method = line;
	if (!judge_version(h, after + 1, (size_t)(end - after - 1)))
		return false;
	if (strcmp(line, "CONNECT") == 0) /* RFC 9110, section 9.3.6: for proxies */
		return http1_refuse(h, 501, "CONNECT, and this is no proxy");
	return judge_target(h, target, (size_t)(after - target));
}

bool http1_judge_field(struct http1 *h)
{
	struct http_slice value;
	size_t name_len;

	if (!split_field(h, &name_len, &value))
		return false;
	if (h->n_fields == h->limits->headers)
		return http1_refuse(h, 431, "too many header fields");
	h->fields[h->n_fields++] = (struct http1_place){
		(uint16_t)h->line, (uint16_t)(value.at - h->arena)};
	h->arena[h->line + name_len] = '\0';
	h->arena[(size_t)(value.at - h->arena) + value.len] = '\0';
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (http_same(h->arena + h->line, name_len, rules[i].name))
			return rules[i].judge(h, value.at, value.len);
	}
	return true;
}

bool http1_judge_trailer(struct http1 *h)
{
	struct http_slice value;
	size_t name_len;

	return split_field(h, &name_len, &value);
}

bool http1_judge_head(struct http1 *h)
{
	struct http1_request *rq = &h->rq;
	bool upgrade = (h->seen & HTTP1_SEEN_UPGRADE) && (h->seen & HTTP1_SEEN_WEBSOCKET);

	if (rq->minor > 0 && !(h->seen & HTTP1_SEEN_HOST))
		return http1_refuse(h, 400, "no Host");
	if (h->seen & HTTP1_SEEN_CODING) {
		if (rq->minor == 0) /* section 6.1: its framing is faulty */
			return http1_refuse(h, 400, "Transfer-Encoding in HTTP/1.0");
		if (h->seen & HTTP1_SEEN_LENGTH) /* section 6.3: request smuggling */
			return http1_refuse(h, 400, "Content-Length beside Transfer-Encoding");
		rq->framing = HTTP1_CHUNKED;
	} else if (h->seen & HTTP1_SEEN_LENGTH) {
		rq->framing = HTTP1_LENGTH;
	}
	/* Section 9.3. */
	rq->keep_alive = !(h->seen & HTTP1_SEEN_CLOSE) &&
		(rq->minor > 0 || (h->seen & HTTP1_SEEN_KEEP_ALIVE));
	/* RFC 6455, section 4.1. */
	rq->upgrade_websocket = upgrade && rq->minor > 0 && strcmp(rq->method, "GET") == 0;
	rq->expect_continue = rq->expect_continue && rq->framing != HTTP1_NO_BODY;
	return true;
}
