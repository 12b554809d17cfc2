/**
 * Pairs of ends; each mail holds a reference of the pair, so that ends may close in any order.
 *
 * SPDX-License-Identifier: MIT
 */
#include "net/memory.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/chance.h"
#include "net/transport.h"

struct memory_end {
	struct memory_pair *pair;
	struct memory_end *other;
	_Atomic(struct loop *) loop; /* NULL: not started; asked by the other side too */
	void (*fn)(void *arg, unsigned what);
	void *arg;
	char *rx;
	size_t rx_off, rx_len, rx_cap;
	size_t credit; /* bytes it may still send */
	bool rx_end, reset, finished, closed;
};

struct memory_pair {
	_Atomic uint32_t refs; /* two ends and every mail on the way */
	size_t window;
	unsigned fragment;
	struct memory_end ends[2];
};

enum piece_kind { PIECE_DATA, PIECE_CREDIT, PIECE_END, PIECE_RESET };

struct piece {
	struct mail mail;
	struct memory_end *to;
	enum piece_kind kind;
	size_t len;
	char bytes[];
};

static void pair_unref(struct memory_pair *pair)
{
	if (atomic_fetch_sub_explicit(&pair->refs, 1, memory_order_acq_rel) == 1)
		free(pair);
}

static void piece_post(
	struct memory_end *from, enum piece_kind kind, const void *bytes, size_t len);

static void rx_append(struct memory_end *end, const char *bytes, size_t len)
{
	if (end->rx_off > 0) {
		memmove(end->rx, end->rx + end->rx_off, end->rx_len);
		end->rx_off = 0;
	}
	if (end->rx_len + len > end->rx_cap) {
		end->rx_cap = (end->rx_len + len) * 2;
		end->rx = alloc_resize(end->rx, end->rx_cap);
	}
	memcpy(end->rx + end->rx_len, bytes, len);
	end->rx_len += len;
}

static unsigned piece_take(struct memory_end *end, const struct piece *p)
{
	switch (p->kind) {
	case PIECE_DATA:
		rx_append(end, p->bytes, p->len);
		return WATCH_READ;
	case PIECE_CREDIT:
		end->credit += p->len;
		return WATCH_WRITE;
	case PIECE_END:
		end->rx_end = true;
		return WATCH_READ;
	case PIECE_RESET:
		end->reset = true;
		return WATCH_READ | WATCH_WRITE;
	}
	return 0;
}

static void piece_run(struct mail *m)
{
	struct piece *p = (struct piece *)(void *)m;
	struct memory_end *end = p->to;
	struct memory_pair *pair = end->pair;

	if (!end->closed) {
		unsigned what = piece_take(end, p);

		end->fn(end->arg, what); /* may close the end */
	} else if (p->kind == PIECE_DATA || p->kind == PIECE_CREDIT) {
		piece_post(end, PIECE_RESET, NULL, 0);
	}
	pair_unref(pair);
	free(p);
}

static void piece_post(struct memory_end *from, enum piece_kind kind, const void *bytes, size_t len)
{
	size_t room = kind == PIECE_DATA ? len : 0;
	struct piece *p = alloc_resize(NULL, sizeof(*p) + room);

	memset(p, 0, sizeof(*p));
	p->mail.run = piece_run;
	p->to = from->other;
	p->kind = kind;
	p->len = len;
	if (room > 0)
		memcpy(p->bytes, bytes, len);
	atomic_fetch_add_explicit(&from->pair->refs, 1, memory_order_relaxed);
	struct loop *loop = from->other->loop;

	assert(loop);
	loop_post(loop, &p->mail);
}

static size_t cut(const struct memory_end *end, size_t len)
{
	size_t most = end->pair->fragment;

	if (most == 0 || len <= 1)
		return len;
	most = (size_t)chance_below(most) + 1;
	return len < most ? len : most;
}

static int mem_handshake(struct transport *t)
{
	(void)t;
	return 1;
}

