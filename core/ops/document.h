/**
 * The protocol for machines: an OpenAPI document of the HTTP twins and an AsyncAPI document of the
 * WebSocket, printed from the rows of ops, kinds, errors and close codes, the core's and the plugins'.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef OPS_DOCUMENT_H
#define OPS_DOCUMENT_H

#include <confab/event.h>
#include <confab/op.h>

struct kinds;
struct op;
struct op_table;

/** What documents are printed from. All borrowed. */
struct document_source {
	const struct op_table *ops;
	const struct kinds *kinds;
	const char *version; /* of the server */
};

/** OpenAPI 3.1 of every op that has an HTTP twin. A new reference. Thread: logic. */
json_t *document_openapi(const struct document_source *from);
/** AsyncAPI 3.0 of every op and event of the WebSocket. A new reference. Thread: logic. */
json_t *document_asyncapi(const struct document_source *from);

/** An event that the core sends to clients. */
struct document_event {
	const char *name; /* "change" */
	const struct confab_field *fields;
	const char *doc; /* one sentence */
};
/** Row n, NULL behind the last. Static. */
const struct document_event *document_event_at(size_t n);
/** Shape of a kind of rows that the core writes: row n, NULL behind the last. Static. */
const struct confab_row_shape *document_row_at(size_t n);

/* What both documents share. */

/** Does it change something: do its arguments have a cid? */
bool document_is_change(const struct confab_op_row *row);
/** Schema of an op's answer. A new reference. */
json_t *document_reply(const struct confab_op_row *row);
/** Who may ask, and with which grants, as members x-confab-… of an object. */
void document_rights(json_t *into, const struct op *op);
/** The schemas that others refer to: Row, its kinds, Error. A new reference. */
json_t *document_schemas(const struct document_source *from);
/** The table of error codes. A new reference. */
json_t *document_errors(void);

/** The cached documents; freed by document_cache_free(), NULL is fine. */
struct document_cache;
void document_cache_free(struct document_cache *cache);

#endif
