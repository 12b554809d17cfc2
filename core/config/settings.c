/**
 * Arrays of values by row number, counted.
 *
 * SPDX-License-Identifier: MIT
 */
#include "config/settings.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "config/nearest.h"
#include "config/yaml.h"

#define SETTINGS_MAGIC 0x5e771e5u

struct confab_settings {
	uint32_t magic;
	atomic_uint refs;
	struct settings_table *table;
	void *built;
	void (*drop)(void *built);
	struct setting_value values[];
};

/* Settings are handed out as const; the count and what was built are the host's own. */
static struct confab_settings *own(const struct confab_settings *s)
{
	return (struct confab_settings *)(uintptr_t)s;
}

static struct confab_settings *settings_alloc(struct settings_table *table)
{
	size_t n = settings_table_count(table);
	struct confab_settings *s = alloc_zero(1, sizeof(*s) + n * sizeof(s->values[0]));

	s->magic = SETTINGS_MAGIC;
	atomic_init(&s->refs, 1);
	s->table = settings_table_ref(table);
	return s;
}

static struct confab_settings *settings_copy(const struct confab_settings *base)
{
	struct confab_settings *s = settings_alloc(base->table);

	for (size_t i = 0; i < settings_table_count(s->table); i++)
		value_copy(&s->values[i], &base->values[i]);
	return s;
}

static bool other_key(const struct settings_reader *reader, const char *key)
{
	for (const char *const *o = reader->others; o && *o; o++) {
		if (strcmp(*o, key) == 0)
			return true;
	}
	return false;
}

static bool may_set(const struct settings_reader *reader, const struct confab_setting *row)
{
	return reader->scope == 0 || (row->scope & reader->scope) != 0;
}

static void unknown_key(const struct settings_reader *reader, const char *path,
	const struct settings_table *table, const struct yaml_value *y)
{
	struct nearest near;
	char hint[128];

	nearest_init(&near, y->key);
	for (size_t i = 0; i < settings_table_count(table); i++)
		nearest_try(&near, settings_table_row(table, i)->name);
	for (const char *const *o = reader->others; o && *o; o++)
		nearest_try(&near, *o);
	config_report_add(reader->report, y->key_at, "%s%sunknown key '%.64s'%s", path,
		*path ? ": " : "", y->key, nearest_hint(&near, hint));
}

static void read_key(const struct settings_reader *reader, const char *path,
	struct confab_settings *s, const struct yaml_value *y)
{
	int n = settings_table_find(s->table, y->key);
	const struct confab_setting *row;
	struct setting_value v = {0};
	char why[VALUE_WHY_MAX];

	if (n < 0) {
		if (!other_key(reader, y->key))
			unknown_key(reader, path, s->table, y);
		return;
	}
	row = settings_table_row(s->table, (size_t)n);
	if (!may_set(reader, row)) {
		config_report_add(reader->report, y->key_at,
			"%s%s%s: may only be set for the whole server%s", path, *path ? "." : "",
			row->name, row->scope & CONFAB_SCOPE_TYPE ? " or a channel type" : "");
		return;
	}
	if (!value_read(row, y, reader->secrets, &v, why)) {
		config_report_add(reader->report, y->at, "%s%s%s: %s", path, *path ? "." : "",
			row->name, why);
		return;
	}
	value_fini(&s->values[n]);
	s->values[n] = v;
}

static const struct setting_value *checked(
	const struct confab_settings *s, unsigned row, unsigned types)
{
	if (s->magic != SETTINGS_MAGIC || row >= settings_table_count(s->table))
		abort();
	if (!(types & 1u << settings_table_row(s->table, row)->type))
		abort();
	return &s->values[row];
}

/* ------------------------------------------------------------------------------------------- */

struct confab_settings *settings_new(struct settings_table *table)
{
	struct confab_settings *s = settings_alloc(table);

	for (size_t i = 0; i < settings_table_count(table); i++)
		value_copy(&s->values[i], settings_table_default(table, i));
	return s;
}

struct confab_settings *settings_ref(const struct confab_settings *s)
{
	atomic_fetch_add_explicit(&own(s)->refs, 1, memory_order_relaxed);
	return own(s);
}

void settings_unref(const struct confab_settings *cs)
{
	struct confab_settings *s = own(cs);

	if (!s || atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) != 1)
		return;
	if (s->drop)
		s->drop(s->built);
	for (size_t i = 0; i < settings_table_count(s->table); i++)
		value_fini(&s->values[i]);
	settings_table_unref(s->table);
	s->magic = 0;
	free(s);
}

