/**
 * Tickets: events that wait for somebody's answer, with a deadline.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PIPELINE_TICKET_H
#define PIPELINE_TICKET_H

#include <stdbool.h>
#include <confab/event.h>

/** Is the verdict DEFER backed by a ticket? Then it waits now. */
bool ticket_waits(const struct confab_event *ev);
/** The event ends otherwise (unload, stop): its ticket is void. */
void ticket_void(struct confab_event *ev);

#endif
