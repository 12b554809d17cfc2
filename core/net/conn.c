/**
 * Connections from arrival to death: states, lists, pauses and what each costs.
 *
 * SPDX-License-Identifier: MIT
 */
#include "net/conn.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "net/acceptor.h"
#include "net/http.h"
#include "net/net_internal.h"
#include "net/tls.h"
#include "net/wsconn.h"

static const struct net_limits *limits_of(const struct conn *c)
{
	return &c->io->rules->limits;
}

/** What it spoke ends with the state. */
static void state_leave(struct conn *c, enum conn_state next)
{
	if (c->state == CONN_HTTP && next != CONN_HTTP)
		http_detach(c);
	if (c->state == CONN_WS && next != CONN_WS) {
		topic_leave(c->io, c, net_topic_emptied);
		wsconn_detach(c);
		c->deflate_bits = 0;
	}
}

static void unpaused(struct io *io, struct conn **list, enum conn_pause why)
{
	while (*list) {
		struct conn *c = *list;

		conn_unlist(c);
		conn_resume(c, why);
	}
	(void)io;
}

static void conn_begin(struct conn *c, const struct arrival *a)
{
	bool ready = false;

	if (a->proxy)
		conn_state_set(c, CONN_PROXY);
	else if (a->tls)
		conn_state_set(c, CONN_HANDSHAKE);
	else
		ready = true;
	if (ready)
		conn_state_set(c, CONN_HTTP);
}

/* ------------------------------------------------------------------------------------------- */

confab_conn_id conn_id(const struct conn *c)
{
	return (uint64_t)c->io->index << 56 | (uint64_t)c->slot << 32 | c->generation;
}

void conn_arrive(struct mail *m)
{
	struct arrival *a = (struct arrival *)(void *)m;
	struct io *io = a->io;
	struct conn *c = alloc_zero(1, sizeof(*c));
	struct confab_error err = {0};

	c->io = io;
	c->acceptor = a->acceptor;
	c->transport = a->transport;
	c->peer = a->peer;
	c->counted_key = a->counted_key;
	c->state = CONN_STATES; /* none yet: the door below counts the first */
	c->slot = io_slot_take(io, c);
	c->generation = io->generations[c->slot];
	c->heard_ms = c->sent_ms = io_now_ms(io);
	c->address_meter = address_meter_ref(io->addresses, &c->peer);
	counter_add(&io->counters.opened, 1);
	int rc = 0;

	if (a->tls) {
		c->tls = true;
		counter_add(&io->counters.tls, 1);
		rc = transport_tls(&c->transport, a->tls);
	}
	conn_begin(c, a);
	if (rc == 0)
		rc = transport_start(&c->transport, io->loop, conn_event, c, &err);
	free(a);
	if (rc != 0)
		conn_kill(c, NET_REASON_IO, 1006);
}

void conn_state_set(struct conn *c, enum conn_state state)
{
	struct counters *n = &c->io->counters;

	if (c->state == state)
		return;
	assert(c->state != CONN_DEAD);
	state_leave(c, state);
	if (c->state != CONN_STATES)
		counter_add(&n->states[c->state], (uint64_t)-1);
	c->state = (uint8_t)state;
	c->began_ms = io_now_ms(c->io);
	if (state != CONN_DEAD) {
		counter_add(&n->states[state], 1);
		conn_rearm(c);
	}
}

void conn_finish(struct conn *c, enum net_reason reason, uint16_t code)
{
	if (!conn_open(c))
		return;
	c->reason = (uint8_t)reason;
	c->close_code = code;
	conn_unlist(c);
	c->pauses = 0;
	free(c->held);
	c->held = NULL;
	conn_state_set(c, CONN_FLUSHING);
	conn_dirty(c);
}