struct confab_settings *settings_read(const struct settings_reader *reader, const char *path,
	const struct confab_settings *base, const struct yaml_value *y)
{
	struct confab_settings *s = settings_copy(base);

	if (yaml_is_null(y))
		return s;
	if (y->shape != YAML_MAP) {
		config_report_add(reader->report, y->at,
			"%s%sexpected keys with values, but found %s%s", path, *path ? ": " : "",
			yaml_shape_name(y), yaml_space_hint(y));
		return s;
	}
	for (y = y->first; y; y = y->next)
		read_key(reader, path, s, y);
	return s;
}

struct confab_settings *settings_merge(
	const struct confab_settings *base, const json_t *object, struct confab_error *err)
{
	struct config_report *report;
	struct settings_reader reader = {
		.secrets = VALUE_SECRETS_KEEP, .scope = CONFAB_SCOPE_CHANNEL};
	struct confab_settings *s = NULL;
	struct yaml_tree *tree;
	char *text;

	if (!object)
		return settings_ref(base);
	if (!json_is_object(object)) {
		confab_error_set(err, CONFAB_EINVAL, "settings of a channel must be an object");
		return NULL;
	}
	text = json_dumps(object, JSON_COMPACT); /* JSON is YAML: one reader for both */
	report = config_report_new("channel");
	tree = text ? yaml_tree_parse(text, strlen(text), report) : NULL;
	if (tree) {
		reader.report = report;
		s = settings_read(&reader, "", base, yaml_tree_root(tree));
	}
	if (!text)
		confab_error_set(err, CONFAB_EINVAL, "settings of a channel cannot be written");
	if (config_report_error(report, err) != CONFAB_OK) {
		settings_unref(s);
		s = NULL;
	}
	yaml_tree_free(tree);
	config_report_free(report);
	free(text);
	return s;
}

void settings_as_default(struct confab_settings *s)
{
	for (size_t i = 0; i < settings_table_count(s->table); i++) {
		s->values[i].set = false;
		s->values[i].at = (struct config_place){0, 0};
	}
}

bool settings_equal(const struct confab_settings *a, const struct confab_settings *b)
{
	if (!settings_table_equal(a->table, b->table))
		return false;
	for (size_t i = 0; i < settings_table_count(a->table); i++) {
		if (!value_equal(settings_table_row(a->table, i), &a->values[i], &b->values[i]))
			return false;
	}
	return true;
}

uint64_t settings_hash(const struct confab_settings *s)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < settings_table_count(s->table); i++)
		h = value_hash(settings_table_row(s->table, i), &s->values[i], h);
	return h;
}

struct settings_table *settings_table(const struct confab_settings *s)
{
	return s->table;
}

const struct setting_value *settings_value(const struct confab_settings *s, size_t n)
{
	return &s->values[n];
}

void settings_build(const struct confab_settings *s, void *built, void (*drop)(void *built))
{
	own(s)->built = built;
	own(s)->drop = drop;
}

bool confab_setting_bool(const struct confab_settings *s, unsigned row)
{
	return checked(s, row, 1u << CONFAB_SETTING_BOOL)->num != 0;
}

int64_t confab_setting_int(const struct confab_settings *s, unsigned row)
{
	return checked(s, row,
		1u << CONFAB_SETTING_INT | 1u << CONFAB_SETTING_SIZE |
			1u << CONFAB_SETTING_DURATION | 1u << CONFAB_SETTING_ENUM)
		->num;
}

int64_t confab_setting_duration_ms(const struct confab_settings *s, unsigned row)
{
	return checked(s, row, 1u << CONFAB_SETTING_DURATION)->num;
}

struct confab_rate confab_setting_rate(const struct confab_settings *s, unsigned row)
{
	return checked(s, row, 1u << CONFAB_SETTING_RATE)->rate;
}

const char *confab_setting_str(const struct confab_settings *s, unsigned row)
{
	return checked(s, row,
		1u << CONFAB_SETTING_STRING | 1u << CONFAB_SETTING_PATH |
			1u << CONFAB_SETTING_ADDRESS | 1u << CONFAB_SETTING_SECRET |
			1u << CONFAB_SETTING_ENUM)
		->str;
}

struct confab_list confab_setting_list(const struct confab_settings *s, unsigned row)
{
	const struct setting_value *v = checked(s, row, 1u << CONFAB_SETTING_LIST);

	return (struct confab_list){(const char *const *)v->items, v->count};
}

const json_t *confab_setting_tree(const struct confab_settings *s, unsigned row)
{
	return checked(s, row, 1u << CONFAB_SETTING_TREE)->tree;
}

bool confab_setting_is_set(const struct confab_settings *s, unsigned row)
{
	return checked(s, row, ~0u)->set;
}

void *confab_settings_built(const struct confab_settings *s)
{
	return s->built;
}
