/**
 * What clients asked to be changed, and what they were told: each durable change by its cid. A change
 * that ended without a word, or with busy or unknown, is open and is sent again until its end is known.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SIM_BOOK_H
#define SIM_BOOK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct run;

enum deed_state {
	DEED_SENT = 0, /* under way */
	DEED_OPEN,     /* not known how it ended; to be sent again */
	DEED_DONE,     /* it was acknowledged */
	DEED_REFUSED,  /* it was refused for good */
};

struct deed {
	unsigned number; /* of the run, in the order of their first sending */
	unsigned client; /* who sent it first, on which connection of his */
	unsigned conn;
	unsigned tries;
	uint64_t sent; /* its first sending, counted over all */
	enum deed_state state;
	bool unsure;       /* it may have been written by an earlier try */
	bool there;        /* it had been written when it was last sent */
	bool again;        /* the last try said that it is a resend */
	bool first_answer; /* the acknowledgement was no repetition */
	char user[16];
	char log[80];   /* the log it changes */
	json_t *args;   /* of the request, with op and cid */
	json_t *ok;     /* the answer, without `again` */
	int64_t due_us; /* not to be sent again before */
};

struct book {
	struct deed **deeds;
	size_t n, cap;
	uint64_t sent;
};

/** No deeds; book_free() takes it. */
struct book *book_new(void);
void book_free(struct book *l);

/** A new deed of a user; args (taken) name op, cid and what the op needs. log: the log it changes. */
struct deed *book_add(struct book *l, const char *user, const char *log, json_t *args);

/** It is sent now. */
void deed_sent(struct run *run, struct deed *d, bool again);
/** Its answer came: the reply with `ok` or `error`. Holds the laws of acknowledgements against it. */
void deed_answered(struct run *run, struct deed *d, const json_t *reply);
/** Its connection ended before it was answered. */
void deed_lost(struct run *run, struct deed *d);

/** An open deed of a user that may be sent again now, or NULL. */
struct deed *book_open(const struct book *l, const char *user, int64_t now_us);
/** How many are not ended. */
size_t book_unended(const struct book *l);

#endif
