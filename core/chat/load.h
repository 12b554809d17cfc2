/**
 * Bringing a log into memory: its head and the rows that stay.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CHAT_LOAD_H
#define CHAT_LOAD_H

#include "chat/chat.h"

/** A log that was absent has just been made by a commit: from now on it is READY. */
void load_made(struct chat_log *lg);

#endif
