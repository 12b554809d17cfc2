/**
 * Ops: one table for the core's rows and every plugin's. Logic thread.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef WIRE_OP_TABLE_H
#define WIRE_OP_TABLE_H

#include <stdbool.h>
#include <confab/op.h>

struct op_table;
struct confab_request;

/** A registered op. */
struct op {
	const struct confab_op_row *row;
	void *ctx;
	const void *owner;      /* the plugin's record, NULL: the core */
	const char *owner_name; /* "core", or the plugin's name */
	uint64_t calls, errors;
	struct op_table *of;
	uint32_t live;                   /* requests that are not answered yet */
	struct confab_request *requests; /* those of them that a plugin answers */
	struct op *next_gone;            /* not found any more, but requests are not answered yet */
	bool gone;
};

/** No ops yet. Never NULL; op_table_free() takes it. */
struct op_table *op_table_new(void);
void op_table_free(struct op_table *t);
/** Segments of a path behind /v1/: as many as wire_routes() asks net for. */
#define OP_PATH_SEGMENTS 6

/**
 * Register a row, which must live as long as it is here.
 *
 * @return 0; CONFAB_EEXIST names who has the op or its HTTP path; CONFAB_EINVAL says what is wrong with the
 * row
 */
int op_add(struct op_table *t, const struct confab_op_row *row, void *ctx, const void *owner,
	const char *owner_name, struct confab_error *err);
/** Remove all of an owner: none is found any more. One with unanswered requests stays until they are. */
void op_remove_all(struct op_table *t, const void *owner);
/** A request begins to need its op, and is answered; the last one frees an op that was removed. */
void op_hold(struct op *op);
void op_drop(struct op *op);
/** Unanswered requests that an owner is to answer, of removed ops too. */
uint32_t op_table_unanswered(const struct op_table *t, const void *owner);
/** One of them, or NULL. */
struct confab_request *op_table_request(const struct op_table *t, const void *owner);
/** The next op of plugins with unanswered requests behind op (NULL: the first), removed ones too, or NULL. */
struct op *op_table_waited_for(const struct op_table *t, const struct op *op);
/** What request.c keeps here: requests that were answered for a plugin which still holds them. */
struct confab_request **op_table_husks(struct op_table *t);
struct op *op_find(const struct op_table *t, const char *name);
/** Row n in order of names, NULL behind the last: for documents and tests. */
struct op *op_at(const struct op_table *t, size_t n);
/** Grows with every op that comes or goes. */
uint64_t op_table_version(const struct op_table *t);

/** Room for the methods of a path, as Allow lists them. */
#define OP_ALLOW_SIZE 64

/**
 * Match an HTTP path. HEAD finds GET; literal paths win over those with parameters.
 *
 * @param args   params are added as strings, by the names in braces; one replaces a member of its name.
 *               NULL: only look
 * @param allow  without a match: the path's other methods ("GET, HEAD, OPTIONS"), "": no such path
 * @return borrowed, or NULL
 */
struct op *op_match(const struct op_table *t, const char *method, const char *path, json_t *args,
	char allow[OP_ALLOW_SIZE]);

#endif