void conn_kill(struct conn *c, enum net_reason reason, uint16_t code)
{
	struct io *io = c->io;

	if (c->state == CONN_DEAD)
		return;
	if (conn_open(c)) {
		c->reason = (uint8_t)reason;
		c->close_code = code;
	}
	conn_state_set(c, CONN_DEAD);
	c->transport.ops->close(&c->transport);
	counter_add(&io->counters.closed[c->reason], 1);
	counter_add(
		&io->counters.queue_bytes, -(uint64_t)(c->out.event_bytes + c->out.reply_bytes));
	outq_clear(&c->out, &io->queues);
	while (c->in_flight > 0)
		conn_request_end(c);
	if (c->tls)
		counter_add(&io->counters.tls, (uint64_t)-1);
	wheel_remove(&io->wheel, &c->wheel);
	address_meter_unref(io->addresses, c->address_meter);
	io_slot_give(io, c->slot);
	conn_unlist(c);
	conn_list(c, &io->dead);
	free(c->held);
	free(c->lost);
	c->held = NULL;
	c->lost = NULL;
	io_again(io); /* a turn's end will come */
}

void conn_unlist(struct conn *c)
{
	if (!c->list_link)
		return;
	*c->list_link = c->list_next;
	if (c->list_next)
		c->list_next->list_link = c->list_link;
	c->list_link = NULL;
	c->list_next = NULL;
}

void conn_list(struct conn *c, struct conn **head)
{
	conn_unlist(c);
	c->list_next = *head;
	if (*head)
		(*head)->list_link = &c->list_next;
	*head = c;
	c->list_link = head;
}

void conn_ready(struct conn *c)
{
	conn_list(c, &c->io->ready);
	io_again(c->io);
}

void conn_pause(struct conn *c, enum conn_pause why)
{
	c->pauses |= (uint8_t)why;
}

void conn_resume(struct conn *c, enum conn_pause why)
{
	if (!(c->pauses & why))
		return;
	c->pauses &= (uint8_t)~why;
	if (c->pauses != 0)
		return;
	c->heard_ms = io_now_ms(c->io); /* its idle clock stood */
	if (conn_open(c))
		conn_ready(c);
}

void conn_request_begin(struct conn *c)
{
	struct io *io = c->io;

	c->in_flight++;
	io->in_flight++;
	counter_add(&io->counters.in_flight, 1);
	if (c->in_flight >= limits_of(c)->in_flight)
		conn_pause(c, CONN_PAUSE_IN_FLIGHT);
	if (io->in_flight >= limits_of(c)->thread_in_flight && !c->list_link) {
		conn_pause(c, CONN_PAUSE_THREAD);
		conn_list(c, &io->waiting);
	}
}

void conn_request_end(struct conn *c)
{
	struct io *io = c->io;
	uint32_t most = limits_of(c)->thread_in_flight;

	if (c->in_flight == 0)
		return;
	c->in_flight--;
	io->in_flight--;
	counter_add(&io->counters.in_flight, (uint64_t)-1);
	if (c->in_flight < limits_of(c)->in_flight)
		conn_resume(c, CONN_PAUSE_IN_FLIGHT);
	if (io->waiting && io->in_flight <= most - most / 4)
		unpaused(io, &io->waiting, CONN_PAUSE_THREAD);
}

void conn_meter(struct conn *c, enum meter_what what, uint32_t n)
{
	const struct net_limits *l = limits_of(c);
	const struct net_rate *own[] = {&l->conn_bytes, &l->conn_frames, &l->conn_requests};
	const struct net_rate *shared[] = {&l->addr_bytes, &l->addr_frames, &l->addr_requests};
	struct bucket *a = &c->meter.buckets[what];
	struct bucket *b = &address_meter_of(c->address_meter)->buckets[what];
	uint32_t now_ms = io_now_ms(c->io);

	if (own[what]->per_second == 0 && shared[what]->per_second == 0)
		return;
	bucket_take(a, own[what], now_ms, n);
	bucket_take(b, shared[what], now_ms, n);
	if (c->list_link || !conn_open(c) ||
		(bucket_wait_ms(a, own[what], now_ms) == 0 &&
			bucket_wait_ms(b, shared[what], now_ms) == 0))
		return;
	conn_pause(c, CONN_PAUSE_METER);
	conn_list(c, &c->io->metered);
	io_meter_tick(c->io);
}
