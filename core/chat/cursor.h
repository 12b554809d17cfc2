/**
 * Where users stand in channels, and what is therefore unread (design, section 3: Cursors, Unread).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CHAT_CURSOR_H
#define CHAT_CURSOR_H

#include "chat/chat.h"

struct confab_cursor;

/** The cursor of a loaded user in a log; made (all 0) if there is none. Borrowed. */
struct cursor *cursor_get(struct user *u, const char *log);
/** … or NULL. */
struct cursor *cursor_find(const struct user *u, const char *log);
/** Take in what the store says. Highest wins. */
void cursor_take(struct user *u, const struct confab_cursor *from);
void cursor_free_all(struct user *u);

/** What a user has not read of a log. */
struct unread {
	uint64_t unread, mentions;
};

/**
 * Head `ord` − `ord` at the read cursor, less own and since deleted messages above it; mentions the
 * same with `all`, plus personal ones of the user's own log. c may be NULL (nothing read).
 */
struct unread cursor_unread(
	const struct user *u, const struct chat_log *lg, const struct cursor *c);

#endif
