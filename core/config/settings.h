/**
 * The values of one table in force somewhere: the host's side of <confab/settings.h>.
 *
 *	defaults ← server (plugins: NAME:) ← channel type ← the channel's own row
 *
 * Each arrow makes new immutable settings from those before it; a value that nobody set below
 * shows through. Equal values make equal settings, whoever set them: settings_equal() and
 * settings_hash() let the plugin host prepare each distinct snapshot once.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CONFIG_SETTINGS_H
#define CONFIG_SETTINGS_H

#include <confab/settings.h>
#include "config/table.h"

struct yaml_value;

/** How to read a map of settings. */
struct settings_reader {
	struct config_report *report;
	enum value_secrets secrets;
	unsigned scope;            /* 0: every row may be set; else rows with this bit of scope */
	const char *const *others; /* keys that the caller reads itself, NULL-terminated; or NULL */
};

/** All defaults. @return one reference; takes one on the table. Thread: any. */
struct confab_settings *settings_new(struct settings_table *table);
struct confab_settings *settings_ref(const struct confab_settings *s);
/** NULL is fine. The last one drops what was built. Thread: any. */
void settings_unref(const struct confab_settings *s);

/**
 * Lay what a map says over a base.
 *
 * Unknown keys, values that do not fit and rows that may not be set here are reported with their
 * place; the base's value stays then.
 *
 * @param path  of the map, for sentences: "limits"; "" at the top
 * @param y     the map, or NULL or null: nothing is set
 * @return one reference, never NULL
 */
struct confab_settings *settings_read(const struct settings_reader *reader, const char *path,
	const struct confab_settings *base, const struct yaml_value *y);

/**
 * Lay a JSON object (a channel's row) over a base: rows of CONFAB_SCOPE_CHANNEL only.
 *
 * @param object  borrowed; NULL: nothing is set
 * @return one reference, or NULL with err (CONFAB_EINVAL, the first complaint)
 * Thread: whoever owns the object.
 */
struct confab_settings *settings_merge(
	const struct confab_settings *base, const json_t *object, struct confab_error *err);

/** Forget who set the values: they count as defaults from now on. The only reference must be own. */
void settings_as_default(struct confab_settings *s);

/** Same values of the same rows? Where they were written does not count. Thread: any. */
bool settings_equal(const struct confab_settings *a, const struct confab_settings *b);
uint64_t settings_hash(const struct confab_settings *s);

/** The table. Borrowed. */
struct settings_table *settings_table(const struct confab_settings *s);
/** The value of row n, with where it was written. Borrowed. */
const struct setting_value *settings_value(const struct confab_settings *s, size_t n);

/**
 * Hang on what prepare() built; drop(built) is called with the last reference. Once per settings,
 * before another thread sees them.
 */
void settings_build(const struct confab_settings *s, void *built, void (*drop)(void *built));

#endif
