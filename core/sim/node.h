/**
 * One node put together over simulated loops, as server.c does it over threads: acceptor, I/O loops,
 * logic loop, chat, pipeline, wire and ops; its store is the depot, its users are believed their names.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SIM_NODE_H
#define SIM_NODE_H

#include <stdbool.h>
#include <stdint.h>
#include "net/net_start.h"
#include "ops/ops.h"

struct config;
struct depot;
struct store;
struct todos;

#define NODE_IO 2

struct node {
	struct loop *main, *logic, *io[NODE_IO];
	struct net *net;
	struct store *store, *own_store; /* the latter NULL: it is another's */
	struct chat *chat;
	struct pipeline *pipeline;
	struct wire *wire;
	struct ops ops;
	struct codec codec;
	const struct codec *codecs[1];
	struct http_route routes[40];
	struct timer sweep;
	struct todos *todos;
	struct mail begin;
	const struct confab_kind_row *send_row; /* as it was before it was planted */
	struct confab_kind_row planted_row;
	bool empty; /* net_stop has said so */
};

/** What differs from run to run. */
struct node_options {
	const struct config *config; /* borrowed */
	struct depot *depot;         /* borrowed; NULL: its store comes by node_begin() */
	uint32_t event_bytes;        /* of events that may wait for a slow reader */
	uint32_t reply_bytes;
	uint32_t in_flight;
	bool no_recheck; /* a plant: what was judged is not judged again at its commit */
	bool sweeps;     /* puts away what nobody has used for a moment, again and again */
};

/** Make it and open its door. The simulation is on. Never NULL. */
struct node *node_new(const struct node_options *options);

/** Give a node that was made without a depot its store, borrowed, before anybody says hello. On its
 *  logic loop. */
void node_begin(struct node *node, struct store *store);

/**
 * Stop it as the daemon stops: connections closed, what is under way ended. Virtual time passes.
 * @return whether all of it ended within a virtual minute; else it must not be freed
 */
bool node_stop(struct node *node) CONFAB_MUSTCHECK;
/** Free it once it has stopped, and nobody holds a connection to it. NULL is fine. */
void node_free(struct node *node);

/** Is nothing under way: no event, no call to the store? */
bool node_quiet(const struct node *node);

#endif
