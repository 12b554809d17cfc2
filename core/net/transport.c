/**
 * The plain transport: recv, sendmsg, shutdown, close.
 *
 * SPDX-License-Identifier: MIT
 */
#include "net/transport.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>
#include "net/memory.h"

static int plain_handshake(struct transport *t)
{
	(void)t; /* nothing to agree on */
	return 1;
}

static ssize_t plain_read(struct transport *t, void *buf, size_t size)
{
	for (;;) {
		ssize_t n = recv(t->watch.fd, buf, size, 0);

		if (n >= 0)
			return n;
		if (errno != EINTR)
			return -errno;
	}
}

static ssize_t plain_write(struct transport *t, const struct iovec *iov, int n)
{
	struct msghdr msg = {.msg_iov = (struct iovec *)(uintptr_t)iov, .msg_iovlen = (size_t)n};

	for (;;) {
		/* One piece is cheaper by send: no iovec to copy in. */
		ssize_t sent = n == 1 ? send(t->watch.fd, iov->iov_base, iov->iov_len, MSG_NOSIGNAL)
				      : sendmsg(t->watch.fd, &msg, MSG_NOSIGNAL);

		if (sent >= 0)
			return sent;
		if (errno != EINTR)
			return -errno;
	}
}

static void plain_finish(struct transport *t)
{
	/* The peer may be gone already; then there is nobody to tell. */
	(void)shutdown(t->watch.fd, SHUT_WR);
}

static void plain_close(struct transport *t)
{
	int fd = t->watch.fd;

	watch_stop(&t->watch);
	(void)close(fd); /* the descriptor is released even when close fails */
	t->watch.fd = -1;
}

static const struct transport_ops plain_ops = {
	.name = "plain",
	.handshake = plain_handshake,
	.read = plain_read,
	.write = plain_write,
	.finish = plain_finish,
	.close = plain_close,
};

/* ------------------------------------------------------------------------------------------- */

void transport_plain(struct transport *t, int fd)
{
	t->ops = &plain_ops;
	t->state = NULL;
	watch_init(&t->watch, NULL, NULL);
	t->watch.fd = fd;
}

int transport_start(struct transport *t, struct loop *loop, void (*fn)(void *arg, unsigned what),
	void *arg, struct confab_error *err)
{
	if (t->watch.fd < 0) {
		memory_end_start(t->state, loop, fn, arg);
		return 0;
	}
	int fd = t->watch.fd;

	watch_init(&t->watch, fn, arg);
	int rc = watch_start(loop, &t->watch, fd, WATCH_READ | WATCH_WRITE, err);

	t->watch.fd = fd; /* ours to close, watched or not */
	return rc;
}
