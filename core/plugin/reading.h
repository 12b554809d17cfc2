/**
 * One plugin is read while the server runs: its file is opened, checked and linked on a worker, its settings
 * are read with its table and prepared. Nothing of the host changes by it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PLUGIN_READING_H
#define PLUGIN_READING_H

#include "config/config.h"
#include "loop/work.h"
#include "plugin/host_internal.h"

/** Zeroed before start; the caller's memory until done. */
struct reading {
	struct work work;
	struct host *host;
	char name[MANIFEST_NAME_MAX + 1];
	const struct confab_descriptor *built_in; /* NULL: it is in a file */
	struct config_plugin_table *tables;       /* of all that run, and of this one */
	size_t n_tables;
	const struct config *base;
	struct quarantine quarantine; /* as it is now */
	int rc;                       /* how it went */
	struct confab_error err;
	struct confab_plugin *plugin; /* the record, for who takes it and sets NULL */
	const struct config
		*cfg; /* read with its table too: the same bytes; taken in the same way */
	void (*done)(struct reading *rd);
};

/**
 * @param d     NULL: by name
 * @param done  comes in a later turn, always, on the logic thread; until then host->opening is set
 */
void reading_start(struct reading *rd, struct host *h, const char *name,
	const struct confab_descriptor *d, void (*done)(struct reading *rd));
/** Free what nobody took. */
void reading_fini(struct reading *rd);

#endif
