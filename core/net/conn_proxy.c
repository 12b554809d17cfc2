/**
 * The PROXY header before everything else: looked at in the socket's buffer and taken out of it
 * when it is whole, so that what follows is the transport's.
 *
 * SPDX-License-Identifier: MIT
 */
#include "net/conn.h"

#include <errno.h>
#include <sys/socket.h>
#include "base/log.h"
#include "net/proxy.h"

static void proxy_done(struct conn *c, size_t len)
{
	struct io *io = c->io;

	/* These bytes are there: we have just seen them. */
	if (recv(c->transport.watch.fd, io->read_buffer, len, 0) != (ssize_t)len) {
		conn_kill(c, NET_REASON_IO, 1006);
		return;
	}
	address_meter_unref(io->addresses, c->address_meter);
	c->address_meter = address_meter_ref(io->addresses, &c->peer);
	c->proxied = true;
	c->readable = true;
	conn_state_set(c, c->tls ? CONN_HANDSHAKE : CONN_HTTP);
}

/* ------------------------------------------------------------------------------------------- */

void conn_read_proxy(struct conn *c)
{
	char *bytes = c->io->read_buffer;
	struct proxy p = {0};
	const char *why = NULL;
	size_t used = 0;
	ssize_t n = recv(c->transport.watch.fd, bytes, PROXY_HEADER_MAX, MSG_PEEK);

	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		c->readable = false;
		return;
	}
	if (n <= 0) {
		conn_kill(c, NET_REASON_LOST, 1006);
		return;
	}
	switch (proxy_feed(&p, bytes, (size_t)n, &used, &c->peer, &why)) {
	case PROXY_MORE:
		c->readable = false;
		break;
	case PROXY_REFUSED:
		log_info("connection refused, %s", why);
		conn_kill(c, NET_REASON_PROXY, 1006);
		break;
	case PROXY_DONE:
		proxy_done(c, used);
		break;
	}
}
