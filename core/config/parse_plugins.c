/**
 * Which plugins run, and with which settings.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "config/config_internal.h"
#include "config/nearest.h"

static bool name_valid(const char *name)
{
	size_t len = strlen(name);

	return len >= 1 && len <= 32 &&
		strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

static const struct config_plugin_table *table_find(
	const struct config_options *options, const char *name)
{
	for (size_t i = 0; i < options->plugin_count; i++) {
		if (strcmp(options->plugins[i].name, name) == 0)
			return &options->plugins[i];
	}
	return NULL;
}

static void unknown_plugin(
	struct parsing *p, struct config_place at, const char *path, const char *name)
{
	struct nearest near;
	char hint[128];

	nearest_init(&near, name);
	for (size_t i = 0; i < p->options->plugin_count; i++)
		nearest_try(&near, p->options->plugins[i].name);
	config_report_add(p->report, at, "%s: there is no plugin '%.64s'%s", path, name,
		nearest_hint(&near, hint));
}

/* Enable a plugin, once. path: the key that names it. */
static void plugin_add(
	struct parsing *p, const char *path, const char *name, struct config_place at)
{
	const struct yaml_value *y = yaml_find(yaml_find(p->root, "plugins"), name);
	struct plugin_part *part = &p->cfg->plugins[p->cfg->plugin_count];

	if (parse_plugin_find(p->cfg, name) >= 0)
		return;
	if (!name_valid(name)) {
		config_report_add(
			p->report, at, "%s: '%.64s' is no plugin's name ([a-z0-9-])", path, name);
		return;
	}
	if (p->cfg->plugin_count == CONFIG_PLUGINS_MAX) {
		config_report_add(
			p->report, at, "%s: more than %d plugins", path, CONFIG_PLUGINS_MAX);
		return;
	}
	if ((p->options->flags & CONFIG_PLUGINS_COMPLETE) && !table_find(p->options, name)) {
		unknown_plugin(p, at, path, name);
		return;
	}
	part->name = alloc_str(name);
	part->plugin.name = part->name;
	part->at = y ? y->key_at : at;
	part->written = parse_switched_on(y) ? NULL : y;
	p->cfg->plugin_count++;
}

/* A provider named elsewhere is enabled by that, and cannot be switched off. */
static void provider_add(
	struct parsing *p, const char *path, const char *name, struct config_place at)
{
	const struct yaml_value *y = yaml_find(yaml_find(p->root, "plugins"), name);

	if (parse_switched_off(y))
		config_report_add(p->report, y->at,
			"plugins.%s: is in use (%s) and cannot be switched off", name, path);
	else
		plugin_add(p, path, name, at);
}

static void providers_add(struct parsing *p)
{
	const struct config *cfg = p->cfg;
	const struct confab_list *auth = &cfg->auth.providers;

	provider_add(p, "store.provider", cfg->store.provider,
		settings_value(cfg->one[SECTION_STORE], 0)->at);
	if (strcmp(cfg->bus.provider, "bus-local") != 0)
		provider_add(p, "bus.provider", cfg->bus.provider,
			settings_value(cfg->one[SECTION_BUS], 0)->at);
	for (size_t i = 0; i < auth->count; i++)
		provider_add(p, "auth.providers", auth->items[i],
			settings_value(cfg->one[SECTION_AUTH], 0)->at);
}

static void written_add(struct parsing *p)
{
	const struct yaml_value *y = yaml_find(p->root, "plugins");
	char path[64];

	if (yaml_is_null(y))
		return;
	if (y->shape != YAML_MAP) {
		config_report_add(p->report, y->at,
			"plugins: expected names of plugins, like 'typing:', but found %s",
			yaml_shape_name(y));
		return;
	}
	for (y = y->first; y; y = y->next) {
		(void)snprintf(path, sizeof(path), "plugins.%.32s", y->key);
		if (!parse_switched_off(y))
			plugin_add(p, path, y->key, y->key_at);
	}
}

static void defaults_add(struct parsing *p)
{
	const struct yaml_value *written = yaml_find(p->root, "plugins");
	size_t pos = 0;
	char name[64], value[64];

	while (words_next(section_plugins_default, &pos, name, value)) {
		/* One that this machine does not have is no mistake of the administrator's. */
		if ((p->options->flags & CONFIG_PLUGINS_COMPLETE) && !table_find(p->options, name))
			continue;
		if (!parse_switched_off(yaml_find(written, name)))
			plugin_add(p, "plugins", name, (struct config_place){0, 0});
	}
}

