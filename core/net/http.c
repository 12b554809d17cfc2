/**
 * Requests: from bytes to a route, a file, an upgrade or a refusal.
 *
 * SPDX-License-Identifier: MIT
 */
#include "net/http.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "net/conn.h"
#include "net/doors.h"
#include "net/file.h"
#include "net/http_internal.h"
#include "net/net_internal.h"
#include "net/route.h"

static struct http *http_new(struct conn *c)
{
	struct http *h = alloc_zero(1, sizeof(*h));

	h->parser = http1_new(&c->io->rules->http1);
	h->first = true;
	h->stream = 1;
	h->since_ms = c->began_ms;
	buf_init(&h->body);
	return h;
}

static void phase_set(struct conn *c, enum http_phase phase)
{
	struct http *h = c->as.http;

	if (h->phase == phase)
		return;
	h->phase = (uint8_t)phase;
	/* The first head's time runs from the beginning of the connection. */
	if (phase != HTTP_READING || !h->first)
		h->since_ms = io_now_ms(c->io);
	conn_rearm(c);
}

static void refuse(struct http *h, int status, const char *text)
{
	if (h->refusal)
		return;
	h->refusal = status;
	h->refusal_text = text;
}

/** Which route serves it? */
static void find_route(struct conn *c)
{
	struct http *h = c->as.http;
	const struct http1_request *rq = http1_request(h->parser);
	struct route_match match;

	switch (route_find(doors_routes(c->io->doors), rq->method, h->path, &match)) {
	case ROUTE_FOUND:
		h->route = match.route;
		memcpy(h->params, match.params, sizeof(h->params));
		break;
	case ROUTE_NO_PATH:
		if (strcmp(rq->method, "OPTIONS") != 0 && !file_serves(c, rq->method, h->path))
			refuse(h, 404, "there is nothing at this path");
		break;
	case ROUTE_NO_METHOD:
		memcpy(h->allow, match.allow, sizeof(h->allow));
		if (strcmp(rq->method, "OPTIONS") != 0)
			refuse(h, 405,
				"this path does not take that method; Allow lists those it takes");
		break;
	case ROUTE_NO_SUCH_METHOD:
		refuse(h, 501, "no such method");
		break;
	}
}

static const char *view_header(const struct http_request *rq, const char *name);

/** A request as routes see it, and whose fields it can ask. */
struct view {
	struct http_request rq;
	const struct http1 *parser;
};

static const char *view_header(const struct http_request *rq, const char *name)
{
	return http1_header(((const struct view *)(const void *)rq)->parser, name);
}

/** Hand the request to its route. */
static void hand_over(struct conn *c)
{
	struct http *h = c->as.http;
	const struct http1_request *rq = http1_request(h->parser);
	struct view v = {
		.rq =
			{
				.net = c->io->net,
				.conn = conn_id(c),
				.stream = h->stream,
				.method = rq->method,
				.path = h->path,
				.query = rq->query,
				.token = http_token(c),
				.session = http_field(c, "Confab-Session"),
				.peer = http_peer(c),
				.header = view_header,
				.body = h->body.len > 0 ? h->body.bytes : "",
				.body_len = h->body.len,
			},
		.parser = h->parser,
	};

	memcpy(v.rq.params, h->params, sizeof(v.rq.params));
	h->handed = true;
	conn_meter(c, METER_REQUESTS, 1);
	conn_request_begin(c);
	h->route->handle(h->route->ctx, &v.rq);
}

static void answer_refusal(struct conn *c)
{
	struct http *h = c->as.http;
	char allow[80];

	(void)snprintf(allow, sizeof(allow), "Allow: %s\r\n", h->allow);
	http_error(c, h->refusal, h->refusal_text, h->refusal == 405 ? allow : NULL);
}

/** A refusal before the body was read ends the connection with its answer. */
static void refuse_now(struct conn *c)
{
	struct http *h = c->as.http;

	h->close = true;
	phase_set(c, HTTP_ANSWER);
	conn_pause(c, CONN_PAUSE_REQUEST);
	answer_refusal(c);
}

