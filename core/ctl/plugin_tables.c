/**
 * From a configuration to the tables of its plugins.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ctl/plugin_tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/loader.h"

/* Directories in the order of the daemon: those of the configuration, then the built-in one. */
static const char **search_path(const struct config *cfg, size_t *n)
{
	struct confab_list own = config_server(cfg)->plugin_dirs;
	const char **dirs = calloc(own.count + 1, sizeof(*dirs));

	if (!dirs)
		abort();
	for (*n = 0; *n < own.count; (*n)++)
		dirs[*n] = own.items[*n];
	dirs[(*n)++] = CONFAB_PLUGIN_DIR;
	return dirs;
}

static void add_problem(struct plugin_tables *t, const char *plugin, const char *text)
{
	if (asprintf(&t->problems[t->n_problems], "plugin '%s', %s", plugin, text) < 0)
		abort();
	t->n_problems++;
}

static void read_tables(struct plugin_tables *t, const struct config *cfg, size_t count)
{
	size_t n_dirs;
	const char **dirs = search_path(cfg, &n_dirs);

	for (size_t i = 0; i < count; i++) {
		const char *name = config_plugin_at(cfg, i)->name;
		struct confab_error err = {0};

		if (strcmp(name, "bus-local") == 0)
			continue;
		if (image_open(dirs, n_dirs, name, &t->images[t->n], &err)) {
			add_problem(t, name, err.text);
			continue;
		}
		t->tables[t->n].name = t->images[t->n].manifest.name;
		t->tables[t->n].settings = t->images[t->n].descriptor->settings;
		t->n++;
	}
	free(dirs);
}

/* ------------------------------------------------------------------------------------------- */

void plugin_tables_init(struct plugin_tables *t, const char *file)
{
	const struct config_options offline = {.flags = CONFIG_KEEP_SECRETS};
	struct config_report *report = config_report_new(file ? file : "built-in defaults");
	struct config *cfg = config_load(file, &offline, report);
	size_t count = 0;

	memset(t, 0, sizeof(*t));
	config_report_free(report);
	if (!cfg)
		return;
	while (config_plugin_at(cfg, count))
		count++;
	t->tables = calloc(count + 1, sizeof(*t->tables));
	t->images = calloc(count + 1, sizeof(*t->images));
	t->problems = calloc(count + 1, sizeof(*t->problems));
	if (!t->tables || !t->images || !t->problems)
		abort();
	read_tables(t, cfg, count);
	t->options.plugins = t->tables;
	t->options.plugin_count = t->n;
	config_unref(cfg);
}

void plugin_tables_fini(struct plugin_tables *t)
{
	for (size_t i = 0; i < t->n; i++)
		image_close(&t->images[i]);
	for (size_t i = 0; i < t->n_problems; i++)
		free(t->problems[i]);
	free(t->problems);
	free(t->tables);
	free(t->images);
}
