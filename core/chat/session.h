/**
 * Sessions: identity, device and rights of one authenticated presence of a user.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CHAT_SESSION_H
#define CHAT_SESSION_H

#include "chat/chat.h"

/** Make one for a loaded user; pins the user's log. id: ≤ 31 characters. */
struct session *session_new(struct user *u, const char *id, const char *device);
/** Close its subscriptions and forget it; its memory goes when nothing under way names it any more. */
void session_end(struct session *s);
/** Something under way names it … */
void session_hold(struct session *s);
/** … and no more. NULL is fine. */
void session_drop(struct session *s);

/** Is its user kept out of the whole server now? */
bool session_user_disabled(const struct user *u);

/** By id, or by connection; or NULL. */
struct session *session_find(struct chat *chat, const char *id);
struct session *session_of_conn(struct chat *chat, confab_conn_id conn);

/** Bind to a connection (0: to none). The former one is not closed here. */
void session_bind(struct session *s, confab_conn_id conn);

/** Level of its subscription to a log; 0: none. */
unsigned session_level(const struct session *s, const struct chat_log *lg);

/** Subscribe (or change the level; 0 ends it). Tells the ports. */
void session_watch(struct session *s, struct chat_log *lg, unsigned level);

/** Tell the ports again about every session of a user on a log: its rights have changed. */
void session_refresh(struct user *u, struct chat_log *lg);

#endif
