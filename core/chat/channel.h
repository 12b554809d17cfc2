/**
 * What a channel says about itself.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CHAT_CHANNEL_H
#define CHAT_CHANNEL_H

#include "chat/chat.h"
#include "chat/permit.h"

/** Name of its type. Borrowed. */
const char *channel_type_name(const struct channel *ch);

/** Does a text keep to the type's message length? Counted in characters. */
bool channel_text_fits(const struct channel *ch, const char *text, size_t len);

/** Must its existence be hidden from this actor (not a member, not public)? ch may be NULL: no. */
bool channel_hides(const struct channel *ch, const struct confab_actor *who);

/** Members hold each other's rows (listed), or only their own (unlisted). */
bool channel_listed(const struct channel *ch);

#endif
