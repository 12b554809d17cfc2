/**
 * Fuzz: WebSocket frames, whole and in pieces, must give the same messages, control frames and
 * end. The fifth byte's lowest bit says whether compression was agreed.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/buf.h"
#include "base/utf8.h"
#include "net/ws.h"
#include "pieces.h"

static void note(struct buf *said, const char *what, const char *bytes, size_t len)
{
	buf_fmt(said, "%s %zu ", what, len);
	buf_add(said, bytes, len);
}

struct run {
	struct ws_reader reader;
	struct buf said;
	struct buf message;
	bool open, failed;
};

static void note_data(struct run *r, const struct ws_event *e)
{
	HOLDS(e->first == !r->open);
	r->open = !e->last;
	buf_add(&r->message, e->bytes, e->len);
	if (!e->last)
		return;
	HOLDS(!e->text || e->compressed || utf8_valid(r->message.bytes, r->message.len));
	HOLDS(r->message.len <= 600);
	note(&r->said, e->compressed ? "z" : e->text ? "t" : "b", r->message.bytes, r->message.len);
	buf_clear(&r->message);
}

static void note_event(struct run *r, const struct ws_event *e)
{
	switch (e->type) {
	case WS_MORE:
		break;
	case WS_DATA:
		note_data(r, e);
		break;
	case WS_PING:
	case WS_PONG:
		HOLDS(e->len <= WS_CONTROL_MAX);
		note(&r->said, e->type == WS_PING ? "ping" : "pong", e->bytes, e->len);
		break;
	case WS_CLOSE:
		HOLDS(e->code == WS_CLOSE_NO_CODE || ws_code_valid(e->code));
		HOLDS(utf8_valid(e->bytes, e->len));
		buf_fmt(&r->said, "close %u", e->code);
		note(&r->said, "", e->bytes, e->len);
		break;
	case WS_FAIL:
		buf_fmt(&r->said, "!%u %s", e->code, e->why);
		r->failed = true;
		break;
	}
}

static char *run(struct pieces p, bool deflate)
{
	const struct ws_limits limits = {.frame = 400, .message = 600, .deflate = deflate};
	struct run r = {0};
	unsigned frames = 0;
	size_t len, n;
	char *bytes;

	while (pieces_next(&p, &bytes, &len)) {
		struct ws_event e = {.type = WS_DATA};

		for (size_t at = 0; !r.failed && e.type != WS_MORE; at += n) {
			ws_feed(&r.reader, &limits, bytes + at, len - at, &n, &e);
			HOLDS(n <= len - at);
			HOLDS(e.type != WS_MORE || n == len - at);
			frames += e.frames;
			note_event(&r, &e);
		}
	}
	buf_fmt(&r.said, " %u", frames);
	ws_reader_fini(&r.reader);
	buf_fini(&r.message);
	return buf_take(&r.said, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t head = PIECES_KEY + 1;

	if (size >= head)
		pieces_alike(run, data[PIECES_KEY] & 1, data, data + head, size - head);
	return 0;
}
