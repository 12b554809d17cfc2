/**
 * Strands: the order of one session's durable events in one log. An event walks once everything ahead of
 * it in its strand waits for its commit or is done; what waits behind one that ends busy or unknown
 * ends busy.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PIPELINE_STRAND_H
#define PIPELINE_STRAND_H

#include <stdbool.h>

struct confab_event;

/** Join (events with a session and a durable kind; others pass). @return true: it may walk now */
bool strand_join(struct confab_event *ev);
/** It is queued for its commit: the next may walk. */
void strand_advance(struct confab_event *ev);
/** Refused, but something ahead in its strand is not stored yet, and counts as happened: it waits in the strand
 *  and is asked again. @return false: nothing is ahead of it */
bool strand_wait(struct confab_event *ev);
/** It is done. broken: it ended busy or unknown. */
void strand_leave(struct confab_event *ev, bool broken);
/** End one that waited behind one that ended busy or unknown. */
void strand_fail(struct confab_event *ev);

#endif
