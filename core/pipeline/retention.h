/**
 * Retention: messages older than their channel's type keeps go, by an entry that raises `first` and a
 * purge behind it.
 *
 * What the configuration says is in force at once where it keeps more than before; where it keeps less
 * it waits until an administrator has seen what will go and applied it. What was applied is a document
 * per channel type (collection "core.retention").
 *
 * Thread: logic.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PIPELINE_RETENTION_H
#define PIPELINE_RETENTION_H

#include <jansson.h>

struct pipeline;
struct retention;

/** Begin to keep to it: every hour, by lease. The store must be there. Never NULL. */
struct retention *retention_start(struct pipeline *pl);
/** End; a walk under way ends by itself and answers CONFAB_ECLOSED. NULL is fine. */
void retention_stop(struct retention *r);

/** What to do on a walk over all channels. */
enum retention_walk {
	RETENTION_SHOW = 1, /* count what the configuration would let go, touch nothing */
	RETENTION_APPLY,    /* let it go; from now on it is in force */
	RETENTION_KEEP,     /* let go what is in force already */
};

/**
 * Walk over all channels.
 *
 * @param done  rc 0 and {"types":[{"type","retention_ms","in_force_ms","waits","channels","messages"}]}
 *              (borrowed; 0 ms is for ever), or CONFAB_EBUSY: a walk is under way, or the store is
 *              away. Once, maybe at once
 */
void retention_walk(struct retention *r, enum retention_walk what,
	void (*done)(void *arg, int rc, json_t *report), void *arg);

#endif
