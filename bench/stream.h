/**
 * The order checker: what every reader of one channel was sent, held against the stream rule.
 *
 * The first reader that gets a change has it parsed and held against the ledger; the others' bytes
 * are compared with those, which costs less than looking for a number in them. A server that
 * encodes per reader is still checked, only slower.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BENCH_STREAM_H
#define BENCH_STREAM_H

#include "ledger.h"

#include <stdbool.h>
#include <jansson.h>

/* How many changes a reader may be behind the first before they are parsed again. */
#define STREAM_RING 8192u

/** What must not happen, counted; shed alone is no fault (a slow reader is told to sync). */
struct faults {
	uint64_t repeated;  /* a rev that the reader had */
	uint64_t missing;   /* revs that were skipped */
	uint64_t unordered; /* a seq that is not the next, or a sender's messages not as sent */
	uint64_t altered;   /* another text, or another seq than was acknowledged or seen before */
	uint64_t malformed; /* no JSON, or not the shape of a change */
	uint64_t shed;      /* revs that the server said it dropped */
};

/** One change as it was parsed; owned by the stream. */
struct change {
	uint64_t prev;
	uint64_t rev;
	uint64_t first_seq; /* of its new messages; 0: it brings none */
	uint64_t last_seq;
	uint32_t rows;     /* of any kind */
	uint32_t count;    /* of new messages */
	uint32_t *numbers; /* in the ledger, or LEDGER_NONE for what others sent */
	char *bytes;
	uint32_t len;
	uint32_t bytes_cap;
	uint32_t numbers_cap;
};

/** One reader's place in the stream. */
struct reader {
	uint64_t rev;
	uint64_t seq;      /* 0: not known, the next one is believed */
	uint64_t messages; /* of this run */
};

struct stream {
	const char *channel; /* borrowed */
	uint32_t body;       /* expected bytes of text; 0: any */
	struct ledger *ledger;
	struct change *ring;
	uint64_t parsed_rev;   /* highest rev whose senders' order was checked */
	uint32_t *sender_next; /* lowest number still allowed, per sender */
	uint32_t senders;
	struct faults faults;
};

/** Begin; channel and ledger are borrowed and outlive st. */
void stream_init(struct stream *st, const char *channel, struct ledger *ledger, uint32_t senders,
	uint32_t body);
/** Free what st holds. */
void stream_fini(struct stream *st);
/**
 * Take one text frame of one reader.
 *
 * Faults are counted in st. The reader moves on by the stream rule (design section 8).
 *
 * @return the change whose messages were new to this reader (borrowed until the next call),
 *         or NULL when there are none or the frame is no change of this channel
 */
const struct change *stream_read(
	struct stream *st, struct reader *rd, const char *text, size_t len);
/** Note an acknowledgement of message number; a second or a contradicting one is a fault. */
void stream_ack(struct stream *st, uint32_t number, uint64_t seq);
/** @return faults that make a run fail */
uint64_t faults_total(const struct faults *f);
/** Add all of from to f. */
void faults_merge(struct faults *f, const struct faults *from);
/** @return a new reference: the counts by name */
json_t *faults_json(const struct faults *f);

#endif
