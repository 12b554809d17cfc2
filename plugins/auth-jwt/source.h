/**
 * Where a key set comes from: a file or an HTTPS address. Blocks; only on a lane.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef AUTH_JWT_SOURCE_H
#define AUTH_JWT_SOURCE_H

#include <stddef.h>
#include <confab/types.h>

/** How long an answer may take [ms]. */
#define SOURCE_TIMEOUT_MS 10000

/**
 * Read a file.
 *
 * @param max  longer ones are refused [bytes]
 * @return text to free() with *len, or NULL with err
 */
char *source_file(const char *path, size_t max, size_t *len, struct confab_error *err);

/**
 * Ask an HTTPS address (http only of a loopback address) for it. No redirect is followed, the
 * certificate is checked, only 200 counts.
 *
 * @return as source_file
 */
char *source_url(const char *url, size_t max, size_t *len, struct confab_error *err);

/** May this address be asked? */
int source_url_check(const char *url, struct confab_error *err);

#endif
