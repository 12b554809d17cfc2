/**
 * Doors, and the life of an exchange: it begins on an I/O thread, is led on the logic thread, and is over
 * when its request is answered.
 *
 * SPDX-License-Identifier: MIT
 */
#include "wire/exchange.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/map.h"
#include "wire/exchange_internal.h"

#define FIELD_NAME_MAX 64
/** How often is looked for requests that nobody answers, and how long they may wait if their row does not
 *  say [us]. */
#define LOOK_US 500000
#define IDLE_US 120000000

/** What net says beside heads and pieces. */
struct exchange_news {
	struct mail mail;
	struct exchanges *all;
	confab_conn_id conn;
	uint64_t stream, sent;
	bool gone; /* else so much of the answer has left */
};

struct shutting {
	struct mail mail;
	struct exchanges *all;
	const void *owner;
};

static struct confab_http *live_find(
	const struct exchanges *x, confab_conn_id conn, uint64_t stream)
{
	struct confab_http *h = nummap_find(x->live, conn);

	return h && h->stream == stream ? h : NULL;
}

static void exchange_free(struct mail *m)
{
	struct confab_http *h =
		(struct confab_http *)((char *)m - offsetof(struct confab_http, mail));

	json_decref(h->fields);
	buf_fini(&h->body);
	buf_fini(&h->lines);
	free(h);
}

void exchange_settled(struct confab_http *h)
{
	struct body_piece *p;

	h->rq = NULL;
	h->phase = EXCHANGE_OVER;
	(void)nummap_take(h->all->live, h->conn);
	while ((p = h->first) != NULL) {
		h->first = p->next;
		free(p);
	}
	if (h->port.ended) {
		h->port.ended(h->port.ctx);
	}
	if (exchange_file_end(h)) {
		exchange_free_later(h);
	}
}

/* --- bodies that stream ---------------------------------------------------------------------------- */

static void read_on(struct confab_http *h)
{
	if (!h->first && h->paused && h->phase != EXCHANGE_OVER) {
		h->paused = false;
		net_body_resume(h->all->wire->net, h->conn, h->stream);
	}
}

/** Give the plugin what it asked for, as far as it is there. */
void exchange_deliver(struct confab_http *h)
{
	struct body_piece *p;

	if (h->delivering) {
		return;
	}
	h->delivering = true;
	while ((h->phase == EXCHANGE_RUNNING || h->phase == EXCHANGE_ANSWERING) &&
		(p = h->first) != NULL) {
		size_t n = p->len - p->at < h->wanted ? p->len - p->at : h->wanted;
		const char *bytes = p->bytes + p->at;
		bool last = p->last;

		if (n == 0 && !last) {
			break;
		}
		h->wanted -= n;
		p->at += n;
		if (p->at < p->len) {
			h->port.piece(h, bytes, n, false, h->port.ctx);
			continue; /* what is left is freed with the exchange, if that has ended */
		}
		h->first = p->next;
		if (!h->first) {
			h->last = &h->first;
		}
		h->port.piece(h, bytes, n, last, h->port.ctx);
		free(p);
	}
	h->delivering = false;
	read_on(h);
}

static void piece_passed(struct mail *m)
{
	struct body_piece *p = (struct body_piece *)m;
	struct confab_http *h = live_find(p->door->all, p->conn, p->stream);

	if (!h) {
		free(p);
		return;
	}
	*h->last = p;
	h->last = &p->next;
	h->body_over = p->last;
	h->paused = !p->last;
	exchange_touch(h);
	if (h->port.row->body == CONFAB_HTTP_FILE) {
		exchange_file_pump(h);
	} else {
		exchange_deliver(h);
	}
}

static void piece_arrived(struct mail *m)
{
	gate_pass(&((struct body_piece *)m)->door->all->wire->gate, m, piece_passed);
}

/** I/O thread. One piece at a time: the logic thread says when the next may come. */
static bool route_piece(
	void *ctx, confab_conn_id conn, uint64_t stream, const char *bytes, size_t len, bool last)
{
	struct route_door *door = ctx;
	struct body_piece *p = alloc_zero(1, sizeof(*p) + len);

	p->mail.run = piece_arrived;
	p->door = door;
	p->conn = conn;
	p->stream = stream;
	p->last = last;
	p->len = len;
	if (len) {
		memcpy(p->bytes, bytes, len);
	}
	loop_post(door->all->wire->logic, &p->mail);
	return last;
}

/* --- beginning ------------------------------------------------------------------------------------- */

void exchange_run(struct confab_http *h)
{
	h->phase = EXCHANGE_RUNNING;
	exchange_touch(h);
	h->port.run(h, h->port.ctx);
	if (h->port.row->body == CONFAB_HTTP_STREAM) {
		exchange_deliver(h);
	}
}