/* Plugins that run without a word in the file, or against it: with their defaults. */
static void enabled_add(struct parsing *p)
{
	for (size_t i = 0; i < p->options->plugin_count; i++) {
		const struct config_plugin_table *t = &p->options->plugins[i];
		int n;

		if (!t->enabled || parse_plugin_find(p->cfg, t->name) >= 0)
			continue;
		plugin_add(p, "plugins", t->name, (struct config_place){0, 0});
		n = parse_plugin_find(p->cfg, t->name);
		if (n >= 0) {
			p->cfg->plugins[n].written = NULL;
			p->cfg->plugins[n].plugin.by_hand = true;
		}
	}
}

static void check_required(struct parsing *p, const struct plugin_part *part)
{
	const struct settings_table *table = settings_table(part->settings);

	for (size_t i = 0; i < settings_table_count(table); i++) {
		const struct confab_setting *row = settings_table_row(table, i);

		if ((row->flags & CONFAB_SETTING_REQUIRED) &&
			!settings_value(part->settings, i)->set)
			config_report_add(p->report, part->at, "plugins.%s: '%s' must be set (%s)",
				part->name, row->name, row->doc ? row->doc : "it has no default");
	}
}

/* store.path is the path of the provider that keeps a file; its own setting comes above. base is taken */
static struct confab_settings *below_store(struct parsing *p, struct confab_settings *base)
{
	static const char *const others[] = {"provider", NULL};
	struct settings_reader reader = {
		.report = p->report, .secrets = p->secrets, .others = others};
	const struct yaml_value *store = yaml_find(p->root, "store");
	struct confab_settings *s;

	if (settings_table_find(settings_table(base), "path") < 0 || !yaml_find(store, "path"))
		return base;
	s = settings_read(&reader, "store", base, store);
	settings_unref(base);
	return s;
}

static void read_settings(struct parsing *p, struct plugin_part *part)
{
	const struct config_plugin_table *rows = table_find(p->options, part->name);
	struct settings_reader reader = {.report = p->report, .secrets = p->secrets};
	struct confab_error err = {0};
	struct confab_settings *base;
	struct settings_table *table;
	char path[64];

	(void)snprintf(path, sizeof(path), "plugins.%s", part->name);
	if (!rows) {
		if (part->written && part->written->shape != YAML_MAP)
			config_report_add(p->report, part->written->at,
				"%s: expected settings, true or false, but found %s", path,
				yaml_shape_name(part->written));
		return;
	}
	table = settings_table_new(&rows->settings, &err);
	if (!table) {
		config_report_add(p->report, part->at, "%s: %s", path, err.text);
		return;
	}
	base = settings_new(table);
	if (strcmp(part->name, p->cfg->store.provider) == 0)
		base = below_store(p, base);
	part->settings = settings_read(&reader, path, base, part->written);
	part->plugin.settings = part->settings;
	part->plugin.read = true;
	check_required(p, part);
	settings_unref(base);
	settings_table_unref(table);
}

/* ------------------------------------------------------------------------------------------- */

bool parse_switched_off(const struct yaml_value *y)
{
	return y && y->shape == YAML_SCALAR && !y->quoted &&
		(strcmp(y->text, "false") == 0 || strcmp(y->text, "off") == 0 ||
			strcmp(y->text, "no") == 0);
}

bool parse_switched_on(const struct yaml_value *y)
{
	return yaml_is_null(y) ||
		(y->shape == YAML_SCALAR && !y->quoted &&
			(strcmp(y->text, "true") == 0 || strcmp(y->text, "on") == 0 ||
				strcmp(y->text, "yes") == 0));
}

bool parse_is_provider(const struct config *cfg, const char *name)
{
	bool is = strcmp(name, cfg->store.provider) == 0 || strcmp(name, cfg->bus.provider) == 0;

	for (size_t i = 0; i < cfg->auth.providers.count && !is; i++)
		is = strcmp(name, cfg->auth.providers.items[i]) == 0;
	return is;
}

int parse_plugin_find(const struct config *cfg, const char *name)
{
	for (size_t i = 0; i < cfg->plugin_count; i++) {
		if (strcmp(cfg->plugins[i].name, name) == 0)
			return (int)i;
	}
	return -1;
}

void parse_plugins(struct parsing *p)
{
	p->cfg->plugins = alloc_zero(CONFIG_PLUGINS_MAX + 1, sizeof(*p->cfg->plugins));
	providers_add(p);
	written_add(p);
	defaults_add(p);
	enabled_add(p);
	for (size_t i = 0; i < p->cfg->plugin_count; i++)
		read_settings(p, &p->cfg->plugins[i]);
}
