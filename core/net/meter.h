/**
 * Token buckets: bytes, frames and requests of a connection and of an address. They never drop
 * anything: who has overdrawn is not read for a while.
 *
 * Thread: one I/O thread's.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NET_METER_H
#define NET_METER_H

#include <stdbool.h>
#include <stdint.h>
#include "net/net_start.h"

enum meter_what { METER_BYTES = 0, METER_FRAMES = 1, METER_REQUESTS = 2, METER_KINDS = 3 };

/** Filled at zero memory. */
struct bucket {
	int32_t level;    /* what is used of the burst; above it: overdrawn */
	uint32_t seen_ms; /* when level was true, low bits of monotonic time */
};

struct meter {
	struct bucket buckets[METER_KINDS];
};

/** Take n; the bucket may be overdrawn by it. */
void bucket_take(struct bucket *b, const struct net_rate *rate, uint32_t now_ms, uint32_t n);
/** @return 0: may go on, else milliseconds until it may */
uint32_t bucket_wait_ms(struct bucket *b, const struct net_rate *rate, uint32_t now_ms);

struct addr;

/** Shared by the connections of one address on one thread. */
struct address_meter;
struct address_meters;

/** An empty table. @return the caller's */
struct address_meters *address_meters_new(void);
/** NULL is fine. */
void address_meters_free(struct address_meters *all);
/** Find or make; counted. The address is cut to what one subscriber has (IPv6: /64). */
struct address_meter *address_meter_ref(struct address_meters *all, const struct addr *address);
/** NULL is fine. */
void address_meter_unref(struct address_meters *all, struct address_meter *am);
struct meter *address_meter_of(struct address_meter *am);

#endif
