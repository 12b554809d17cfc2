/**
 * What the load tool has sent: one record per message, found again by the number in its cid.
 *
 * A cid is 16 characters of this run's name and 8 hexadecimal digits of the message's number.
 * The text begins with the same digits, so that a delivery with another's text is noticed.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BENCH_LEDGER_H
#define BENCH_LEDGER_H

#include <stddef.h>
#include <stdint.h>

#define LEDGER_RUN_LEN 16u
#define LEDGER_CID_LEN 24u
#define LEDGER_NONE UINT32_MAX

struct sent {
	uint64_t intended_ns; /* when it was to be sent, whether or not it was */
	uint64_t acked_seq;   /* 0: not (yet) acknowledged */
	uint64_t seen_seq;    /* of its first delivery; 0: none */
	uint32_t channel;
	uint32_t sender;
};

struct ledger {
	char run[LEDGER_RUN_LEN + 1];
	struct sent *sent;
	uint32_t count;
	uint32_t cap;
	uint64_t acked;
	uint64_t refused;
};

/** Name the run by chance and forget everything. */
void ledger_init(struct ledger *l);
/** Free what l holds. */
void ledger_fini(struct ledger *l);
/** Note one message to be sent. @return its number, or LEDGER_NONE when 2^31 are noted */
uint32_t ledger_add(struct ledger *l, uint32_t channel, uint32_t sender, uint64_t intended_ns);
/** Write a message's cid, NUL-terminated. */
void ledger_cid(const struct ledger *l, uint32_t number, char out[LEDGER_CID_LEN + 1]);
/** @return the number in a cid of this run, or LEDGER_NONE */
uint32_t ledger_find(const struct ledger *l, const char *cid, size_t n);
/** Write eight hexadecimal digits, no NUL. */
void ledger_hex(char out[8], uint32_t number);

#endif
