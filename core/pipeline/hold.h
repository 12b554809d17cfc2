/**
 * Messages held for review: a row "held" in the author's own log; approval sends it with the author's cid.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PIPELINE_HOLD_H
#define PIPELINE_HOLD_H

#include <jansson.h>
#include "pipeline/steps.h"

/** A hook wants it held: remember where and why (taken). */
void hold_mark(struct confab_event *ev, const char *queue, json_t *why);
/** Write the held row; the event ends with its answer. */
enum step_answer hold_event(struct confab_event *ev);

#endif
