/**
 * HTTP/1.1 requests, the machine: lines into the arena, bodies by length and in chunks.
 *
 * SPDX-License-Identifier: MIT
 */
#include "net/http1.h"
#include "net/http1_internal.h"
#include "base/alloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Sixteen hexadecimal digits fill 64 bits; leading zeros count. */
#define CHUNK_DIGITS_MAX 16

const struct http1_limits http1_limits_default = {
	.line = 8192,
	.head = 16384,
	.headers = HTTP1_HEADERS_MAX,
	.trailer = 2048,
	.extensions = 1024,
	.body = 1 << 20,
};

enum line_result { LINE_MORE, LINE_DONE, LINE_REFUSED };

/* May the byte stand in a line of this state? Field values may hold obs-text and tabs. */
static bool line_char(const struct http1 *h, unsigned char c)
{
	if (c >= ' ' && c < 0x7F)
		return true;
	return h->state != HTTP1_AT_LINE && (c == '\t' || c >= 0x80);
}

/* Bytes that the current line may still take, and how to refuse one more. */
static uint32_t line_room(const struct http1 *h)
{
	uint32_t room = h->limits->head - h->head_len;

	if (h->state == HTTP1_AT_TRAILER)
		return h->limits->trailer - h->trailer_len;
	if (h->state == HTTP1_AT_LINE && h->limits->line - h->line_len < room)
		return h->limits->line - h->line_len;
	return room;
}

static void line_overflow(struct http1 *h)
{
	if (h->state == HTTP1_AT_LINE)
		(void)http1_refuse(h, 414, "a request line that is too long");
	else if (h->state == HTTP1_AT_TRAILER)
		(void)http1_refuse(h, 431, "a trailer section that is too long");
	else
		(void)http1_refuse(h, 431, "a head that is too long");
}

static void count_line_bytes(struct http1 *h, size_t n)
{
	h->line_len += (uint32_t)n;
	if (h->state == HTTP1_AT_TRAILER)
		h->trailer_len += (uint32_t)n;
	else
		h->head_len += (uint32_t)n;
}

static bool refuse_byte(struct http1 *h, unsigned char c)
{
	if (c == '\0')
		return http1_refuse(h, 400, "a NUL byte in the head");
	if (c == '\n')
		return http1_refuse(h, 400, "a line that ends with a bare LF");
	return http1_refuse(h, 400, "a byte in the head that does not belong there");
}

/* RFC 9112, section 2.2. Puts the line into the arena without its end, with a NUL instead. */
static enum line_result take_line(struct http1 *h, const char *bytes, size_t len, size_t *i)
{
	while (*i < len) {
		size_t run = 0, room = line_room(h);
		size_t most = len - *i < room ? len - *i : room;

		if (room == 0) {
			line_overflow(h);
			return LINE_REFUSED;
		}
		if (h->cr) {
			if (bytes[*i] != '\n') {
				(void)http1_refuse(h, 400, "a bare CR in the head");
				return LINE_REFUSED;
			}
			(*i)++;
			h->cr = false;
			count_line_bytes(h, 1);
			h->arena[h->used] = '\0';
			return LINE_DONE;
		}
		while (run < most && line_char(h, (unsigned char)bytes[*i + run]))
			run++;
		memcpy(h->arena + h->used, bytes + *i, run);
		h->used += (uint32_t)run;
		if (run < most) {
			h->cr = bytes[*i + run] == '\r';
			if (!h->cr) {
				*i += run;
				(void)refuse_byte(h, (unsigned char)bytes[*i]);
				return LINE_REFUSED;
			}
			run++;
		}
		count_line_bytes(h, run);
		*i += run;
	}
	return LINE_MORE;
}

static void begin_line(struct http1 *h, enum http1_state state)
{
	h->state = (uint8_t)state;
	h->line = h->used;
	h->line_len = 0;
}

/* One empty line before a request is forgiven (RFC 9112, section 2.2), a second is not. */
static enum http1_event feed_start(struct http1 *h, const char *bytes, size_t len, size_t *i)
{
	for (; *i < len && h->state == HTTP1_AT_START; (*i)++) {
		if (h->cr && bytes[*i] != '\n') {
			(void)http1_refuse(h, 400, "a bare CR in the head");
			return HTTP1_REFUSED;
		}
		if (h->cr) {
			h->cr = false;
			begin_line(h, HTTP1_AT_LINE);
		} else if (bytes[*i] == '\r') {
			h->cr = true;
		} else {
			begin_line(h, HTTP1_AT_LINE);
			break;
		}
	}
	return HTTP1_MORE;
}

/* The request line tells nonsense (TLS, say) by its first byte. */
static enum http1_event feed_line(struct http1 *h, const char *bytes, size_t len, size_t *i)
{
	if (*i == len)
		return HTTP1_MORE;
	if (!h->begun && !http_char_token((unsigned char)bytes[*i])) {
		(void)http1_refuse(h, 400, "a request that does not begin with a method");
		return HTTP1_REFUSED;
	}
	h->begun = true;
	switch (take_line(h, bytes, len, i)) {
	case LINE_MORE:
		return HTTP1_MORE;
	case LINE_REFUSED:
		return HTTP1_REFUSED;
	case LINE_DONE:
		break;
	}
	if (!http1_judge_line(h))
		return HTTP1_REFUSED;
	h->used++; /* the NUL stays */
	begin_line(h, HTTP1_AT_FIELD);
	return HTTP1_MORE;
}

