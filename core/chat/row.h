/**
 * A row held in memory: what the entries of a log left behind, as its text.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CHAT_ROW_H
#define CHAT_ROW_H

#include <stdbool.h>
#include <jansson.h>
#include <confab/types.h>

struct confab_row;
struct chat_log;

/**
 * Rows of members, memberships and the like stay while their log does; messages come and go, and have
 * links, an author and an audience besides. Every session and every member has one: they are small.
 */
struct row {
	uint64_t rev;     /* 0: known to be absent */
	char *body;       /* private, see row_json; NULL if gone or absent */
	const char *kind; /* interned */
	unsigned pins;    /* events that rely on it */
	uint8_t id_at;    /* place of the id in key */
	bool gone : 1, stays : 1;
	bool cut : 1; /* private: body lacks what key and rev say */
	char key[];   /* "kind:id", its key among the log's rows */
};

_Static_assert(sizeof(struct row) <= 32, "a row grew beyond its budget");

/** A kind's name as one pointer per process: compare by ==. Any of ≤ 32 characters. Logic thread. */
const char *row_kind(const char *name);

/** Held row, or NULL when it is not known. A row with rev 0 or gone is known to be absent. Borrowed. */
struct row *row_find(const struct chat_log *lg, const char *kind, const char *id);

/**
 * Take a row into memory if it is newer than what is held (design, section 3: a held row is replaced
 * only by one of a higher rev). @param stays  keep it as long as the log
 * @return the held row, borrowed
 */
struct row *row_put(struct chat_log *lg, const struct confab_row *from, bool stays);

/** Remember that a row does not exist. */
struct row *row_absent(struct chat_log *lg, const char *kind, const char *id);

/** Forget one that nobody pins and that does not stay. */
void row_forget(struct chat_log *lg, struct row *r);

/** Forget all rows of a log (it is being freed). */
void row_forget_all(struct chat_log *lg);

/** Parse the body: a new reference, or NULL if there is none. */
json_t *row_json(const struct row *r);

/** Does its JSON have this member as text: "key":value, without blanks? */
bool row_says(const struct row *r, const char *member, size_t len);

/** Author of a message, or NULL. Borrowed. */
const char *row_sender(const struct row *r);
/** Audience of a message as JSON text; NULL: everybody. Borrowed. */
const char *row_audience(const struct row *r);

/** Its id, without the kind. Borrowed. */
static inline const char *row_id(const struct row *r)
{
	return r->key + r->id_at;
}

/** Is it there? */
static inline bool row_lives(const struct row *r)
{
	return r && r->rev && !r->gone && r->body;
}

#endif
