/**
 * A configuration as a flat list of keys: what diff, explain and their printers walk.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CONFIG_ENTRY_H
#define CONFIG_ENTRY_H

#include "config/config.h"

struct buf;

/** One key in force. */
struct config_entry {
	char *key;                        /* "limits.ping_interval", "listen.0.address" */
	const struct confab_setting *row; /* borrowed from the snapshot */
	const struct setting_value *value;
	const char *builtin_type; /* of a channel type's key: the type it is, or is like; or NULL */
};

/** All keys of a snapshot in the manual's order. Borrows from the snapshot. */
struct config_entries {
	struct config_entry *entries;
	size_t count;
};

/** @param list  filled, for config_entries_fini(); cfg must live as long */
void config_entries_init(struct config_entries *list, const struct config *cfg);
/** Free a list. */
void config_entries_fini(struct config_entries *list);
/** Borrowed, or NULL. */
const struct config_entry *config_entries_find(const struct config_entries *list, const char *key);

#endif
