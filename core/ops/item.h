/**
 * A channel as one of its readers sees it in a list: hello, channel.list and channel.get have the same.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef OPS_ITEM_H
#define OPS_ITEM_H

#include <jansson.h>
#include <confab/op.h>
#include "ops/fields.h"
#include "ops/ops.h"

/** Channels that hello names, and the most that one page of channel.list does. */
#define ITEMS_MAX 100

/** Longest place in the list of channels, with its NUL: "TS:ID". */
#define ITEM_PLACE_SIZE (CONFAB_ID_MAX + 24)

extern const struct confab_field item_cursor_fields[];

/** Members of an item, for replies. The own log, which hello names first, has only the required ones. */
#define ITEM_FIELDS \
	{"id", CONFAB_FIELD_ID, true, 0, 0, NULL, NULL, "the channel; @you: the own log"}, \
		{"epoch", CONFAB_FIELD_STRING, true, 0, 0, NULL, NULL, \
			"another one: what is held is void"}, \
		OPS_COUNT("rev", "head; changes of what is watched continue from here"), \
		OPS_COUNT("seq", "head: newest message"), \
		OPS_COUNT("first", "lowest seq that is kept"), \
		{"watch", CONFAB_FIELD_BOOL, true, 0, 0, NULL, NULL, "do its changes come?"}, \
		{"ord", CONFAB_FIELD_INT, false, 0, JSON_INT_MAX, NULL, NULL, \
			"head: messages that count as unread"}, \
		{"all", CONFAB_FIELD_INT, false, 0, JSON_INT_MAX, NULL, NULL, \
			"head: messages that mention everybody"}, \
		{"ts", CONFAB_FIELD_INT, false, 0, JSON_INT_MAX, NULL, NULL, \
			"of the last change, Unix ms"}, \
		{"read", CONFAB_FIELD_OBJECT, false, 0, 0, NULL, item_cursor_fields, \
			"the read cursor"}, \
		{"unread", CONFAB_FIELD_INT, false, 0, JSON_INT_MAX, NULL, NULL, \
			"what is not read"}, \
		{"mentions", CONFAB_FIELD_INT, false, 0, JSON_INT_MAX, NULL, NULL, \
			"what is not read of mentions"}, \
		{"mark", CONFAB_FIELD_INT, false, 1, JSON_INT_MAX, NULL, NULL, \
			"marked unread from this message on"}, \
		{"muted", CONFAB_FIELD_BOOL, false, 0, 0, NULL, NULL, "wants no noise"}, \
		{"type", CONFAB_FIELD_STRING, false, 0, 0, NULL, NULL, "channel type"}, \
		{"role", CONFAB_FIELD_STRING, false, 0, 0, NULL, NULL, "yours; guest: no member"}, \
	{ \
		"can", CONFAB_FIELD_LIST, false, 0, 0, NULL, NULL, "grants of that role" \
	}

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