static bool brings_body(const struct http1_request *rq)
{
	return rq->framing == HTTP1_CHUNKED || (rq->framing == HTTP1_LENGTH && rq->length > 0);
}

static void take_body_start(struct conn *c)
{
	struct http *h = c->as.http;
	const struct http1_request *rq = http1_request(h->parser);
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";

	if (h->refusal && brings_body(rq)) {
		refuse_now(c);
		return;
	}
	size_t most = !h->route || h->route->body == HTTP_BODY_NONE ? 0 : h->route->max_body;

	if (!http1_body_limit(h->parser, most)) {
		refuse(h, http1_status(h->parser), http1_reason(h->parser));
		refuse_now(c);
		return;
	}
	phase_set(c, HTTP_BODY);
	/* RFC 9110, section 10.1.1 */
	if (rq->expect_continue && brings_body(rq) && !h->refusal)
		conn_send(c, parcel_of_bytes(go_on, sizeof(go_on) - 1, NULL, 0), PARCEL_PLAIN,
			OUTQ_REPLY, 0);
	if (h->route && h->route->body == HTTP_BODY_STREAM)
		hand_over(c);
}

static void take_head(struct conn *c)
{
	struct http *h = c->as.http;
	const struct http1_request *rq = http1_request(h->parser);

	h->close = !rq->keep_alive || c->io->draining;
	free(h->path);
	h->path = alloc_resize(NULL, rq->path.len + 1);
	const char *bad = http_path_decode(rq->path, h->path, rq->path.len + 1);

	if (rq->path.len == 1 && rq->path.at[0] == '*')
		memcpy(h->path, "*", 2);
	else if (bad)
		refuse(h, 400, bad);
	else if (!rq->upgrade_websocket)
		find_route(c);
	take_body_start(c);
}

static void take_piece(struct conn *c)
{
	struct http *h = c->as.http;
	struct http_slice piece = http1_body(h->parser);

	h->body_bytes += piece.len;
	if (h->route && h->route->body == HTTP_BODY_STREAM) {
		if (h->route->piece &&
			!h->route->piece(
				h->route->ctx, conn_id(c), h->stream, piece.at, piece.len, false))
			conn_pause(c, CONN_PAUSE_BODY);
	} else {
		buf_add(&h->body, piece.at, piece.len);
	}
}

/** The request is whole. */
static void take_end(struct conn *c)
{
	struct http *h = c->as.http;
	const struct http1_request *rq = http1_request(h->parser);

	h->body_done = true;
	conn_pause(c, CONN_PAUSE_REQUEST);
	phase_set(c, HTTP_ANSWER);
	if (h->route && h->route->body == HTTP_BODY_STREAM) {
		if (h->route->piece)
			(void)h->route->piece(h->route->ctx, conn_id(c), h->stream, NULL, 0, true);
	} else if (h->refusal) {
		answer_refusal(c);
	} else if (rq->upgrade_websocket) {
		(void)http_upgrade(c);
	} else if (h->route) {
		hand_over(c);
	} else if (strcmp(rq->method, "OPTIONS") == 0) {
		http_options(c, h->allow[0] ? h->allow : "GET, HEAD, OPTIONS");
	} else {
		file_serve(c);
	}
}

static void take_refusal(struct conn *c)
{
	struct http *h = c->as.http;
	bool handed = h->handed;

	h->close = true;
	conn_pause(c, CONN_PAUSE_REQUEST);
	if (handed) {
		/* A streamed body broke off: its route hears it by http_detach. */
		conn_finish(c, NET_REASON_HTTP_BAD, 1002);
		return;
	}
	phase_set(c, HTTP_ANSWER);
	h->refusal = http1_status(h->parser);
	h->route = NULL;
	http_error(c, h->refusal, http1_reason(h->parser), NULL);
}

/* ------------------------------------------------------------------------------------------- */

