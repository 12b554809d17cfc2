/**
 * Everything that was ever committed, log by log, entry by entry, with each row as it was then: what
 * the laws are held against.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SIM_TRUTH_H
#define SIM_TRUTH_H

#include <jansson.h>
#include <stdbool.h>
#include <confab/provider/store.h>

/** A row as one entry left it. */
struct truth_row {
	struct truth_row *before; /* the same row as it was before, or NULL */
	uint64_t rev, seq;
	char *kind, *id, *sender, *audience, *tag;
	char *body;   /* JSON text, or NULL when gone */
	json_t *json; /* parsed when first asked for */
	bool gone;
};

struct truth_entry {
	struct truth_entry *next_of_cid;
	uint64_t rev, seq, ord, all, first, deleted;
	int64_t ts;
	char *op, *sender, *cid, *result;
	bool message, counts, counts_all;
	struct truth_row **rows;
	size_t n_rows;
};

struct truth_log {
	struct truth_entry **entries; /* of rev i + 1 */
	size_t n, cap;
	struct strmap *rows; /* "kind:id" → newest struct truth_row */
	struct strmap *cids; /* "sender cid" → its struct truth_entry */
	char id[];
};

struct truth {
	struct strmap *logs;
};

/** Nothing yet; truth_free() takes it. */
struct truth *truth_new(void);
void truth_free(struct truth *t);

/** An entry is durable. Copied. */
void truth_add(struct truth *t, const char *log, const struct confab_entry *e);

/** A log, or NULL if nothing was committed to it. Borrowed. */
struct truth_log *truth_log(const struct truth *t, const char *log);
/** Log n in the order of their birth is truth_next(): like strmap_next. */
struct truth_log *truth_next(const struct truth *t, size_t *pos);
/** The entry of a rev, or NULL. */
const struct truth_entry *truth_entry(const struct truth_log *lg, uint64_t rev);
/** The entry of somebody's cid, or NULL. */
const struct truth_entry *truth_cid(
	const struct truth_log *lg, const char *sender, const char *cid);
/** A row as it was at a rev, or NULL if there was none yet. */
struct truth_row *truth_row_at(
	const struct truth_log *lg, const char *kind, const char *id, uint64_t rev);
/** Its JSON, NULL when gone. Borrowed. */
const json_t *truth_json(struct truth_row *r);

#endif