static enum http1_event end_of_head(struct http1 *h)
{
	if (!http1_judge_head(h))
		return HTTP1_REFUSED;
	switch (h->rq.framing) {
	case HTTP1_NO_BODY:
		h->state = HTTP1_AT_END;
		break;
	case HTTP1_LENGTH:
		h->left = h->rq.length;
		h->state = h->left > 0 ? HTTP1_AT_BODY : HTTP1_AT_END;
		break;
	case HTTP1_CHUNKED:
		h->state = HTTP1_AT_CHUNK_FIRST;
		break;
	}
	return http1_body_limit(h, h->limits->body) ? HTTP1_HEAD : HTTP1_REFUSED;
}

static enum http1_event feed_field(struct http1 *h, const char *bytes, size_t len, size_t *i)
{
	switch (take_line(h, bytes, len, i)) {
	case LINE_MORE:
		return HTTP1_MORE;
	case LINE_REFUSED:
		return HTTP1_REFUSED;
	case LINE_DONE:
		break;
	}
	if (h->used == h->line)
		return end_of_head(h);
	if (!http1_judge_field(h))
		return HTTP1_REFUSED;
	h->used++;
	begin_line(h, HTTP1_AT_FIELD);
	return HTTP1_MORE;
}

/* Trailers are checked and forgotten (RFC 9110, section 6.5.1). */
static enum http1_event feed_trailer(struct http1 *h, const char *bytes, size_t len, size_t *i)
{
	switch (take_line(h, bytes, len, i)) {
	case LINE_MORE:
		return HTTP1_MORE;
	case LINE_REFUSED:
		return HTTP1_REFUSED;
	case LINE_DONE:
		break;
	}
	if (h->used == h->line) {
		h->state = HTTP1_AT_END;
		return HTTP1_MORE;
	}
	if (!http1_judge_trailer(h))
		return HTTP1_REFUSED;
	h->used = h->line;
	begin_line(h, HTTP1_AT_TRAILER);
	return HTTP1_MORE;
}

/* A piece of what is left of the body or chunk. */
static enum http1_event feed_data(struct http1 *h, const char *bytes, size_t len, size_t *i)
{
	size_t n = len - *i;

	if (n == 0)
		return HTTP1_MORE;
	if (n > h->left)
		n = (size_t)h->left;
	h->body = (struct http_slice){bytes + *i, n};
	h->left -= n;
	*i += n;
	if (h->left == 0)
		h->state = h->state == HTTP1_AT_BODY ? HTTP1_AT_END : HTTP1_AT_CHUNK_END;
	return HTTP1_BODY;
}

/* Size of a chunk, RFC 9112, section 7.1: digits only, then CR or an extension. */
static bool take_size(struct http1 *h, unsigned char c)
{
	int digit = http_char_hex(c);

	if (digit >= 0) {
		if (h->digits == CHUNK_DIGITS_MAX)
			return http1_refuse(h, 400, "a chunk size of too many digits");
		h->digits++;
		h->left = h->left << 4 | (uint64_t)digit;
		h->state = HTTP1_AT_CHUNK_SIZE;
		if (h->left > h->body_max - h->taken)
			return http1_refuse(h, 413, "a body that is too long");
		return true;
	}
	if (h->state == HTTP1_AT_CHUNK_FIRST)
		return http1_refuse(h, 400, "a chunk without a size");
	if (c == ';')
		h->state = HTTP1_AT_CHUNK_EXTENSION;
	else if (c == '\r')
		h->state = HTTP1_AT_CHUNK_LF;
	else
		return http1_refuse(h, 400, "a chunk size that is no hexadecimal number");
	return true;
}

/* Section 7.1.1: what we do not know is skipped, within a limit over the whole body. */
static bool take_extension(struct http1 *h, unsigned char c)
{
	if (c == '\r') {
		h->state = HTTP1_AT_CHUNK_LF;
		return true;
	}
	if ((c < ' ' && c != '\t') || c == 0x7F)
		return http1_refuse(h, 400, "a control character in a chunk extension");
	if (h->extension_len == h->limits->extensions)
		return http1_refuse(h, 400, "chunk extensions that are too long");
	h->extension_len++;
	return true;
}

static bool take_size_end(struct http1 *h, unsigned char c)
{
	if (c != '\n')
		return http1_refuse(h, 400, "a chunk size that does not end with CR LF");
	h->digits = 0;
	h->taken += h->left;
	if (h->left > 0)
		h->state = HTTP1_AT_CHUNK;
	else
		begin_line(h, HTTP1_AT_TRAILER);
	return true;
}

