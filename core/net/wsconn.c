/**
 * WebSockets: the reader's events become messages for the codec; what it answers becomes frames.
 *
 * A message that lies whole in the thread's read buffer goes to the codec where it lies; one that
 * comes in pieces is put together in a buffer that lives no longer than it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "net/wsconn.h"

#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/buf.h"
#include "base/utf8.h"
#include "net/conn.h"
#include "net/deflate.h"
#include "net/frame.h"
#include "net/net_internal.h"
#include "net/ws.h"

struct wsconn {
	const struct codec *codec;
	struct ws_reader reader;
	char *message; /* pieces so far, or NULL */
	size_t len, cap;
};

/* See conn.h: with a connection and two subscriptions this is what an idle one costs. */
_Static_assert(sizeof(struct wsconn) <= 96, "a WebSocket grew beyond its budget");

/** A deflated message may be a little longer than what it inflates to. */
#define DEFLATED_SLACK 64

static void message_drop(struct conn *c)
{
	struct wsconn *ws = c->as.ws;

	c->io->message_bytes -= ws->cap;
	free(ws->message);
	ws->message = NULL;
	ws->len = ws->cap = 0;
}

/** @return false if the thread's budget does not allow it: the connection is closing then */
static bool message_add(struct conn *c, const struct ws_event *ev)
{
	struct wsconn *ws = c->as.ws;
	size_t need = ws->len + ev->len;

	if (need > ws->cap) {
		size_t most = ws->codec->max_message + DEFLATED_SLACK;
		size_t cap = ev->last ? need : need * 2 < most ? need * 2 : most;

		cap = cap < need ? need : cap;
		if (c->io->message_bytes + (cap - ws->cap) > c->io->rules->limits.message_bytes) {
			wsconn_close(c, NET_REASON_WS_BIG, 1013, "too many long messages at once");
			return false;
		}
		c->io->message_bytes += cap - ws->cap;
		ws->message = alloc_resize(ws->message, cap);
		ws->cap = cap;
	}
	memcpy(ws->message + ws->len, ev->bytes, ev->len);
	ws->len = need;
	return true;
}

/** Queue one frame of bytes, deflated if that helps. */
static void send_bytes(struct conn *c, enum ws_opcode op, const char *bytes, size_t len,
	enum outq_kind kind, uint32_t topic)
{
	struct io *io = c->io;
	unsigned char head[WS_HEADER_MAX];
	uint32_t least = io->rules->limits.deflate_min;
	struct buf packed;
	size_t head_len;

	buf_init(&packed);
	if (c->deflate_bits && op < WS_OP_CLOSE && least > 0 && len >= least &&
		deflate_fits(len, c->deflate_bits) &&
		deflate_pack(io_deflate(io), bytes, len, &packed)) {
		counter_add(&io->counters.deflated, 1);
		head_len = ws_header(head, WS_FIN | WS_COMPRESSED, op, packed.len);
		bytes = packed.bytes;
		len = packed.len;
	} else {
		head_len = ws_header(head, WS_FIN, op, len);
	}
	counter_add(&io->counters.frames_out, 1);
	conn_send(c, parcel_of_bytes(head, head_len, bytes, len), PARCEL_PLAIN, kind, topic);
	buf_fini(&packed);
}

static void decode(struct conn *c, char *bytes, size_t len, bool text)
{
	const struct codec *codec = c->as.ws->codec;
	struct buf *out = c->io->scratch;
	bool out_text = text;
	uint16_t code = WS_CLOSE_POLICY;

	buf_clear(out);
	switch (codec->decode(codec->ctx, conn_id(c), bytes, len, text, out, &out_text, &code)) {
	case CODEC_NOTHING:
		break;
	case CODEC_TAKEN:
		counter_add(&c->io->counters.requests, 1);
		conn_meter(c, METER_REQUESTS, 1);
		conn_request_begin(c);
		break;
	case CODEC_ANSWERED:
		counter_add(&c->io->counters.requests, 1);
		send_bytes(c, out_text ? WS_TEXT : WS_BINARY, out->bytes, out->len, OUTQ_REPLY, 0);
		break;
	case CODEC_CLOSE:
		wsconn_close(c, NET_REASON_CODEC, code, out->len > 0 ? out->bytes : NULL);
		break;
	}
	if (out->cap > IO_READ_BYTES)
		buf_fini(out);
}

