/**
 * Functions of plugins in a helper process: the shared object is loaded before the walls stand, and its
 * function is called behind them.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HELPER_PLUGIN_CODE_H
#define HELPER_PLUGIN_CODE_H

#include <stdbool.h>
#include <stddef.h>

#include <confab/task.h>

struct buf;

struct plugin_code {
	struct confab_helper_row row;
};

/**
 * Load it and find the row.
 *
 * @param fd    the shared object, as the server has checked it
 * @param name  "plugin/row"
 * @return false: there is no such row
 */
bool plugin_code_load(int fd, const char *name, struct plugin_code *out);

/** Call it. @return what it returns: 0 or enum confab_code */
int plugin_code_run(
	const struct plugin_code *code, const char *bytes, size_t len, int file, struct buf *out);

#endif
