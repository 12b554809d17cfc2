/**
 * The configuration at the start: read twice, as the rows of plugins are in the plugins, whose code is
 * loaded only after privileges were given up.
 *
 * SPDX-License-Identifier: MIT
 */
#include "server/server_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"
#include "plugin/host.h"
#include "server/privileges.h"

#define DIRS_MAX 32

/** Who will write into the data directory owns it, if we make it. */
static bool data_make(const char *dir, struct server *s)
{
	struct confab_error err = {0};

	if (identity_find(&s->identity, config_server(s->config)->user,
		    config_server(s->config)->group, &err)) {
		fprintf(stderr, "confabd: %s\n", err.text);
		return false;
	}
	if (mkdir(dir, 0700) != 0) {
		if (errno == EEXIST) {
			return true;
		}
	} else if (!s->identity.changes || chown(dir, s->identity.uid, s->identity.gid) == 0) {
		return true;
	}
	fprintf(stderr, "confabd: server.data: cannot make %s (%s)\n", dir, strerror(errno));
	return false;
}

/** Without a provider there is no server, so one in quarantine is a reason not to start. */
static void providers_there(
	const struct server *s, const struct config *cfg, struct confab_error *err)
{
	const struct confab_list *auth = &config_auth(cfg)->providers;
	const char *name, *why;

	for (size_t i = 0; (name = host_quarantined(s->host, i, &why)) != NULL; i++) {
		bool needed = strcmp(name, config_store(cfg)->provider) == 0 ||
			strcmp(name, config_bus(cfg)->provider) == 0;

		for (size_t k = 0; k < auth->count; k++) {
			needed = needed || strcmp(name, auth->items[k]) == 0;
		}
		if (needed) {
			confab_error_set(err, CONFAB_EPERM,
				"plugin '%s', is in quarantine (%s) and the server cannot do "
				"without it: look at %s/crashes, then 'confabctl plugin release %s' "
				"or server.quarantine: false",
				name, why, config_server(cfg)->data, name);
		}
	}
}

/* -------------------------------------------------------------------------------------------- */

bool server_configure(struct server *s)
{
	struct config_report *report = config_report_new(s->file ? s->file : "(defaults)");
	const char *dirs[DIRS_MAX];
	struct host_options options = {.dirs = dirs};
	const struct confab_list *more;

	s->config = config_load(s->file, NULL, report);
	config_report_print(report, stderr);
	config_report_free(report);
	if (!s->config) {
		return false;
	}
	more = &config_server(s->config)->plugin_dirs;
	for (size_t i = 0; i < more->count && i < DIRS_MAX - 1; i++) {
		dirs[options.n_dirs++] = more->items[i];
	}
	dirs[options.n_dirs++] = CONFAB_PLUGIN_DIR;
	options.data_dir = config_server(s->config)->data;
	options.quarantine = config_server(s->config)->quarantine;
	s->host = host_new(&options);
	return data_make(options.data_dir, s);
}

bool server_plugins_open(struct server *s)
{
	struct config_report *report = config_report_new(s->file ? s->file : "(defaults)");
	struct config *first = s->config;
	struct config_options with = {0};
	const struct config_plugin *plugin;
	struct config_plugin_table *tables;
	struct confab_error err = {0};

	for (size_t i = 0; (plugin = config_plugin_at(first, i)) != NULL && !err.code; i++) {
		(void)host_open(s->host, plugin->name, &err); /* its error is looked at below */
	}
	if (!err.code) {
		providers_there(s, first, &err);
	}
	if (err.code) {
		fprintf(stderr, "confabd: %s\n", err.text);
		config_report_free(report);
		return false;
	}
	tables = host_tables(s->host, &with.plugin_count);
	with.plugins = tables;
	s->config = config_with_plugins(first, &with, report);
	config_report_print(report, stderr);
	config_report_free(report);
	free(tables);
	if (!s->config) {
		s->config = first;
		return false;
	}
	config_unref(first);
	return true;
}
