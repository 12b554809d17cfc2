/**
 * One I/O thread: its connections by slot, what is dirty, its wheel, topics, meters and counters.
 *
 *      turn: mail, timers, descriptors ─▶ io_turn_end: flush the dirty, free the dead, go on with
 *            the ready in the next turn
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NET_IO_H
#define NET_IO_H

#include <stdbool.h>
#include "loop/loop.h"
#include "net/counters.h"
#include "net/http_date.h"
#include "net/meter.h"
#include "net/outq.h"
#include "net/topic.h"
#include "net/wheel.h"

struct conn;
struct deflate;
struct doors;
struct net;
struct net_rules;

/** What one read takes at most; one connection gets one or two of them per turn [bytes]. */
#define IO_READ_BYTES 65536
/** What one write sends at most, and what is joined into one piece [bytes]. */
#define IO_WRITE_BYTES 65536
#define IO_JOIN_BYTES 16384
#define IO_WRITE_PIECES 64

/** Deliveries of one turn that are timed; more have their time taken before the write. */
#define IO_DELIVERED_MAX 64

/** The queue that was joined last: connections with the same queue send the same bytes. */
struct io_join {
	struct outq_entry entries[IO_WRITE_PIECES]; /* holds a reference of each parcel */
	uint32_t count;
	size_t len;
	char bytes[IO_JOIN_BYTES];
};

struct io {
	uint32_t magic;
	unsigned index;
	struct net *net;
	struct loop *loop;
	struct doors *doors;           /* one reference; swapped by mail */
	const struct net_rules *rules; /* the net's; swapped by mail */

	/* Connections by slot; a free slot keeps its generation. */
	struct conn **slots;
	uint32_t *generations;
	uint32_t *free_slots;
	uint32_t n_slots, n_free;
	uint32_t n_conns;
	uint64_t subscribes; /* mails of net_subscribe taken, see net_topic_emptied */

	struct conn *dirty;   /* to be flushed at the turn's end, singly linked */
	struct conn *dead;    /* to be freed at the turn's end */
	struct conn *ready;   /* to be read on in the next turn */
	struct conn *metered; /* paused until their buckets have leaked */
	struct conn *waiting; /* paused for the thread's quota */
	struct mail again;    /* the next turn's */
	bool again_posted;

	struct wheel wheel;
	struct timer tick;       /* turns the wheel while anybody is in it */
	struct timer meter_tick; /* looks at the metered while there are any */
	struct topics topics;
	struct address_meters *addresses;
	struct outq_pool queues;
	uint32_t trimmed_tick; /* of the wheel, when queues were last trimmed */
	uint32_t in_flight;
	size_t message_bytes; /* in WebSocket messages being put together */
	bool draining;

	struct deflate *deflate; /* see io_deflate */
	char *read_buffer;       /* IO_READ_BYTES */
	struct io_join *join;
	struct buf *scratch; /* what codecs and answers write into; empty between uses */
	int64_t date_s;
	char date[HTTP_DATE_SIZE]; /* of Date, for this second */

	/* Deliveries of this turn whose time is taken when they are written, at its end. */
	struct io_delivered {
		int64_t born_us;
		uint64_t n;
	} delivered[IO_DELIVERED_MAX];
	uint32_t n_delivered;

	struct counters counters;
	_Alignas(64) _Atomic uint64_t posted_bytes; /* by net_*, see net_backlog */
	_Alignas(64) _Atomic uint64_t taken_bytes;
};

/** Before its loop runs; sets the loop's turn-end hook. @return the caller's */
struct io *io_new(struct net *net, struct loop *loop, unsigned index);
/** Close what is left; its loop has ended. */
void io_close(struct io *io);
/** After io_close, when the connections' memory has gone home. NULL is fine. */
void io_free(struct io *io);

/** The connection of an id, or NULL when it has gone. Thread: the I/O thread. */
struct conn *io_find(const struct io *io, confab_conn_id id);
/** Take a slot. @return its number; the slot's generation is new */
uint32_t io_slot_take(struct io *io, struct conn *c);
void io_slot_give(struct io *io, uint32_t slot);

/** A delivery was queued for n readers: its latency is counted when this turn has written it. */
void io_delivered(struct io *io, int64_t born_us, uint64_t n);

/** Ask for another turn. */
void io_again(struct io *io);
/** The wheel turns as long as somebody is in it. */
void io_wheel_place(struct io *io, struct wheel_node *n, int64_t after_us);
/** Look at the metered soon. */
void io_meter_tick(struct io *io);
/** Monotonic time of this turn. */
int64_t io_now_us(const struct io *io);
uint32_t io_now_ms(const struct io *io);
/** The thread's pair of deflate streams, made when first needed. */
struct deflate *io_deflate(struct io *io);
/** The Date field's value for now. RFC 9110, section 5.6.7. */
const char *io_date(struct io *io);

#endif
