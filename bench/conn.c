/**
 * One connection of the fleet: from its handshake to the frames it reads.
 *
 * SPDX-License-Identifier: MIT
 */
#include "fleet.h"
#include "proc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* Read at most this much at once: what fits the second-level cache beside the reference frames. */
#define READ_BYTES (64u * 1024u)

/* A constant mask, not zero: the server does the work, the tool need not ask for chance. */
static const uint8_t mask_key[4] = {0x5a, 0xc3, 0x3c, 0xa5};

static void reserve(char **mem, size_t *cap, size_t want)
{
	if (want <= *cap)
		return;
	size_t bigger = want < 512 ? 512 : want * 2;
	char *grown = realloc(*mem, bigger);
	if (grown == NULL)
		abort();
	*mem = grown;
	*cap = bigger;
}

static void out_add(struct conn *c, const void *bytes, size_t len)
{
	if (c->out_at > 0 && c->out_at == c->out_len) {
		c->out_at = 0;
		c->out_len = 0;
	}
	reserve(&c->out, &c->out_cap, c->out_len + len);
	memcpy(c->out + c->out_len, bytes, len);
	c->out_len += len;
}

static void mark_dirty(struct fleet *f, struct conn *c)
{
	if (c->dirty || c->polled_out)
		return;
	c->dirty = true;
	f->dirty[f->dirty_count++] = c;
}

static void poll_out(struct fleet *f, struct conn *c, bool wanted)
{
	if (c->polled_out == wanted)
		return;
	c->polled_out = wanted;
	struct epoll_event ev = {.events = EPOLLIN | (wanted ? EPOLLOUT : 0u), .data.ptr = c};
	if (epoll_ctl(f->epoll, EPOLL_CTL_MOD, c->fd, &ev) != 0)
		conn_close(f, c, strerror(errno));
}

/* @return bytes, 0 for "later", -1 for the end */
static ssize_t receive(struct conn *c, char *into, size_t room)
{
	ssize_t n;
	if (c->ssl != NULL) {
		int got = SSL_read(c->ssl, into, (int)room);
		if (got > 0)
			return got;
		int why = SSL_get_error(c->ssl, got);
		return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? 0 : -1;
	}
	n = recv(c->fd, into, room, 0);
	if (n > 0)
		return n;
	return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

static ssize_t transmit(struct conn *c, const char *bytes, size_t n)
{
	if (c->ssl != NULL) {
		int put = SSL_write(c->ssl, bytes, n > 1u << 20 ? 1 << 20 : (int)n);
		if (put > 0)
			return put;
		int why = SSL_get_error(c->ssl, put);
		return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? 0 : -1;
	}
	ssize_t put = send(c->fd, bytes, n, MSG_NOSIGNAL);
	if (put >= 0)
		return put;
	return errno == EAGAIN || errno == EINTR ? 0 : -1;
}

static void begin_upgrade(struct fleet *f, struct conn *c)
{
	char head[1024];
	int n = snprintf(head, sizeof head,
		"GET %s HTTP/1.1\r\nHost: %s:%s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		"Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n"
		"Sec-WebSocket-Protocol: %s\r\n\r\n",
		f->o->path, f->o->host, f->o->port, f->key, f->o->subprotocol);
	if (n < 0 || (size_t)n >= sizeof head) {
		conn_close(f, c, "path or host is too long");
		return;
	}
	c->state = CONN_UPGRADING;
	out_add(c, head, (size_t)n);
	mark_dirty(f, c);
}

static void go_open(struct fleet *f, struct conn *c, uint64_t now)
{
	c->state = CONN_OPEN;
	f->making--;
	f->open++;
	if (f->events->open != NULL)
		f->events->open(f, c, now);
}

static void send_hello(struct fleet *f, struct conn *c)
{
	json_t *hello = json_pack("{s:s s:i s:s}", "op", "hello", "id", 1, "device", "bench");
	if (f->tokens_count > 0)
		(void)json_object_set_new(
			hello, "token", json_string(f->tokens[c->index % f->tokens_count]));
	if (c->session[0] != '\0')
		(void)json_object_set_new(hello, "session", json_string(c->session));
	json_t *watch = json_array();
	if (c->watch)
		(void)json_array_append_new(watch, json_string(f->o->channel));
	(void)json_object_set_new(hello, "watch", watch);
	char *text = json_dumps(hello, JSON_COMPACT);
	json_decref(hello);
	if (text == NULL)
		abort();
	c->state = CONN_GREETING;
	conn_send(f, c, WS_TEXT, text, strlen(text));
	free(text);
}

/* RFC 6455, section 4.1: the answer to the handshake. @return bytes used, 0 for more */
static size_t take_upgrade(
	struct fleet *f, struct conn *c, const char *bytes, size_t n, uint64_t now)
{
	const char *end = memmem(bytes, n, "\r\n\r\n", 4);
	char why[128];

	if (end == NULL) {
		if (n > 16384)
			conn_close(f, c, "the answer's head is too long");
		return 0;
	}
	size_t head = (size_t)(end - bytes) + 4;
	if (head < 12 || memcmp(bytes, "HTTP/1.1 101", 12) != 0) {
		const char *eol = memchr(bytes, '\r', n);
		(void)snprintf(why, sizeof why, "no upgrade: %.*s",
			eol != NULL && eol - bytes < 80 ? (int)(eol - bytes) : 0, bytes);
		conn_close(f, c, why);
		return 0;
	}
	if (memmem(bytes, head, f->accept, WS_ACCEPT_LEN) == NULL) {
		conn_close(f, c, "wrong Sec-WebSocket-Accept");
		return 0;
	}
	if (f->o->hello)
		send_hello(f, c);
	else
		go_open(f, c, now);
	return head;
}

/* The place where the stream continues: the channel's item in the reply to hello. */
static bool take_place(struct fleet *f, struct conn *c, const json_t *ok)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(ok, "channels"), i, item)
	{
		const char *id = json_string_value(json_object_get(item, "id"));
		if (id == NULL || strcmp(id, f->o->channel) != 0)
			continue;
		c->reader = (struct reader){
			.rev = (uint64_t)json_integer_value(json_object_get(item, "rev")),
			.seq = (uint64_t)json_integer_value(json_object_get(item, "seq"))};
		return true;
	}
	return !c->watch;
}

