/**
 * The one-time link by which somebody becomes the server's first administrator: /setup#CODE, good for an
 * hour and once. Only the code's hash is kept, as a document, so that any node takes it and a restart
 * forgets nothing; a new link replaces the one before.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef OPS_SETUP_H
#define OPS_SETUP_H

#include <confab/types.h>
#include "ops/ops.h"

#define SETUP_LIFETIME_MS (60 * 60 * 1000)
#define SETUP_CODE_SIZE 33

/** rc 0 with a code and when it ends; CONFAB_EEXIST: there is an administrator; CONFAB_EUNSUPPORTED: no
 *  plugin keeps accounts; CONFAB_EBUSY. */
typedef void (*setup_done_fn)(void *arg, int rc, const char *code, int64_t expires_ms);

/**
 * Make a fresh link.
 *
 * @param first  only if there is no administrator yet
 * @param done   called once, perhaps at once; code is borrowed until it returns
 * Thread: logic.
 */
void setup_link(struct ops *o, bool first, setup_done_fn done, void *arg);

#endif
