/**
 * protocol.openapi, protocol.asyncapi: the documents, printed once and again when an op or kind came or went.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ops/document.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <openssl/sha.h>

#include "base/buf.h"
#include "ops/ops.h"
#include "pipeline/kind.h"
#include "wire/op_table.h"
#include "wire/request.h"

#define TAG_BYTES 16

/** One document as text, as long as the tables stand as they stood. */
struct printed {
	struct buf text;
	uint64_t ops, kinds; /* versions of the tables it was printed from */
	char tag[2 * TAG_BYTES + 1];
};

struct document_cache {
	struct printed openapi, asyncapi;
};

static void tag_set(struct printed *p)
{
	unsigned char sum[SHA256_DIGEST_LENGTH];

	SHA256((const unsigned char *)p->text.bytes, p->text.len, sum);
	for (size_t i = 0; i < TAG_BYTES; i++) {
		snprintf(p->tag + 2 * i, 3, "%02x", sum[i]);
	}
}

static void print(struct printed *p, const struct document_source *from,
	json_t *(*document)(const struct document_source *from))
{
	json_t *json;
	char *text;

	if (p->text.len && p->ops == op_table_version(from->ops) &&
		p->kinds == kinds_version(from->kinds)) {
		return;
	}
	json = document(from);
	text = json_dumps(json, JSON_INDENT(1));
	assert(text); /* made of tables that tests print */
	json_decref(json);
	buf_clear(&p->text);
	buf_str(&p->text, text);
	free(text);
	p->ops = op_table_version(from->ops);
	p->kinds = kinds_version(from->kinds);
	tag_set(p);
}

static void reply(struct confab_request *rq, const struct ops *o, struct printed *p,
	json_t *(*document)(const struct document_source *from))
{
	const struct document_source from = {
		.ops = o->wire->ops, .kinds = o->pl->kinds, .version = o->version};

	print(p, &from, document);
	buf_add(&rq->raw, p->text.bytes, p->text.len);
	request_reply_tagged(rq, p->tag);
}

static void run_openapi(struct confab_request *rq, void *ctx)
{
	const struct ops *o = ctx;

	reply(rq, o, &o->documents->openapi, document_openapi);
}

static void run_asyncapi(struct confab_request *rq, void *ctx)
{
	const struct ops *o = ctx;

	reply(rq, o, &o->documents->asyncapi, document_asyncapi);
}

#define DOCUMENT_FIELD(name_) \
	{ \
		(name_), CONFAB_FIELD_ANY, true, 0, 0, NULL, NULL, "as the format asks for it" \
	}

static const struct confab_field openapi_reply[] = {
	{"openapi", CONFAB_FIELD_STRING, true, 0, 0, NULL, NULL, "its version, 3.1"},
	{"paths", CONFAB_FIELD_OBJECT, true, 0, 0, NULL, NULL, "by path and method"},
	DOCUMENT_FIELD("info"),
	DOCUMENT_FIELD("components"),
	DOCUMENT_FIELD("servers"),
	DOCUMENT_FIELD("security"),
	DOCUMENT_FIELD("jsonSchemaDialect"),
	{0},
};
static const struct confab_field asyncapi_reply[] = {
	{"asyncapi", CONFAB_FIELD_STRING, true, 0, 0, NULL, NULL, "its version, 3.0"},
	{"operations", CONFAB_FIELD_OBJECT, true, 0, 0, NULL, NULL, "ops and events by name"},
	DOCUMENT_FIELD("info"),
	DOCUMENT_FIELD("channels"),
	DOCUMENT_FIELD("components"),
	DOCUMENT_FIELD("defaultContentType"),
	{0},
};

static const struct confab_op_row rows[] = {
	{.name = "protocol.openapi",
		.actor = CONFAB_OP_NONE,
		.method = "GET",
		.path = "/v1/openapi.json",
		.run = run_openapi,
		.reply = openapi_reply,
		.doc = "The HTTP twins of the ops, as an OpenAPI document."},
	{.name = "protocol.asyncapi",
		.actor = CONFAB_OP_NONE,
		.method = "GET",
		.path = "/v1/asyncapi.json",
		.run = run_asyncapi,
		.reply = asyncapi_reply,
		.doc = "Ops and events of the WebSocket, as an AsyncAPI document."},
};

/* -------------------------------------------------------------------------------------------- */

void document_cache_free(struct document_cache *cache)
{
	if (cache) {
		buf_fini(&cache->openapi.text);
		buf_fini(&cache->asyncapi.text);
		free(cache);
	}
}

int ops_document_register(struct ops *o, struct confab_error *err)
{
	o->documents = calloc(1, sizeof(*o->documents));
	assert(o->documents);
	return ops_add(o, rows, sizeof(rows) / sizeof(rows[0]), err);
}
