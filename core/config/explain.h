/**
 * Answers for an administrator, without a running server: is this file right, and what does one
 * key mean?
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CONFIG_EXPLAIN_H
#define CONFIG_EXPLAIN_H

#include "config/config.h"

/**
 * `confabctl config check`: read a file and print everything that is wrong with it, or that it is
 * right. Opens no secret, starts nothing.
 *
 * @param path     NULL: the built-in defaults
 * @param options  tables of plugins; NULL: their settings are not checked, which is said
 * @return how many errors there are
 */
size_t config_check(const char *path, const struct config_options *options, FILE *out);

/**
 * `confabctl config explain KEY`: the value in force, where it comes from, type, range, default,
 * whether it can change without a restart, and what it means.
 *
 * A key that names many ("limits", "channel_types.open") prints them all as "key: value". NULL or
 * "": everything.
 *
 * @return 0, or CONFAB_ENOENT: there is no such key, said on out with the nearest one
 */
int config_explain(const struct config *cfg, const char *key, FILE *out);

#endif
