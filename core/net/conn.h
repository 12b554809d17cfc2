/**
 * A connection: one small struct from accept to close. What it speaks is attached to it, HTTP first;
 * an upgrade drops that and attaches a WebSocket.
 *
 *      PROXY ─▶ HANDSHAKE ─▶ HTTP ─▶ WS ─▶ FLUSHING ─▶ LINGER ─▶ DEAD
 *        └──────────┴─────────┴──────┴─────────┴─────────┴───────▲     (any may die at once)
 *
 * The body is for the files of this folder; others hold a confab_conn_id.
 * Thread: its I/O thread, everything.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NET_CONN_H
#define NET_CONN_H

#include <stdbool.h>
#include <stdint.h>
#include "net/addr.h"
#include "net/io.h"
#include "net/meter.h"
#include "net/outq.h"
#include "net/reason.h"
#include "net/topic.h"
#include "net/transport.h"
#include "net/wheel.h"

struct acceptor;
struct buf;
struct http;
struct wsconn;

enum conn_state {
	CONN_PROXY = 0,     /* a PROXY header is awaited */
	CONN_HANDSHAKE = 1, /* the transport's */
	CONN_HTTP = 2,
	CONN_WS = 3,
	CONN_FLUSHING = 4, /* what is queued goes out, then it ends */
	CONN_LINGER = 5,   /* our end is said, the peer's is awaited */
	CONN_DEAD = 6,     /* to be freed at the turn's end */
	CONN_STATES = 7,
};

/** Why it is not read (bits). */
enum conn_pause {
	CONN_PAUSE_IN_FLIGHT = 1, /* too many requests without an answer */
	CONN_PAUSE_THREAD = 2,    /* the same for the whole thread */
	CONN_PAUSE_REPLIES = 4,   /* it does not take its replies */
	CONN_PAUSE_METER = 8,     /* it has overdrawn a bucket */
	CONN_PAUSE_REQUEST = 16,  /* HTTP: one request at a time */
	CONN_PAUSE_BODY = 32,     /* HTTP: the route takes no more for now */
};

struct conn {
	/* What a delivery touches. */
	struct outq out;
	struct conn *next_dirty;
	struct io *io;
	uint32_t mark;        /* set by a delivery that names it */
	uint8_t state;        /* enum conn_state */
	uint8_t pauses;       /* enum conn_pause */
	uint8_t deflate_bits; /* window of its inflater, 8..15; 0: takes no deflated frames */
	bool dirty : 1;
	bool lagging : 1;  /* events are dropped until it drains */
	bool full : 1;     /* the last write took not everything: wait for WATCH_WRITE */
	bool readable : 1; /* there may be something to read */
	bool ended : 1;    /* the peer has said its end */
	bool pinged : 1;   /* WebSocket: a ping is out */
	bool tls : 1;
	bool proxied : 1; /* the address was given by a PROXY header */

	struct transport transport;
	union {
		struct http *http; /* CONN_HTTP; NULL until something came */
		struct wsconn *ws; /* CONN_WS */
	} as;
	char *held; /* bytes read and not yet taken in, or NULL */
	uint32_t held_len;
	uint32_t slot, generation;
	struct wheel_node wheel;
	uint32_t began_ms;                   /* when this state began */
	uint32_t heard_ms;                   /* when the last byte came */
	uint32_t sent_ms;                    /* when the queue last moved, or began */
	struct conn *list_next, **list_link; /* in one of its thread's lists, or in none */
	struct subs subs;
	uint32_t *lost; /* topics of dropped events, [0] is their number; or NULL */
	struct meter meter;
	struct address_meter *address_meter;
	struct addr peer;
	struct acceptor *acceptor;
	uint64_t counted_key; /* under which the acceptor counts it, 0: not per address */
	struct mail gone;     /* tells the acceptor; carries the memory home */
	uint16_t in_flight;
	uint16_t close_code;
	uint8_t reason; /* enum net_reason */
};

/* Budget of an idle WebSocket connection: this, struct wsconn, two subscriptions on both sides and
 * what the loop keeps per watch must stay below 700 bytes, so that a session fits into 1 KB. */
_Static_assert(sizeof(struct conn) <= 416, "a connection grew beyond its budget");

/** A socket on its way to an I/O thread. */
struct arrival {
	struct mail mail;
	struct io *io;
	struct acceptor *acceptor;
	struct transport transport;
	struct addr peer;
	uint64_t counted_key; /* see struct conn */
	void *tls;            /* SSL_CTX, one reference, or NULL */
	bool proxy;
};

/** Run by mail on the I/O thread: takes the arrival. */
void conn_arrive(struct mail *m);

/** Its number: thread, slot, generation; stale once it is dead. */
confab_conn_id conn_id(const struct conn *c);

/** The one door to its state. */
void conn_state_set(struct conn *c, enum conn_state state);

/** Queue a parcel (one reference, taken). Events of a lagging reader are dropped. */
void conn_send(struct conn *c, struct parcel *p, enum parcel_part part, enum outq_kind kind,
	uint32_t topic);
/** Something is to be flushed at the turn's end. */
void conn_dirty(struct conn *c);
/** Flush now what the socket takes; may end the connection. Called at the turn's end. */
void conn_flush(struct conn *c);

/** End it after what is queued has left; code: what a WebSocket's codec hears. */
void conn_finish(struct conn *c, enum net_reason reason, uint16_t code);
/** End it now. The memory lives until the turn's end. */
void conn_kill(struct conn *c, enum net_reason reason, uint16_t code);

/** Stop and go on reading, for one of the reasons. */
void conn_pause(struct conn *c, enum conn_pause why);
void conn_resume(struct conn *c, enum conn_pause why);

/** A request was handed on; answered or gone. Pauses at the limits. */
void conn_request_begin(struct conn *c);
void conn_request_end(struct conn *c);

/** So much of a kind came; pauses it when a bucket is overdrawn. */
void conn_meter(struct conn *c, enum meter_what what, uint32_t n);

/** Look at its clocks again at the right time; called after changes that matter to them. */
void conn_rearm(struct conn *c);
/** Its time has come (called by the wheel). */
void conn_tick(struct conn *c);

/** Read and take in what there is, within a budget per turn. May end it. */
void conn_read(struct conn *c);
/** Readiness, from the transport. */
void conn_event(void *arg, unsigned what);
/** The PROXY header, before anything else. May end it. */
void conn_read_proxy(struct conn *c);

/** Give back what the joined queue holds (at the turn's end). */
void conn_join_forget(struct io *io);

/** Leave whatever list it is in, and enter one. */
void conn_unlist(struct conn *c);
void conn_list(struct conn *c, struct conn **head);
/** Read on in the next turn. */
void conn_ready(struct conn *c);

/** Does it still speak, that is: has nothing begun to end it? */
static inline bool conn_open(const struct conn *c)
{
	return c->state < CONN_FLUSHING;
}

#endif
