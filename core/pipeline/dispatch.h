/**
 * Calling the hooks of a stage: in order, timed, named to the watchdog, behind breakers.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PIPELINE_DISPATCH_H
#define PIPELINE_DISPATCH_H

#include <stdint.h>
#include <confab/event.h>
#include "pipeline/steps.h"

/**
 * Call the hooks of a deciding stage until one does not pass; entered again after WAIT. Time is read
 * once per hook, and not at all at a stage that nobody hooks.
 * Thread: logic.
 */
enum step_answer dispatch_decide(struct confab_event *ev, enum confab_stage stage);

/** Call all hooks of observe. Thread: logic. */
void dispatch_observe(struct confab_event *ev);

/** The hook for which an event waits did not answer in time. */
void dispatch_late(struct confab_event *ev);

#endif
