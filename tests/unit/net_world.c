/**
 * The simulated network of tests.
 *
 * SPDX-License-Identifier: MIT
 */
#include "net_world.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "loop/sim.h"
#include "net/ws.h"

/** How long anything may take [virtual us]. */
#define PATIENCE_US 5000000

static enum codec_result decode(void *ctx, confab_conn_id conn, char *bytes, size_t len, bool text,
	struct buf *out, bool *out_text, uint16_t *close_code)
{
	struct world *w = ctx;

	(void)text;
	(void)out_text;
	if (len >= 4 && memcmp(bytes, "take", 4) == 0) {
		if (w->n_taken < WORLD_CONNS)
			w->taken[w->n_taken] = conn;
		w->n_taken++;
		return CODEC_TAKEN;
	}
	if (len == 5 && memcmp(bytes, "close", 5) == 0) {
		*close_code = 4401;
		buf_str(out, "go away");
		return CODEC_CLOSE;
	}
	buf_add(out, bytes, len);
	return CODEC_ANSWERED;
}

static void opened(void *ctx, confab_conn_id conn, const char *peer, const char *token)
{
	struct world *w = ctx;

	(void)snprintf(w->rq_text, sizeof(w->rq_text), "%s %s", peer, token ? token : "-");
	assert_in_range(w->n_opened, 0, WORLD_CONNS - 1);
	w->opened[w->n_opened++] = conn;
}

static void closed(void *ctx, confab_conn_id conn, uint16_t code)
{
	struct world *w = ctx;

	(void)conn;
	w->n_closed++;
	w->closed_code = code;
}

static void drained(void *ctx, confab_conn_id conn, const uint32_t *topics, size_t n)
{
	struct world *w = ctx;

	(void)conn;
	for (size_t i = 0; i < n && w->n_drained < 16; i++)
		w->drained[w->n_drained++] = topics[i];
}

/** Answers at once with what it saw. */
static void handle_now(void *ctx, const struct http_request *rq)
{
	struct world *w = ctx;
	char text[256];

	w->n_requests++;
	(void)snprintf(text, sizeof(text), "[%s %s %s %s %.*s]", rq->method,
		rq->params[0] ? rq->params[0] : "-", rq->peer, rq->token ? rq->token : "-",
		(int)rq->body_len, rq->body);
	world_answer(w, rq->conn, rq->stream, text);
}

/** Is answered by the test. */
static void handle_later(void *ctx, const struct http_request *rq)
{
	struct world *w = ctx;

	w->rq_conn = rq->conn;
	w->rq_stream = rq->stream;
	w->n_requests++;
}

static bool piece(
	void *ctx, confab_conn_id conn, uint64_t stream, const char *bytes, size_t len, bool last)
{
	struct world *w = ctx;

	(void)conn;
	(void)stream;
	(void)bytes;
	w->body_bytes += len;
	w->body_ended = last;
	return !w->stopped;
}

static void encode(struct answer *a, struct buf *out)
{
	buf_str(out, ((struct text_answer *)(void *)a)->text);
}

static void release(struct answer *a)
{
	free(a);
}

static void loops_make(struct world *w)
{
	struct confab_error err = {0};
	struct loop **loops[] = {&w->main, &w->logic, &w->io[0], &w->io[1], &w->clients};

	for (size_t i = 0; i < sizeof(loops) / sizeof(loops[0]); i++) {
		*loops[i] = loop_new("loop", &err);
		assert_non_null(*loops[i]);
		assert_int_equal(loop_start(*loops[i], &err), 0);
	}
}

static void tables_fill(struct world *w)
{
	w->codec = (struct codec){
		.subprotocol = "test.v1",
		.path = "/ws",
		.max_message = 100000,
		.decode = decode,
		.opened = opened,
		.closed = closed,
		.drained = drained,
		.ctx = w,
	};
	w->routes[0] = (struct http_route){
		"GET", "/now/{what}", HTTP_BODY_NONE, 0, handle_now, w, NULL, NULL, NULL};
	w->routes[1] = (struct http_route){
		"POST", "/now/{what}", HTTP_BODY_WHOLE, 100, handle_now, w, NULL, NULL, NULL};
	w->routes[2] = (struct http_route){
		"GET", "/later", HTTP_BODY_NONE, 0, handle_later, w, NULL, NULL, NULL};
	w->routes[3] = (struct http_route){
		"POST", "/stream", HTTP_BODY_STREAM, 1000000, handle_later, w, piece, NULL, NULL};
}

static void client_ready(void *arg, unsigned what)
{
	struct client *c = arg;

	if ((what & WATCH_READ) && !c->lazy)
		client_read(c);
}

static bool holds_text(void *arg)
{
	void **pair = arg;
	struct client *c = pair[0];

	return c->in.len > 0 && memmem(c->in.bytes, c->in.len, pair[1], strlen(pair[1])) != NULL;
}

static bool is_over(void *arg)
{
	return ((struct client *)arg)->over;
}

static bool reached(void *arg)
{
	void **pair = arg;

	return *(const unsigned *)pair[0] >= *(const unsigned *)pair[1];
}

/* ------------------------------------------------------------------------------------------- */

