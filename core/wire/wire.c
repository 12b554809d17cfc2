/**
 * confab.v1 over WebSocket, and its HTTP twins: bytes to requests. I/O threads.
 *
 * SPDX-License-Identifier: MIT
 */
#include "wire/wire.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "wire/exchange.h"
#include "wire/request.h"

/** Something happened to a connection: told to the logic thread in order with its requests. */
struct conn_news {
	struct mail mail;
	struct wire *wire;
	confab_conn_id conn;
	uint16_t code;
	enum { NEWS_OPENED, NEWS_CLOSED, NEWS_DRAINED } what;
	char peer[48];
	size_t n;
	uint32_t topics[];
};

static void news_passed(struct mail *m);

static void news_arrived(struct mail *m)
{
	gate_pass(&((struct conn_news *)m)->wire->gate, m, news_passed);
}

static void news_passed(struct mail *m)
{
	struct conn_news *news = (struct conn_news *)m;
	struct wire_ports *ports = &news->wire->ports;

	switch (news->what) {
	case NEWS_OPENED:
		ports->opened(ports->ctx, news->conn, news->peer);
		break;
	case NEWS_CLOSED:
		ports->closed(ports->ctx, news->conn, news->code);
		break;
	case NEWS_DRAINED:
		ports->drained(ports->ctx, news->conn, news->topics, news->n);
		break;
	}
	free(news);
}

static struct conn_news *news_new(struct wire *w, confab_conn_id conn, size_t n)
{
	struct conn_news *news = calloc(1, sizeof(*news) + n * sizeof(uint32_t));

	assert(news);
	news->mail.run = news_arrived;
	news->wire = w;
	news->conn = conn;
	news->n = n;
	return news;
}

static void ws_opened(void *ctx, confab_conn_id conn, const char *peer, const char *token)
{
	struct wire *w = ctx;
	struct conn_news *news = news_new(w, conn, 0);

	(void)token; /* hello carries it (design, section 10) */
	news->what = NEWS_OPENED;
	snprintf(news->peer, sizeof(news->peer), "%s", peer ? peer : "");
	loop_post(w->logic, &news->mail);
}

static void ws_closed(void *ctx, confab_conn_id conn, uint16_t code)
{
	struct wire *w = ctx;
	struct conn_news *news = news_new(w, conn, 0);

	news->what = NEWS_CLOSED;
	news->code = code;
	loop_post(w->logic, &news->mail);
}

static void ws_drained(void *ctx, confab_conn_id conn, const uint32_t *topics, size_t n)
{
	struct wire *w = ctx;
	struct conn_news *news = news_new(w, conn, n);

	news->what = NEWS_DRAINED;
	memcpy(news->topics, topics, n * sizeof(*topics));
	loop_post(w->logic, &news->mail);
}

static size_t backlog(void *arg)
{
	const struct wire *w = arg;

	return w->net ? net_backlog(w->net) : 0;
}

/** The request's id as it is echoed: an integer or a short string. */
static bool take_id(struct confab_request *rq)
{
	json_t *id = json_object_get(rq->args, "id");
	struct buf b;

	if (!id || json_is_null(id)) {
		return true;
	}
	if (!json_is_integer(id) && !(json_is_string(id) && json_string_length(id) <= 32)) {
		return false;
	}
	buf_init(&b);
	json_write(&b, id);
	if (b.len < sizeof(rq->re)) {
		memcpy(rq->re, b.bytes, b.len + 1);
	}
	buf_fini(&b);
	return rq->re[0] != '\0';
}

static enum codec_result ws_decode(void *ctx, confab_conn_id conn, char *bytes, size_t len,
	bool text, struct buf *out, bool *out_text, uint16_t *close_code)
{
	struct wire *w = ctx;
	struct confab_request *rq;
	struct confab_error err = {0};

	*out_text = true;
	if (!text) {
		*close_code = 1003;
		buf_str(out, "confab.v1 speaks JSON in text messages");
		return CODEC_CLOSE;
	}
	rq = request_new(w, conn, 0);
	rq->args = json_parse_bounded(bytes, len, len, &err);
	if (rq->args && !json_is_object(rq->args)) {
		(void)confab_error_set(&err, CONFAB_EPROTO, "a message must be a JSON object");
	} else if (rq->args && !take_id(rq)) {
		(void)confab_error_set(&err, CONFAB_EPROTO,
			"'id' must be an integer or a string of at most 32 bytes");
	}
	if (err.code) {
		request_refuse(rq, err.code == CONFAB_ELIMIT ? "limit" : "bad_request", err.text);
	} else {
		request_post(rq);
	}
	return CODEC_TAKEN;
}

