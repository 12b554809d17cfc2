/**
 * A plugin's code loaded, brought to life in a server in memory, and unloaded, again and again, in a child
 * process, which may die of it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CTL_PLUGIN_CYCLES_H
#define CTL_PLUGIN_CYCLES_H

/** What was found: a word for programs ("load", "unload", "memory", "death", "note": no fault) and a
 *  sentence. */
typedef void (*plugin_found_fn)(void *arg, const char *check, const char *text);

/**
 * @param fd     of the plugin's file
 * @param n      cycles, 2..1,000,000
 * @param found  called for each finding, in this process
 * Thread: main, the only one.
 */
void plugin_cycles(int fd, unsigned n, plugin_found_fn found, void *arg);

#endif
