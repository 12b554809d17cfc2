/**
 * Channel types: the built-in ones, what the administrator changed in them, and his own.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "config/config_internal.h"
#include "config/nearest.h"

#define KEY_PATH_MAX 128 /* of a key, for sentences */

struct type_tables {
	struct confab_settings *rows; /* the rows' own defaults */
	struct confab_settings *roles;
};

static const char *const others[] = {"roles", "plugins", NULL};

static bool name_valid(const char *name)
{
	size_t len = strlen(name);

	return len >= 1 && len <= 32 && name[0] >= 'a' && name[0] <= 'z' &&
		strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == len;
}

static void type_bind(struct type_part *t)
{
	section_bind(&sections[SECTION_CHANNEL_TYPES], t->rows, &t->type);
	t->type.name = t->name;
	t->type.grants = &t->grants;
	for (unsigned i = 0; i < GRANT_ROLES; i++)
		grant_set_init(
			&t->grants.roles[i], GRANT_CHANNEL, confab_setting_list(t->roles, i));
}

/* A new type, from values below it. */
static struct type_part *type_add(struct parsing *p, const char *name, struct config_place at,
	const struct confab_settings *rows, const struct confab_settings *roles)
{
	struct type_part *t = &p->cfg->types[p->cfg->type_count++];

	t->name = alloc_str(name);
	t->type.number = (unsigned)p->cfg->type_count - 1;
	t->switches = alloc_zero(p->cfg->plugin_count + 1, sizeof(*t->switches));
	t->plugins = alloc_zero(p->cfg->plugin_count + 1, sizeof(struct confab_settings *));
	t->at = at;
	t->rows = settings_ref(rows);
	t->roles = settings_ref(roles);
	return t;
}

static void replace(struct confab_settings **s, struct confab_settings *with)
{
	settings_unref(*s);
	*s = with;
}

/* Lay rows and roles of a map over a type. */
static void type_read(struct parsing *p, struct type_part *t, const struct yaml_value *y)
{
	struct settings_reader reader = {
		.report = p->report, .secrets = p->secrets, .others = others};
	char path[KEY_PATH_MAX];

	(void)snprintf(path, sizeof(path), "channel_types.%s", t->name);
	replace(&t->rows, settings_read(&reader, path, t->rows, y));
	(void)snprintf(path, sizeof(path), "channel_types.%s.roles", t->name);
	reader.others = NULL;
	replace(&t->roles, settings_read(&reader, path, t->roles, yaml_find(y, "roles")));
}

static void builtin_add(struct parsing *p, const struct type_tables *tables)
{
	struct config_report *report = config_report_new("built-in channel types");
	struct yaml_tree *tree = yaml_tree_parse(
		section_types_builtin, strlen(section_types_builtin), report);
	struct parsing builtin = *p;

	builtin.report = report;
	for (const struct yaml_value *y = tree ? yaml_tree_root(tree)->first : NULL; y;
		y = y->next) {
		struct type_part *t = type_add(
			&builtin, y->key, (struct config_place){0, 0}, tables->rows, tables->roles);

		type_read(&builtin, t, y);
		settings_as_default(t->rows);
		settings_as_default(t->roles);
		type_bind(t);
	}
	if (config_report_errors(report)) {
		config_report_print(report, stderr);
		abort(); /* a bug: our own text is const */
	}
	yaml_tree_free(tree);
	config_report_free(report);
}

static void not_enabled(struct parsing *p, const struct type_part *t, const struct yaml_value *y)
{
	struct nearest near;
	char hint[128];

	nearest_init(&near, y->key);
	for (size_t i = 0; i < p->cfg->plugin_count; i++)
		nearest_try(&near, p->cfg->plugins[i].name);
	config_report_add(p->report, y->key_at,
		"channel_types.%s.plugins: '%.64s' is not enabled under plugins%s", t->name, y->key,
		nearest_hint(&near, hint));
}

/* A plugin that is on or off here, with no settings of its own. */
static void switch_read(
	struct parsing *p, struct type_part *t, size_t plugin, const struct yaml_value *y)
{
	t->switches[plugin] = (struct setting_value){
		.at = y->at.line ? y->at : y->key_at, .set = true, .num = !parse_switched_off(y)};
	if (!t->switches[plugin].num && parse_is_provider(p->cfg, y->key))
		config_report_add(p->report, y->at,
			"channel_types.%s.plugins.%s: keeps the store, the bus or the accounts of "
			"the whole server and cannot be switched off for a channel type",
			t->name, y->key);
}

