/**
 * Reading: until the socket is empty, the turn's budget is used up, or the connection is paused;
 * what was read but may not be taken in yet is held.
 *
 * SPDX-License-Identifier: MIT
 */
#include "net/conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "net/http.h"
#include "net/net_internal.h"
#include "net/wsconn.h"

/** Hand bytes to what the connection speaks. @return how many it took */
static size_t feed(struct conn *c, char *bytes, size_t len)
{
	size_t used = 0;

	while (used < len && c->pauses == 0) {
		size_t took;

		if (c->state == CONN_HTTP)
			took = http_feed(c, bytes + used, len - used);
		else if (c->state == CONN_WS)
			took = wsconn_feed(c, bytes + used, len - used);
		else
			return len; /* nobody listens any more */
		used += took;
		if (took == 0 && c->pauses == 0)
			break;
	}
	return used;
}

static void hold(struct conn *c, const char *bytes, size_t len)
{
	if (len == 0 || !conn_open(c))
		return;
	c->held = alloc_resize(NULL, len);
	c->held_len = (uint32_t)len;
	memcpy(c->held, bytes, len);
}

/** @return whether all of it was taken in */
static bool feed_held(struct conn *c)
{
	char *bytes = c->held;
	size_t len = c->held_len;

	c->held = NULL;
	c->held_len = 0;
	size_t used = feed(c, bytes, len);

	hold(c, bytes + used, len - used);
	free(bytes);
	return used == len;
}

/** The peer has said its end. */
static void read_end(struct conn *c)
{
	c->ended = true;
	c->readable = false;
	switch ((enum conn_state)c->state) {
	case CONN_HTTP:
		http_ended(c);
		break;
	case CONN_WS:
		conn_kill(c, NET_REASON_LOST, 1006);
		break;
	case CONN_LINGER:
		conn_kill(c, c->reason, c->close_code);
		break;
	case CONN_PROXY:
	case CONN_HANDSHAKE:
		conn_kill(c, NET_REASON_LOST, 1006);
		break;
	case CONN_FLUSHING:
	case CONN_DEAD:
	case CONN_STATES:
		break;
	}
}

static void read_failed(struct conn *c, int err)
{
	bool lost = err == -ECONNRESET || err == -EPIPE || err == -ETIMEDOUT;

	conn_kill(c,
		lost                               ? NET_REASON_LOST
			: c->tls && err == -EPROTO ? NET_REASON_TLS
						   : NET_REASON_IO,
		1006);
}

/** One read and what follows from it. @return bytes, 0 when there is nothing more for now */
static size_t read_once(struct conn *c)
{
	struct io *io = c->io;
	ssize_t n = c->transport.ops->read(&c->transport, io->read_buffer, IO_READ_BYTES);

	if (n == -EAGAIN) {
		c->readable = false;
		return 0;
	}
	if (n == 0) {
		read_end(c);
		return 0;
	}
	if (n < 0) {
		read_failed(c, (int)n);
		return 0;
	}
	counter_add(&io->counters.bytes_in, (uint64_t)n);
	if (c->state == CONN_LINGER)
		return (size_t)n; /* discarded: the peer may still be talking */
	c->heard_ms = io_now_ms(io);
	c->pinged = false;
	size_t used = feed(c, io->read_buffer, (size_t)n);

	if (c->state == CONN_DEAD)
		return 0;
	hold(c, io->read_buffer + used, (size_t)n - used);
	conn_meter(c, METER_BYTES, (uint32_t)n);
	return (size_t)n;
}

/** @return whether the handshake is over and well */
static bool shake_hands(struct conn *c)
{
	int rc = c->transport.ops->handshake(&c->transport);

	if (rc < 0) {
		conn_kill(c, rc == -ECONNRESET ? NET_REASON_LOST : NET_REASON_TLS, 1006);
		return false;
	}
	if (rc == 0) {
		c->readable = false;
		return false;
	}
	conn_state_set(c, CONN_HTTP);
	return true;
}

/* ------------------------------------------------------------------------------------------- */

void conn_read(struct conn *c)
{
	size_t budget = IO_READ_BYTES;

	conn_unlist(c);
	if (c->state == CONN_PROXY)
		conn_read_proxy(c);
	if (c->state == CONN_HANDSHAKE && !shake_hands(c))
		return;
	if (c->state == CONN_PROXY || c->state == CONN_DEAD)
		return;
	if (c->held && c->pauses == 0 && !feed_held(c))
		return;
	if (c->state == CONN_HTTP && c->pauses == 0 && !c->held)
		http_read_on(c);
	while (c->readable && c->pauses == 0 && !c->held && c->state != CONN_DEAD &&
		c->state != CONN_FLUSHING) {
		size_t n = read_once(c);

		if (n == 0)
			break;
		if (n < budget) {
			budget -= n;
			continue;
		}
		conn_ready(c); /* others are served first */
		return;
	}
}

void conn_event(void *arg, unsigned what)
{
	struct conn *c = arg;

	if (what & WATCH_WRITE) {
		c->full = false;
		if (!outq_empty(&c->out))
			conn_dirty(c);
	}
	if (what & WATCH_READ)
		c->readable = true;
	if (c->tls && c->state != CONN_DEAD)
		c->readable = true; /* a record half read may have waited for a write */
	if (c->pauses == 0 || c->state == CONN_LINGER)
		conn_read(c);
}
