/**
 * JSON Schema, draft 2020-12, so that editors complete keys and mark mistakes while typing.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "config/describe.h"
#include "config/document.h"
#include "config/grant.h"
#include "config/nearest.h"
#include "config/sections.h"

static json_t *words_array(const char *words)
{
	json_t *array = json_array();
	size_t pos = 0;
	char name[64], value[64];

	while (words_next(words, &pos, name, value))
		(void)json_array_append_new(array, json_string(name));
	return array;
}

static json_t *string_like(const char *pattern)
{
	return json_pack("{s:s, s:s}", "type", "string", "pattern", pattern);
}

/* A number with units, or one of the names of numbers. */
static void number_schema(json_t *schema, const struct confab_setting *row, const char *pattern)
{
	json_t *plain = pattern ? string_like(pattern) : json_pack("{s:s}", "type", "integer");
	json_t *any = json_array();

	if (!pattern && (row->min || row->max)) {
		(void)json_object_set_new(plain, "minimum", json_integer(row->min));
		(void)json_object_set_new(plain, "maximum", json_integer(row->max));
	}
	(void)json_array_append_new(any, plain);
	if (pattern)
		(void)json_array_append_new(any, json_pack("{s:i}", "const", 0));
	if (row->words)
		(void)json_array_append_new(
			any, json_pack("{s:o}", "enum", words_array(row->words)));
	(void)json_object_set_new(schema, "anyOf", any);
}

static void list_schema(json_t *schema, const struct confab_setting *row)
{
	json_t *items = json_pack("{s:[s,s,s]}", "type", "string", "number", "boolean");

	if (row->words)
		(void)json_object_set_new(items, "enum", words_array(row->words));
	(void)json_object_set_new(schema, "type", json_string("array"));
	(void)json_object_set_new(schema, "items", items);
	if (row->max)
		(void)json_object_set_new(schema, "maxItems", json_integer(row->max));
}

static void type_schema(json_t *schema, const struct confab_setting *row)
{
	switch ((enum confab_setting_type)row->type) {
	case CONFAB_SETTING_BOOL:
		(void)json_object_set_new(
			schema, "enum", json_pack("[b,b,s,s]", 1, 0, "on", "off"));
		break;
	case CONFAB_SETTING_INT:
		number_schema(schema, row, NULL);
		break;
	case CONFAB_SETTING_SIZE:
		number_schema(schema, row, "^[0-9][0-9_]* ?([KMGTkmgt]i?)?[Bb]$");
		break;
	case CONFAB_SETTING_DURATION:
		number_schema(schema, row, "^[0-9][0-9_]* ?(ms|s|m|h|d|w)$");
		break;
	case CONFAB_SETTING_RATE:
		(void)json_object_update_new(
			schema, string_like("^([0-9]+/[smhd]( *burst *[0-9]+)?|off|unlimited)$"));
		break;
	case CONFAB_SETTING_ENUM: /* YAML reads 1.2 as a number and off as false */
		(void)json_object_set_new(schema, "anyOf",
			json_pack("[{s:o},{s:[s,s]}]", "enum", words_array(row->words), "type",
				"number", "boolean"));
		break;
	case CONFAB_SETTING_LIST:
		list_schema(schema, row);
		break;
	case CONFAB_SETTING_STRING:
	case CONFAB_SETTING_PATH:
	case CONFAB_SETTING_ADDRESS:
		(void)json_object_set_new(schema, "type", json_string("string"));
		break;
	case CONFAB_SETTING_SECRET:
		(void)json_object_set_new(schema, "type", json_pack("[s,s]", "string", "object"));
		break;
	case CONFAB_SETTING_TREE:
		break;
	}
}

static json_t *row_schema(const struct confab_setting *row)
{
	json_t *schema = json_object();
	struct buf b;

	if (row->doc)
		(void)json_object_set_new(schema, "description", json_string(row->doc));
	type_schema(schema, row);
	if (row->dflt) {
		buf_init(&b);
		describe_default(row, &b);
		(void)json_object_set_new(schema, "default", json_string(b.bytes));
		buf_fini(&b);
	}
	return schema;
}

/* A map of known keys and no others. */
static json_t *map_schema(const char *doc, json_t *properties)
{
	json_t *schema = json_pack("{s:[s,s], s:o, s:b}", "type", "object", "null", "properties",
		properties, "additionalProperties", 0);

	if (doc)
		(void)json_object_set_new(schema, "description", json_string(doc));
	return schema;
}