/** ?a=b&c=d into strings; what is malformed is left out. */
static void add_query(const struct http_request *hr, json_t *args)
{
	const char *at = hr->query;

	while (at && *at) {
		size_t len = strcspn(at, "&"), name = strcspn(at, "=&");
		char key[64], value[2048];

		if (name && name < sizeof(key) && at[name] == '=') {
			memcpy(key, at, name);
			key[name] = '\0';
			if (http_query(hr, key, value, sizeof(value))) {
				json_object_set_new(args, key, json_string(value));
			}
		}
		at += len + (at[len] == '&');
	}
}

/** The path from the route's parameters: net cuts the decoded path into them. */
static char *whole_path(const struct http_request *hr)
{
	struct buf b;

	buf_init(&b);
	buf_str(&b, "/v1");
	for (size_t i = 0; i < sizeof(hr->params) / sizeof(hr->params[0]) && hr->params[i]; i++) {
		buf_char(&b, '/');
		buf_str(&b, hr->params[i]);
	}
	return buf_take(&b, NULL);
}

static struct request_web *web_new(const struct http_request *hr)
{
	struct request_web *web = calloc(1, sizeof(*web));
	const char *tags = hr->header(hr, "If-None-Match");

	assert(web);
	snprintf(web->method, sizeof(web->method), "%s", hr->method);
	snprintf(web->session, sizeof(web->session), "%s", hr->session ? hr->session : "");
	if (tags && strlen(tags) < sizeof(web->none_match)) {
		memcpy(web->none_match, tags, strlen(tags) + 1);
	}
	web->token = hr->token ? strdup(hr->token) : NULL;
	return web;
}

static void http_handle(void *ctx, const struct http_request *hr)
{
	struct wire *w = ctx;
	struct confab_request *rq = request_of_http(w, hr);
	struct confab_error err = {0};

	rq->web->path = whole_path(hr);
	if (request_take_json(rq, hr, &err)) {
		request_refuse(rq, err.code == CONFAB_ELIMIT ? "limit" : "bad_request", err.text);
		return;
	}
	request_post(rq);
}

/* -------------------------------------------------------------------------------------------- */

struct confab_request *request_of_http(struct wire *w, const struct http_request *hr)
{
	struct confab_request *rq = request_new(w, hr->conn, hr->stream);

	rq->http = true;
	rq->conn = 0;
	rq->web = web_new(hr);
	snprintf(rq->peer, sizeof(rq->peer), "%s", hr->peer ? hr->peer : "");
	rq->query = json_object();
	add_query(hr, rq->query);
	return rq;
}

int request_take_json(
	struct confab_request *rq, const struct http_request *hr, struct confab_error *err)
{
	if (!hr->body_len) {
		rq->args = json_object();
		return 0;
	}
	rq->args = json_parse_bounded(hr->body, hr->body_len, hr->body_len, err);
	if (rq->args && !json_is_object(rq->args)) {
		(void)confab_error_set(err, CONFAB_EPROTO, "the body must be a JSON object");
	}
	return err->code;
}

struct wire *wire_new(struct loop *logic)
{
	struct wire *w = calloc(1, sizeof(*w));

	assert(w);
	w->logic = logic;
	w->ops = op_table_new();
	w->exchanges = exchanges_new(w);
	gate_init(&w->gate, logic, backlog, w);
	return w;
}

void wire_free(struct wire *w)
{
	if (w) {
		gate_fini(&w->gate);
		exchanges_free(w->exchanges);
		op_table_free(w->ops);
		free(w);
	}
}

void wire_settle(struct wire *w)
{
	if (w) {
		gate_fini(&w->gate);
	}
}

void wire_codec(struct wire *w, size_t max_message, struct codec *out)
{
	*out = (struct codec){.subprotocol = "confab.v1",
		.path = "/v1/ws",
		.max_message = max_message,
		.decode = ws_decode,
		.opened = ws_opened,
		.closed = ws_closed,
		.drained = ws_drained,
		.ctx = w};
}

size_t wire_routes(struct wire *w, size_t max_body, struct http_route *out, size_t n)
{
	static const char *const methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
	static const char *const paths[] = {"/v1/{a}", "/v1/{a}/{b}", "/v1/{a}/{b}/{c}",
		"/v1/{a}/{b}/{c}/{d}", "/v1/{a}/{b}/{c}/{d}/{e}", "/v1/{a}/{b}/{c}/{d}/{e}/{f}"};
	size_t count = 0;

	for (size_t m = 0; m < sizeof(methods) / sizeof(methods[0]); m++) {
		for (size_t p = 0; p < sizeof(paths) / sizeof(paths[0]) && count < n; p++) {
			out[count++] = (struct http_route){.method = methods[m],
				.path = paths[p],
				.body = HTTP_BODY_WHOLE,
				.max_body = max_body,
				.handle = http_handle,
				.ctx = w};
		}
	}
	return count;
}
