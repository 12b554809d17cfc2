/**
 * OpenAPI 3.1: the HTTP twins.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ops/document.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "wire/op_table.h"
#include "wire/schema.h"

static const char about[] =
	"confab over HTTP: the same verbs, permissions and errors as over the WebSocket at /v1/ws, which "
	"/v1/asyncapi.json describes. confab-protocol(7) explains both. Members of GET and DELETE come in "
	"the query (lists separated by commas), all others as one JSON object in the body.";

/** Members come in the query, not in a body. */
static bool in_query(const struct confab_op_row *row)
{
	return strcmp(row->method, "GET") == 0 || strcmp(row->method, "DELETE") == 0;
}

static bool in_path(const struct confab_op_row *row, const char *name)
{
	char braced[72];

	snprintf(braced, sizeof(braced), "{%.64s}", name);
	return strstr(row->path, braced) != NULL;
}

static json_t *parameter(const struct confab_field *f, bool path)
{
	json_t *p = json_pack("{s:s,s:s,s:b,s:o}", "name", f->name, "in", path ? "path" : "query",
		"required", path || f->required, "schema", schema_of_field(f));

	if (f->doc) {
		json_object_set_new(p, "description", json_string(f->doc));
	}
	if (!path && (f->type == CONFAB_FIELD_IDS || f->type == CONFAB_FIELD_LIST)) {
		json_object_set_new(p, "style", json_string("form"));
		json_object_set_new(p, "explode", json_false());
	}
	return p;
}

static void add_arguments(json_t *operation, const struct confab_op_row *row)
{
	json_t *parameters = json_array(), *body = schema_of_fields(NULL);

	for (const struct confab_field *f = row->args; f && f->name; f++) {
		const struct confab_field one[] = {*f, {0}};
		bool path = in_path(row, f->name);

		if (path || in_query(row)) {
			json_array_append_new(parameters, parameter(f, path));
		} else {
			schema_add(body, one);
		}
	}
	json_object_set_new(operation, "parameters", parameters);
	if (json_object_get(body, "properties")) {
		json_object_set_new(operation, "requestBody",
			json_pack("{s:b,s:{s:{s:o}}}", "required",
				json_object_get(body, "required") != NULL, "content",
				"application/json", "schema", body));
	} else {
		json_decref(body);
	}
}

static json_t *operation(const struct op *op)
{
	const struct confab_op_row *row = op->row;
	json_t *o = json_pack("{s:s,s:s,s:[s%]}", "operationId", row->name, "summary",
		row->doc ? row->doc : row->name, "tags", row->name, strcspn(row->name, "."));

	add_arguments(o, row);
	json_object_set_new(o, "responses",
		json_pack("{s:{s:s,s:{s:{s:o}}},s:{s:s}}", "200", "description", "done", "content",
			"application/json", "schema", document_reply(row), "default", "$ref",
			"#/components/responses/Error"));
	if (row->actor == CONFAB_OP_NONE) {
		json_object_set_new(o, "security", json_array());
	}
	document_rights(o, op);
	return o;
}

static json_t *paths(const struct op_table *ops)
{
	json_t *all = json_object();
	struct op *op;

	for (size_t i = 0; (op = op_at(ops, i)) != NULL; i++) {
		const struct confab_op_row *row = op->row;
		json_t *path;
		char method[16];
		size_t n;

		if (!row->path) {
			continue;
		}
		for (n = 0; row->method[n] && n < sizeof(method) - 1; n++) {
			method[n] = (char)tolower((unsigned char)row->method[n]);
		}
		method[n] = '\0';
		path = json_object_get(all, row->path);
		if (!path) {
			path = json_object();
			json_object_set_new(all, row->path, path);
		}
		json_object_set_new(path, method, operation(op));
	}
	return all;
}

static json_t *components(const struct document_source *from)
{
	json_t *error = json_pack("{s:s,s:{s:{s:s}},s:[s]}", "type", "object", "properties",
		"error", "$ref", "#/components/schemas/Error", "required", "error");

	return json_pack("{s:o,s:{s:{s:s,s:{s:{s:s,s:{s:s}}},s:{s:{s:o}}}},s:{s:{s:s,s:s,s:s}}}",
		"schemas", document_schemas(from), "responses", "Error", "description",
		"refused, or not done: the code says why, retry whether to try again", "headers",
		"Retry-After", "description", "seconds, where retry_ms is given", "schema", "type",
		"integer", "content", "application/json", "schema", error, "securitySchemes",
		"bearer", "type", "http", "scheme", "bearer", "description",
		"a token as hello takes it");
}

/* -------------------------------------------------------------------------------------------- */

json_t *document_openapi(const struct document_source *from)
{
	return json_pack("{s:s,s:{s:s,s:s,s:s,s:{s:s,s:s}},s:s,s:[{s:s}],s:[{s:[]}],s:o,s:o}",
		"openapi", "3.1.0", "info", "title", "confab", "version", from->version,
		"description", about, "license", "name", "MIT", "identifier", "MIT",
		"jsonSchemaDialect", "https://json-schema.org/draft/2020-12/schema", "servers",
		"url", "/", "security", "bearer", "paths", paths(from->ops), "components",
		components(from));
}
