/**
 * WebSocket, the client's side, as small as it can be.
 *
 * SPDX-License-Identifier: MIT
 */
#include "sim/link.h"

#include <errno.h>
#include <string.h>

#include "loop/loop.h"
#include "net/memory.h"
#include "net/ws.h"

static const char upgrade[] = "GET /v1/ws HTTP/1.1\r\nHost: sim\r\nConnection: Upgrade\r\n"
			      "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
			      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
			      "Sec-WebSocket-Protocol: confab.v1\r\n\r\n";

static void flush(struct link *l)
{
	ssize_t n;

	while (l->end && l->out.len && (n = memory_write(l->end, l->out.bytes, l->out.len)) > 0) {
		memmove(l->out.bytes, l->out.bytes + n, l->out.len - (size_t)n);
		l->out.len -= (size_t)n;
	}
}

static void drop(struct link *l)
{
	if (l->end) {
		memory_close(l->end);
	}
	l->end = NULL;
	buf_fini(&l->in);
	buf_fini(&l->out);
	l->state = LINK_DOWN;
}

/** A masked frame; the mask is zero (RFC 6455, section 5.3 asks for one, not for a good one). */
static void add_frame(struct link *l, enum ws_opcode opcode, const char *bytes, size_t len)
{
	unsigned char head[WS_HEADER_MAX];
	size_t n = ws_header(head, WS_FIN, opcode, len);

	head[1] |= 0x80;
	buf_add(&l->out, head, n);
	buf_add(&l->out, "\0\0\0\0", 4);
	buf_add(&l->out, bytes, len);
	flush(l);
}

static void in_drop(struct link *l, size_t n)
{
	memmove(l->in.bytes, l->in.bytes + n, l->in.len - n);
	l->in.len -= n;
}

/** One unmasked frame at the front. @return its whole length, 0: not there yet */
static size_t frame_at(const struct buf *in, unsigned *opcode, char **payload, size_t *len)
{
	const unsigned char *at = (const unsigned char *)in->bytes;
	size_t head = 2;

	if (in->len < 2) {
		return 0;
	}
	*opcode = at[0] & 0x0f;
	*len = at[1] & 0x7f;
	if (*len == 126 && in->len >= 4) {
		*len = (size_t)at[2] << 8 | at[3];
		head = 4;
	} else if (*len == 127 && in->len >= 10) {
		*len = (size_t)at[6] << 24 | (size_t)at[7] << 16 | (size_t)at[8] << 8 | at[9];
		head = 10;
	} else if (*len >= 126) {
		return 0;
	}
	*payload = in->bytes + head;
	return in->len >= head + *len ? head + *len : 0;
}

static void take_control(struct link *l, unsigned opcode, char *payload, size_t len)
{
	if (opcode == WS_OP_PING) {
		add_frame(l, WS_OP_PONG, payload, len);
	} else if (opcode == WS_OP_CLOSE) {
		l->code = len >= 2
			? (uint16_t)((unsigned char)payload[0] << 8 | (unsigned char)payload[1])
			: 1005;
		if (l->state == LINK_UP) {
			l->state = LINK_CLOSING;
			add_frame(l, WS_OP_CLOSE, payload, len >= 2 ? 2 : 0);
		}
	}
}

static void take_frames(struct link *l)
{
	unsigned opcode;
	char *payload;
	size_t len, whole;

	while (l->end && l->state >= LINK_UP &&
		(whole = frame_at(&l->in, &opcode, &payload, &len)) != 0) {
		if (opcode == WS_TEXT) {
			char kept = payload[len];
			struct memory_end *end = l->end;

			payload[len] = '\0'; /* a buffer has a byte more than its length */
			l->heard(l->arg, payload, len);
			if (l->end != end) {
				return; /* whoever heard it ended the link */
			}
			payload[len] = kept;
		} else {
			take_control(l, opcode, payload, len);
		}
		in_drop(l, whole);
	}
}

static void take_upgrade(struct link *l)
{
	char *end = l->in.len ? memmem(l->in.bytes, l->in.len, "\r\n\r\n", 4) : NULL;

	if (!end) {
		return;
	}
	if (l->in.len < 12 || memcmp(l->in.bytes, "HTTP/1.1 101", 12) != 0) {
		return; /* refused: its end follows */
	}
	in_drop(l, (size_t)(end + 4 - l->in.bytes));
	l->state = LINK_UP;
	l->up(l->arg);
}

static void read_all(struct link *l)
{
	char bytes[4096];
	ssize_t n = -EAGAIN;

	while (l->end && !l->lazy && (n = memory_read(l->end, bytes, sizeof(bytes))) > 0) {
		buf_add(&l->in, bytes, (size_t)n);
	}
	if (l->end && l->state == LINK_UPGRADING) {
		take_upgrade(l);
	}
	take_frames(l);
	if (l->end && (n == 0 || n == -ECONNRESET)) {
		uint16_t code = l->code ? l->code : 1006;

		drop(l);
		l->down(l->arg, code);
	}
}

static void ready(void *arg, unsigned what)
{
	struct link *l = arg;

	if (what & WATCH_WRITE) {
		flush(l);
	}
	if (what & WATCH_READ) {
		read_all(l);
	}
}

/* -------------------------------------------------------------------------------------------- */

void link_open(struct link *l, struct net *net, struct loop *loop, size_t window, unsigned fragment)
{
	struct memory_options options = {.window = window, .fragment = fragment};

	buf_init(&l->in);
	buf_init(&l->out);
	l->lazy = false;
	l->code = 0;
	l->state = LINK_UPGRADING;
	l->end = memory_connect(net, loop, &options, ready, l);
	buf_add(&l->out, upgrade, sizeof(upgrade) - 1);
	flush(l);
}

void link_say(struct link *l, const char *text, size_t len)
{
	if (l->state == LINK_UP) {
		add_frame(l, WS_TEXT, text, len);
	}
}

void link_lazy(struct link *l, bool lazy)
{
	l->lazy = lazy;
	if (!lazy && l->end) {
		read_all(l);
	}
}

void link_cut(struct link *l)
{
	drop(l);
}

void link_close(struct link *l)
{
	if (l->state == LINK_UP) {
		l->state = LINK_CLOSING;
		add_frame(l, WS_OP_CLOSE, "\x03\xe8", 2);
	}
}
