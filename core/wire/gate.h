/**
 * The logic thread's door: while more waits for the I/O threads than they can take, nothing new comes in
 * (design, section 1, rule 4). What is held keeps its order, news of connections included.
 *
 * Thread: logic.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef WIRE_GATE_H
#define WIRE_GATE_H

#include <stdint.h>

#include "loop/loop.h"

/** Above the first it closes, below the second it opens [bytes]. */
#define GATE_CLOSE_BYTES ((size_t)16 << 20)
#define GATE_OPEN_BYTES ((size_t)4 << 20)

struct gate {
	struct loop *loop;
	size_t (*backlog)(void *arg); /* bytes that I/O threads have not taken */
	void *arg;
	struct mail *first, **last;
	struct timer look;
	uint64_t closed; /* how often */
};

/** Open. The memory is the caller's; what it names is borrowed. */
void gate_init(struct gate *g, struct loop *loop, size_t (*backlog)(void *arg), void *arg);
/** What is still held is let in, and it stays open. The loop may have ended. Twice is fine. */
void gate_fini(struct gate *g);

/** Run m by fn now, or when the gate is open again. m is the gate's until then. */
void gate_pass(struct gate *g, struct mail *m, void (*fn)(struct mail *m));

#endif
