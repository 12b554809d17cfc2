/**
 * What crosses from the logic thread to I/O threads, and back: one mail each, in order.
 *
 * SPDX-License-Identifier: MIT
 */
#include "net/net_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/buf.h"
#include "base/map.h"
#include "net/conn.h"
#include "net/frame.h"
#include "net/http.h"
#include "net/io.h"
#include "net/topic.h"
#include "net/wsconn.h"

/** What a reply or a small order counts in net_backlog, beside its bytes. */
#define POST_BYTES 256

/** Which threads may have subscribers of a topic; owned by logic. */
struct reach {
	uint64_t threads;      /* bits */
	uint64_t subscribed[]; /* number of the last subscribe sent to each thread */
};

/* One struct for the small orders. */
struct order {
	struct mail mail;
	struct io *io;
	confab_conn_id conn;
	uint64_t stream;
	uint32_t topic;
	uint16_t code;
	struct frame *frame;
	struct subscription sub;
	char text[];
};

struct emptied {
	struct mail mail;
	struct net *net;
	unsigned thread;
	uint32_t topic;
	uint64_t subscribes; /* how many subscribes the thread had taken */
};

static void backlog_add(struct io *io, uint64_t bytes)
{
	atomic_fetch_add_explicit(&io->posted_bytes, bytes, memory_order_relaxed);
}

static void backlog_take(struct io *io, uint64_t bytes)
{
	counter_add(&io->taken_bytes, bytes);
}

static struct order *order_new(
	struct net *net, confab_conn_id conn, void (*run)(struct mail *m), const char *text)
{
	size_t len = text ? strlen(text) + 1 : 0;
	struct io *io = net_io_of(net, conn);

	if (!io)
		return NULL;
	struct order *o = alloc_zero(1, sizeof(*o) + len);

	o->mail.run = run;
	o->io = io;
	o->conn = conn;
	if (text)
		memcpy(o->text, text, len);
	return o;
}

static void order_post(struct order *o)
{
	backlog_add(o->io, POST_BYTES);
	loop_post(o->io->loop, &o->mail);
}

/** The connection, if it is still there and a WebSocket. */
static struct conn *order_conn(struct order *o)
{
	struct conn *c = io_find(o->io, o->conn);

	backlog_take(o->io, POST_BYTES);
	if (c && c->state == CONN_WS)
		return c;
	counter_add(&o->io->counters.stale, 1);
	return NULL;
}

static void answer_run(struct mail *m)
{
	struct answer *a = (struct answer *)(void *)m;
	struct io *io = net_io_of(a->net, a->conn);
	struct conn *c = io_find(io, a->conn);

	backlog_take(io, POST_BYTES);
	if (c && c->state == CONN_WS && a->stream == 0)
		wsconn_answer(c, a);
	else if (c && c->state == CONN_HTTP && a->stream != 0)
		http_answer(c, a);
	else
		counter_add(&io->counters.stale, 1);
	frame_unref(a->frame);
	a->release(a);
}

static void send_run(struct mail *m)
{
	struct order *o = (struct order *)(void *)m;
	struct conn *c = order_conn(o);

	if (c)
		wsconn_send_frame(c, o->frame, OUTQ_EVENT, o->topic);
	else
		frame_unref(o->frame);
	free(o);
}

static void subscribe_run(struct mail *m)
{
	struct order *o = (struct order *)(void *)m;
	struct conn *c = order_conn(o);

	o->io->subscribes++;
	if (c)
		topic_subscribe(o->io, c, &o->sub);
	else if (topic_count(o->io, o->sub.topic) == 0)
		net_topic_emptied(o->io, o->sub.topic);
	free(o);
}

static void unsubscribe_run(struct mail *m)
{
	struct order *o = (struct order *)(void *)m;
	struct conn *c = order_conn(o);

	if (c && topic_unsubscribe(o->io, c, o->topic))
		net_topic_emptied(o->io, o->topic);
	free(o);
}

static void body_resume_run(struct mail *m)
{
	struct order *o = (struct order *)(void *)m;
	struct conn *c = io_find(o->io, o->conn);

	backlog_take(o->io, POST_BYTES);
	if (c && c->state == CONN_HTTP && http_stream(c) == o->stream)
		conn_resume(c, CONN_PAUSE_BODY);
	free(o);
}

static void close_run(struct mail *m)
{
	struct order *o = (struct order *)(void *)m;
	struct conn *c = order_conn(o);

	if (c)
		wsconn_close(c, NET_REASON_SERVER, o->code, o->text);
	free(o);
}

static void deliver_run(struct mail *m)
{
	struct delivery_node *d = (struct delivery_node *)(void *)m;

	counter_add(&d->io->counters.deliveries, 1);
	backlog_take(d->io, d->bytes);
	size_t n = topic_deliver(d->io, d);

	if (d->born_us != 0 && n > 0)
		io_delivered(d->io, d->born_us, n);
	free(d);
}

static void emptied_run(struct mail *m)
{
	struct emptied *e = (struct emptied *)(void *)m;
	struct reach *r = nummap_find(e->net->reach, e->topic);

	/* A subscribe sent since keeps the thread in. */
	if (r && r->subscribed[e->thread] <= e->subscribes) {
		r->threads &= ~(UINT64_C(1) << e->thread);
		if (r->threads == 0) {
			(void)nummap_take(e->net->reach, e->topic);
			free(r);
		}
	}
	free(e);
}

