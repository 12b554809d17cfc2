/**
 * What pools and lanes do alike: note who asked, queue, answer.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef LOOP_WORK_INTERNAL_H
#define LOOP_WORK_INTERNAL_H

#include "loop/work.h"

/** Pieces in order of arrival; whoever shares one locks it. */
struct work_queue {
	struct work *first, *last;
	unsigned count;
};

/** Append w and take it into the queue. Under the lock of its owner. */
void work_queue_append(struct work_queue *q, struct work *w);
/** NULL if it is empty. */
struct work *work_queue_take(struct work_queue *q);

/** Note the home of a piece that is submitted. Thread: a loop's. */
void work_prepare(struct work *w);

/** Post its completion; w is the home loop's after. Thread: any. */
void work_complete(struct work *w, int rc);

#endif
