/**
 * What rows say, parsed: members, channels, memberships, blocks.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CHAT_PARSE_H
#define CHAT_PARSE_H

#include "chat/chat.h"

/** Do rows of this kind stay in memory with their log? own: a user's log. */
bool parse_kind_stays(bool own, const char *kind);

/** Make lg->channel or lg->user (empty) for a log that begins to be served. */
void parse_begin(struct chat_log *lg);

/** Free them. */
void parse_end(struct chat_log *lg);

#endif