static void decode_deflated(struct conn *c, const char *bytes, size_t len, bool text)
{
	size_t most = c->as.ws->codec->max_message;
	struct confab_error err = {0};
	struct buf plain;

	buf_init(&plain);
	int rc = deflate_unpack(io_deflate(c->io), bytes, len, most, &plain, &err);

	if (rc == CONFAB_ELIMIT)
		wsconn_close(c, NET_REASON_WS_BIG, WS_CLOSE_TOO_BIG, "the message is too long");
	else if (rc != 0)
		wsconn_close(c, NET_REASON_WS_BAD, WS_CLOSE_BAD_TEXT, err.text);
	else if (text && !utf8_valid(plain.bytes, plain.len))
		wsconn_close(c, NET_REASON_WS_BAD, WS_CLOSE_BAD_TEXT, "the text is not UTF-8");
	else
		decode(c, plain.bytes, plain.len, text);
	buf_fini(&plain);
}

static void take_message(struct conn *c, char *bytes, size_t len, const struct ws_event *ev)
{
	if (ev->compressed)
		decode_deflated(c, bytes, len, ev->text);
	else
		decode(c, bytes, len, ev->text);
}

static void take_data(struct conn *c, const struct ws_event *ev)
{
	struct wsconn *ws = c->as.ws;

	if (ev->first && ev->last) {
		take_message(c, ev->bytes, ev->len, ev);
		return;
	}
	if (ev->len > 0 && !message_add(c, ev))
		return;
	if (!ev->last)
		return;
	/* The codec may close the connection, which drops the message: it is out of there. */
	char *bytes = ws->message;
	size_t len = ws->len;

	c->io->message_bytes -= ws->cap;
	ws->message = NULL;
	ws->len = ws->cap = 0;
	take_message(c, bytes, len, ev);
	free(bytes);
}

/** RFC 6455, section 5.5.1: answer with the code that came. */
static void take_close(struct conn *c, const struct ws_event *ev)
{
	unsigned char frame[2 + WS_CONTROL_MAX];
	size_t len = ws_close_frame(frame, ev->code == WS_CLOSE_NO_CODE ? 0 : ev->code, "");

	conn_send(c, parcel_of_bytes(frame, len, NULL, 0), PARCEL_PLAIN, OUTQ_REPLY, 0);
	conn_finish(c, NET_REASON_PEER, ev->code);
}

static void take_event(struct conn *c, const struct ws_event *ev)
{
	switch (ev->type) {
	case WS_DATA:
		take_data(c, ev);
		break;
	case WS_PING:
		send_bytes(c, WS_OP_PONG, ev->bytes, ev->len, OUTQ_REPLY, 0);
		/* A peer that pings and never reads is held by the bound on replies. */
		if (c->out.reply_bytes > c->io->rules->limits.reply_bytes)
			conn_pause(c, CONN_PAUSE_REPLIES);
		break;
	case WS_PONG:
	case WS_MORE:
		break;
	case WS_CLOSE:
		take_close(c, ev);
		break;
	case WS_FAIL:
		wsconn_close(c,
			ev->code == WS_CLOSE_TOO_BIG ? NET_REASON_WS_BIG : NET_REASON_WS_BAD,
			ev->code, ev->why);
		break;
	}
}

/* ------------------------------------------------------------------------------------------- */

