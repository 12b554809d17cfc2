/**
 * Moving a user's read and delivered cursors: in memory at once, in the store at most once in two
 * seconds, answered when stored.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PIPELINE_CURSOR_WRITE_H
#define PIPELINE_CURSOR_WRITE_H

#include <stdbool.h>

struct confab_event;

/**
 * Persist step of cursor kinds. The body names `seq` (read up to) or `delivered`; the message row of
 * seq was loaded by the kind's keys. @return true: answered at once (nothing moved); false: waits
 */
bool cursor_write(struct confab_event *ev);

#endif
