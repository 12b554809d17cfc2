/**
 * What a plugin asks of an exchange, and how it answers. Logic thread.
 *
 * SPDX-License-Identifier: MIT
 */
#include <confab/http.h>

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/log.h"
#include "wire/exchange_internal.h"

#define LINES_MAX 1024

/** A piece of a streamed answer on its way; bytes[0..len) behind type and lines, both with their NUL. */
struct part {
	struct answer answer; /* first */
	char *type, *lines;
	size_t len;
	char bytes[];
};

static void part_encode(struct answer *a, struct buf *out)
{
	const struct part *part = (const struct part *)(const void *)a;

	buf_add(out, part->bytes, part->len);
}

static void part_release(struct answer *a)
{
	struct part *part = (struct part *)(void *)a;

	free(part->type);
	free(part->lines);
	free(part);
}

static struct part *part_new(const struct confab_http *h, const void *bytes, size_t len)
{
	struct part *part = alloc_zero(1, sizeof(*part) + len);

	part->answer = (struct answer){.conn = h->conn,
		.stream = h->stream,
		.more = true,
		.encode = part_encode,
		.release = part_release};
	part->len = len;
	if (len) {
		memcpy(part->bytes, bytes, len);
	}
	return part;
}

/** The whole answer is what stands in raw, be it nothing. */
static void encode_raw(struct answer *a, struct buf *out)
{
	const struct confab_request *rq = (const struct confab_request *)(const void *)a;

	buf_add(out, rq->raw.bytes, rq->raw.len);
}

static bool is_field_name(const char *s)
{
	size_t len = strlen(s);

	return len > 0 && len <= 64 &&
		strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") ==
		len;
}

static bool is_field_value(const char *s)
{
	for (; *s; s++) {
		if (((unsigned char)*s < 0x20 && *s != '\t') || *s == 0x7f) {
			return false;
		}
	}
	return true;
}

/** Fields that an answer has from the host. */
static bool is_hosts(const char *name)
{
	static const char *const hosts[] = {"Connection", "Content-Length", "Content-Type",
		"Cross-Origin-Resource-Policy", "Date", "Referrer-Policy",
		"Strict-Transport-Security", "Transfer-Encoding", "Upgrade",
		"X-Content-Type-Options", "X-Frame-Options"};

	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		if (strcasecmp(hosts[i], name) == 0) {
			return true;
		}
	}
	return strncasecmp(name, "Access-Control-", 15) == 0;
}

/** Misuse by the plugin is its bug: said, and made harmless. */
static bool answerable(const struct confab_http *h, enum exchange_phase phase)
{
	if (h->phase == phase) {
		return true;
	}
	log_error("plugin '%s', route '%s %s' is answered out of turn; this answer is dropped",
		h->port.owner_name, h->port.row->method, h->port.row->path);
	return false;
}

static int status_of(const struct confab_http *h, int status)
{
	if (status >= 200 && status <= 599) {
		return status;
	}
	log_error("plugin '%s', route '%s %s' answers with status %d, which is none; it is sent as "
		  "500",
		h->port.owner_name, h->port.row->method, h->port.row->path, status);
	return 500;
}

static char *type_of(const char *type)
{
	return type && is_field_value(type) ? alloc_str(type) : NULL;
}

/** Status and head, for an answer in one piece. */
static struct confab_request *answer_begin(struct confab_http *h, int status, const char *type)
{
	struct confab_request *rq = h->rq;

	rq->answer.status = status_of(h, status);
	rq->answer.cacheable = h->cacheable;
	rq->web->content_type = type_of(type);
	rq->answer.content_type = rq->web->content_type;
	if (h->lines.len) {
		rq->web->head_lines = buf_take(&h->lines, NULL);
		rq->answer.headers = rq->web->head_lines;
	}
	return rq;
}

/* -------------------------------------------------------------------------------------------- */

void exchange_refuse(struct confab_http *h, const char *code, const char *text, unsigned retry_ms)
{
	request_error(h->rq, code, text, retry_ms, h->port.owner_name);
}

void exchange_drop(struct confab_http *h)
{
	request_reply_raw(h->rq); /* nobody is there to read it */
}

void exchange_cut(struct confab_http *h)
{
	h->rq->answer.cut = true;
	request_reply_raw(h->rq);
}

const char *confab_http_method(const struct confab_http *h)
{
	return h->port.row->method;
}

const char *confab_http_path(const struct confab_http *h)
{
	return h->rq->web->path;
}

const char *confab_http_param(const struct confab_http *h, const char *name)
{
	return json_str(h->rq->query, name);
}

const char *confab_http_header(const struct confab_http *h, const char *name)
{
	return json_str(h->fields, name);
}

