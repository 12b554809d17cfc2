/**
 * WebSocket frames (RFC 6455): the reader's machine and the writer of headers.
 *
 * SPDX-License-Identifier: MIT
 */
#include "net/ws.h"
#include "base/alloc.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

enum state { AT_HEAD = 0, AT_DATA, AT_CONTROL, AT_END };

enum flags {
	FLAG_FIN = 1,        /* of the current frame */
	FLAG_COMPRESSED = 2, /* of the current message */
	FLAG_BEGUN = 4,      /* a piece of the current message was given out */
};

static bool is_control(unsigned opcode)
{
	return opcode >= WS_OP_CLOSE;
}

static bool fail(struct ws_reader *r, struct ws_event *out, uint16_t code, const char *why)
{
	r->state = AT_END;
	out->type = WS_FAIL;
	out->code = code;
	out->why = why;
	return false;
}

/* FIN, reserved bits, opcode: section 5.2; RSV1: RFC 7692, section 6. */
static bool judge_first(struct ws_reader *r, const struct ws_limits *limits, struct ws_event *out)
{
	unsigned opcode = r->head[0] & 0x0F, reserved = r->head[0] & 0x70;
	bool fin = r->head[0] & 0x80;
	bool may_compress = limits->deflate && (opcode == WS_TEXT || opcode == WS_BINARY);

	if (reserved != 0 && !(reserved == 0x40 && may_compress))
		return fail(r, out, WS_CLOSE_PROTOCOL, "a reserved bit that was not negotiated");
	if ((opcode > WS_BINARY && opcode < WS_OP_CLOSE) || opcode > WS_OP_PONG)
		return fail(r, out, WS_CLOSE_PROTOCOL, "an opcode that is reserved");
	if (is_control(opcode) && !fin) /* section 5.5 */
		return fail(r, out, WS_CLOSE_PROTOCOL, "a control frame in fragments");
	if (opcode == WS_CONTINUATION && r->message_opcode == 0) /* section 5.4 */
		return fail(r, out, WS_CLOSE_PROTOCOL, "a continuation of nothing");
	if ((opcode == WS_TEXT || opcode == WS_BINARY) && r->message_opcode != 0)
		return fail(r, out, WS_CLOSE_PROTOCOL, "a new message inside of another");
	return true;
}

static bool judge_second(struct ws_reader *r, struct ws_event *out)
{
	if (!(r->head[1] & 0x80)) /* section 5.1 */
		return fail(r, out, WS_CLOSE_PROTOCOL, "a frame that is not masked");
	if (is_control(r->head[0] & 0x0F) && (r->head[1] & 0x7F) > WS_CONTROL_MAX)
		return fail(r, out, WS_CLOSE_PROTOCOL, "a control frame that is too long");
	return true;
}

/* Bytes that the header has in all; at least two are there. */
static unsigned head_size(const struct ws_reader *r)
{
	unsigned n = r->head[1] & 0x7F;

	return 2 + 4 + (n == 126 ? 2 : n == 127 ? 8 : 0);
}

/* The payload's length, as short as it can be: section 5.2. */
static bool judge_length(struct ws_reader *r, struct ws_event *out, uint64_t *len)
{
	unsigned bytes = head_size(r) - 6;
	uint64_t n = 0;

	if (bytes == 0) {
		*len = r->head[1] & 0x7F;
		return true;
	}
	for (unsigned i = 0; i < bytes; i++)
		n = n << 8 | r->head[2 + i];
	if (n >> 63)
		return fail(r, out, WS_CLOSE_PROTOCOL, "a length of 64 bits");
	if (n < (bytes == 2 ? 126U : 65536U))
		return fail(r, out, WS_CLOSE_PROTOCOL, "a length in more bytes than it needs");
	*len = n;
	return true;
}

