/**
 * Changes lately committed, by (sender, cid), so that a repeat is caught without asking the store.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CHAT_SEEN_H
#define CHAT_SEEN_H

#include <stdbool.h>
#include <stdint.h>

struct chat_log;
struct confab_event;

/** One change by its client's name. */
struct seen {
	struct seen *next;          /* younger */
	struct confab_event *event; /* still under way, or NULL */
	char *result;               /* JSON text of the first answer, once it is committed */
	uint8_t hash[32];
	bool unchanged; /* it changed nothing: the store may know an older change of that name */
	char key[];     /* sender LF cid */
};

/** The record of a change, or NULL. */
struct seen *seen_find(const struct chat_log *lg, const char *sender, const char *cid);
/** Remember a change that is under way (event) or done (result, copied). Replaces. */
struct seen *seen_put(struct chat_log *lg, const char *sender, const char *cid,
	const uint8_t hash[32], struct confab_event *event, const char *result);
/** Forget one (it was refused or is unknown). */
void seen_drop(struct chat_log *lg, const char *sender, const char *cid);
void seen_forget_all(struct chat_log *lg);

#endif