static void take_session(struct conn *c, const json_t *ok)
{
	const char *id = json_string_value(json_object_get(ok, "session"));
	if (id != NULL && strlen(id) < sizeof c->session)
		strcpy(c->session, id);
}

static void take_hello(struct fleet *f, struct conn *c, const char *text, size_t len, uint64_t now)
{
	json_t *reply = json_loadb(text, len, 0, NULL);
	char why[192];

	if (json_integer_value(json_object_get(reply, "re")) == 1) {
		const json_t *ok = json_object_get(reply, "ok");
		if (ok == NULL) {
			(void)snprintf(why, sizeof why, "hello was refused: %.*s",
				len < 120 ? (int)len : 120, text);
			conn_close(f, c, why);
		} else if (!take_place(f, c, ok)) {
			conn_close(f, c, "hello's reply does not list the channel");
		} else {
			if (f->o->resume)
				take_session(c, ok);
			go_open(f, c, now);
		}
	}
	json_decref(reply);
}

static void take_close(struct fleet *f, struct conn *c, const char *bytes, size_t len)
{
	char why[192];
	if (len < 2) {
		conn_close(f, c, "closed by the server, without a code");
		return;
	}
	unsigned code = (unsigned)(uint8_t)bytes[0] << 8 | (uint8_t)bytes[1];
	(void)snprintf(why, sizeof why, "closed by the server, %u (%.*s)", code, (int)(len - 2),
		bytes + 2);
	conn_close(f, c, why);
}

static void take_frame(
	struct fleet *f, struct conn *c, const struct ws_head *h, const char *bytes, uint64_t now)
{
	size_t len = (size_t)h->len;
	switch (h->opcode) {
	case WS_TEXT:
	case WS_BINARY:
		if (!h->fin)
			conn_close(f, c, "a fragmented message, which this tool does not read");
		else if (c->state == CONN_GREETING)
			take_hello(f, c, bytes, len, now);
		else if (f->events->frame != NULL)
			f->events->frame(f, c, bytes, len, now);
		return;
	case WS_PING:
		conn_send(f, c, WS_PONG, bytes, len);
		return;
	case WS_PONG:
		return;
	case WS_CLOSE:
		take_close(f, c, bytes, len);
		return;
	default:
		conn_close(f, c, "an unknown opcode");
	}
}

/* @return bytes used; the rest begins a frame that has not ended */
static size_t take_bytes(struct fleet *f, struct conn *c, const char *bytes, size_t n, uint64_t now)
{
	size_t used = 0;

	if (c->state == CONN_UPGRADING) {
		used = take_upgrade(f, c, bytes, n, now);
		if (used == 0)
			return 0;
	}
	while (c->state >= CONN_GREETING) {
		struct ws_head h;
		int head = ws_head_get(&h, (const uint8_t *)bytes + used, n - used);
		if (head < 0 || (head > 0 && (h.masked || h.len > 1u << 26))) {
			conn_close(f, c, "a bad frame head");
			break;
		}
		if (head == 0 || n - used - (size_t)head < h.len)
			break;
		take_frame(f, c, &h, bytes + used + head, now);
		used += (size_t)head + (size_t)h.len;
	}
	return used;
}

