/**
 * The output queue of a connection: parcels in order, sent by one gathered write per turn.
 *
 * An idle queue owns no memory: its array comes from a pool of the thread and goes back when the
 * queue is empty. The begun head is never dropped, nor what a TLS write has already promised
 * (`pinned`). Events may be dropped for a slow reader, replies never (design section 1, rule 8).
 *
 * Thread: the connection's I/O thread.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NET_OUTQ_H
#define NET_OUTQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "net/parcel.h"

struct iovec;

enum outq_kind { OUTQ_REPLY = 0, OUTQ_EVENT = 1 };

struct outq_entry {
	struct parcel *parcel;
	uint32_t topic; /* of an event: who lost it when it is dropped; 0: nobody */
	uint8_t kind;   /* enum outq_kind */
	uint8_t part;   /* enum parcel_part */
};

struct outq {
	struct outq_entry *entries; /* NULL: empty */
	uint32_t first, count, cap;
	uint32_t sent;        /* bytes of the first entry that have left */
	uint32_t reply_bytes; /* waiting, the begun entry counted whole */
	uint32_t event_bytes;
	uint32_t pinned; /* bytes from `sent` on that must come again as they were */
};

/** Arrays for queues, by size class; one per I/O thread. Zeroed: empty. */
#define OUTQ_CLASSES 4
struct outq_pool {
	struct outq_entry *free[OUTQ_CLASSES];
	uint32_t count[OUTQ_CLASSES];
	uint32_t least[OUTQ_CLASSES]; /* lowest count since the last trim */
};

/** Free what is kept for later. */
void outq_pool_fini(struct outq_pool *pool);

/** Free what nobody needed since the last call. */
void outq_pool_trim(struct outq_pool *pool);

/** Append; takes the caller's reference. */
void outq_add(struct outq *q, struct outq_pool *pool, struct parcel *p, enum parcel_part part,
	enum outq_kind kind, uint32_t topic);
/** Bytes of one entry. */
size_t outq_entry_bytes(const struct outq_entry *e, const char **bytes);
/** Fill iovecs from the front. @return how many, with *total their bytes */
int outq_gather(const struct outq *q, struct iovec *iov, int max, size_t max_bytes, size_t *total);
/** So many bytes have left. */
void outq_consume(struct outq *q, struct outq_pool *pool, size_t n);
/**
 * Drop waiting events but the first `keep_bytes` of them; the begun head and pinned bytes stay.
 * @param lost  called for each with its topic
 * @return events dropped
 */
size_t outq_drop_events(struct outq *q, struct outq_pool *pool, size_t keep_bytes,
	void (*lost)(void *arg, uint32_t topic), void *arg);
/** Forget everything (the connection dies). */
void outq_clear(struct outq *q, struct outq_pool *pool);

/** Does nothing wait? */
static inline bool outq_empty(const struct outq *q)
{
	return q->count == 0;
}

#endif
