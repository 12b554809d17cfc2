/**
 * The settings tables of the plugins that a configuration names, read from their files, so that
 * their settings can be checked and explained offline.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CTL_PLUGIN_TABLES_H
#define CTL_PLUGIN_TABLES_H

#include "config/config.h"

struct image;

struct plugin_tables {
	struct config_options options; /* tables of what was found, for core/config */
	struct config_plugin_table *tables;
	struct image *images; /* what the tables point into */
	size_t n;
	char **problems; /* "plugin 'x', …", one sentence each */
	size_t n_problems;
};

/**
 * Load the code of every plugin that a file names; none of its functions is called. A file that
 * cannot be read leaves the tables empty, and core/config says what is wrong with it.
 *
 * @param file  NULL: the built-in defaults
 * Thread: main.
 */
void plugin_tables_init(struct plugin_tables *t, const char *file);
/** Free them; what was read with the options must be gone. */
void plugin_tables_fini(struct plugin_tables *t);

#endif