/* Read once into the scratch buffer, behind what was left. @return whether more may be there */
static bool read_some(struct fleet *f, struct conn *c)
{
	reserve(&f->scratch, &f->scratch_cap, c->in_len + READ_BYTES);
	ssize_t got = receive(c, f->scratch + c->in_len, READ_BYTES);
	if (got == 0)
		return false;
	if (got < 0) {
		conn_close(f, c, "the connection ended");
		return false;
	}
	if (c->in_len > 0)
		memcpy(f->scratch, c->in, c->in_len);
	size_t n = c->in_len + (size_t)got;
	c->in_len = 0;
	size_t used = take_bytes(f, c, f->scratch, n, now_ns());
	if (c->state == CONN_IDLE)
		return false;
	if (used < n) {
		reserve(&c->in, &c->in_cap, n - used);
		memcpy(c->in, f->scratch + used, n - used);
		c->in_len = n - used;
	}
	return c->ssl != NULL || (size_t)got == READ_BYTES;
}

static void shake_tls(struct fleet *f, struct conn *c)
{
	int rc = SSL_connect(c->ssl);
	if (rc == 1) {
		poll_out(f, c, false);
		begin_upgrade(f, c);
		return;
	}
	int why = SSL_get_error(c->ssl, rc);
	if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
		poll_out(f, c, why == SSL_ERROR_WANT_WRITE);
	else
		conn_close(f, c, "the TLS handshake failed");
}

static void finish_connect(struct fleet *f, struct conn *c)
{
	int err = 0;
	socklen_t size = sizeof err;

	if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &size) != 0)
		err = errno;
	if (err != 0) {
		conn_close(f, c, strerror(err));
		return;
	}
	poll_out(f, c, false);
	if (f->tls == NULL) {
		begin_upgrade(f, c);
		return;
	}
	c->ssl = SSL_new(f->tls);
	if (c->ssl == NULL || SSL_set_fd(c->ssl, c->fd) != 1)
		abort();
	(void)SSL_set_tlsext_host_name(c->ssl, f->o->host);
	c->state = CONN_TLS;
	shake_tls(f, c);
}

/* ---------------------------------------------------------------------------------------- */

void conn_send(struct fleet *f, struct conn *c, enum ws_opcode op, const void *bytes, size_t len)
{
	uint8_t head[WS_HEAD_MAX];
	size_t n = ws_head_put(head, op, len, mask_key);

	out_add(c, head, n);
	out_add(c, bytes, len);
	ws_mask((uint8_t *)c->out + c->out_len - len, len, mask_key);
	mark_dirty(f, c);
}

size_t conn_backlog(const struct conn *c)
{
	return c->out_len - c->out_at;
}

void conn_close(struct fleet *f, struct conn *c, const char *why)
{
	if (c->state == CONN_IDLE)
		return;
	if (why != NULL && !f->closing) {
		f->lost++;
		if (f->failure[0] == '\0')
			(void)snprintf(f->failure, sizeof f->failure, "%s", why);
	}
	if (c->state == CONN_OPEN)
		f->open--;
	else
		f->making--;
	SSL_free(c->ssl);
	(void)close(c->fd);
	free(c->in);
	free(c->out);
	c->ssl = NULL;
	c->fd = -1;
	c->state = CONN_IDLE;
	c->polled_out = false;
	c->in = NULL;
	c->in_len = c->in_cap = 0;
	c->out = NULL;
	c->out_at = c->out_len = c->out_cap = 0;
}

void conn_flush(struct fleet *f, struct conn *c)
{
	while (c->out_at < c->out_len) {
		ssize_t put = transmit(c, c->out + c->out_at, c->out_len - c->out_at);
		if (put < 0) {
			conn_close(f, c, "the connection broke while writing");
			return;
		}
		if (put == 0) {
			poll_out(f, c, true);
			return;
		}
		c->out_at += (size_t)put;
	}
	poll_out(f, c, false);
}

void conn_ready(struct fleet *f, struct conn *c, uint32_t events)
{
	if (c->state == CONN_CONNECTING) {
		finish_connect(f, c);
		return;
	}
	if (c->state == CONN_TLS) {
		shake_tls(f, c);
		return;
	}
	if (events & EPOLLOUT)
		conn_flush(f, c);
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
		while (c->state != CONN_IDLE && read_some(f, c))
			;
	}
}
