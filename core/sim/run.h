/**
 * One run: a node, its clients, a seed's worth of trouble, and the laws of the design's section 3 held
 * against what was committed and what the clients saw.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SIM_RUN_H
#define SIM_RUN_H

#include <stdbool.h>
#include <stdint.h>
#include <confab/types.h>
#include "loop/loop.h"

/** Faults planted into the node's surroundings, to see that the laws catch them. */
enum plant {
	PLANT_NONE = 0,
	PLANT_ACK_FIRST,   /* the store says done; now and then it never writes */
	PLANT_CID,         /* the store forgets whose cid it was */
	PLANT_HEAD_LATE,   /* rows are read first, the head that covers them after */
	PLANT_WHOLE,       /* reads forget a message's audience */
	PLANT_BODY,        /* a byte of a stored body is another one */
	PLANT_MARKS,       /* the head forgets what was deleted */
	PLANT_DROP_FRAME,  /* a change frame is lost on the way to a client */
	PLANT_SWAP_FRAMES, /* two change frames change places */
	PLANT_NO_RECHECK,  /* what was judged once is not judged again at the commit */
	PLANTS
};

struct sim_plan {
	uint64_t seed;
	unsigned events; /* what clients do, together */
	bool trace;      /* say on standard error what happens */
	enum plant plant;
};

struct sim_verdict {
	uint64_t hash;   /* of the whole run */
	bool stuck;      /* it could not be ended: this process can play no other */
	unsigned broken; /* laws broken */
	char first[400]; /* the first of them */
	uint64_t entries, acked, refused, busy, unknown, lost, syncs, resets, restarts, moved;
	int64_t virtual_us;
};

struct client;
struct config;
struct depot;
struct book;
struct loop;
struct node;
struct node_options;
struct stranger;
struct truth;

#define RUN_CLIENTS 12
#define RUN_USERS 6

struct run {
	const struct sim_plan *plan;
	struct sim_verdict *verdict;
	struct config *config;
	struct depot *depot;
	struct node *node;
	struct node_options *options;
	struct loop *outside; /* where the clients live */
	struct client *clients[RUN_CLIENTS];
	unsigned n_clients, n_users;
	struct book *book;
	struct stranger *stranger; /* NULL: this run has none */
	struct mail touch;
	unsigned left; /* deeds still to be done */
	bool calm;     /* no more trouble: everything is to settle */
	bool away;     /* the node is being replaced */
};

/** Play a plan from its seed to its end. Thread: main; no simulation is on. */
void sim_run(const struct sim_plan *plan, struct sim_verdict *out);

/** Name of a plant, and the plant of a name (PLANTS: none). */
const char *plant_name(enum plant plant);
enum plant plant_find(const char *name);

/** A law is broken: remember and say so. */
void law_broken(struct run *run, const char *law, const char *fmt, ...) CONFAB_PRINTF(3, 4);
/** A line of the trace, if there is one. */
void run_trace(const struct run *run, const char *fmt, ...) CONFAB_PRINTF(2, 3);
/** Is it so, so many times of a thousand? From the run's own chance. */
bool odds(unsigned mille);
/** Events that the node has dropped for slow readers. */
uint64_t run_dropped(const struct run *run);
/** Everything that was committed. */
struct truth *run_truth(const struct run *run);

#endif
