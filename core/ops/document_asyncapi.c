/**
 * AsyncAPI 3.0: the WebSocket. "receive" and "send" are the server's.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ops/document.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "pipeline/kind.h"
#include "wire/errors.h"
#include "wire/op_table.h"
#include "wire/schema.h"

#define CHANNEL_REF "#/channels/confab"

static const char about[] =
	"confab over a WebSocket: subprotocol confab.v1, one JSON object per text message, hello first. "
	"confab-protocol(7) explains it; /v1/openapi.json describes the same verbs over HTTP.";

/** The document under construction. */
struct printed {
	json_t *messages;   /* of the components */
	json_t *in_channel; /* references to them */
	json_t *operations;
};

/** Room for a key made of a name of at most 64. */
#define KEY_SIZE 80

/** Keys have letters, digits, '-' and '_' only: "message.send" becomes "message_send". */
static const char *key_of(char key[KEY_SIZE], const char *name, const char *suffix)
{
	snprintf(key, KEY_SIZE, "%.64s%s", name, suffix);
	for (char *at = key; (at = strchr(at, '.')) != NULL;) {
		*at = '_';
	}
	return key;
}

static json_t *ref_to(const char *before, const char *key)
{
	char ref[200];

	snprintf(ref, sizeof(ref), "%s%s", before, key);
	return json_pack("{s:s}", "$ref", ref);
}

static void add_message(
	struct printed *p, const char *key, const char *title, const char *doc, json_t *payload)
{
	json_object_set_new(p->messages, key,
		json_pack("{s:s,s:s,s:s,s:o}", "name", title, "contentType", "application/json",
			"summary", doc ? doc : title, "payload", payload));
	json_object_set_new(p->in_channel, key, ref_to("#/components/messages/", key));
}

static json_t *request_payload(const struct confab_op_row *row)
{
	json_t *schema = schema_of_fields(NULL);

	schema_add_word(schema, "op", row->name);
	json_object_set_new(json_object_get(schema, "properties"), "id",
		json_pack("{s:[s,s],s:i,s:s}", "type", "integer", "string", "maxLength", 32,
			"description", "comes back as re"));
	schema_add(schema, row->args);
	return schema;
}

static json_t *re_schema(void)
{
	return json_pack("{s:[s,s,s],s:s}", "type", "integer", "string", "null", "description",
		"the id of the request");
}

static json_t *reply_payload(const struct confab_op_row *row)
{
	return json_pack("{s:s,s:{s:o,s:o},s:[s,s]}", "type", "object", "properties", "re",
		re_schema(), "ok", document_reply(row), "required", "re", "ok");
}

static void add_op(struct printed *p, const struct op *op)
{
	const struct confab_op_row *row = op->row;
	char key[KEY_SIZE], reply[KEY_SIZE];
	json_t *operation;

	(void)key_of(key, row->name, "");
	(void)key_of(reply, row->name, "_ok");
	add_message(p, key, row->name, row->doc, request_payload(row));
	add_message(p, reply, reply, "the answer", reply_payload(row));
	operation = json_pack("{s:s,s:s,s:o,s:s,s:[o],s:{s:o,s:[o,o]}}", "action", "receive",
		"title", row->name, "channel", ref_to(CHANNEL_REF, ""), "summary",
		row->doc ? row->doc : row->name, "messages", ref_to(CHANNEL_REF "/messages/", key),
		"reply", "channel", ref_to(CHANNEL_REF, ""), "messages",
		ref_to(CHANNEL_REF "/messages/", reply), ref_to(CHANNEL_REF "/messages/", "error"));
	document_rights(operation, op);
	json_object_set_new(p->operations, key, operation);
}

static void add_event(
	struct printed *p, const char *name, const struct confab_field *fields, const char *doc)
{
	json_t *schema = schema_of_fields(NULL);
	char key[KEY_SIZE];

	(void)key_of(key, name, "_event");
	schema_add_word(schema, "ev", name);
	schema_add(schema, fields);
	add_message(p, key, name, doc, schema);
	json_object_set_new(p->operations, key,
		json_pack("{s:s,s:s,s:o,s:s,s:[o]}", "action", "send", "title", name, "channel",
			ref_to(CHANNEL_REF, ""), "summary", doc ? doc : name, "messages",
			ref_to(CHANNEL_REF "/messages/", key)));
}

static json_t *error_payload(void)
{
	return json_pack("{s:s,s:{s:o,s:{s:s}},s:[s,s]}", "type", "object", "properties", "re",
		re_schema(), "error", "$ref", "#/components/schemas/Error", "required", "re",
		"error");
}

static json_t *closes(void)
{
	json_t *list = json_array();
	const struct wire_close_row *row;

	for (size_t i = 0; (row = wire_close_at(i)) != NULL; i++) {
		json_array_append_new(list,
			json_pack("{s:i,s:s,s:b,s:s}", "code", row->code, "name", row->name,
				"reconnect", row->reconnect, "text", row->text));
	}
	return list;
}

static void print_all(struct printed *p, const struct document_source *from)
{
	const struct document_event *event;
	const struct kind *kind;
	struct op *op;

	add_message(
		p, "error", "error", "the answer to any request that is refused", error_payload());
	for (size_t i = 0; (op = op_at(from->ops, i)) != NULL; i++) {
		if (op->row->actor != CONFAB_OP_NONE) {
			add_op(p, op);
		}
	}
	for (size_t i = 0; (event = document_event_at(i)) != NULL; i++) {
		add_event(p, event->name, event->fields, event->doc);
	}
	for (kind = kind_after(from->kinds, ""); kind;
		kind = kind_after(from->kinds, kind->row->name)) {
		if (kind->row->class_ == CONFAB_EPHEMERAL) {
			add_event(p, kind->row->name, kind->row->shown, kind->row->doc);
		}
	}
}

/* -------------------------------------------------------------------------------------------- */

json_t *document_asyncapi(const struct document_source *from)
{
	struct printed p = {json_object(), json_object(), json_object()};
	json_t *channel;

	print_all(&p, from);
	channel = json_pack("{s:s,s:o,s:{s:{s:s,s:s}}}", "address", "/v1/ws", "messages",
		p.in_channel, "bindings", "ws", "method", "GET", "bindingVersion", "0.1.0");
	json_object_set_new(channel, "x-confab-subprotocol", json_string("confab.v1"));
	json_object_set_new(channel, "x-confab-close-codes", closes());
	return json_pack("{s:s,s:{s:s,s:s,s:s,s:{s:s}},s:s,s:{s:o},s:o,s:{s:o,s:o}}", "asyncapi",
		"3.0.0", "info", "title", "confab", "version", from->version, "description", about,
		"license", "name", "MIT", "defaultContentType", "application/json", "channels",
		"confab", channel, "operations", p.operations, "components", "messages", p.messages,
		"schemas", document_schemas(from));
}
