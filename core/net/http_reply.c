/**
 * Answers: heads with the fields that each has, errors of one shape, bodies whole or in chunks.
 *
 * SPDX-License-Identifier: MIT
 */
#include "net/http.h"

#include <stdlib.h>
#include <string.h>
#include "net/conn.h"
#include "net/file.h"
#include "net/frame.h"
#include "net/http_internal.h"
#include "net/net_internal.h"

/** A route hears no more often than every so many bytes that a streamed answer goes on [bytes]. */
#define DRAINED_BYTES 16384

struct status_row {
	int status;
	const char *text;
	const char *code;  /* of the error's body */
	const char *retry; /* its class: never, later, same */
};

static const struct status_row status_rows[] = {
	{101, "Switching Protocols", NULL, NULL},
	{200, "OK", NULL, NULL},
	{201, "Created", NULL, NULL},
	{202, "Accepted", NULL, NULL},
	{204, "No Content", NULL, NULL},
	{206, "Partial Content", NULL, NULL},
	{301, "Moved Permanently", NULL, NULL},
	{302, "Found", NULL, NULL},
	{303, "See Other", NULL, NULL},
	{304, "Not Modified", NULL, NULL},
	{307, "Temporary Redirect", NULL, NULL},
	{308, "Permanent Redirect", NULL, NULL},
	{400, "Bad Request", "bad_request", "never"},
	{401, "Unauthorized", "token", "never"},
	{403, "Forbidden", "forbidden", "never"},
	{404, "Not Found", "no_path", "never"},
	{405, "Method Not Allowed", "method", "never"},
	{408, "Request Timeout", "timeout", "later"},
	{409, "Conflict", "conflict", "never"},
	{410, "Gone", "not_found", "never"},
	{411, "Length Required", "bad_request", "never"},
	{412, "Precondition Failed", "stale", "never"},
	{413, "Content Too Large", "too_big", "never"},
	{414, "URI Too Long", "too_big", "never"},
	{415, "Unsupported Media Type", "bad_type", "never"},
	{416, "Range Not Satisfiable", "bad_range", "never"},
	{417, "Expectation Failed", "bad_request", "never"},
	{422, "Unprocessable Content", "bad_request", "never"},
	{426, "Upgrade Required", "upgrade", "never"},
	{429, "Too Many Requests", "rate", "later"},
	{431, "Request Header Fields Too Large", "too_big", "never"},
	{500, "Internal Server Error", "internal", "same"},
	{501, "Not Implemented", "method", "never"},
	{502, "Bad Gateway", "internal", "same"},
	{503, "Service Unavailable", "busy", "later"},
	{504, "Gateway Timeout", "unknown", "same"},
	{505, "HTTP Version Not Supported", "bad_request", "never"},
	{507, "Insufficient Storage", "busy", "later"},
};

static const struct status_row *status_row(int status)
{
	static const struct status_row other = {0, "Status", "internal", "same"};

	for (size_t i = 0; i < sizeof(status_rows) / sizeof(status_rows[0]); i++)
		if (status_rows[i].status == status)
			return &status_rows[i];
	return &other;
}

/** RFC 9110, section 8.6: no Content-Length where there cannot be content. */
static bool has_length(int status)
{
	return status >= 200 && status != 204 && status != 304;
}

static void framing_write(struct conn *c, const struct http_head *head, struct buf *out)
{
	struct http *h = c->as.http;

	if (!has_length(head->status))
		return;
	if (head->length >= 0) {
		buf_fmt(out, "Content-Length: %lld\r\n", (long long)head->length);
	} else if (http1_request(h->parser)->minor >= 1) {
		buf_str(out, "Transfer-Encoding: chunked\r\n");
		h->chunked = true;
	} else {
		h->close = true; /* 1.0 knows no chunks: the end of the connection is the end */
	}
}

static void send_buf(struct conn *c, const struct buf *head, const void *body, size_t len)
{
	conn_send(
		c, parcel_of_bytes(head->bytes, head->len, body, len), PARCEL_PLAIN, OUTQ_REPLY, 0);
}

