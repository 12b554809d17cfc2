/**
 * A channel as one of its readers sees it in a list: hello, channel.list and channel.get have the same.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef OPS_ITEM_H
#define OPS_ITEM_H

#include <jansson.h>
#include "ops/ops.h"

/** Channels that hello names, and the most that one page of channel.list does. */
#define ITEMS_MAX 100

/** Longest place in the list of channels, with its NUL: "TS:ID". */
#define ITEM_PLACE_SIZE (CONFAB_ID_MAX + 24)

/**
 * {"id","epoch","rev","seq",…,"read","unread","mentions","watch","type","role","can"}; a new reference.
 *
 * @param s   the session whose subscription "watch" tells, or NULL
 * @param lg  its head is known; its rows need not be
 */
json_t *item_json(struct ops *o, struct user *u, const struct session *s, struct chat_log *lg);

/** Logs of all memberships of a user whose heads are known, most active first. @return to free() */
struct chat_log **item_logs(struct user *u, size_t *n);

/** Where a log stands in that order, as text. */
void item_place(const struct chat_log *lg, char out[ITEM_PLACE_SIZE]);

/** Does a log come behind a place? Anything does behind "". */
bool item_behind(const struct chat_log *lg, const char *place);

/**
 * Learn the heads of all memberships from the store, where no log in memory knows them.
 *
 * @param done  rc 0 or CONFAB_EBUSY; may be called at once
 */
void item_heads(struct ops *o, struct user *u, void (*done)(void *arg, int rc), void *arg);

#endif
