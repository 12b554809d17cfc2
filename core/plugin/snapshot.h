/**
 * The settings of a plugin that are in force: one merged snapshot for the server and one per channel
 * type, equal ones shared, each with what the plugin's prepare() built from it.
 *
 *   snapshots_new (logic) ─▶ snapshots_prepare (worker) ─▶ in force (logic) ─▶ snapshots_free (logic)
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PLUGIN_SNAPSHOT_H
#define PLUGIN_SNAPSHOT_H

#include <stdbool.h>
#include <confab/plugin.h>

struct config;
struct config_type;
struct descriptor;
struct snapshots;

/**
 * Collect the settings of a plugin. What equals a snapshot of former is shared with it and will not
 * be prepared again. Whether a setting may change at all while running is config_diff()'s question.
 *
 * @param cfg     a reference is taken; NULL: there are no settings
 * @param former  those in force, or NULL
 * @return a set for snapshots_free()
 * Thread: logic.
 */
struct snapshots *snapshots_new(const char *plugin, const struct descriptor *desc,
	const struct config *cfg, const struct snapshots *former);

/** Call prepare for every snapshot that has not been. Thread: a worker; nobody else uses s. */
int snapshots_prepare(struct snapshots *s, struct confab_error *err);

/**
 * Drop the set. What no other set shares is discarded now: no hook may be running with it.
 * NULL is fine. Thread: logic.
 */
void snapshots_free(struct snapshots *s);

/** Has the administrator switched the plugin off in channels of this type? */
bool snapshots_off(const struct snapshots *s, const struct config_type *type);

/** Of the server (type NULL), or of a channel type; unknown types have the server's. Borrowed; NULL:
 *  the plugin has no settings. */
const struct confab_settings *snapshots_find(const struct snapshots *s, const char *type);

/** How many distinct snapshots the set has. */
size_t snapshots_count(const struct snapshots *s);

#endif
