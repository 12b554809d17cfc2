/**
 * JSON Schema of fields: the same bounds that shape.c checks.
 *
 * SPDX-License-Identifier: MIT
 */
#include "wire/schema.h"

#include <string.h>

#include "base/json.h"

#define ID_PATTERN "^@?[A-Za-z0-9_.:-]{1,64}$"
#define LISTED_ID_PATTERN "^[A-Za-z0-9_.:-]{1,64}$"
#define CID_PATTERN "^[!#-\\[\\]-~]{16,64}$"
#define BYTES_PER_CHARACTER 4

static bool bounded(const struct confab_field *f)
{
	return f->min != 0 || f->max != 0;
}

static json_t *typed(const char *type)
{
	return json_pack("{s:s}", "type", type);
}

static json_t *word_list(const char *words)
{
	json_t *list = json_array();

	for (const char *at = words; *at;) {
		size_t len = strcspn(at, " ");

		if (len) {
			json_array_append_new(list, json_stringn(at, len));
		}
		at += len + (at[len] == ' ');
	}
	return list;
}

static void set_bounds(json_t *schema, const char *low, int64_t min, const char *high, int64_t max)
{
	json_object_set_new(schema, low, json_integer(min));
	json_object_set_new(schema, high, json_integer(max));
}

static json_t *string_schema(const struct confab_field *f)
{
	json_t *schema = typed("string");

	if (f->words) {
		json_object_set_new(schema, "enum", word_list(f->words));
	}
	if (bounded(f)) {
		/* bounds are bytes, JSON Schema counts characters: what it allows may still be refused */
		set_bounds(schema, "minLength",
			(f->min + BYTES_PER_CHARACTER - 1) / BYTES_PER_CHARACTER, "maxLength",
			f->max);
		json_object_set_new(schema, "x-confab-bytes",
			json_pack("[I,I]", (json_int_t)f->min, (json_int_t)f->max));
	}
	return schema;
}

static json_t *int_schema(const struct confab_field *f)
{
	json_t *schema = typed("integer");

	if (bounded(f)) {
		set_bounds(schema, "minimum", f->min, "maximum", f->max);
	} else {
		set_bounds(schema, "minimum", -JSON_INT_MAX, "maximum", JSON_INT_MAX);
	}
	return schema;
}

static json_t *list_schema(const struct confab_field *f, json_t *items)
{
	json_t *schema = typed("array");

	if (items) {
		json_object_set_new(schema, "items", items);
	}
	if (bounded(f)) {
		set_bounds(schema, "minItems", f->min, "maxItems", f->max);
	}
	if (f->words) {
		schema = json_pack("{s:[o,{s:o}]}", "anyOf", schema, "enum", word_list(f->words));
	}
	return schema;
}

static json_t *pattern_schema(const char *pattern)
{
	return json_pack("{s:s,s:s}", "type", "string", "pattern", pattern);
}

static json_t *type_schema(const struct confab_field *f)
{
	switch (f->type) {
	case CONFAB_FIELD_STRING:
		return string_schema(f);
	case CONFAB_FIELD_ID:
		return pattern_schema(ID_PATTERN);
	case CONFAB_FIELD_CID:
		return pattern_schema(CID_PATTERN);
	case CONFAB_FIELD_INT:
		return int_schema(f);
	case CONFAB_FIELD_BOOL:
		return typed("boolean");
	case CONFAB_FIELD_OBJECT:
		return schema_of_fields(f->of);
	case CONFAB_FIELD_IDS:
		return list_schema(f, pattern_schema(LISTED_ID_PATTERN));
	case CONFAB_FIELD_LIST:
		return list_schema(f, f->of ? schema_of_fields(f->of) : NULL);
	case CONFAB_FIELD_ROWS:
		return list_schema(f, json_pack("{s:s}", "$ref", "#/components/schemas/Row"));
	case CONFAB_FIELD_ROW:
		return json_pack("{s:s}", "$ref", "#/components/schemas/Row");
	case CONFAB_FIELD_PLACE:
		return json_pack("{s:[s,s]}", "type", "string", "null");
	case CONFAB_FIELD_ANY:
		break;
	}
	return json_object();
}

/* -------------------------------------------------------------------------------------------- */

json_t *schema_of_field(const struct confab_field *field)
{
	json_t *schema = type_schema(field);

	if (field->doc) {
		json_object_set_new(schema, "description", json_string(field->doc));
	}
	return schema;
}

json_t *schema_of_fields(const struct confab_field *fields)
{
	json_t *schema = typed("object");

	if (fields) {
		schema_add(schema, fields);
	}
	return schema;
}

void schema_add(json_t *schema, const struct confab_field *fields)
{
	json_t *properties = json_object_get(schema, "properties");
	json_t *required = json_object_get(schema, "required");

	if (!properties) {
		properties = json_object();
		json_object_set_new(schema, "properties", properties);
	}
	for (const struct confab_field *f = fields; f && f->name; f++) {
		json_object_set_new(properties, f->name, schema_of_field(f));
		if (!f->required) {
			continue;
		}
		if (!required) {
			required = json_array();
			json_object_set_new(schema, "required", required);
		}
		json_array_append_new(required, json_string(f->name));
	}
}

void schema_add_word(json_t *schema, const char *name, const char *word)
{
	const struct confab_field field = {
		.name = name, .type = CONFAB_FIELD_ANY, .required = true};
	const struct confab_field one[] = {field, {0}};

	schema_add(schema, one);
	json_object_set_new(
		json_object_get(schema, "properties"), name, json_pack("{s:s}", "const", word));
}
