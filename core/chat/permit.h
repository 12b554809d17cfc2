/**
 * The one permission question, and what a channel's type says.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CHAT_PERMIT_H
#define CHAT_PERMIT_H

#include "chat/chat.h"

/** Who acts. */
struct confab_actor {
	int kind;                /* enum confab_actor_kind */
	struct user *user;       /* of a user or admin, or NULL */
	struct session *session; /* or NULL */
	const char *plugin;      /* of a plugin */
	char id[CONFAB_ID_MAX + 1];
};

/** Type of a channel by name, of the configuration in force; the strictest one if it is unknown. */
const struct config_type *permit_type(const struct chat *chat, const char *name);

/** Another configuration is in force, borrowed: channels point at its types from now on, so that the
 *  former one may go. */
void permit_config_set(struct chat *chat, const struct config *cfg);

/** The member of a channel, or NULL. */
struct member *permit_member(const struct channel *ch, const char *user);

/** Is this user a joined member (unlisted channels: by its own membership row)? */
bool permit_joined(const struct channel *ch, const struct user *u);

/** The channel role in force: the member's, "guest" for readers of an open channel, or NULL. */
const char *permit_role(const struct channel *ch, const struct user *u);

/** Why not: NULL if it may; else a code of the error table ("forbidden", "banned", "muted", "locked",
 *  "not_member"). ch may be NULL for server grants. Static. */
const char *permit_refusal(
	const struct confab_actor *who, const struct channel *ch, const char *grant);

/** Is this member kept out now? */
static inline bool member_banned(const struct member *m, int64_t now_ms)
{
	return m->banned_until_ms < 0 || m->banned_until_ms > now_ms;
}

/** How long a refusal of that code will stand [ms]; 0: nobody knows. Wall clock. */
unsigned permit_wait_ms(const struct confab_actor *who, const struct channel *ch, const char *code);

/** Audience bits of a reader in a channel (struct subscription.class_bits). */
uint32_t permit_class(const struct channel *ch, const struct user *u);
/** … of one role by name; 0 if the type has none of that name. */
uint32_t permit_class_of_role(const struct channel *ch, const char *role);

#endif
