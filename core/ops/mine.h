/**
 * What a read does to a user's own rows.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef OPS_MINE_H
#define OPS_MINE_H

#include <stdbool.h>
#include <jansson.h>

struct chat_log;
struct confab_actor;
struct confab_event;
struct ops;
struct user;

/** Personal mentions of a channel that the read cursor has passed go; nobody waits for it. */
void mine_mentions_read(struct ops *o, struct user *u, const char *channel);

/** Has the user muted this channel (or "@user"), now? */
bool mine_muted(const struct user *u, const char *target);

/** Where the user marked a channel as unread; 0: nowhere. */
int64_t mine_mark(const struct user *u, const char *channel);

/** Read up to seq for an actor, as message.send's `read` asks; nobody waits for it. */
void mine_read(struct ops *o, const struct confab_actor *actor, const char *channel, int64_t seq);

#endif
