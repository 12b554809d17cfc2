/**
 * A table of rows, checked once and owned: it outlives the plugin it came from.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CONFIG_TABLE_H
#define CONFIG_TABLE_H

#include <confab/plugin.h>
#include <confab/settings.h>
#include "config/value.h"

/** Immutable and counted; any thread. */
struct settings_table;

/** More rows than this are refused. */
#define SETTINGS_ROWS_MAX 200

/**
 * Copy and check rows: names, types, words, bounds, and that every default is allowed by its row.
 *
 * @param from  rows of any minor: shorter ones are filled with zeros, longer ones cut
 * @return one reference, or NULL with err (CONFAB_EINVAL, naming the row)
 * Thread: any.
 */
struct settings_table *settings_table_new(
	const struct confab_table *from, struct confab_error *err);
struct settings_table *settings_table_ref(struct settings_table *t);
void settings_table_unref(struct settings_table *t);

/** Same rows: names, types and words in the same places? Then their values can be compared. */
bool settings_table_equal(const struct settings_table *a, const struct settings_table *b);

/** How many rows there are. */
size_t settings_table_count(const struct settings_table *t);
/** Row n < count. */
const struct confab_setting *settings_table_row(const struct settings_table *t, size_t n);
/** The default of row n. */
const struct setting_value *settings_table_default(const struct settings_table *t, size_t n);
/** The number of the row with a name, or -1. */
int settings_table_find(const struct settings_table *t, const char *name);

#endif