void wsconn_attach(struct conn *c, const struct codec *codec, unsigned deflate_bits,
	const char *peer, const char *token)
{
	struct wsconn *ws = alloc_zero(1, sizeof(*ws));

	ws->codec = codec;
	conn_state_set(c, CONN_WS);
	c->as.ws = ws;
	c->deflate_bits = (uint8_t)deflate_bits;
	c->heard_ms = io_now_ms(c->io);
	counter_add(&c->io->counters.upgrades, 1);
	conn_rearm(c);
	if (codec->opened)
		codec->opened(codec->ctx, conn_id(c), peer, token);
}

void wsconn_detach(struct conn *c)
{
	struct wsconn *ws = c->as.ws;
	const struct codec *codec = ws->codec;

	message_drop(c);
	ws_reader_fini(&ws->reader);
	free(ws);
	c->as.ws = NULL;
	if (codec->closed)
		codec->closed(codec->ctx, conn_id(c), c->close_code);
}

size_t wsconn_feed(struct conn *c, char *bytes, size_t len)
{
	const struct ws_limits limits = {
		.frame = c->as.ws->codec->max_message + DEFLATED_SLACK,
		.message = c->as.ws->codec->max_message + (c->deflate_bits ? DEFLATED_SLACK : 0),
		.deflate = c->deflate_bits != 0,
	};
	size_t used = 0;

	while (used < len && c->pauses == 0 && c->state == CONN_WS) {
		struct ws_event ev;
		size_t took;

		ws_feed(&c->as.ws->reader, &limits, bytes + used, len - used, &took, &ev);
		used += took;
		if (ev.frames > 0) {
			counter_add(&c->io->counters.frames_in, ev.frames);
			conn_meter(c, METER_FRAMES, ev.frames);
		}
		take_event(c, &ev);
	}
	return used;
}

void wsconn_send_frame(struct conn *c, struct frame *f, enum outq_kind kind, uint32_t topic)
{
	struct parcel *p = parcel_of_frame(f);
	enum parcel_part part = PARCEL_PLAIN;

	if (c->deflate_bits && parcel_deflated_for(p, io_deflate(c->io), c->deflate_bits))
		part = PARCEL_DEFLATED;
	counter_add(&c->io->counters.frames_out, 1);
	conn_send(c, p, part, kind, topic);
}

void wsconn_answer(struct conn *c, struct answer *a)
{
	enum outq_kind kind = a->event ? OUTQ_EVENT : OUTQ_REPLY;
	struct buf *out = c->io->scratch;

	if (a->frame) {
		wsconn_send_frame(c, frame_ref(a->frame), kind, a->topic);
	} else if (a->encode) {
		buf_clear(out);
		a->encode(a, out);
		if (out->len > 0)
			send_bytes(c, WS_TEXT, out->bytes, out->len, kind, a->topic);
		if (out->cap > IO_READ_BYTES)
			buf_fini(out);
	}
	if (a->settles)
		conn_request_end(c);
}

void wsconn_close(struct conn *c, enum net_reason reason, uint16_t code, const char *text)
{
	unsigned char frame[2 + WS_CONTROL_MAX];
	size_t len = ws_close_frame(frame, code, text ? text : "");

	if (c->state != CONN_WS)
		return;
	conn_send(c, parcel_of_bytes(frame, len, NULL, 0), PARCEL_PLAIN, OUTQ_REPLY, 0);
	conn_finish(c, reason, code);
}

void wsconn_ping(struct conn *c)
{
	c->pinged = true;
	send_bytes(c, WS_OP_PING, NULL, 0, OUTQ_REPLY, 0);
}

void wsconn_drained(struct conn *c, const uint32_t *topics, size_t n)
{
	const struct codec *codec = c->as.ws->codec;

	if (codec->drained)
		codec->drained(codec->ctx, conn_id(c), topics, n);
}

void wsconn_draining(struct conn *c)
{
	const struct codec *codec = c->as.ws->codec;

	if (codec->draining)
		codec->draining(codec->ctx, conn_id(c));
}
