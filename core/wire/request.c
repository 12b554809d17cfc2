/**
 * Requests: from bytes to a row of the table, and back with exactly one answer.
 *
 * SPDX-License-Identifier: MIT
 */
#include "wire/request.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "wire/errors.h"
#include "wire/exchange.h"
#include "wire/op_table.h"
#include "wire/shape.h"
#include "wire/wire.h"

/** The longest text of an error that is sent. */
#define TEXT_MAX 223

static void write_error(struct confab_request *rq, struct buf *out)
{
	buf_str(out, "{\"code\":");
	buf_json_str(out, rq->code, strlen(rq->code));
	buf_str(out, ",\"text\":");
	buf_json_str(out, rq->text, strlen(rq->text));
	buf_str(out, ",\"retry\":\"");
	buf_str(out, rq->retry);
	buf_char(out, '"');
	if (rq->retry_ms) {
		buf_str(out, ",\"retry_ms\":");
		buf_unum(out, rq->retry_ms);
	}
	if (rq->plugin[0]) {
		buf_str(out, ",\"plugin\":");
		buf_json_str(out, rq->plugin, strlen(rq->plugin));
	}
	buf_char(out, '}');
}

static void write_ok(struct confab_request *rq, struct buf *out)
{
	if (rq->raw.len) {
		buf_add(out, rq->raw.bytes, rq->raw.len);
	} else if (rq->ok) {
		json_write(out, rq->ok);
	} else {
		buf_str(out, "{}");
	}
}

/** I/O thread: {"re":…,"ok":…}; over HTTP the answer alone, or {"error":…}. */
static void request_encode(struct answer *a, struct buf *out)
{
	struct confab_request *rq = (struct confab_request *)a;
	bool error = rq->code[0] != '\0';

	if (rq->http) {
		if (error) {
			buf_str(out, "{\"error\":");
			write_error(rq, out);
			buf_char(out, '}');
		} else {
			write_ok(rq, out);
		}
		return;
	}
	buf_str(out, "{\"re\":");
	buf_str(out, rq->re[0] ? rq->re : "null");
	buf_str(out, error ? ",\"error\":" : ",\"ok\":");
	if (error) {
		write_error(rq, out);
	} else {
		write_ok(rq, out);
	}
	buf_char(out, '}');
}

static void request_free(struct answer *a)
{
	struct confab_request *rq = (struct confab_request *)a;

	json_decref(rq->args);
	json_decref(rq->query);
	json_decref(rq->ok);
	buf_fini(&rq->raw);
	free(rq->text);
	if (rq->web) {
		free(rq->web->path);
		free(rq->web->token);
		free(rq->web->head_lines);
		free(rq->web->content_type);
		free(rq->web);
	}
	if (rq->answer.file && rq->answer.fd >= 0) {
		(void)close(rq->answer.fd);
	}
	free(rq);
}

/** It stands among the unanswered ones of its op. */
static void op_enter(struct confab_request *rq)
{
	struct op *op = rq->op;

	op_hold(op);
	rq->older = op->requests;
	if (rq->older) {
		rq->older->newer = rq;
	}
	op->requests = rq;
}

static void op_leave(struct confab_request *rq)
{
	struct op *op = rq->op;

	if (!op || !op->of) {
		return; /* a route's stands in no table */
	}
	if (rq->newer) {
		rq->newer->older = rq->older;
	} else {
		op->requests = rq->older;
	}
	if (rq->older) {
		rq->older->newer = rq->newer;
	}
	rq->op = NULL;
	op_drop(op);
}

/** Hand it back to its I/O thread. Logic thread. */
static void request_send(struct confab_request *rq)
{
	struct wire *w = rq->wire;

	assert(!rq->answered);
	rq->answered = true;
	/* Events still read them: what is counted is let go of here, on the thread that counts. */
	json_decref(rq->args);
	json_decref(rq->query);
	rq->args = rq->query = NULL;
	if (rq->ok && json_is_shared(rq->ok)) {
		/* Somebody here keeps a part of it: the text goes over, the values stay. */
		json_write(&rq->raw, rq->ok);
		json_decref(rq->ok);
		rq->ok = NULL;
	}
	w->ports.forget(w->ports.ctx, rq);
	if (rq->web && rq->web->exchange) {
		exchange_settled(rq->web->exchange);
	}
	op_leave(rq);
	rq->answer.settles = true;
	net_answer(w->net, &rq->answer);
}