/** As an op: it is known who asks, and that he may. */
static void admitted(struct confab_request *rq, void *ctx)
{
	struct confab_http *h = rq->web->exchange;

	(void)ctx;
	h->admitted = true;
	if (h->lost) {
		exchange_refuse(h, "busy", NULL, 1000);
	} else if (h->port.row->body == CONFAB_HTTP_FILE) {
		exchange_file_pump(h);
	} else {
		exchange_run(h);
	}
}

static void head_passed(struct mail *m)
{
	struct confab_http *h =
		(struct confab_http *)((char *)m - offsetof(struct confab_http, mail));
	struct route_door *door = h->door;
	struct wire *w = h->all->wire;

	(void)nummap_put(h->all->live, h->conn, h);
	if (!timer_running(&h->all->look)) {
		timer_start(w->logic, &h->all->look, LOOK_US);
	}
	if (!door->open) {
		request_error(h->rq, "no_path", NULL, 0, NULL);
		return;
	}
	if (!door->port.began(door->port.ctx)) {
		request_error(h->rq, "busy", NULL, 1000, door->port.owner_name);
		return;
	}
	h->port = door->port;
	h->rq->op = &door->op;
	door->op.calls++;
	w->ports.run(w->ports.ctx, h->rq);
}

static void head_arrived(struct mail *m)
{
	struct confab_http *h =
		(struct confab_http *)((char *)m - offsetof(struct confab_http, mail));

	gate_pass(&h->all->wire->gate, m, head_passed);
}

/** The path whole again, which net has cut at its parameters; these become members of the query. */
static char *take_path(const struct http_request *hr, const char *pattern, json_t *query)
{
	struct buf b;
	size_t n = 0, len;

	buf_init(&b);
	for (const char *at = pattern; *at; at += len) {
		char name[FIELD_NAME_MAX];

		len = strcspn(at + 1, "/") + 1;
		if (at[1] != '{') {
			buf_add(&b, at, len);
			continue;
		}
		const char *value = n < 8 && hr->params[n] ? hr->params[n] : "";

		n++;
		(void)snprintf(name, sizeof(name), "%.*s", (int)(len - 3), at + 2);
		json_object_set_new(query, name, json_string(value));
		buf_char(&b, '/');
		buf_str(&b, value);
	}
	return buf_take(&b, NULL);
}

/** The fields that a row names. */
static json_t *take_fields(const struct http_request *hr, const char *names)
{
	json_t *fields = json_object();
	size_t len;

	for (const char *at = names; *(at += strspn(at, " ")); at += len) {
		char name[FIELD_NAME_MAX];

		len = strcspn(at, " ");
		(void)snprintf(name, sizeof(name), "%.*s", (int)len, at);
		const char *value = hr->header(hr, name);

		if (value) {
			json_object_set_new(fields, name, json_string(value));
		}
	}
	return fields;
}

/** I/O thread. */
static void route_handle(void *ctx, const struct http_request *hr)
{
	struct route_door *door = ctx;
	struct wire *w = door->all->wire;
	struct confab_request *rq = request_of_http(w, hr);
	struct confab_error err = {0};

	rq->web->path = take_path(hr, door->path, rq->query);
	if (door->body == CONFAB_HTTP_JSON && request_take_json(rq, hr, &err)) {
		request_refuse(rq, err.code == CONFAB_ELIMIT ? "limit" : "bad_request", err.text);
		return;
	}
	struct confab_http *h = alloc_zero(1, sizeof(*h));

	h->mail.run = head_arrived;
	h->all = door->all;
	h->door = door;
	h->rq = rq;
	h->conn = hr->conn;
	h->stream = hr->stream;
	h->last = &h->first;
	h->file.fd = -1;
	h->file.h = h;
	h->fields = take_fields(hr, door->headers);
	buf_init(&h->body);
	buf_init(&h->lines);
	if (door->body == CONFAB_HTTP_BYTES) {
		buf_add(&h->body, hr->body, hr->body_len);
	}
	rq->web->exchange = h;
	loop_post(w->logic, &h->mail);
}

/* --- ending ---------------------------------------------------------------------------------------- */

/** The client has gone, or the plugin goes (leaving). */
static void lose(struct confab_http *h, bool leaving)
{
	bool answering = h->phase == EXCHANGE_ANSWERING;

	if (h->phase == EXCHANGE_WAITING && !h->admitted) {
		h->lost = true; /* others hold the request, and will come back with it */
		return;
	}
	if (h->phase != EXCHANGE_WAITING && h->port.gone) {
		h->port.gone(h, h->port.ctx);
	}
	if (h->phase == EXCHANGE_OVER) {
		return; /* the plugin has answered all the same */
	}
	if (!leaving) {
		exchange_drop(h);
	} else if (answering) {
		exchange_cut(h);
	} else {
		exchange_refuse(h, "busy", "what answers at this path is being unloaded", 1000);
	}
}