static unsigned thread_of(confab_conn_id conn)
{
	return (unsigned)(conn >> 56);
}

/** Those of one thread. */
static uint16_t names_pick(
	confab_conn_id *out, const confab_conn_id *names, size_t n, unsigned thread)
{
	uint16_t count = 0;

	for (size_t i = 0; i < n && count < UINT16_MAX; i++)
		if (thread_of(names[i]) == thread)
			out[count++] = names[i];
	return count;
}

static void deliver_to(struct io *io, const struct delivery *d)
{
	size_t full_len = 0;
	struct delivery_node *node = alloc_resize(
		NULL, sizeof(*node) + (d->n_except + d->n_only) * sizeof(node->names[0]));

	*node = (struct delivery_node){
		.mail.run = deliver_run,
		.io = io,
		.topic = d->topic,
		.class_bits = d->class_bits,
		.seq_low = d->seq_low,
		.born_us = d->born_us,
		.levels = d->levels,
		.everybody = d->everybody,
	};
	if (d->full) {
		node->full = frame_ref(d->full);
		(void)frame_payload(d->full, &full_len);
	}
	if (d->stub)
		node->stub = frame_ref(d->stub);
	node->n_except = names_pick(node->names, d->except, d->n_except, io->index);
	node->n_only = names_pick(node->names + node->n_except, d->only, d->n_only, io->index);
	node->bytes = POST_BYTES + full_len;
	backlog_add(io, node->bytes);
	loop_post(io->loop, &node->mail);
}

/* ------------------------------------------------------------------------------------------- */

struct io *net_io_of(const struct net *net, confab_conn_id conn)
{
	return thread_of(conn) < net->n_io ? net->io[thread_of(conn)] : NULL;
}

void net_answer(struct net *net, struct answer *a)
{
	struct io *io = net_io_of(net, a->conn);

	if (!io) {
		frame_unref(a->frame);
		a->release(a);
		return;
	}
	a->net = net;
	a->mail.run = answer_run;
	backlog_add(io, POST_BYTES);
	loop_post(io->loop, &a->mail);
}

void net_body_resume(struct net *net, confab_conn_id conn, uint64_t stream)
{
	struct order *o = order_new(net, conn, body_resume_run, NULL);

	if (!o)
		return;
	o->stream = stream;
	order_post(o);
}

void net_send(struct net *net, confab_conn_id conn, struct frame *f, uint32_t topic)
{
	struct order *o = order_new(net, conn, send_run, NULL);

	if (!o) {
		frame_unref(f);
		return;
	}
	o->frame = f;
	o->topic = topic;
	order_post(o);
}

void net_subscribe(struct net *net, confab_conn_id conn, const struct subscription *sub)
{
	struct order *o = order_new(net, conn, subscribe_run, NULL);

	if (!o)
		return;
	struct reach *r = nummap_find(net->reach, sub->topic);
	unsigned thread = thread_of(conn);

	assert(sub->topic > 0 && sub->level <= SUB_FOCUS);
	if (!r) {
		r = alloc_zero(1, sizeof(*r) + net->n_io * sizeof(r->subscribed[0]));
		(void)nummap_put(net->reach, sub->topic, r); /* there was none */
	}
	r->threads |= UINT64_C(1) << thread;
	r->subscribed[thread] = ++net->subscribes_sent[thread];
	o->sub = *sub;
	order_post(o);
}

void net_unsubscribe(struct net *net, confab_conn_id conn, uint32_t topic)
{
	struct order *o = order_new(net, conn, unsubscribe_run, NULL);

	if (!o)
		return;
	o->topic = topic;
	order_post(o);
}

unsigned net_deliver(struct net *net, const struct delivery *d)
{
	const struct reach *r = nummap_find(net->reach, d->topic);
	unsigned reached = 0;

	if (!r || (!d->full && !d->stub))
		return 0;
	for (uint64_t left = r->threads; left != 0; left &= left - 1) {
		deliver_to(net->io[__builtin_ctzll(left)], d);
		reached++;
	}
	return reached;
}

void net_close(struct net *net, confab_conn_id conn, uint16_t code, const char *text)
{
	struct order *o = order_new(net, conn, close_run, text ? text : "");

	if (!o)
		return;
	o->code = code;
	order_post(o);
}

size_t net_backlog(struct net *net)
{
	uint64_t most = 0;

	for (unsigned i = 0; i < net->n_io; i++) {
		/* Taken first: it may grow meanwhile, posted only with it. */
		uint64_t taken = counter_get(&net->io[i]->taken_bytes);
		uint64_t left = counter_get(&net->io[i]->posted_bytes) - taken;

		if (left > most)
			most = left;
	}
	return (size_t)most;
}

void net_topic_emptied(struct io *io, uint32_t number)
{
	struct emptied *e = alloc_zero(1, sizeof(*e));

	e->mail.run = emptied_run;
	e->net = io->net;
	e->thread = io->index;
	e->topic = number;
	e->subscribes = io->subscribes;
	loop_post(io->net->logic, &e->mail);
}

void net_reach_free(struct net *net)
{
	size_t pos = 0;
	uint64_t key;
	void *r;

	while (nummap_next(net->reach, &pos, &key, &r))
		free(r);
	nummap_free(net->reach);
	net->reach = NULL;
}
