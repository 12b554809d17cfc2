/**
 * Who sees a row whole: the one function that live, sync, history, search, push and counts ask
 * (design, section 3: Same numbers for everybody).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CHAT_VISIBLE_H
#define CHAT_VISIBLE_H

#include <stdbool.h>
#include "chat/chat.h"

struct buf;

/** Someone who reads a log. */
struct reader {
	const struct user *user;
	const struct channel *channel; /* NULL: the user's own log */
	uint64_t floor;                /* messages below are stubs */
};

/** This user as a reader of a log, as things stand. */
struct reader reader_of(const struct user *u, const struct chat_log *lg);

/** What visibility depends on, of one row. */
struct sight {
	const char *kind;
	uint64_t seq;
	const char *sender;   /* or NULL */
	const char *audience; /* JSON text or NULL */
};

/** Does an audience's text, {"author":true}, {"roles":[…]} or {"users":[…]}, name this user or role
 *  (NULL: none)? The author, who always sees the message, is not named. */
bool visible_audience_has(const char *audience, const char *user, const char *role);

/** Full, or only a stub? Rows other than messages are seen by everybody who reads the log. */
bool visible_full(const struct reader *reader, const struct sight *sight);

/** The stub of a row: {"kind","id","rev","hidden":true}. */
void visible_stub(struct buf *out, const char *kind, const char *id, uint64_t rev);

/** Append a row as this reader sees it. body: its whole JSON, len 0 if gone. */
void visible_row(struct buf *out, const struct reader *reader, const struct sight *sight,
	const char *id, uint64_t rev, const char *body, size_t len);

#endif
