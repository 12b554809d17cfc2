/**
 * Secrets from a file or the environment, so that the configuration itself holds none.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CONFIG_SECRET_H
#define CONFIG_SECRET_H

#include <stdbool.h>
#include <stddef.h>

/** Longest secret [bytes]. */
#define SECRET_MAX 65536

/**
 * The content of a regular file, without the newlines at its end.
 *
 * @param why  filled on failure: one sentence of at most size bytes
 * @return text to free(), or NULL (not there, not regular, empty, too long, holds a NUL)
 * Thread: any; blocks on the disk.
 */
char *secret_from_file(const char *path, char *why, size_t size);

/** The same from a variable of the environment. */
char *secret_from_env(const char *name, char *why, size_t size);

#endif
