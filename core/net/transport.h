/**
 * How bytes reach the peer: a plain socket, TLS over one, or memory. A connection knows only this.
 *
 * Thread: the connection's I/O thread.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NET_TRANSPORT_H
#define NET_TRANSPORT_H

#include <sys/types.h>
#include <sys/uio.h>
#include "loop/loop.h"

struct transport;

struct transport_ops {
	const char *name; /* "plain", "tls", "memory" */
	/** Go on with the handshake. @return 1 done, 0 called again when ready, negative errno */
	int (*handshake)(struct transport *t);
	/** @return bytes, 0 at the peer's end, or negative errno (-EAGAIN: nothing there) */
	ssize_t (*read)(struct transport *t, void *buf, size_t size);
	/**
	 * Send from the front of what is given. After -EAGAIN the same bytes (at least as many)
	 * must come again, if `sticky`.
	 * @return bytes taken, or negative errno (-EAGAIN: full)
	 */
	ssize_t (*write)(struct transport *t, const struct iovec *iov, int n);
	/** No more bytes will be sent (FIN, after close_notify under TLS). */
	void (*finish)(struct transport *t);
	/** End it and free what it holds. */
	void (*close)(struct transport *t);
	size_t flat; /* it wants one iovec of up to this many bytes; 0: gathers by itself */
	bool sticky; /* see write */
};

struct transport {
	const struct transport_ops *ops;
	void *state;        /* TLS: SSL; memory: its end */
	struct watch watch; /* fd -1: memory */
};

/** Over a connected, non-blocking stream socket (TCP or Unix); takes fd. */
void transport_plain(struct transport *t, int fd);
/** Begin to watch: fn is called with WATCH_READ, WATCH_WRITE when the peer did something. */
int transport_start(struct transport *t, struct loop *loop, void (*fn)(void *arg, unsigned what),
	void *arg, struct confab_error *err) CONFAB_MUSTCHECK;

#endif
