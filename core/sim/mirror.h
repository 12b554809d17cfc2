/**
 * A client's copies of logs, kept by the stream rule (design, section 8) and by nothing else.
 *
 *   change: rev ≤ mine: drop · prev ≤ mine < rev: take · prev > mine: remember and sync
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SIM_MIRROR_H
#define SIM_MIRROR_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct run;

/** A row as it is held: what it says was compared with the truth when it came. */
struct held {
	uint64_t rev;
	bool hidden;
};

struct copy {
	struct strmap *rows; /* "kind:id" → struct held */
	uint64_t rev;        /* mine */
	uint64_t seen;       /* there is at least so much */
	uint64_t stream;     /* what this connection has announced last; 0: nothing yet */
	unsigned level;      /* 0: no subscription that we know of, 1 notice, 2 watch */
	bool syncing;
	uint64_t tail_seq;
	char tail_cid[65];
	char epoch[40];
	char id[];
};

struct mirror {
	struct run *run;
	const char *user;
	uint64_t dropped; /* events that the node had dropped when this connection began */
	struct strmap *copies;
};

/** Nothing yet. */
void mirror_init(struct mirror *m, struct run *run, const char *user);
void mirror_fini(struct mirror *m);

/** A copy, made empty if there is none; mirror_find: or NULL. */
struct copy *mirror_get(struct mirror *m, const char *log);
struct copy *mirror_find(const struct mirror *m, const char *log);
/** Forget what is held of a log (reset), or the log itself. */
void mirror_reset(struct copy *c);
void mirror_drop(struct mirror *m, const char *log);

/** A connection begins: nothing is announced. */
void mirror_unwatch(struct mirror *m);
/** A reply says: you are subscribed, and the stream goes on from rev. */
void mirror_announce(struct mirror *m, struct copy *c, uint64_t rev, unsigned level);

/** A change frame. */
void mirror_change(struct mirror *m, const json_t *frame);
/** A channel's part of the answer to a sync that was asked from `asked`. */
void mirror_sync(struct mirror *m, struct copy *c, const json_t *item, uint64_t asked);
/** Does it know of more than it has? */
bool mirror_behind(const struct copy *c);

/** Law: a copy at a rev holds every row as it was then. */
void mirror_check(struct mirror *m, struct copy *c, const char *when);

/** Law: a row that was shown (in a page too) was committed, and is seen as it may be. */
void mirror_row_check(struct mirror *m, const char *log, const json_t *row, const char *when);

#endif