size_t http_feed(struct conn *c, char *bytes, size_t len)
{
	size_t used = 0;

	if (!c->as.http)
		c->as.http = http_new(c);
	struct http *h = c->as.http;

	for (;;) {
		size_t took = 0;
		enum http1_event ev = http1_feed(h->parser, bytes + used, len - used, &took);

		used += took;
		switch (ev) {
		case HTTP1_MORE:
			if (h->phase == HTTP_IDLE && http1_begun(h->parser))
				phase_set(c, HTTP_READING);
			return used;
		case HTTP1_HEAD:
			take_head(c);
			break;
		case HTTP1_BODY:
			take_piece(c);
			break;
		case HTTP1_DONE:
			take_end(c);
			return used;
		case HTTP1_REFUSED:
			take_refusal(c);
			return len;
		}
		if (c->pauses != 0 || c->state != CONN_HTTP)
			return used;
	}
}

void http_read_on(struct conn *c)
{
	if (c->as.http && c->as.http->phase == HTTP_BODY)
		(void)http_feed(c, c->io->read_buffer, 0);
}

void http_ended(struct conn *c)
{
	struct http *h = c->as.http;

	if (h && h->phase == HTTP_ANSWER) {
		h->close = true;
		return;
	}
	if (h && h->phase != HTTP_IDLE)
		conn_kill(c, NET_REASON_LOST, 1006);
	else
		conn_finish(c, NET_REASON_PEER, 1000);
}

void http_detach(struct conn *c)
{
	struct http *h = c->as.http;

	c->as.http = NULL;
	if (!h)
		return;
	if (h->handed && h->route && h->route->gone)
		h->route->gone(h->route->ctx, conn_id(c), h->stream);
	file_send_free(h->file);
	http1_free(h->parser);
	free(h->path);
	buf_fini(&h->body);
	free(h);
}

uint32_t http_wait_ms(const struct conn *c)
{
	const struct net_limits *l = &c->io->rules->limits;
	const struct http *h = c->as.http;
	uint32_t now_ms = io_now_ms(c->io), passed, most;

	if (!h) {
		passed = now_ms - c->began_ms;
		return passed >= l->head_ms ? 0 : l->head_ms - passed;
	}
	passed = now_ms - h->since_ms;
	switch ((enum http_phase)h->phase) {
	case HTTP_IDLE:
		most = h->first ? l->head_ms : l->keep_alive_ms;
		return passed >= most ? 0 : most - passed;
	case HTTP_READING:
		return passed >= l->head_ms ? 0 : l->head_ms - passed;
	case HTTP_BODY:
		if (passed < l->body_grace_ms)
			return l->body_grace_ms - passed;
		/* Its clock stands while we do not read. */
		if (c->pauses == 0 && h->body_bytes < (uint64_t)l->body_min_rate * passed / 1000)
			return 0;
		return 1000;
	case HTTP_ANSWER:
		break;
	}
	return l->dead_ms;
}

void http_timeout(struct conn *c)
{
	struct http *h = c->as.http;

	if (!h || h->phase == HTTP_IDLE) {
		conn_finish(c, h && !h->first ? NET_REASON_HTTP_IDLE : NET_REASON_HEAD_TIME, 1001);
		return;
	}
	bool head = h->phase == HTTP_READING;

	h->close = true;
	if (!h->handed && !h->answered) {
		h->phase = HTTP_ANSWER;
		conn_pause(c, CONN_PAUSE_REQUEST);
		http_error(c, 408, head ? "the head came too slowly" : "the body came too slowly",
			NULL);
		if (c->state != CONN_DEAD)
			c->reason = head ? NET_REASON_HEAD_TIME : NET_REASON_BODY_TIME;
		return;
	}
	conn_finish(c, NET_REASON_BODY_TIME, 1001);
}

uint64_t http_stream(const struct conn *c)
{
	return c->as.http ? c->as.http->stream : 0;
}

void http_draining(struct conn *c)
{
	struct http *h = c->as.http;

	if (!h || h->phase == HTTP_IDLE)
		conn_finish(c, NET_REASON_DRAIN, 1001);
	else
		h->close = true;
}