static void drained(struct confab_http *h, uint64_t sent)
{
	size_t waiting;

	h->sent = sent;
	waiting = (size_t)(h->written - h->sent);
	if (h->wants_room && waiting < EXCHANGE_ROOM && h->port.drained) {
		h->wants_room = false;
		h->port.drained(h, EXCHANGE_ROOM - waiting, h->port.ctx);
	}
}

static void news_passed(struct mail *m)
{
	struct exchange_news *news = (struct exchange_news *)m;
	struct confab_http *h = live_find(news->all, news->conn, news->stream);

	if (h && news->gone) {
		lose(h, false);
	} else if (h && h->phase == EXCHANGE_ANSWERING) {
		drained(h, news->sent);
	}
	free(news);
}

static void news_arrived(struct mail *m)
{
	gate_pass(&((struct exchange_news *)m)->all->wire->gate, m, news_passed);
}

static void news_post(
	struct route_door *door, confab_conn_id conn, uint64_t stream, bool gone, uint64_t sent)
{
	struct exchange_news *news = alloc_zero(1, sizeof(*news));

	news->mail.run = news_arrived;
	news->all = door->all;
	news->conn = conn;
	news->stream = stream;
	news->gone = gone;
	news->sent = sent;
	loop_post(door->all->wire->logic, &news->mail);
}

/** I/O thread. */
static void route_drained(void *ctx, confab_conn_id conn, uint64_t stream, uint64_t sent)
{
	news_post(ctx, conn, stream, false, sent);
}

/** I/O thread. */
static void route_gone(void *ctx, confab_conn_id conn, uint64_t stream)
{
	news_post(ctx, conn, stream, true, 0);
}

static void shut_run(struct mail *m)
{
	struct shutting *s = (struct shutting *)m;
	size_t n = 0, pos = 0;
	struct confab_http **list = alloc_zero(nummap_count(s->all->live) + 1, sizeof(*list));
	void *value;

	/* What ends is freed at the end of the turn, so the list stays good. */
	while (nummap_next(s->all->live, &pos, NULL, &value)) {
		struct confab_http *h = value;

		if (!s->owner || h->port.owner == s->owner) {
			list[n++] = h;
		}
	}
	for (size_t i = 0; i < n; i++) {
		if (list[i]->phase != EXCHANGE_OVER) {
			lose(list[i], true);
		}
	}
	free(list);
	free(s);
}

static struct route_door *door_find(
	const struct exchanges *x, const struct confab_route_row *row, const char *headers)
{
	struct route_door *d = x->doors;

	while (d &&
		(strcmp(d->method, row->method) != 0 || strcmp(d->path, row->path) != 0 ||
			strcmp(d->headers, headers) != 0 || d->body != row->body ||
			d->max_body != row->max_body)) {
		d = d->next;
	}
	return d;
}

static struct route_door *door_new(
	struct exchanges *x, const struct confab_route_row *row, const char *headers)
{
	struct route_door *d = alloc_zero(1, sizeof(*d));

	d->all = x;
	d->method = alloc_str(row->method);
	d->path = alloc_str(row->path);
	d->headers = alloc_str(headers);
	d->body = row->body;
	d->max_body = row->max_body;
	d->next = x->doors;
	x->doors = d;
	return d;
}

static void idle(struct confab_http *h)
{
	log_warning("plugin '%s', route '%s %s' did nothing about a request for too long",
		h->port.owner_name, h->port.row->method, h->port.row->path);
	if (h->port.gone) {
		h->port.gone(h, h->port.ctx);
	}
	if (h->phase == EXCHANGE_RUNNING) {
		exchange_refuse(h, "unknown", "what answers at this path did not do so in time", 0);
	}
}

static void look(void *arg)
{
	struct exchanges *x = arg;
	int64_t now_us = loop_now_us(x->wire->logic);
	size_t pos = 0, n = 0;
	struct confab_http **late = alloc_zero(nummap_count(x->live) + 1, sizeof(*late));
	void *value;

	while (nummap_next(x->live, &pos, NULL, &value)) {
		struct confab_http *h = value;

		if (h->phase == EXCHANGE_RUNNING &&
			now_us - h->active_us >
				(h->port.row->idle_ms ? h->port.row->idle_ms * INT64_C(1000)
						      : IDLE_US)) {
			late[n++] = h;
		}
	}
	for (size_t i = 0; i < n; i++) {
		if (late[i]->phase == EXCHANGE_RUNNING) {
			idle(late[i]);
		}
	}
	free(late);
	if (nummap_count(x->live) > 0) {
		timer_start(x->wire->logic, &x->look, LOOK_US);
	}
}