/* Settings of a plugin, or that it is on or off. */
static json_t *plugin_map(json_t *properties)
{
	json_t *schema = map_schema(NULL, properties);

	(void)json_object_set_new(
		schema, "type", json_pack("[s,s,s]", "object", "null", "boolean"));
	return schema;
}

/* scope: only rows with this bit of it; 0: all. */
static json_t *table_properties(const struct confab_table *table, unsigned scope)
{
	json_t *properties = json_object();

	for (size_t i = 0; i < table->n; i++) {
		struct confab_setting row = {0};
		size_t size = table->row_size < sizeof(row) ? table->row_size : sizeof(row);

		memcpy(&row, (const char *)table->rows + i * table->row_size, size);
		if (scope == 0 || (row.scope & scope) != 0)
			(void)json_object_set_new(properties, row.name, row_schema(&row));
	}
	return properties;
}

static json_t *section_properties(const struct section *section)
{
	struct confab_table table = {
		section->rows, (uint32_t)section->count, sizeof(struct section_row)};

	return table_properties(&table, 0);
}

/* What a channel type may say of plugins: the rows of its scope, or on and off. */
static json_t *overlays_map(const struct config_options *options)
{
	json_t *properties = json_object();

	for (size_t i = 0; options && i < options->plugin_count; i++) {
		const struct config_plugin_table *t = &options->plugins[i];

		(void)json_object_set_new(properties, t->name,
			plugin_map(table_properties(&t->settings, CONFAB_SCOPE_TYPE)));
	}
	return json_pack("{s:s, s:[s,s], s:o, s:{s:[s,s,s]}}", "description",
		"Settings of plugins for channels of this type; false switches one off there.",
		"type", "object", "null", "properties", properties, "additionalProperties", "type",
		"object", "null", "boolean");
}

static json_t *type_map(const struct config_options *options)
{
	json_t *properties = section_properties(&sections[SECTION_CHANNEL_TYPES]);

	(void)json_object_set_new(properties, "roles",
		map_schema(section_type_roles.doc, section_properties(&section_type_roles)));
	(void)json_object_set_new(properties, "plugins", overlays_map(options));
	return map_schema(NULL, properties);
}

static json_t *plugins_map(const struct config_options *options)
{
	json_t *properties = json_object();

	for (size_t i = 0; options && i < options->plugin_count; i++) {
		const struct config_plugin_table *t = &options->plugins[i];

		(void)json_object_set_new(
			properties, t->name, plugin_map(table_properties(&t->settings, 0)));
	}
	return json_pack("{s:s, s:[s,s], s:o, s:{s:[s,s,s]}}", "description",
		sections[SECTION_PLUGINS].doc, "type", "object", "null", "properties", properties,
		"additionalProperties", "type", "object", "null", "boolean");
}

static json_t *section_schema(enum section_id id, const struct config_options *options)
{
	const struct section *section = &sections[id];
	json_t *one;

	if (id == SECTION_PLUGINS)
		return plugins_map(options);
	if (id == SECTION_CHANNEL_TYPES)
		return json_pack("{s:s, s:[s,s], s:o}", "description", section->doc, "type",
			"object", "null", "additionalProperties", type_map(options));
	one = map_schema(NULL, section_properties(section));
	if (section->shape == SECTION_LIST)
		return json_pack("{s:s, s:[{s:s, s:o}, O]}", "description", section->doc, "anyOf",
			"type", "array", "items", one, one);
	(void)json_object_set_new(one, "description", json_string(section->doc));
	return one;
}

/* ------------------------------------------------------------------------------------------- */

void config_print_schema(struct buf *b, const struct config_options *options)
{
	json_t *properties = json_object(), *root;
	char *text;

	for (int id = 0; id < SECTION_COUNT; id++)
		(void)json_object_set_new(properties, sections[id].name,
			section_schema((enum section_id)id, options));
	root = map_schema("Configuration of confab", properties);
	(void)json_object_set_new(
		root, "$schema", json_string("https://json-schema.org/draft/2020-12/schema"));
	(void)json_object_set_new(root, "title", json_string("confab.yaml"));
	text = json_dumps(root, JSON_INDENT(2));
	buf_str(b, text ? text : "{}");
	buf_char(b, '\n');
	free(text);
	json_decref(root);
}
