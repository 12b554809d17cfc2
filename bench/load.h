/**
 * Talk in one channel: connections that read and connections that send, and what came of it.
 *
 * Used by the modes fanout, saturate and send. Messages of a step are due at a constant rate, and
 * their latency counts from when they were due, whether or not the tool or the server was late.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include "fleet.h"
#include "hist.h"
#include "ledger.h"
#include "options.h"
#include "proc.h"
#include "stream.h"
#include "tokens.h"

struct load {
	const struct options *o;
	struct tokens tokens;
	struct fleet fleet; /* readers first, then senders */
	uint32_t readers;
	uint32_t senders;
	struct ledger ledger;
	struct stream stream;
	bool closed_loop; /* every reply makes its sender send again, while sending is on */
	bool sending;
	char *request; /* the message's frame is made here */
	/* of the step that runs */
	uint32_t first;          /* number of its first message */
	uint64_t window_from_ns; /* what is due, or arrives, in here counts */
	uint64_t window_to_ns;
	uint64_t arrived;   /* deliveries of its messages in the window */
	uint64_t delivered; /* deliveries of its messages */
	uint64_t acked;
	uint64_t window_acked;
	uint64_t refused;
	uint64_t unsent;                    /* not offered: the sender's connection had no room */
	json_t *refusals;                   /* code: how often */
	struct hist latency;                /* deliveries */
	struct hist ack;                    /* replies */
	struct hist late;                   /* of the tool itself: due until queued */
	struct proc_cpu cpu_from, cpu_to;   /* of the server */
	struct proc_cpu self_from, self_to; /* of the tool */
};

/** Make tokens, connections (none open yet), ledger and checker. @return 0 or -1, printed */
int load_init(struct load *l, const struct options *o, uint32_t readers, uint32_t senders);
/** Free everything. */
void load_fini(struct load *l);
/** Open (or close and open again) all connections. @return 0 or -1, printed */
int load_connect(struct load *l);
/** Let every user join the channel over a connection of its own. @return 0 or -1, printed */
int load_join(struct load *l);
/**
 * Run one step: warm-up, window, then wait until everything has arrived.
 *
 * @param rate      messages per second, or 0: every sender has one in flight
 * @param drain_s   how long to wait at most; a quarter of it without a delivery ends the wait
 * @return whether everything acknowledged arrived everywhere
 */
bool load_step(struct load *l, double rate, double warmup_s, double duration_s, double drain_s);
/** Describe the last step. */
void load_report(const struct load *l, json_t *result);
/** What no run may have: broken order, lost connections. Also in load_report. */
uint64_t load_violations(const struct load *l);

#endif
