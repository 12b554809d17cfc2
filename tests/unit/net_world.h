/**
 * A network in a simulation, for tests: loops turned over virtual time, clients in memory, a codec
 * that remembers what it heard, a route that answers.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TESTS_UNIT_NET_WORLD_H
#define TESTS_UNIT_NET_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "loop/loop.h"
#include "net/memory.h"
#include "net/net_start.h"

#define WORLD_IO 2
#define WORLD_CONNS 2048

struct world {
	struct loop *main, *logic, *io[WORLD_IO], *clients;
	struct net *net;
	struct codec codec;
	struct http_route routes[4];
	/* What the codec heard. */
	confab_conn_id opened[WORLD_CONNS];
	unsigned n_opened, n_closed, n_taken, n_drained;
	uint16_t closed_code;
	confab_conn_id taken[WORLD_CONNS];
	uint32_t drained[16];
	/* What the routes heard. */
	confab_conn_id rq_conn;
	uint64_t rq_stream;
	unsigned n_requests;
	size_t body_bytes;
	bool body_ended, stopped;
	char rq_text[256];
};

/** change: may alter the limits before the net is made, or NULL. */
void world_begin(struct world *w, void (*change)(struct net_limits *l));
void world_end(struct world *w);

struct client {
	struct world *world;
	struct memory_end *end;
	struct buf in;
	bool lazy; /* it does not read */
	bool over; /* the server has said its end */
};

void client_open(struct world *w, struct client *c, const struct memory_options *options);
void client_close(struct client *c);
/** Send all of it, in virtual time. */
void client_send(struct client *c, const void *bytes, size_t len);
void client_say(struct client *c, const char *text);
/** Read what is there now. */
void client_read(struct client *c);
/** Wait until its input holds the text; fails the test after 5 virtual seconds. */
void client_expect(struct client *c, const char *text);
/** Wait until the server ends it, for at most so many virtual ms. @return whether it did */
bool client_ends(struct client *c, uint32_t within_ms);
/** Upgrade to the world's codec; extra: further fields, or "". */
void client_upgrade(struct client *c, const char *extra);
/** A masked text message. */
void client_text(struct client *c, const char *text);
/** Forget what came. */
void client_forget(struct client *c);

/** Let everything settle, for so many virtual ms. */
void world_pass(uint32_t ms);
/** Wait for a number to become at least that. */
void world_until(const unsigned *n, unsigned least);

/** An answer with a text; of a WebSocket when stream is 0. */
void world_answer(struct world *w, confab_conn_id conn, uint64_t stream, const char *text);
/** The same, with more to say about it. */
struct text_answer {
	struct answer a;
	char text[];
};
struct text_answer *text_answer_new(const char *text);

#endif
