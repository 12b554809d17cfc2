/**
 * What the files of commits share: the queue of a log, and refused batches.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PIPELINE_COMMIT_INTERNAL_H
#define PIPELINE_COMMIT_INTERNAL_H

#include <stdbool.h>

struct batch;
struct chat_log;
struct confab_event;
struct pipeline;

/** If nothing is in flight: judge and build what waits, and send it. */
void commit_kick(struct pipeline *pl, struct chat_log *lg);

/** Put a list back in its order, before everything that waits: they were there first. NULL is fine. */
void commit_put_back(struct chat_log *lg, struct confab_event *first);

/** The result that is kept with an entry becomes the event's answer. */
void commit_answer(struct confab_event *ev, const char *result, bool again);

/** A batch was refused, as a cid in it was known: ask which; takes the batch's events. */
void refused_ask(struct pipeline *pl, struct chat_log *lg, struct batch *b);

#endif