void world_begin(struct world *w, void (*change)(struct net_limits *l))
{
	struct confab_error err = {0};

	memset(w, 0, sizeof(*w));
	sim_begin(7);
	loops_make(w);
	tables_fill(w);
	const struct codec *codecs[] = {&w->codec};
	static const char *const origins[] = {"https://chat.example"};
	static const char *const proxies[] = {"10.0.0.0/8"};
	struct net_config config = {
		.main = w->main,
		.logic = w->logic,
		.io = w->io,
		.n_io = WORLD_IO,
		.codecs = codecs,
		.n_codecs = 1,
		.routes = w->routes,
		.n_routes = 4,
		.origins = origins,
		.n_origins = 1,
		.trusted_proxies = proxies,
		.n_trusted_proxies = 1,
	};

	net_limits_default(&config.limits);
	config.limits.per_address = 0;
	if (change)
		change(&config.limits);
	w->net = net_new(&config, &err);
	assert_non_null(w->net);
	net_start(w->net);
}

void world_end(struct world *w)
{
	struct loop *loops[] = {w->main, w->logic, w->io[0], w->io[1], w->clients};

	for (size_t i = 0; i < sizeof(loops) / sizeof(loops[0]); i++) {
		loop_stop(loops[i]);
		loop_join(loops[i]);
	}
	net_free(w->net);
	for (size_t i = 0; i < sizeof(loops) / sizeof(loops[0]); i++)
		loop_free(loops[i]);
	sim_end();
}

void client_open(struct world *w, struct client *c, const struct memory_options *options)
{
	*c = (struct client){.world = w};
	buf_init(&c->in);
	c->end = memory_connect(w->net, w->clients, options, client_ready, c);
}

void client_close(struct client *c)
{
	if (c->end)
		memory_close(c->end);
	c->end = NULL;
	buf_fini(&c->in);
}

void client_send(struct client *c, const void *bytes, size_t len)
{
	const char *at = bytes;
	int64_t until_us = sim_now_us() + PATIENCE_US;

	while (len > 0) {
		ssize_t n = memory_write(c->end, at, len);

		if (n > 0) {
			at += n;
			len -= (size_t)n;
			continue;
		}
		if (n == -EPIPE)
			return; /* the test sees the end */
		assert_true(sim_now_us() < until_us);
		world_pass(1);
	}
}

void client_say(struct client *c, const char *text)
{
	client_send(c, text, strlen(text));
}

void client_read(struct client *c)
{
	char bytes[4096];
	ssize_t n;

	if (!c->end)
		return;
	while ((n = memory_read(c->end, bytes, sizeof(bytes))) > 0)
		buf_add(&c->in, bytes, (size_t)n);
	if (n == 0 || n == -ECONNRESET)
		c->over = true;
}

void client_expect(struct client *c, const char *text)
{
	void *pair[] = {c, (void *)(uintptr_t)text};

	if (!sim_run_until(sim_now_us() + PATIENCE_US, holds_text, pair))
		fail_msg("'%s' did not come, but '%.*s'", text, (int)c->in.len,
			c->in.bytes ? c->in.bytes : "");
}

bool client_ends(struct client *c, uint32_t within_ms)
{
	return sim_run_until(sim_now_us() + (int64_t)within_ms * 1000, is_over, c);
}

void client_upgrade(struct client *c, const char *extra)
{
	unsigned before = c->world->n_opened;

	client_say(c,
		"GET /ws HTTP/1.1\r\nHost: chat.test\r\nConnection: Upgrade\r\n"
		"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
		"Sec-WebSocket-Protocol: test.v1\r\n");
	client_say(c, extra);
	client_say(c, "\r\n");
	client_expect(c, "101 Switching Protocols\r\n");
	client_expect(c, "\r\n\r\n");
	assert_int_equal(c->world->n_opened, before + 1);
	client_forget(c);
}

void client_text(struct client *c, const char *text)
{
	unsigned char head[WS_HEADER_MAX + 4];
	size_t len = strlen(text), n = ws_header(head, WS_FIN, WS_TEXT, len);

	head[1] |= 0x80; /* masked with zeroes */
	memset(head + n, 0, 4);
	client_send(c, head, n + 4);
	client_send(c, text, len);
}

void client_forget(struct client *c)
{
	buf_clear(&c->in);
}

void world_pass(uint32_t ms)
{
	(void)sim_run_until(sim_now_us() + (int64_t)ms * 1000, NULL, NULL);
}

void world_until(const unsigned *n, unsigned least)
{
	void *pair[] = {(void *)(uintptr_t)n, &least};

	assert_true(sim_run_until(sim_now_us() + PATIENCE_US, reached, pair));
}

struct text_answer *text_answer_new(const char *text)
{
	size_t size = strlen(text) + 1;
	struct text_answer *ta = calloc(1, sizeof(*ta) + size);

	assert_non_null(ta);
	memcpy(ta->text, text, size);
	ta->a.encode = encode;
	ta->a.release = release;
	ta->a.settles = true;
	return ta;
}

void world_answer(struct world *w, confab_conn_id conn, uint64_t stream, const char *text)
{
	struct text_answer *ta = text_answer_new(text);

	ta->a.conn = conn;
	ta->a.stream = stream;
	ta->a.status = 200;
	net_answer(w->net, &ta->a);
}