/* -------------------------------------------------------------------------------------------- */

void exchange_touch(struct confab_http *h)
{
	h->active_us = loop_now_us(h->all->wire->logic);
}

void exchange_free_later(struct confab_http *h)
{
	h->mail.run = exchange_free;
	loop_later(h->all->wire->logic, &h->mail);
}

struct body_piece *exchange_take_piece(struct confab_http *h)
{
	struct body_piece *p = h->first;

	if (p) {
		h->first = p->next;
		if (!h->first) {
			h->last = &h->first;
		}
	}
	read_on(h);
	return p;
}

struct exchanges *exchanges_new(struct wire *wire)
{
	struct exchanges *x = alloc_zero(1, sizeof(*x));

	x->wire = wire;
	x->live = nummap_new();
	timer_init(&x->look, look, x);
	return x;
}

void exchanges_free(struct exchanges *x)
{
	if (!x) {
		return;
	}
	while (x->doors) {
		struct route_door *d = x->doors;

		x->doors = d->next;
		free(d->method);
		free(d->path);
		free(d->headers);
		free(d);
	}
	timer_stop(&x->look);
	nummap_free(x->live);
	free(x->dir);
	free(x);
}

void exchanges_files(struct exchanges *x, struct pool *pool, const char *dir)
{
	x->pool = pool;
	free(x->dir);
	x->dir = alloc_str(dir);
}

int exchanges_open(struct exchanges *x, const struct route_port *port, struct confab_error *err)
{
	const struct confab_route_row *row = port->row;
	struct buf headers;

	for (struct route_door *d = x->doors; d; d = d->next) {
		if (d->open && strcmp(d->method, row->method) == 0 &&
			strcmp(d->path, row->path) == 0) {
			return confab_error_set(err, CONFAB_EEXIST,
				"route '%s %s' of '%s' is there already (it belongs to '%s')",
				row->method, row->path, port->owner_name, d->port.owner_name);
		}
	}
	buf_init(&headers);
	buf_str(&headers, "Content-Type");
	if (row->headers) {
		buf_fmt(&headers, " %s", row->headers);
	}
	struct route_door *door = door_find(x, row, headers.bytes);

	if (!door || door->open) {
		door = door_new(x, row, headers.bytes);
	}
	buf_fini(&headers);
	door->port = *port;
	door->row = (struct confab_op_row){
		.name = "route", .actor = row->actor, .run = admitted, .cost = row->cost};
	door->op = (struct op){.row = &door->row,
		.ctx = door,
		.owner = port->owner,
		.owner_name = port->owner_name};
	door->open = true;
	return 0;
}

void exchanges_close(struct exchanges *x, const void *owner)
{
	for (struct route_door *d = x->doors; d; d = d->next) {
		if (!owner || d->port.owner == owner) {
			d->open = false;
		}
	}
}

void exchanges_shut(struct exchanges *x, const void *owner)
{
	size_t pos = 0;
	void *value;
	bool any = false;

	exchanges_close(x, owner);
	while (nummap_next(x->live, &pos, NULL, &value)) {
		any = any || !owner || ((struct confab_http *)value)->port.owner == owner;
	}
	if (any) {
		struct shutting *s = alloc_zero(1, sizeof(*s));

		s->mail.run = shut_run;
		s->all = x;
		s->owner = owner;
		loop_post(x->wire->logic, &s->mail);
	}
}

void exchanges_end(struct exchanges *x)
{
	exchanges_shut(x, NULL);
}

size_t exchanges_live(const struct exchanges *x)
{
	return nummap_count(x->live);
}

size_t exchanges_doors(const struct exchanges *x)
{
	size_t n = 0;

	for (struct route_door *d = x->doors; d; d = d->next) {
		n++;
	}
	return n;
}

size_t exchanges_routes(const struct exchanges *x, struct http_route *out, size_t n)
{
	size_t count = 0;

	for (struct route_door *d = x->doors; d && count < n; d = d->next) {
		bool stream = d->body == CONFAB_HTTP_STREAM || d->body == CONFAB_HTTP_FILE;

		if (!d->open) {
			continue;
		}
		out[count++] = (struct http_route){.method = d->method,
			.path = d->path,
			.body = stream                        ? HTTP_BODY_STREAM
				: d->body == CONFAB_HTTP_NONE ? HTTP_BODY_NONE
							      : HTTP_BODY_WHOLE,
			.max_body = d->max_body,
			.handle = route_handle,
			.piece = stream ? route_piece : NULL,
			.drained = route_drained,
			.gone = route_gone,
			.ctx = d};
	}
	return count;
}

const struct confab_route_row *exchange_row(const struct confab_http *h)
{
	return h->port.row;
}