static bool take_chunk_end(struct http1 *h, unsigned char c)
{
	bool first = h->state == HTTP1_AT_CHUNK_END;

	if (c != (first ? '\r' : '\n'))
		return http1_refuse(h, 400, "a chunk that is longer than its size says");
	h->state = first ? HTTP1_AT_CHUNK_END_LF : HTTP1_AT_CHUNK_FIRST;
	return true;
}

/* The few bytes between chunks, one at a time. */
static enum http1_event feed_between(struct http1 *h, const char *bytes, size_t len, size_t *i)
{
	bool ok = true;

	if (*i == len)
		return HTTP1_MORE;
	switch (h->state) {
	case HTTP1_AT_CHUNK_FIRST:
	case HTTP1_AT_CHUNK_SIZE:
		ok = take_size(h, (unsigned char)bytes[*i]);
		break;
	case HTTP1_AT_CHUNK_EXTENSION:
		ok = take_extension(h, (unsigned char)bytes[*i]);
		break;
	case HTTP1_AT_CHUNK_LF:
		ok = take_size_end(h, (unsigned char)bytes[*i]);
		break;
	default:
		ok = take_chunk_end(h, (unsigned char)bytes[*i]);
		break;
	}
	if (!ok)
		return HTTP1_REFUSED;
	(*i)++;
	return HTTP1_MORE;
}

/* Up to an event, or as far as the state reaches. */
static enum http1_event step(struct http1 *h, const char *bytes, size_t len, size_t *i)
{
	switch ((enum http1_state)h->state) {
	case HTTP1_AT_START:
		return feed_start(h, bytes, len, i);
	case HTTP1_AT_LINE:
		return feed_line(h, bytes, len, i);
	case HTTP1_AT_FIELD:
		return feed_field(h, bytes, len, i);
	case HTTP1_AT_BODY:
	case HTTP1_AT_CHUNK:
		return feed_data(h, bytes, len, i);
	case HTTP1_AT_TRAILER:
		return feed_trailer(h, bytes, len, i);
	case HTTP1_AT_CHUNK_FIRST:
	case HTTP1_AT_CHUNK_SIZE:
	case HTTP1_AT_CHUNK_EXTENSION:
	case HTTP1_AT_CHUNK_LF:
	case HTTP1_AT_CHUNK_END:
	case HTTP1_AT_CHUNK_END_LF:
		return feed_between(h, bytes, len, i);
	case HTTP1_AT_END:
		return HTTP1_DONE;
	case HTTP1_AT_REFUSED:
		return HTTP1_REFUSED;
	}
	abort(); /* no other state exists */
}

/* ------------------------------------------------------------------------------------------ */

struct http1 *http1_new(const struct http1_limits *limits)
{
	/* One byte more: an empty last line puts its NUL there. */
	size_t arena = (size_t)limits->head + limits->trailer + 1;
	struct http1 *h;

	assert(limits->headers <= HTTP1_HEADERS_MAX && arena <= UINT16_MAX);
	h = malloc(sizeof(*h) + arena); /* not zeroed: untouched pages cost nothing */
	if (h == NULL)
		abort();
	h->limits = limits;
	http1_next(h);
	return h;
}

void http1_free(struct http1 *h)
{
	free(h);
}

void http1_next(struct http1 *h)
{
	const struct http1_limits *limits = h->limits;

	memset(h, 0, offsetof(struct http1, fields));
	h->limits = limits;
	h->reason = "";
	h->body_max = limits->body;
}

enum http1_event http1_feed(struct http1 *h, const char *bytes, size_t len, size_t *consumed)
{
	enum http1_event event = HTTP1_MORE;
	uint8_t before;

	*consumed = 0;
	do {
		before = h->state;
		event = step(h, bytes, len, consumed);
	} while (event == HTTP1_MORE && (*consumed < len || h->state != before));
	return event;
}

const struct http1_request *http1_request(const struct http1 *h)
{
	return &h->rq;
}

bool http1_field(const struct http1 *h, size_t i, const char **name, const char **value)
{
	if (i >= h->n_fields)
		return false;
	*name = h->arena + h->fields[i].name;
	*value = h->arena + h->fields[i].value;
	return true;
}

const char *http1_header(const struct http1 *h, const char *name)
{
	for (size_t i = 0; i < h->n_fields; i++) {
		if (strcasecmp(h->arena + h->fields[i].name, name) == 0)
			return h->arena + h->fields[i].value;
	}
	return NULL;
}

struct http_slice http1_body(const struct http1 *h)
{
	return h->body;
}

bool http1_body_limit(struct http1 *h, uint64_t max)
{
	h->body_max = max;
	if (h->rq.framing == HTTP1_LENGTH && h->rq.length > max)
		return http1_refuse(h, 413, "a body that is too long");
	return true;
}

bool http1_begun(const struct http1 *h)
{
	return h->begun;
}

int http1_status(const struct http1 *h)
{
	return h->status;
}

const char *http1_reason(const struct http1 *h)
{
	return h->reason;
}

bool http1_refuse(struct http1 *h, int status, const char *reason)
{
	if (h->state != HTTP1_AT_REFUSED) {
		h->state = HTTP1_AT_REFUSED;
		h->status = (uint16_t)status;
		h->reason = reason;
	}
	return false;
}