/** One piece of a streamed answer. RFC 9112, section 7.1. */
static void send_piece(struct conn *c, struct buf *out, size_t head_len, bool last)
{
	struct http *h = c->as.http;
	size_t len = out->len - head_len;
	struct buf framed;

	if (http_bodiless(c, 200)) {
		out->len = head_len;
		len = 0;
	}
	if (!h->chunked || (http_bodiless(c, 200) && head_len == out->len)) {
		if (out->len > 0)
			send_buf(c, out, NULL, 0);
		return;
	}
	buf_init(&framed);
	buf_add(&framed, out->bytes, head_len);
	if (len > 0) {
		buf_fmt(&framed, "%zx\r\n", len);
		buf_add(&framed, out->bytes + head_len, len);
		buf_str(&framed, "\r\n");
	}
	if (last)
		buf_str(&framed, "0\r\n\r\n");
	if (framed.len > 0)
		send_buf(c, &framed, NULL, 0);
	buf_fini(&framed);
}

static void answer_stream(struct conn *c, struct answer *a)
{
	struct http *h = c->as.http;
	struct buf *out = c->io->scratch;
	size_t head_len = 0;

	buf_clear(out);
	if (!h->answered) {
		struct http_head head = {
			.status = a->status ? a->status : 200,
			.content_type = a->content_type ? a->content_type : "application/json",
			.length = -1,
			.headers = a->headers,
			.cacheable = a->cacheable,
		};

		http_head_write(c, &head, out);
		head_len = out->len;
		h->answered = true;
	}
	if (a->encode)
		a->encode(a, out);
	h->streamed += out->len - head_len;
	send_piece(c, out, head_len, !a->more);
	if (out->cap > IO_READ_BYTES)
		buf_fini(out);
	if (!a->more)
		http_answered(c);
}

static void answer_whole(struct conn *c, struct answer *a)
{
	struct buf *out = c->io->scratch;
	struct http_head head = {
		.status = a->status ? a->status : 200,
		.content_type = a->content_type ? a->content_type : "application/json",
		.headers = a->headers,
		.cacheable = a->cacheable,
	};
	size_t len;

	if (a->frame) {
		const char *payload = frame_payload(a->frame, &len);

		http_reply(c, &head, payload, len);
		return;
	}
	buf_clear(out);
	if (a->encode)
		a->encode(a, out);
	/* The scratch is used for the head: the body moves out. */
	char *body = buf_take(out, &len);

	if (len == 0)
		head.content_type = NULL;
	http_reply(c, &head, body, len);
	free(body);
}

/** The queue counts heads and chunks too, so rather less has left than more. */
static void tell_drained(struct conn *c)
{
	struct http *h = c->as.http;
	uint64_t waiting = c->out.reply_bytes;
	uint64_t sent = h->streamed > waiting ? h->streamed - waiting : 0;

	if (sent <= h->told || (waiting > 0 && sent - h->told < DRAINED_BYTES))
		return;
	h->told = sent;
	h->route->drained(h->route->ctx, conn_id(c), h->stream, sent);
}

static void answer_descriptor(struct conn *c, struct answer *a)
{
	const struct http_head head = {
		.status = a->status ? a->status : 200,
		.content_type = a->content_type ? a->content_type : "application/octet-stream",
		.headers = a->headers,
		.cacheable = a->cacheable,
	};

	file_answer(c, &head, &a->fd, 0, a->fd_bytes);
}

/* ------------------------------------------------------------------------------------------- */

const char *http_status_text(int status)
{
	return status_row(status)->text;
}

const char *http_status_code(int status)
{
	return status_row(status)->code;
}

const char *http_status_retry(int status)
{
	return status_row(status)->retry;
}

bool http_bodiless(const struct conn *c, int status)
{
	return !has_length(status) ||
		strcmp(http1_request(c->as.http->parser)->method, "HEAD") == 0;
}

const char *http_field(const struct conn *c, const char *name)
{
	return http1_header(c->as.http->parser, name);
}

