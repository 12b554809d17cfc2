/**
 * Topics on one I/O thread: a number, and an array of who wants it. A delivery walks the array.
 *
 *      topics: number ─▶ topic: [sub][sub][sub] …      sub.back ─▶ place in its connection's subs
 *      conn.subs: [topic, place][topic, place] …       place ─▶ index in the topic's array
 *
 * Thread: the I/O thread.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NET_TOPIC_H
#define NET_TOPIC_H

#include <stddef.h>
#include <stdint.h>
#include "net/net.h"

struct conn;
struct io;
struct nummap;
struct topic;

struct topics {
	struct nummap *by_number;
	uint32_t mark; /* the last delivery's */
};

/** What a connection knows of its subscriptions. Zeroed: none. */
struct sub_ref {
	struct topic *topic;
	uint32_t place;
};

struct subs {
	struct sub_ref *refs;
	uint32_t count, cap;
};

/** No topics. */
void topics_init(struct topics *t);
/** All connections have left theirs. */
void topics_fini(struct topics *t);

/** Subscribe, or change what there is. */
void topic_subscribe(struct io *io, struct conn *c, const struct subscription *sub);
/** @return whether nobody on this thread wants the topic any more */
bool topic_unsubscribe(struct io *io, struct conn *c, uint32_t number);
/** End all of a connection's; emptied(arg, number) for topics nobody wants any more. */
void topic_leave(struct io *io, struct conn *c, void (*emptied)(struct io *io, uint32_t number));
size_t topic_count(const struct io *io, uint32_t number);

/** One delivery on its way to one thread. */
struct delivery_node {
	struct mail mail;
	struct io *io;
	uint64_t bytes; /* for net_backlog */
	uint32_t topic;
	uint32_t class_bits;
	uint64_t seq_low;
	int64_t born_us;
	struct frame *full, *stub; /* one reference each, or NULL */
	uint8_t levels;
	bool everybody;
	uint16_t n_except, n_only;
	confab_conn_id names[]; /* except, then only: those of this thread */
};

/** Queue it to all it is meant for; takes the node's frames, not the node. @return to how many */
size_t topic_deliver(struct io *io, struct delivery_node *d);

#endif
