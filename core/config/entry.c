/**
 * Walk sections, listeners, channel types and plugins, and name every value.
 *
 * SPDX-License-Identifier: MIT
 */
#include "config/entry.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "config/config_internal.h"

static void add_all(struct config_entries *list, const char *builtin_type,
	const struct confab_settings *s, const char *fmt, ...) CONFAB_PRINTF(4, 5);

/* Every row of some settings, below the key that fmt gives. */
static void add_all(struct config_entries *list, const char *builtin_type,
	const struct confab_settings *s, const char *fmt, ...)
{
	size_t n = settings_table_count(settings_table(s));
	char prefix[160];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(prefix, sizeof(prefix), fmt, args); /* names are bounded */
	va_end(args);
	list->entries = alloc_resize(list->entries, (list->count + n + 1) * sizeof(*list->entries));
	for (size_t i = 0; i < n; i++) {
		struct config_entry *e = &list->entries[list->count++];
		struct buf b;

		*e = (struct config_entry){.row = settings_table_row(settings_table(s), i),
			.value = settings_value(s, i),
			.builtin_type = builtin_type};
		buf_init(&b);
		buf_fmt(&b, "%s.%s", prefix, e->row->name);
		e->key = buf_take(&b, NULL);
	}
}

/* Whether a plugin is on in channels of a type, where its section says so. */
static const struct confab_setting switch_row = {"plugin", CONFAB_SETTING_BOOL, "true", 0, 0, NULL,
	0, CONFAB_SETTING_RELOADABLE, NULL,
	"Is the plugin on in channels of this type? (switched on for the whole server under "
	"plugins)"};

static void add_switch(struct config_entries *list, const struct config *cfg,
	const struct type_part *t, size_t plugin)
{
	struct buf b;

	if (!t->switches[plugin].set)
		return;
	list->entries = alloc_resize(list->entries, (list->count + 1) * sizeof(*list->entries));
	buf_init(&b);
	buf_fmt(&b, "channel_types.%s.plugins.%s", t->name, cfg->plugins[plugin].name);
	list->entries[list->count++] = (struct config_entry){
		.key = buf_take(&b, NULL), .row = &switch_row, .value = &t->switches[plugin]};
}

/* A type shows the plugin's settings that it says differently from the server. */
static void add_overlay(struct config_entries *list, const struct config *cfg,
	const struct type_part *t, size_t plugin)
{
	const struct confab_settings *s = t->plugins[plugin];

	if (s && s != cfg->plugins[plugin].settings)
		add_all(list, NULL, s, "channel_types.%s.plugins.%s", t->name,
			cfg->plugins[plugin].name);
}

static void add_type(
	struct config_entries *list, const struct config *cfg, const struct type_part *t)
{
	const char *builtin = cfg->types[t->type.kind].name;

	add_all(list, builtin, t->rows, "channel_types.%s", t->name);
	add_all(list, builtin, t->roles, "channel_types.%s.roles", t->name);
	for (size_t i = 0; i < cfg->plugin_count; i++) {
		add_switch(list, cfg, t, i);
		add_overlay(list, cfg, t, i);
	}
}

static void add_section(struct config_entries *list, const struct config *cfg, enum section_id id)
{
	switch (id) {
	case SECTION_LISTEN:
		for (size_t i = 0; i < cfg->listener_count; i++)
			add_all(list, NULL, cfg->listeners[i].settings, "listen.%zu", i);
		break;
	case SECTION_CHANNEL_TYPES:
		for (size_t i = 0; i < cfg->type_count; i++)
			add_type(list, cfg, &cfg->types[i]);
		break;
	case SECTION_PLUGINS:
		for (size_t i = 0; i < cfg->plugin_count; i++) {
			if (cfg->plugins[i].settings)
				add_all(list, NULL, cfg->plugins[i].settings, "plugins.%s",
					cfg->plugins[i].name);
		}
		break;
	default:
		add_all(list, NULL, cfg->one[id], "%s", sections[id].name);
		break;
	}
}

/* ------------------------------------------------------------------------------------------- */

void config_entries_init(struct config_entries *list, const struct config *cfg)
{
	*list = (struct config_entries){0};
	for (int id = 0; id < SECTION_COUNT; id++)
		add_section(list, cfg, (enum section_id)id);
}

void config_entries_fini(struct config_entries *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->entries[i].key);
	free(list->entries);
	*list = (struct config_entries){0};
}

const struct config_entry *config_entries_find(const struct config_entries *list, const char *key)
{
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->entries[i].key, key) == 0)
			return &list->entries[i];
	}
	return NULL;
}