void http_head_write(struct conn *c, const struct http_head *head, struct buf *out)
{
	struct http *h = c->as.http;
	/* A refused head may have no request to ask. */
	bool old = h->refusal == 0 && http1_request(h->parser)->minor == 0;

	if (!h->body_done)
		h->close = true;
	buf_fmt(out, "HTTP/1.1 %d %s\r\nDate: %s\r\n", head->status, http_status_text(head->status),
		io_date(c->io));
	if (head->content_type)
		buf_fmt(out, "Content-Type: %s\r\n", head->content_type);
	framing_write(c, head, out);
	if (h->close)
		buf_str(out, "Connection: close\r\n");
	else if (old)
		buf_str(out, "Connection: keep-alive\r\n");
	if (!head->cacheable)
		buf_str(out, "Cache-Control: no-store\r\n");
	buf_str(out,
		"X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n"
		"X-Frame-Options: DENY\r\nCross-Origin-Resource-Policy: same-site\r\n");
	if (c->tls && c->io->rules->hsts)
		buf_str(out, "Strict-Transport-Security: max-age=31536000\r\n");
	if (!h->refusal || h->path)
		http_cors_write(c, out);
	if (head->headers)
		buf_str(out, head->headers);
	buf_str(out, "\r\n");
}

void http_reply(struct conn *c, const struct http_head *head, const void *body, size_t len)
{
	struct buf *out = c->io->scratch;
	struct http_head with_length = *head;

	with_length.length = (int64_t)len;
	buf_clear(out);
	http_head_write(c, &with_length, out);
	bool bodiless = !has_length(head->status) ||
		(c->as.http->path && http_bodiless(c, head->status));

	send_buf(c, out, body, bodiless ? 0 : len);
	c->as.http->answered = true;
	http_answered(c);
}

void http_error(struct conn *c, int status, const char *text, const char *headers)
{
	const struct status_row *row = status_row(status);
	struct http_head head = {
		.status = status,
		.content_type = "application/json",
		.headers = headers,
	};
	struct buf body;

	buf_init(&body);
	buf_fmt(&body, "{\"error\":{\"code\":\"%s\",\"text\":", row->code ? row->code : "internal");
	buf_json_str(&body, text, strlen(text));
	buf_fmt(&body, ",\"retry\":\"%s\"}}", row->retry ? row->retry : "never");
	http_reply(c, &head, body.bytes, body.len);
	buf_fini(&body);
}

void http_answered(struct conn *c)
{
	struct http *h = c->as.http;

	h->handed = false;
	if (h->close || !h->body_done || c->ended) {
		conn_finish(
			c, h->refusal == 400 ? NET_REASON_HTTP_BAD : NET_REASON_HTTP_DONE, 1000);
		return;
	}
	http1_next(h->parser);
	h->stream++;
	h->phase = HTTP_IDLE;
	h->since_ms = io_now_ms(c->io);
	h->first = h->answered = h->chunked = h->body_done = h->body_paused = false;
	h->streamed = h->told = 0;
	h->refusal = 0;
	h->allow[0] = '\0';
	h->body_bytes = 0;
	h->route = NULL;
	free(h->path);
	h->path = NULL;
	memset(h->params, 0, sizeof(h->params));
	if (h->body.cap > 4096)
		buf_fini(&h->body);
	buf_clear(&h->body);
	conn_rearm(c);
	conn_resume(c, CONN_PAUSE_REQUEST);
}

void http_answer(struct conn *c, struct answer *a)
{
	struct http *h = c->as.http;
	bool settles = a->settles;

	if (!h || h->stream != a->stream || !h->handed) {
		counter_add(&c->io->counters.stale, 1);
		return;
	}
	if (settles)
		conn_request_end(c);
	if (a->cut)
		conn_kill(c, NET_REASON_SERVER, 1006);
	else if (a->file && !h->answered)
		answer_descriptor(c, a);
	else if (a->more || h->answered)
		answer_stream(c, a);
	else
		answer_whole(c, a);
}

void http_drained(struct conn *c)
{
	struct http *h = c->as.http;

	if (!h || c->out.reply_bytes > c->io->rules->limits.reply_bytes)
		return;
	if (h->file)
		file_pump(c);
	else if (h->answered && h->handed && h->route && h->route->drained)
		tell_drained(c);
}
