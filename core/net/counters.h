/**
 * What an I/O thread counts: written by it alone, read by whoever asks (relaxed: for people).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NET_COUNTERS_H
#define NET_COUNTERS_H

#include <stdatomic.h>
#include <stdint.h>
#include "base/histogram.h"
#include "net/reason.h"

struct counters {
	_Atomic uint64_t opened;
	_Atomic uint64_t states[8]; /* now, by enum conn_state */
	_Atomic uint64_t tls;
	_Atomic uint64_t bytes_in, bytes_out, frames_in, frames_out;
	_Atomic uint64_t requests, upgrades;
	_Atomic uint64_t events_dropped, stale;
	_Atomic uint64_t queue_bytes, in_flight, subscriptions;
	_Atomic uint64_t writes, deliveries, deflated;
	_Atomic uint64_t closed[NET_REASON_COUNT];
	struct histogram delivery_us;
};

/** One writer: no locked instruction is needed. Subtract by adding the complement. */
static inline void counter_add(_Atomic uint64_t *c, uint64_t n)
{
	atomic_store_explicit(
		c, atomic_load_explicit(c, memory_order_relaxed) + n, memory_order_relaxed);
}

/** Thread: any. */
static inline uint64_t counter_get(const _Atomic uint64_t *c)
{
	return atomic_load_explicit((_Atomic uint64_t *)(uintptr_t)c, memory_order_relaxed);
}

#endif
