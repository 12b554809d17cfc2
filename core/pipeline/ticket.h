/**
 * Tickets: events that wait for somebody's answer, with a deadline.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PIPELINE_TICKET_H
#define PIPELINE_TICKET_H

#include <stdbool.h>
#include <confab/event.h>

struct pipeline;

/** Is the verdict DEFER backed by a ticket? Then it waits now. */
bool ticket_waits(const struct confab_event *ev);
/** The event ends otherwise (unload, stop): its ticket is void. */
void ticket_void(struct confab_event *ev);
/** Whoever was to answer goes: every event of this pipeline that waits for the owner's answer ends now as if
 *  its deadline had passed. @return how many. Thread: logic. */
unsigned ticket_cancel_all(struct pipeline *pl, const void *owner);

#endif
