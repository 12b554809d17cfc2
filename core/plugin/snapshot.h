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
struct snapshot;
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

/** How many distinct snapshots the set has for the server and channel types. */
size_t snapshots_count(const struct snapshots *s);

/* Channels whose own row says something of the plugin. All on the logic thread, but snapshot_build. */

/** What a channel's row says of the plugin. */
struct channel_say {
	const char *id, *type;
	uint64_t rev;       /* of the row */
	const json_t *says; /* an object; NULL or empty: nothing */
};

/**
 * Settings of a channel: server ← type ← its row.
 *
 * @param wanted  NULL, or set to a snapshot that must be built first, the caller's: until
 *                snapshots_take() those of before hold, or the type's
 * @param err     set if what the row says is refused (then the type's hold), once per rev
 * @return borrowed; NULL: the plugin has no settings
 */
const struct confab_settings *snapshots_of_channel(struct snapshots *s, const struct channel_say *c,
	struct snapshot **wanted, struct confab_error *err);

/**
 * Settings as they would be. The set must have settings.
 *
 * @param ready  true: built, and kept until snapshots_unpin(); false: the caller's, to be built
 * @return NULL with err: they are refused
 */
struct snapshot *snapshots_propose(
	struct snapshots *s, const struct channel_say *c, bool *ready, struct confab_error *err);

/** Would they be in force at once? */
bool snapshots_knows(const struct snapshots *s, const struct channel_say *c);

/** Call prepare. Thread: a worker; nobody else uses snap. */
int snapshot_build(struct snapshot *snap, struct confab_error *err);

/** Same values? */
bool snapshot_like(const struct snapshot *a, const struct snapshot *b);

/** It is built: takes the caller's reference, and keeps it as long as somebody relies on it. */
void snapshots_take(struct snapshots *s, struct snapshot *snap);
/** The plugin refused what this row says: its type's settings hold. */
void snapshots_refuse(struct snapshots *s, const struct channel_say *c);
/** Nobody waits for this proposal any more; one that is not of this set is passed over. NULL is fine. */
void snapshots_unpin(struct snapshots *s, const void *held);
/** Give back the caller's reference. */
void snapshot_drop(struct snapshot *snap);

/** Before a set is built and in force: settings of a channel that is in memory are built with it. */
void snapshots_foresee(
	struct snapshots *s, const struct snapshots *former, const struct channel_say *c);

/** How many channels are remembered; forget those that are not there any more. */
size_t snapshots_channels(const struct snapshots *s);
void snapshots_purge(struct snapshots *s, bool (*there)(void *ctx, const char *id), void *ctx);

#endif