static ssize_t mem_read(struct transport *t, void *buf, size_t size)
{
	return memory_read(t->state, buf, size);
}

static ssize_t mem_write(struct transport *t, const struct iovec *iov, int n)
{
	size_t sum = 0;

	for (int i = 0; i < n; i++) {
		ssize_t sent = memory_write(t->state, iov[i].iov_base, iov[i].iov_len);

		if (sent < 0)
			return sum > 0 ? (ssize_t)sum : sent;
		sum += (size_t)sent;
		if ((size_t)sent < iov[i].iov_len)
			break;
	}
	return (ssize_t)sum;
}

static void mem_finish(struct transport *t)
{
	memory_finish(t->state);
}

static void mem_close(struct transport *t)
{
	memory_close(t->state);
	t->state = NULL;
}

static const struct transport_ops memory_ops = {
	.name = "memory",
	.handshake = mem_handshake,
	.read = mem_read,
	.write = mem_write,
	.finish = mem_finish,
	.close = mem_close,
};

/* ------------------------------------------------------------------------------------------- */

void memory_pair_new(
	struct memory_end *ends[2], struct loop *client_loop, const struct memory_options *options)
{
	struct memory_pair *pair = alloc_zero(1, sizeof(*pair));

	atomic_init(&pair->refs, 2);
	pair->window = options && options->window ? options->window : MEMORY_WINDOW;
	pair->fragment = options ? options->fragment : 0;
	for (int i = 0; i < 2; i++) {
		pair->ends[i].pair = pair;
		pair->ends[i].other = &pair->ends[1 - i];
		ends[i] = &pair->ends[i];
	}
	ends[0]->loop = client_loop;
}

void memory_end_start(
	struct memory_end *end, struct loop *loop, void (*fn)(void *arg, unsigned what), void *arg)
{
	size_t window = end->pair->window;

	end->fn = fn;
	end->arg = arg;
	if (end->loop)
		return; /* the client's lives from the start */
	end->loop = loop;
	end->credit = window;
	piece_post(end, PIECE_CREDIT, NULL, window);
}

ssize_t memory_read(struct memory_end *end, void *buf, size_t size)
{
	if (end->rx_len == 0) {
		if (end->rx_end)
			return 0;
		return end->reset ? -ECONNRESET : -EAGAIN;
	}
	size_t n = cut(end, size < end->rx_len ? size : end->rx_len);

	memcpy(buf, end->rx + end->rx_off, n);
	end->rx_off += n;
	end->rx_len -= n;
	if (end->rx_len == 0) {
		free(end->rx);
		end->rx = NULL;
		end->rx_off = end->rx_cap = 0;
	}
	piece_post(end, PIECE_CREDIT, NULL, n);
	return (ssize_t)n;
}

ssize_t memory_write(struct memory_end *end, const void *buf, size_t len)
{
	if (end->reset || end->finished)
		return -EPIPE;
	if (len == 0)
		return 0;
	if (end->credit == 0)
		return -EAGAIN;
	size_t n = cut(end, len < end->credit ? len : end->credit);

	end->credit -= n;
	piece_post(end, PIECE_DATA, buf, n);
	return (ssize_t)n;
}

void memory_finish(struct memory_end *end)
{
	if (end->finished)
		return;
	end->finished = true;
	/* A client that gives up before it was accepted answers the first credit by a reset. */
	if (end->other->loop)
		piece_post(end, PIECE_END, NULL, 0);
}

void memory_close(struct memory_end *end)
{
	assert(!end->closed);
	memory_finish(end);
	end->closed = true;
	free(end->rx);
	end->rx = NULL;
	end->rx_len = 0;
	pair_unref(end->pair);
}

void transport_memory(struct transport *t, struct memory_end *end)
{
	t->ops = &memory_ops;
	t->state = end;
	watch_init(&t->watch, NULL, NULL);
	t->watch.fd = -1;
}