/* What the administrator says of a plugin for channels of this type. */
static void overlays_read(struct parsing *p, struct type_part *t, const struct yaml_value *y)
{
	struct settings_reader reader = {
		.report = p->report, .secrets = p->secrets, .scope = CONFAB_SCOPE_TYPE};
	char path[KEY_PATH_MAX];

	if (yaml_is_null(y))
		return;
	if (y->shape != YAML_MAP) {
		config_report_add(p->report, y->at,
			"channel_types.%s.plugins: expected names of plugins, but found %s",
			t->name, yaml_shape_name(y));
		return;
	}
	for (y = y->first; y; y = y->next) {
		int n = parse_plugin_find(p->cfg, y->key);

		if (n < 0) {
			not_enabled(p, t, y);
			continue;
		}
		if (parse_switched_off(y) || parse_switched_on(y)) {
			switch_read(p, t, (size_t)n, y);
			continue;
		}
		t->switches[n] = (struct setting_value){0}; /* settings switch on */
		if (!t->plugins[n])
			continue;
		(void)snprintf(path, sizeof(path), "channel_types.%s.plugins.%s", t->name, y->key);
		replace(&t->plugins[n], settings_read(&reader, path, t->plugins[n], y));
	}
}

/* Begin with the plugins' settings of the type below, or of the server. */
static void overlays_begin(struct parsing *p, struct type_part *t, const struct type_part *below)
{
	for (size_t i = 0; i < p->cfg->plugin_count; i++) {
		const struct confab_settings *s = below ? below->plugins[i]
							: p->cfg->plugins[i].settings;

		t->plugins[i] = s ? settings_ref(s) : NULL;
		if (below)
			t->switches[i] = below->switches[i];
	}
}

static void changed_read(struct parsing *p, const struct yaml_value *y, struct type_part *t)
{
	const struct yaml_value *like = yaml_find(y, "like");

	overlays_begin(p, t, NULL);
	if (yaml_is_null(y))
		return;
	t->at = y->key_at;
	type_read(p, t, y);
	if (like && settings_value(t->rows, 0)->str &&
		strcmp(settings_value(t->rows, 0)->str, t->name))
		config_report_add(p->report, like->at,
			"channel_types.%s.like: a built-in type is only like itself", t->name);
	overlays_read(p, t, yaml_find(y, "plugins"));
	type_bind(t);
}

static void own_add(struct parsing *p, const struct yaml_value *y)
{
	const struct yaml_value *like = yaml_find(y, "like");
	int below = parse_type_find(
		p->cfg, like && like->shape == YAML_SCALAR ? like->text : "group");
	const struct type_part *from = &p->cfg->types[below < 0 ? CONFIG_TYPE_GROUP : below];
	struct type_part *t;

	if (!name_valid(y->key)) {
		config_report_add(p->report, y->key_at,
			"channel_types: '%.64s' is no type's name ([a-z][a-z0-9_-]*)", y->key);
		return;
	}
	if (p->cfg->type_count == CONFIG_TYPES_MAX) {
		config_report_add(p->report, y->key_at, "channel_types: more than %d types",
			CONFIG_TYPES_MAX);
		return;
	}
	t = type_add(p, y->key, y->key_at, from->rows, from->roles);
	overlays_begin(p, t, from);
	type_read(p, t, y);
	overlays_read(p, t, yaml_find(y, "plugins"));
	type_bind(t);
}

static void types_read(struct parsing *p)
{
	const struct yaml_value *y = yaml_find(p->root, "channel_types");
	size_t builtin = p->cfg->type_count;

	if (y && y->shape != YAML_MAP && !yaml_is_null(y))
		config_report_add(p->report, y->at,
			"channel_types: expected names of types, but found %s", yaml_shape_name(y));
	for (size_t i = 0; i < builtin; i++)
		changed_read(p, yaml_find(y, p->cfg->types[i].name), &p->cfg->types[i]);
	if (!y || y->shape != YAML_MAP)
		return;
	for (y = y->first; y; y = y->next) {
		int known = parse_type_find(p->cfg, y->key);

		if (known < 0)
			own_add(p, y);
	}
}

/* ------------------------------------------------------------------------------------------- */

int parse_type_find(const struct config *cfg, const char *name)
{
	for (size_t i = 0; i < cfg->type_count; i++) {
		if (strcmp(cfg->types[i].name, name) == 0)
			return (int)i;
	}
	return -1;
}

void parse_types(struct parsing *p)
{
	struct settings_table *rows = section_table(&sections[SECTION_CHANNEL_TYPES]);
	struct settings_table *roles = section_table(&section_type_roles);
	struct type_tables tables = {settings_new(rows), settings_new(roles)};

	p->cfg->types = alloc_zero(CONFIG_TYPES_MAX + 1, sizeof(*p->cfg->types));
	builtin_add(p, &tables);
	types_read(p);
	settings_unref(tables.rows);
	settings_unref(tables.roles);
	settings_table_unref(rows);
	settings_table_unref(roles);
}