/** What an error adds to an HTTP head. RFC 9110: 10.2.3 (Retry-After), 11.6.1 (WWW-Authenticate). */
static void error_headers(struct confab_request *rq)
{
	char *headers = rq->web->headers;
	size_t used = strlen(headers), room = sizeof(rq->web->headers) - used;

	if (rq->answer.status == 401) {
		snprintf(headers + used, room, "WWW-Authenticate: Bearer\r\n");
	} else if (rq->retry_ms) {
		snprintf(headers + used, room, "Retry-After: %u\r\n",
			rq->retry_ms / 1000 + (rq->retry_ms % 1000 != 0));
	}
	rq->answer.headers = headers;
}

static void set_error(struct confab_request *rq, const char *code, const char *text)
{
	const struct wire_error *row = wire_error_find(code);
	enum wire_retry retry = row ? row->retry : RETRY_NEVER;

	snprintf(rq->code, sizeof(rq->code), "%s", code);
	free(rq->text);
	rq->text = strndup(text && *text ? text : wire_error_text(code), TEXT_MAX);
	assert(rq->text);
	if (rq->retry_ms && retry == RETRY_NEVER) {
		retry = RETRY_LATER;
	}
	rq->retry = wire_retry_name(retry);
	rq->answer.status = row ? row->status : 403;
	if (rq->web) {
		error_headers(rq);
	}
	atomic_fetch_add_explicit(&rq->wire->errors, 1, memory_order_relaxed);
}

/** Logic thread: HTTP paths are matched and queries typed; WebSocket ops are named. */
static bool find_op(struct confab_request *rq)
{
	char allow[OP_ALLOW_SIZE];
	const char *name;
	struct op *op;

	if (rq->http) {
		rq->op = op_match(rq->wire->ops, rq->web->method, rq->web->path, rq->query, allow);
		if (!rq->op) {
			if (allow[0]) {
				snprintf(rq->web->headers, sizeof(rq->web->headers),
					"Allow: %s\r\n", allow);
			}
			request_error(rq, allow[0] ? "method" : "no_path", NULL, 0, NULL);
			return false;
		}
		shape_coerce(rq->query, rq->op->row->args);
		json_object_update(rq->args, rq->query); /* path and query win over the body */
		op_enter(rq);
		/* as over WebSocket, so that a change is the same one by either door */
		json_object_set_new(rq->args, "op", json_string(rq->op->row->name));
		return true;
	}
	name = json_str(rq->args, "op");
	op = name ? op_find(rq->wire->ops, name) : NULL;
	if (!op || op->row->actor == CONFAB_OP_NONE) {
		request_error(rq, "unknown_op", op ? "this op is for HTTP only" : NULL, 0, NULL);
		return false;
	}
	rq->op = op;
	op_enter(rq);
	return true;
}

static void run(struct wire *w, struct confab_request *rq)
{
	struct confab_error err = {0};

	rq->op->calls++;
	if (shape_check(rq->args, rq->op->row->args, &err)) {
		request_error(rq, "bad_request", err.text, 0, NULL);
		return;
	}
	w->ports.run(w->ports.ctx, rq);
}

static void request_passed(struct mail *m)
{
	struct confab_request *rq =
		(struct confab_request *)((char *)m - offsetof(struct confab_request, mail));
	struct wire *w = rq->wire;
	struct log_who former = log_who_set((struct log_who){.conn = rq->answer.conn});

	atomic_fetch_add_explicit(&w->requests, 1, memory_order_relaxed);
	if (find_op(rq)) {
		run(w, rq);
	}
	log_who_set(former);
}

static void request_arrived(struct mail *m)
{
	struct confab_request *rq =
		(struct confab_request *)((char *)m - offsetof(struct confab_request, mail));

	gate_pass(&rq->wire->gate, m, request_passed);
}

/** Its plugin has not answered and will not be asked again. */
static void never_answered(struct confab_request *rq)
{
	log_error("plugin '%s', never answered '%s'", rq->op->owner_name, rq->op->row->name);
	request_error(rq, "internal", NULL, 0, rq->op->owner_name);
}

/** Another takes its place in everything, as its plugin holds the first: that is a husk from now on. */
static struct confab_request *stand_in(struct confab_request *rq)
{
	struct confab_request *other = calloc(1, sizeof(*other)), **husks;
	struct wire *w = rq->wire;

	assert(other);
	*other = *rq;
	if (other->newer) {
		other->newer->older = other;
	} else {
		other->op->requests = other;
	}
	if (other->older) {
		other->older->newer = other;
	}
	husks = op_table_husks(w->ops);
	*rq = (struct confab_request){
		.wire = w, .husk_of = other->op->owner, .older = *husks, .answered = true};
	*husks = rq;
	return other;
}

