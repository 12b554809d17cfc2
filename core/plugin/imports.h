/**
 * What a plugin's file calls of others, read without running it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PLUGIN_IMPORTS_H
#define PLUGIN_IMPORTS_H

#include <confab/types.h>

/**
 * Look for functions that do not go well with being unloaded or with a server's threads:
 * pthread_create, pthread_key_create, fork, vfork, signal, sigaction.
 *
 * @param fd    an open ELF file that manifest_read() accepted
 * @param name  filled with the first one found, "" : none
 * @return 0, or CONFAB_EPROTO, CONFAB_EIO
 * Thread: any; blocks on the disk.  Source: ELF-64 object file format, "Symbol Table".
 */
int imports_find(int fd, char name[32], struct confab_error *err);

#endif
