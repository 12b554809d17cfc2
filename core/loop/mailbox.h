/**
 * A loop's mailbox: many posters, one owner, no lock, and no room that could run out.
 *
 *      posters ── push ──▶ [stack, newest first] ── collect (reverse) ──▶ [first … last] ── take ──▶
 *
 * Before its owner sleeps it leaves a mark on the empty stack; who replaces the mark must wake it.
 * So a busy owner costs its posters no system call.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef LOOP_MAILBOX_H
#define LOOP_MAILBOX_H

#include <stdalign.h>
#include <stdatomic.h>
#include "loop/loop.h"

struct mailbox {
	alignas(64) _Atomic(struct mail *) top; /* posted, newest first; NULL; or &asleep */
	alignas(64) struct mail *first;         /* collected, oldest first; owner only */
	struct mail *last;
	struct mail asleep; /* only its address counts */
};

/** Begin empty and awake. Thread: the one that makes it. */
void mailbox_init(struct mailbox *b);

/**
 * Post. Takes m. Order per poster is kept.
 *
 * @return true if the owner sleeps: the caller must wake it
 * Thread: any.
 */
bool mailbox_post(struct mailbox *b, struct mail *m) CONFAB_MUSTCHECK;

/** Move what was posted behind what was collected before. Thread: owner. */
void mailbox_collect(struct mailbox *b);

/** The oldest collected mail, now the caller's; NULL if there is none. Thread: owner. */
struct mail *mailbox_take(struct mailbox *b);

/** Say that the owner will sleep. @return false if there is mail: do not sleep. Thread: owner. */
bool mailbox_sleep(struct mailbox *b) CONFAB_MUSTCHECK;

/** Is anything posted or collected? Thread: owner. */
bool mailbox_waiting(const struct mailbox *b);

#endif