/* The header is whole. */
static bool begin_frame(struct ws_reader *r, const struct ws_limits *limits, struct ws_event *out)
{
	uint64_t len;

	if (!judge_length(r, out, &len))
		return false;
	memcpy(&r->mask, r->head + head_size(r) - 4, 4);
	r->opcode = r->head[0] & 0x0F;
	r->left = len;
	r->head_len = 0;
	out->frames++;
	if (is_control(r->opcode)) {
		r->state = AT_CONTROL;
		r->control_len = 0;
		return true;
	}
	if (len > limits->frame || len > limits->message - r->message)
		return fail(r, out, WS_CLOSE_TOO_BIG, "a message that is too big");
	r->message += len;
	r->state = AT_DATA;
	r->flags = (uint8_t)((r->flags & ~FLAG_FIN) | (r->head[0] & 0x80 ? FLAG_FIN : 0));
	if (r->opcode != WS_CONTINUATION) {
		r->message_opcode = r->opcode;
		r->utf8 = 0;
		r->flags &= FLAG_FIN;
		r->flags |= r->head[0] & 0x40 ? FLAG_COMPRESSED : 0;
	}
	return true;
}

/* Section 5.2. @return false on failure */
static bool feed_head(struct ws_reader *r, const struct ws_limits *limits, const char *bytes,
	size_t len, size_t *i, struct ws_event *out)
{
	while (*i < len) {
		r->head[r->head_len++] = (unsigned char)bytes[(*i)++];
		if (r->head_len == 1 && !judge_first(r, limits, out))
			return false;
		if (r->head_len == 2 && !judge_second(r, out))
			return false;
		if (r->head_len >= 2 && r->head_len == head_size(r))
			return begin_frame(r, limits, out);
	}
	return true;
}

static void end_message(struct ws_reader *r)
{
	r->message = 0;
	r->message_opcode = 0;
	r->flags = 0;
}

/* A piece of data. @return true if there is an event */
static bool feed_data(struct ws_reader *r, char *bytes, size_t len, size_t *i, struct ws_event *out)
{
	size_t n = len - *i;
	bool ends;

	if (n > r->left)
		n = (size_t)r->left;
	if (n == 0 && r->left > 0)
		return false;
	out->bytes = bytes + *i;
	out->len = n;
	r->mask = ws_mask(out->bytes, n, r->mask);
	*i += n;
	r->left -= n;
	ends = r->left == 0;
	out->last = ends && (r->flags & FLAG_FIN);
	out->first = !(r->flags & FLAG_BEGUN);
	out->text = r->message_opcode == WS_TEXT;
	out->compressed = r->flags & FLAG_COMPRESSED;
	if (ends)
		r->state = AT_HEAD;
	if (out->text && !out->compressed) { /* section 8.1, and at once */
		if (!utf8_feed(&r->utf8, out->bytes, n) || (out->last && !utf8_complete(r->utf8))) {
			(void)fail(r, out, WS_CLOSE_BAD_TEXT, "a text that is not UTF-8");
			return true;
		}
	}
	if (out->last)
		end_message(r);
	else if (n == 0)
		return false; /* an empty fragment in the middle */
	else
		r->flags |= FLAG_BEGUN;
	out->type = WS_DATA;
	return true;
}

/* Section 5.5.1 and 7.4. */
static void judge_close(struct ws_reader *r, struct ws_event *out)
{
	const unsigned char *p = (const unsigned char *)out->bytes;
	uint16_t code;

	r->state = AT_END;
	out->type = WS_CLOSE;
	out->code = WS_CLOSE_NO_CODE;
	if (out->len == 0)
		return;
	if (out->len == 1) {
		(void)fail(r, out, WS_CLOSE_PROTOCOL, "a close frame with half a code");
		return;
	}
	code = (uint16_t)(p[0] << 8 | p[1]);
	if (!ws_code_valid(code)) {
		(void)fail(r, out, WS_CLOSE_PROTOCOL, "a close code that may not be sent");
		return;
	}
	if (!utf8_valid(p + 2, out->len - 2)) {
		(void)fail(r, out, WS_CLOSE_BAD_TEXT, "a reason for closing that is not UTF-8");
		return;
	}
	out->code = code;
	out->bytes += 2;
	out->len -= 2;
}

/* Control frames are given out whole. @return true if there is an event */
static bool feed_control(
	struct ws_reader *r, char *bytes, size_t len, size_t *i, struct ws_event *out)
{
	size_t n = len - *i;
	bool whole = n >= r->left;

