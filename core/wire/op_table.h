/**
 * Ops: one table for the core's rows and every plugin's. Logic thread.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef WIRE_OP_TABLE_H
#define WIRE_OP_TABLE_H

#include <confab/op.h>

struct op_table;

/** A registered op. */
struct op {
	const struct confab_op_row *row;
	void *ctx;
	const void *owner;      /* the plugin's record, NULL: the core */
	const char *owner_name; /* "core", or the plugin's name */
	uint64_t calls, errors;
};

/** No ops yet. Never NULL; op_table_free() takes it. */
struct op_table *op_table_new(void);
void op_table_free(struct op_table *t);
/** @return 0; CONFAB_EEXIST names who has the op or its HTTP path; CONFAB_EINVAL: an incomplete row */
int op_add(struct op_table *t, const struct confab_op_row *row, void *ctx, const void *owner,
	const char *owner_name, struct confab_error *err);
void op_remove_all(struct op_table *t, const void *owner);
struct op *op_find(const struct op_table *t, const char *name);
/** Row n in order of names, NULL behind the last: for documents and tests. */
struct op *op_at(const struct op_table *t, size_t n);

/** Match an HTTP path. params (by the names in braces) are added to args as strings or, where the
 *  field is an int, integers. *known_path: the path exists with another method. NULL: none. */
struct op *op_match(const struct op_table *t, const char *method, const char *path, json_t *args,
	bool *known_path);

#endif