/** Is it one that was answered for its plugin? Then it is gone now. */
static bool was_husk(struct confab_request *rq)
{
	struct confab_request **at;

	if (!rq->husk_of) {
		return false;
	}
	at = op_table_husks(rq->wire->ops);
	while (*at != rq) {
		at = &(*at)->older;
	}
	*at = rq->older;
	log_warning("plugin, answered a request that was answered for it long ago");
	free(rq);
	return true;
}

/* -------------------------------------------------------------------------------------------- */

struct confab_request *request_new(struct wire *wire, confab_conn_id conn, uint64_t stream)
{
	struct confab_request *rq = calloc(1, sizeof(*rq));

	assert(rq);
	rq->wire = wire;
	rq->conn = conn;
	rq->answer.conn = conn;
	rq->answer.stream = stream;
	rq->answer.status = 200;
	rq->answer.encode = request_encode;
	rq->answer.release = request_free;
	rq->born_us = clock_mono_us();
	buf_init(&rq->raw);
	return rq;
}

void request_post(struct confab_request *rq)
{
	rq->mail.run = request_arrived;
	loop_post(rq->wire->logic, &rq->mail);
}

void request_refuse(struct confab_request *rq, const char *code, const char *text)
{
	set_error(rq, code, text);
	rq->answered = true;
	rq->answer.settles = true;
	net_answer(rq->wire->net, &rq->answer);
}

void request_error(struct confab_request *rq, const char *code, const char *text, unsigned retry_ms,
	const char *plugin)
{
	rq->retry_ms = retry_ms;
	snprintf(rq->plugin, sizeof(rq->plugin), "%s", plugin ? plugin : "");
	set_error(rq, code, text);
	if (rq->op) {
		rq->op->errors++;
	}
	request_send(rq);
}

void request_reply_raw(struct confab_request *rq)
{
	request_send(rq);
}

void request_reply_tagged(struct confab_request *rq, const char *tag)
{
	struct request_web *web = rq->web;
	char quoted[48];

	rq->answer.cacheable = true;
	if (web) {
		snprintf(quoted, sizeof(quoted), "\"%s\"", tag);
		snprintf(web->headers, sizeof(web->headers),
			"ETag: %s\r\nCache-Control: no-cache\r\n", quoted);
		rq->answer.headers = web->headers;
		if (strstr(web->none_match, quoted) || strcmp(web->none_match, "*") == 0) {
			rq->answer.status = 304; /* RFC 9110, section 13.1.2 */
		}
	}
	request_send(rq);
}

unsigned request_abandon(struct op_table *t, const void *owner)
{
	struct confab_request *rq, **at = op_table_husks(t);
	unsigned n = 0;

	for (; (rq = op_table_request(t, owner)) != NULL; n++) {
		never_answered(rq);
	}
	while ((rq = *at) != NULL) {
		if (rq->husk_of == owner) {
			*at = rq->older;
			free(rq);
		} else {
			at = &rq->older;
		}
	}
	return n;
}

const void *request_overdue(struct op_table *t, int64_t born_before_us)
{
	for (struct op *op = op_table_waited_for(t, NULL); op; op = op_table_waited_for(t, op)) {
		for (struct confab_request *rq = op->requests; rq; rq = rq->older) {
			if (rq->born_us < born_before_us) {
				const void *owner = op->owner;

				never_answered(stand_in(rq));
				return owner;
			}
		}
	}
	return NULL;
}

void confab_reply(struct confab_request *rq, json_t *ok)
{
	if (was_husk(rq)) {
		json_decref(ok);
		return;
	}
	rq->ok = ok;
	request_send(rq);
}

void confab_reply_error(struct confab_request *rq, const char *code, const char *text)
{
	if (was_husk(rq)) {
		return;
	}
	request_error(rq, code, text, 0, rq->op && rq->op->owner ? rq->op->owner_name : NULL);
}

void confab_reply_later(
	struct confab_request *rq, const char *code, const char *text, unsigned retry_ms)
{
	if (was_husk(rq)) {
		return;
	}
	request_error(
		rq, code, text, retry_ms, rq->op && rq->op->owner ? rq->op->owner_name : NULL);
}

const json_t *confab_request_args(const struct confab_request *rq)
{
	return rq->args;
}

const struct confab_actor *confab_request_actor(const struct confab_request *rq)
{
	return rq->actor;
}

const char *confab_request_peer(const struct confab_request *rq)
{
	return rq->peer;
}
