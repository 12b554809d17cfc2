/**
 * One coarse timer wheel per I/O thread: a place in it costs a connection 20 bytes instead of a
 * timer, and being late by a tick costs nobody anything.
 *
 *      slot = tick mod WHEEL_SLOTS;  each slot is a ring of nodes, due in this or a later round
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NET_WHEEL_H
#define NET_WHEEL_H

#include <stdbool.h>
#include <stdint.h>

#define WHEEL_SLOTS 256
#define WHEEL_TICK_US 250000 /* 250 ms */

/** Embedded in what waits. Zeroed: not in a wheel. */
struct wheel_node {
	struct wheel_node *next, *prev;
	uint32_t tick;
};

struct wheel {
	struct wheel_node slots[WHEEL_SLOTS];
	uint32_t now; /* last tick that was turned */
	uint32_t count;
};

/** An empty wheel that stands at now_us, monotonic. */
void wheel_init(struct wheel *w, int64_t now_us);
/** (Re)place a node, due after_us from now (rounded up to ticks, at least one). */
void wheel_place(struct wheel *w, struct wheel_node *n, int64_t now_us, int64_t after_us);
/** Take it out; fine when it is not in. */
void wheel_remove(struct wheel *w, struct wheel_node *n);
/** Turn up to now; fn is called for each due node, which is out of the wheel then. */
void wheel_turn(
	struct wheel *w, int64_t now_us, void (*fn)(void *arg, struct wheel_node *n), void *arg);

#endif