const char *confab_http_peer(const struct confab_http *h)
{
	return h->rq->peer;
}

const struct confab_actor *confab_http_actor(const struct confab_http *h)
{
	return h->rq->actor;
}

const json_t *confab_http_args(const struct confab_http *h)
{
	return h->rq->args;
}

const char *confab_http_body(const struct confab_http *h, size_t *len)
{
	*len = h->body.len;
	return h->port.row->body == CONFAB_HTTP_BYTES ? (h->body.bytes ? h->body.bytes : "") : NULL;
}

int confab_http_fd(const struct confab_http *h, uint64_t *bytes)
{
	if (bytes) {
		*bytes = h->file.bytes;
	}
	return h->file.fd;
}

void **confab_http_slot(struct confab_http *h)
{
	return &h->slot;
}

void confab_http_json(struct confab_http *h, int status, json_t *body)
{
	if (!answerable(h, EXCHANGE_RUNNING)) {
		json_decref(body);
		return;
	}
	confab_reply(answer_begin(h, status, NULL), body);
}

void confab_http_bytes(
	struct confab_http *h, int status, const char *type, const void *bytes, size_t len)
{
	struct confab_request *rq;

	if (!answerable(h, EXCHANGE_RUNNING)) {
		return;
	}
	rq = answer_begin(h, status, type ? type : "application/octet-stream");
	rq->answer.encode = encode_raw;
	buf_add(&rq->raw, bytes, len);
	request_reply_raw(rq);
}

void confab_http_file(struct confab_http *h, int status, const char *type, int fd)
{
	struct confab_request *rq;
	struct stat st;

	if (!answerable(h, EXCHANGE_RUNNING)) {
		(void)close(fd);
		return;
	}
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		log_error("plugin '%s', route '%s %s' answers with what is no regular file",
			h->port.owner_name, h->port.row->method, h->port.row->path);
		(void)close(fd);
		exchange_refuse(h, "internal", NULL, 0);
		return;
	}
	rq = answer_begin(h, status, type);
	rq->answer.file = true;
	rq->answer.fd = fd;
	rq->answer.fd_bytes = (uint64_t)st.st_size;
	request_reply_raw(rq);
}

void confab_http_error(struct confab_http *h, const char *code, const char *text)
{
	if (answerable(h, EXCHANGE_RUNNING)) {
		exchange_refuse(h, code, text, 0);
	}
}

int confab_http_set(struct confab_http *h, const char *name, const char *value)
{
	if (!is_field_name(name) || !is_field_value(value) || is_hosts(name)) {
		return CONFAB_EINVAL;
	}
	if (h->lines.len + strlen(name) + strlen(value) + 4 > LINES_MAX) {
		return CONFAB_ELIMIT;
	}
	h->cacheable = h->cacheable || strcasecmp(name, "Cache-Control") == 0;
	buf_fmt(&h->lines, "%s: %s\r\n", name, value);
	return 0;
}

void confab_http_want(struct confab_http *h, size_t bytes)
{
	exchange_touch(h);
	h->wanted = h->wanted + bytes < bytes ? SIZE_MAX : h->wanted + bytes;
	exchange_deliver(h);
}

void confab_http_begin(struct confab_http *h, int status, const char *type)
{
	struct part *part;

	if (!answerable(h, EXCHANGE_RUNNING)) {
		return;
	}
	part = part_new(h, NULL, 0);
	part->type = type_of(type ? type : "application/octet-stream");
	part->answer.content_type = part->type;
	part->answer.status = status == 204 || status == 304 ? 200 : status_of(h, status);
	part->answer.cacheable = h->cacheable;
	if (h->lines.len) {
		part->lines = buf_take(&h->lines, NULL);
		part->answer.headers = part->lines;
	}
	h->phase = EXCHANGE_ANSWERING;
	net_answer(h->all->wire->net, &part->answer);
}

size_t confab_http_write(struct confab_http *h, const void *bytes, size_t len)
{
	size_t waiting;

	if (!answerable(h, EXCHANGE_ANSWERING)) {
		return 0;
	}
	if (len) {
		net_answer(h->all->wire->net, &part_new(h, bytes, len)->answer);
		h->written += len;
	}
	waiting = (size_t)(h->written - h->sent);
	h->wants_room = waiting >= EXCHANGE_ROOM;
	return h->wants_room ? 0 : EXCHANGE_ROOM - waiting;
}

void confab_http_end(struct confab_http *h)
{
	if (!answerable(h, EXCHANGE_ANSWERING)) {
		return;
	}
	h->rq->answer.encode = encode_raw;
	request_reply_raw(h->rq);
}
