/**
 * What both documents share: answers, rights, rows, errors.
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

static const struct confab_field change_reply[] = {
	{"rev", CONFAB_FIELD_INT, false, 0, JSON_INT_MAX, NULL, NULL,
		"the entry that did it; absent: nothing had to change"},
	{"ts", CONFAB_FIELD_INT, false, 0, JSON_INT_MAX, NULL, NULL, "when, Unix ms"},
	{"again", CONFAB_FIELD_BOOL, false, 0, 0, NULL, NULL, "this is the first answer, repeated"},
	{"held", CONFAB_FIELD_BOOL, false, 0, 0, NULL, NULL, "it waits for review"},
	{"id", CONFAB_FIELD_ID, false, 0, 0, NULL, NULL, "of the row that is held"},
	{"handled", CONFAB_FIELD_BOOL, false, 0, 0, NULL, NULL,
		"a plugin did something else with it"},
	{0},
};

static const struct confab_field error_fields[] = {
	{"code", CONFAB_FIELD_STRING, true, 1, 32, NULL, NULL,
		"a word of the table of errors, or a plugin's own"},
	{"text", CONFAB_FIELD_STRING, true, 1, 223, NULL, NULL, "for people"},
	{"retry", CONFAB_FIELD_STRING, true, 0, 0, "never later same", NULL,
		"may it be sent again? same: with the same cid, it is perhaps done"},
	{"retry_ms", CONFAB_FIELD_INT, false, 1, JSON_INT_MAX, NULL, NULL, "wait so long first"},
	{"plugin", CONFAB_FIELD_STRING, false, 1, 32, NULL, NULL, "who refused, if not the core"},
	{0},
};

static const struct confab_field row_rev[] = {
	{"rev", CONFAB_FIELD_INT, true, 1, JSON_INT_MAX, NULL, NULL,
		"the last entry that touched it: a held row is replaced only by a higher one"},
	{0},
};

/** {kind, id, rev} of a kind of rows; kind NULL: any. */
static json_t *row_schema(const char *kind, bool numbered)
{
	const struct confab_field id[] = {
		{"id", numbered ? CONFAB_FIELD_INT : CONFAB_FIELD_STRING, true, 0, 0, NULL, NULL,
			"unique among the rows of this kind in its log"},
		{0}};
	const struct confab_field any[] = {
		{"kind", CONFAB_FIELD_STRING, true, 0, 0, NULL, NULL, "a kind of rows"}, {0}};
	json_t *schema = schema_of_fields(NULL);

	if (kind) {
		schema_add_word(schema, "kind", kind);
	} else {
		schema_add(schema, any);
	}
	schema_add(schema, id);
	schema_add(schema, row_rev);
	return schema;
}

static void mark(json_t *schema, const char *name, const char *doc)
{
	schema_add_word(schema, name, "");
	json_object_set_new(
		json_object_get(schema, "properties"), name, json_pack("{s:b}", "const", 1));
	json_object_set_new(schema, "description", json_string(doc));
}

static void add_row(json_t *schemas, json_t *any, const char *name, json_t *schema)
{
	char key[80], ref[120];

	snprintf(key, sizeof(key), "Row_%s", name);
	snprintf(ref, sizeof(ref), "#/components/schemas/%s", key);
	if (json_object_get(schemas, key)) {
		json_decref(schema);
		return;
	}
	json_object_set_new(schemas, key, schema);
	json_array_append_new(any, json_pack("{s:s}", "$ref", ref));
}

static void add_shape(json_t *schemas, json_t *any, const struct confab_row_shape *shape)
{
	json_t *schema = row_schema(shape->kind, strcmp(shape->kind, "message") == 0);

	schema_add(schema, shape->fields);
	json_object_set_new(schema, "description", json_string(shape->doc));
	add_row(schemas, any, shape->kind, schema);
}

static void add_rows(json_t *schemas, const struct kinds *kinds)
{
	json_t *any = json_array(), *gone = row_schema(NULL, false),
	       *stub = row_schema("message", true);
	const struct confab_row_shape *shape;
	const struct kind *kind;

	mark(gone, "gone", "A row that is no more: forget it.");
	mark(stub, "hidden", "A message that this reader may not see; only its numbers are told.");
	schema_add(stub,
		(const struct confab_field[]){{"seq", CONFAB_FIELD_INT, true, 1, JSON_INT_MAX, NULL,
						      NULL, "its place in the channel"},
			{0}});
	add_row(schemas, any, "Gone", gone);
	add_row(schemas, any, "Hidden", stub);
	for (size_t i = 0; (shape = document_row_at(i)) != NULL; i++) {
		add_shape(schemas, any, shape);
	}
	for (kind = kind_after(kinds, ""); kind; kind = kind_after(kinds, kind->row->name)) {
		for (shape = kind->row->rows; shape && shape->kind; shape++) {
			add_shape(schemas, any, shape);
		}
	}
	json_object_set_new(schemas, "Row",
		json_pack("{s:s,s:o}", "description",
			"A row. Kinds and members that a client does not know, it ignores.",
			"anyOf", any));
}

/** Words of a grant: {"scope","grant"}, or own and others. */
static json_t *grant_words_json(const char *words)
{
	json_t *list = json_array();

	for (const char *at = words; *at;) {
		size_t len = strcspn(at, " "), bar = strcspn(at, "| ");
		bool server = strncmp(at, "server:", 7) == 0;
		size_t skip = server ? 7 : 0;
		json_t *one = json_pack("{s:s,s:s%}", "scope", server ? "server" : "channel",
			bar < len ? "own" : "grant", at + skip, bar - skip);

		if (bar < len) {
			json_object_set_new(
				one, "others", json_stringn(at + bar + 1, len - bar - 1));
		}
		json_array_append_new(list, one);
		at += len + (at[len] == ' ');
	}
	return list;
}

/* -------------------------------------------------------------------------------------------- */

bool document_is_change(const struct confab_op_row *row)
{
	for (const struct confab_field *f = row->args; f && f->name; f++) {
		if (f->type == CONFAB_FIELD_CID) {
			return true;
		}
	}
	return false;
}

json_t *document_reply(const struct confab_op_row *row)
{
	json_t *schema = schema_of_fields(NULL);

	if (document_is_change(row)) {
		schema_add(schema, change_reply);
	}
	if (row->reply) {
		schema_add(schema, row->reply);
	}
	return schema;
}

void document_rights(json_t *into, const struct op *op)
{
	static const char *const actors[] = {"anybody", "user", "admin"};

	json_object_set_new(into, "x-confab-actor", json_string(actors[op->row->actor]));
	json_object_set_new(into, "x-confab-plugin", json_string(op->owner_name));
	json_object_set_new(into, "x-confab-grants",
		op->row->grant ? grant_words_json(op->row->grant) : json_array());
}

json_t *document_schemas(const struct document_source *from)
{
	json_t *schemas = json_object(), *error = schema_of_fields(error_fields);

	json_object_set_new(error, "x-confab-errors", document_errors());
	json_object_set_new(schemas, "Error", error);
	add_rows(schemas, from->kinds);
	return schemas;
}

json_t *document_errors(void)
{
	json_t *list = json_array();
	const struct wire_error *row;

	for (size_t i = 0; (row = wire_error_at(i)) != NULL; i++) {
		json_array_append_new(list,
			json_pack("{s:s,s:i,s:s,s:s}", "code", row->code, "status", row->status,
				"retry", wire_retry_name(row->retry), "text", row->text));
	}
	return list;
}
