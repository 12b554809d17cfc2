/**
 * Sending: one gathered write per dirty connection and turn. Connections whose queues hold the same
 * parcels (a fan-out) send the same joined bytes.
 *
 * SPDX-License-Identifier: MIT
 */
#include "net/conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include "base/alloc.h"
#include "net/http.h"
#include "net/net_internal.h"
#include "net/wsconn.h"

/** Writes per flush, so that one fast reader does not hold up the others. */
#define FLUSH_WRITES 8

static void join_forget(struct io_join *j)
{
	for (uint32_t i = 0; i < j->count; i++)
		parcel_unref(j->entries[i].parcel);
	j->count = 0;
	j->len = 0;
}

static bool join_matches(const struct io_join *j, const struct outq *q)
{
	const struct outq_entry *entries = q->entries + q->first;

	if (j->count != q->count)
		return false;
	for (uint32_t i = 0; i < j->count; i++)
		if (j->entries[i].parcel != entries[i].parcel ||
			j->entries[i].part != entries[i].part)
			return false;
	return true;
}

/** Join a whole queue into one piece, unless it is the one that was joined last. */
static bool join_queue(struct io_join *j, const struct outq *q)
{
	if (q->count < 2 || q->count > IO_WRITE_PIECES || q->sent > 0 ||
		q->reply_bytes + q->event_bytes > IO_JOIN_BYTES)
		return false;
	if (join_matches(j, q))
		return true;
	join_forget(j);
	for (uint32_t i = 0; i < q->count; i++) {
		const char *bytes;
		const struct outq_entry *e = &q->entries[q->first + i];
		size_t len = outq_entry_bytes(e, &bytes);

		memcpy(j->bytes + j->len, bytes, len);
		j->len += len;
		j->entries[i] = *e;
		e->parcel->refs++;
	}
	j->count = q->count;
	return true;
}

/** For a transport that wants one piece: copy what is gathered to the front. */
static int flatten(struct io *io, struct iovec *iov, int n, size_t total)
{
	char *at = io->join->bytes;

	if (n <= 1)
		return n;
	join_forget(io->join);
	for (int i = 0; i < n; i++) {
		memcpy(at, iov[i].iov_base, iov[i].iov_len);
		at += iov[i].iov_len;
	}
	iov[0].iov_base = io->join->bytes;
	iov[0].iov_len = total;
	return 1;
}

/** One write. @return bytes taken or negative errno; *asked: bytes offered */
static ssize_t write_once(struct conn *c, size_t *asked)
{
	const struct transport_ops *ops = c->transport.ops;
	struct io *io = c->io;
	struct iovec iov[IO_WRITE_PIECES];
	int n;

	if (join_queue(io->join, &c->out)) {
		iov[0].iov_base = io->join->bytes;
		iov[0].iov_len = *asked = io->join->len;
		n = 1;
	} else {
		n = outq_gather(&c->out, iov, IO_WRITE_PIECES,
			ops->flat ? ops->flat : IO_WRITE_BYTES, asked);
		if (ops->flat)
			n = flatten(io, iov, n, *asked);
	}
	counter_add(&io->counters.writes, 1);
	return ops->write(&c->transport, iov, n);
}

static void lost_topic(void *arg, uint32_t topic)
{
	struct conn *c = arg;

	counter_add(&c->io->counters.events_dropped, 1);
	if (topic == 0)
		return;
	uint32_t n = c->lost ? c->lost[0] : 0;

	for (uint32_t i = 1; i <= n; i++)
		if (c->lost[i] == topic)
			return;
	/* Bounded by the topics it subscribed to. Grows by powers of two. */
	if ((n & (n + 1)) == 0)
		c->lost = alloc_resize(c->lost, (size_t)(2 * (n + 1)) * sizeof(*c->lost));
	c->lost[n + 1] = topic;
	c->lost[0] = n + 1;
}

/** Everything has left: tell who waits for that. */
static void drained(struct conn *c)
{
	uint32_t *lost = c->lost;

	conn_resume(c, CONN_PAUSE_REPLIES);
	if (c->state == CONN_FLUSHING) {
		if (c->ended) {
			conn_kill(c, c->reason, c->close_code);
			return;
		}
		c->transport.ops->finish(&c->transport);
		conn_state_set(c, CONN_LINGER);
		c->readable = true;
		conn_ready(c);
		return;
	}
	c->lagging = false;
	c->lost = NULL;
	if (lost && c->state == CONN_WS)
		wsconn_drained(c, lost + 1, lost[0]);
	free(lost);
}

/** What a flush left counts (design section 1, rule 8). */
static void left_over(struct conn *c)
{
	const struct net_limits *l = &c->io->rules->limits;

	if (c->out.event_bytes > l->event_bytes) {
		size_t before = c->out.event_bytes;

		c->lagging = true;
		outq_drop_events(&c->out, &c->io->queues, l->event_bytes, lost_topic, c);
		counter_add(&c->io->counters.queue_bytes, c->out.event_bytes - before);
	}
	if (c->out.reply_bytes > l->reply_bytes)
		conn_pause(c, CONN_PAUSE_REPLIES);
	else
		conn_resume(c, CONN_PAUSE_REPLIES);
}

/** Take what a write took out of the queue. */
static void sent(struct conn *c, size_t n)
{
	struct counters *k = &c->io->counters;
	uint64_t before = c->out.event_bytes + c->out.reply_bytes;

	outq_consume(&c->out, &c->io->queues, n);
	c->sent_ms = io_now_ms(c->io);
	counter_add(&k->bytes_out, n);
	counter_add(&k->queue_bytes, c->out.event_bytes + c->out.reply_bytes - before);
}

/* ------------------------------------------------------------------------------------------- */

void conn_dirty(struct conn *c)
{
	if (c->dirty || c->state == CONN_DEAD)
		return;
	c->dirty = true;
	c->next_dirty = c->io->dirty;
	c->io->dirty = c;
}

void conn_send(struct conn *c, struct parcel *p, enum parcel_part part, enum outq_kind kind,
	uint32_t topic)
{
	struct io *io = c->io;

	if (!conn_open(c)) {
		parcel_unref(p);
		return;
	}
	if (c->lagging && kind == OUTQ_EVENT) {
		lost_topic(c, topic);
		parcel_unref(p);
		return;
	}
	if (outq_empty(&c->out))
		c->sent_ms = io_now_ms(io);
	outq_add(&c->out, &io->queues, p, part, kind, topic);
	counter_add(&io->counters.queue_bytes, p->part[part].len);
	conn_dirty(c);
}

void conn_flush(struct conn *c)
{
	bool was_full = c->full;
	size_t asked;

	for (unsigned i = 0; !outq_empty(&c->out) && !c->full; i++) {
		if (i == FLUSH_WRITES) {
			conn_dirty(c); /* the rest in the next turn */
			break;
		}
		ssize_t n = write_once(c, &asked);

		if (n == -EAGAIN) {
			c->full = true;
			if (c->transport.ops->sticky)
				c->out.pinned = (uint32_t)asked;
		} else if (n < 0) {
			conn_kill(c,
				n == -EPIPE || n == -ECONNRESET ? NET_REASON_LOST : NET_REASON_IO,
				1006);
			return;
		} else {
			sent(c, (size_t)n);
		}
	}
	if (c->full && !was_full)
		conn_rearm(c);
	if (outq_empty(&c->out))
		drained(c);
	else
		left_over(c);
	if (c->state == CONN_HTTP)
		http_drained(c);
}

void conn_join_forget(struct io *io)
{
	join_forget(io->join);
}
