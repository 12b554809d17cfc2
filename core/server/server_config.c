/**
 * The configuration at the start: read twice, as the rows of plugins are in the plugins.
 *
 * SPDX-License-Identifier: MIT
 */
#include "server/server_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "config/config.h"
#include "plugin/host.h"

static bool report_errors(struct config_report *report)
{
	config_report_print(report, stderr);
	return config_report_errors(report) > 0;
}

/* -------------------------------------------------------------------------------------------- */

bool server_configure(struct server *s)
{
	const char *file = s->file;
	const char *dirs[SERVER_IO_MAX];
	struct host_options options = {.dirs = dirs};
	struct config_options with = {0};
	struct config_report *report = config_report_new(file ? file : "(defaults)");
	struct config *first = config_load(file, NULL, report);
	const struct config_plugin *plugin;
	struct config_plugin_table *tables = NULL;
	struct confab_error err = {0};

	if (!first) {
		(void)report_errors(report);
		config_report_free(report);
		return false;
	}
	for (size_t i = 0; i < config_server(first)->plugin_dirs.count && i < SERVER_IO_MAX - 1;
		i++) {
		dirs[options.n_dirs++] = config_server(first)->plugin_dirs.items[i];
	}
	dirs[options.n_dirs++] = CONFAB_PLUGIN_DIR;
	options.data_dir = config_server(first)->data;
	(void)mkdir(options.data_dir, 0700);
	s->host = host_new(&options);
	for (size_t i = 0; (plugin = config_plugin_at(first, i)) != NULL && !err.code; i++) {
		(void)host_open(s->host, plugin->name, &err);
	}
	if (!err.code) {
		tables = host_tables(s->host, &with.plugin_count);
		with.plugins = tables;
		s->config = config_with_plugins(first, &with, report);
		free(tables);
	} else {
		fprintf(stderr, "confabd: %s\n", err.text);
	}
	(void)report_errors(report);
	config_report_free(report);
	config_unref(first);
	return s->config != NULL;
}
