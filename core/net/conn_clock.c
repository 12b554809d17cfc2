/**
 * A connection's clocks: one place in the thread's wheel, which is asked what is due first.
 *
 * SPDX-License-Identifier: MIT
 */
#include "net/conn.h"

#include "net/http.h"
#include "net/net_internal.h"
#include "net/wsconn.h"

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/** What is left of a span that began then. */
static uint32_t left_of(uint32_t now_ms, uint32_t since_ms, uint32_t span_ms)
{
	uint32_t passed = now_ms - since_ms;

	return passed >= span_ms ? 0 : span_ms - passed;
}

/** Until its own state wants something; 0: now. */
static uint32_t state_wait_ms(const struct conn *c, uint32_t now_ms)
{
	const struct net_limits *l = &c->io->rules->limits;

	switch ((enum conn_state)c->state) {
	case CONN_PROXY:
	case CONN_HANDSHAKE:
		return left_of(now_ms, c->began_ms, l->tls_ms);
	case CONN_HTTP:
		return http_wait_ms(c);
	case CONN_WS:
		/* Its idle clock stands while it is not read. */
		if (c->pauses != 0)
			return l->ping_ms;
		return left_of(now_ms, c->heard_ms, c->pinged ? l->dead_ms : l->ping_ms);
	case CONN_LINGER:
		return left_of(now_ms, c->began_ms, l->linger_ms);
	case CONN_FLUSHING:
	case CONN_DEAD:
	case CONN_STATES:
		break;
	}
	return l->dead_ms;
}

static uint32_t send_wait_ms(const struct conn *c, uint32_t now_ms)
{
	if (outq_empty(&c->out) || c->state == CONN_DEAD)
		return UINT32_MAX;
	return left_of(now_ms, c->sent_ms, c->io->rules->limits.send_ms);
}

/** What its state wants now. */
static void state_due(struct conn *c, uint32_t now_ms)
{
	const struct net_limits *l = &c->io->rules->limits;

	switch ((enum conn_state)c->state) {
	case CONN_PROXY:
	case CONN_HANDSHAKE:
		conn_kill(c, NET_REASON_HEAD_TIME, 1006);
		break;
	case CONN_HTTP:
		http_timeout(c);
		break;
	case CONN_WS:
		if (left_of(now_ms, c->heard_ms, l->dead_ms) == 0)
			conn_kill(c, NET_REASON_WS_DEAD, 1006);
		else if (!c->pinged)
			wsconn_ping(c);
		break;
	case CONN_LINGER:
		conn_kill(c, c->reason, c->close_code);
		break;
	case CONN_FLUSHING:
	case CONN_DEAD:
	case CONN_STATES:
		break;
	}
}

/* ------------------------------------------------------------------------------------------- */

void conn_rearm(struct conn *c)
{
	uint32_t now_ms = io_now_ms(c->io);

	if (c->state >= CONN_DEAD)
		return;
	uint32_t wait = least(state_wait_ms(c, now_ms), send_wait_ms(c, now_ms));

	io_wheel_place(c->io, &c->wheel, (int64_t)wait * 1000);
}

void conn_tick(struct conn *c)
{
	uint32_t now_ms = io_now_ms(c->io);

	if (send_wait_ms(c, now_ms) == 0) {
		conn_kill(c, NET_REASON_SLOW, 4408);
		return;
	}
	if (state_wait_ms(c, now_ms) == 0)
		state_due(c, now_ms);
	if (c->state != CONN_DEAD)
		conn_rearm(c);
}
