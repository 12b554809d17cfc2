/**
 * The baselines' state: one server, its peers, frames that many peers share.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BENCH_BASELINE_H
#define BENCH_BASELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A WebSocket frame, head included, counted. */
struct frame {
	uint32_t refs;
	uint32_t len;
	char bytes[];
};

struct topic;

struct peer {
	int fd;
	bool upgraded;
	bool echo;
	bool dead; /* freed at the turn's end that sees its socket */
	bool dirty;
	bool polled_out;
	struct topic *topic; /* the one it reads, or NULL */
	size_t place;        /* in the topic's readers */
	char *in;
	size_t in_len;
	struct frame **queue;
	size_t queue_at, queue_len, queue_cap;
	size_t head_at; /* bytes of the first queued frame that are out */
	size_t queued_bytes;
};

/** A channel: numbers and readers. */
struct topic {
	struct topic *next;
	char name[65];
	uint64_t rev;
	uint64_t asked; /* messages, lost ones included */
	struct peer **readers;
	size_t count, cap;
};

/** Faults that can be planted, to prove that the load tool sees them. */
enum fault { FAULT_NONE, FAULT_SKIP, FAULT_TWICE, FAULT_LOSE, FAULT_TEXT, FAULT_ACK };

struct server {
	int epoll;
	int listener;
	bool coalesce;
	enum fault fault;
	struct topic *topics;
	struct peer **dirty;
	size_t dirty_count, dirty_cap;
	char *scratch;
	size_t scratch_cap;
};

/** Send or queue a frame, as the server's manner is; takes no reference of the caller's. */
void peer_send(struct server *s, struct peer *p, struct frame *frame);
/** Take what a peer sent. @return bytes used */
size_t server_take(struct server *s, struct peer *p, char *bytes, size_t n);
/** Remove a peer from its topic. */
void server_unsubscribe(struct server *s, struct peer *p);

#endif