	if (whole)
		n = (size_t)r->left;
	r->mask = ws_mask(bytes + *i, n, r->mask);
	if (!whole || r->control_len > 0) {
		if (n > 0 && r->control == NULL)
			r->control = alloc_zero(1, WS_CONTROL_MAX);
		if (n > 0)
			memcpy(r->control + r->control_len, bytes + *i, n);
		r->control_len = (uint8_t)(r->control_len + n);
		out->bytes = (char *)r->control;
		out->len = r->control_len;
	} else {
		out->bytes = bytes + *i;
		out->len = n;
	}
	*i += n;
	r->left -= n;
	if (!whole)
		return false;
	r->state = AT_HEAD;
	if (r->opcode == WS_OP_CLOSE)
		judge_close(r, out);
	else
		out->type = r->opcode == WS_OP_PING ? WS_PING : WS_PONG;
	return true;
}

/* ------------------------------------------------------------------------------------------ */

uint32_t ws_mask(char *bytes, size_t len, uint32_t mask)
{
	uint64_t wide = (uint64_t)mask << 32 | mask, word;
	unsigned char m[4];
	size_t i = 0;

	for (; len - i >= sizeof(word); i += sizeof(word)) {
		memcpy(&word, bytes + i, sizeof(word));
		word ^= wide;
		memcpy(bytes + i, &word, sizeof(word));
	}
	memcpy(m, &mask, sizeof(m));
	for (size_t k = 0; i + k < len; k++)
		bytes[i + k] = (char)(bytes[i + k] ^ m[k & 3]);
	if (len & 3) {
		unsigned char turned[4];

		for (size_t k = 0; k < 4; k++)
			turned[k] = m[(len + k) & 3];
		memcpy(&mask, turned, sizeof(mask));
	}
	return mask;
}

void ws_feed(struct ws_reader *r, const struct ws_limits *limits, char *bytes, size_t len,
	size_t *consumed, struct ws_event *out)
{
	size_t i = 0;
	bool event = false;

	memset(out, 0, sizeof(*out));
	if (r->control_len == 0 && r->control != NULL) { /* given out by the last call */
		free(r->control);
		r->control = NULL;
	}
	while (!event) {
		if (r->state == AT_HEAD && i < len)
			event = !feed_head(r, limits, bytes, len, &i, out);
		else if (r->state == AT_DATA && (i < len || r->left == 0))
			event = feed_data(r, bytes, len, &i, out);
		else if (r->state == AT_CONTROL && (i < len || r->left == 0))
			event = feed_control(r, bytes, len, &i, out);
		else
			break;
	}
	if (event && out->type >= WS_PING && out->type <= WS_CLOSE)
		r->control_len = 0;
	if (r->state == AT_END && !event)
		i = len; /* section 5.5.1: what follows a close is ignored */
	*consumed = i;
}

bool ws_idle(const struct ws_reader *r)
{
	return r->state == AT_HEAD && r->head_len == 0 && r->message_opcode == 0;
}

void ws_reader_fini(struct ws_reader *r)
{
	free(r->control);
	memset(r, 0, sizeof(*r));
}

bool ws_code_valid(uint16_t code)
{
	if (code >= 3000)
		return code < 5000;
	return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
}

size_t ws_header(
	unsigned char out[WS_HEADER_MAX], unsigned flags, enum ws_opcode opcode, uint64_t len)
{
	unsigned bytes = len < 126 ? 0 : len < 65536 ? 2 : 8;

	out[0] = (unsigned char)((flags & WS_FIN ? 0x80 : 0) | (flags & WS_COMPRESSED ? 0x40 : 0) |
		(unsigned)opcode);
	out[1] = (unsigned char)(bytes == 0 ? len : bytes == 2 ? 126 : 127);
	for (unsigned i = 0; i < bytes; i++)
		out[2 + i] = (unsigned char)(len >> (8 * (bytes - 1 - i)));
	return 2 + bytes;
}

size_t ws_close_frame(unsigned char out[2 + WS_CONTROL_MAX], uint16_t code, const char *text)
{
	size_t len = 0;

	if (code != 0) {
		out[2] = (unsigned char)(code >> 8);
		out[3] = (unsigned char)code;
		len = utf8_cut(text, strlen(text), WS_CONTROL_MAX - 2);
		memcpy(out + 4, text, len);
		len += 2;
	}
	return ws_header(out, WS_FIN, WS_OP_CLOSE, len) + len;
}
