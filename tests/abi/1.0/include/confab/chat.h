/**
 * Users, sessions, channels, members, messages as plugins see them. Logic thread; borrowed until return.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CONFAB_CHAT_H
#define CONFAB_CHAT_H

#include <confab/event.h>

#ifdef __cplusplus
extern "C" {
#endif

enum confab_actor_kind {
	CONFAB_ACTOR_USER = 1,
	CONFAB_ACTOR_PLUGIN,
	CONFAB_ACTOR_ADMIN,
	CONFAB_ACTOR_SYSTEM
};

/** What kind of actor it is. */
enum confab_actor_kind confab_actor_kind(const struct confab_actor *a);
/** User id; for a plugin its bot's id, "" for the system. */
const char *confab_actor_id(const struct confab_actor *a);
/** Its session, or NULL (HTTP without one, plugins, the system). */
const struct confab_session *confab_actor_session(const struct confab_actor *a);
/** The one permission question: server and channel role, bans, locks. ch may be NULL. */
int confab_may(const struct confab_actor *who, const struct confab_channel *ch, const char *grant);

/** A session's id, its user's id, and the device it named at login or hello. Never NULL. */
const char *confab_session_id(const struct confab_session *s);
const char *confab_session_user(const struct confab_session *s);
const char *confab_session_device(const struct confab_session *s);

/** A channel's id, its type's name, and the rev and seq of its head. */
const char *confab_channel_id(const struct confab_channel *ch);
const char *confab_channel_type(const struct confab_channel *ch);
uint64_t confab_channel_rev(const struct confab_channel *ch);
uint64_t confab_channel_seq(const struct confab_channel *ch);
/** Members held in memory (of unlisted channels: those with a session here). */
size_t confab_channel_members(const struct confab_channel *ch);
/** In memory, or NULL. */
struct confab_channel *confab_channel_find(struct confab_plugin *p, const char *id);
/** rc 0 with the channel, borrowed until return; ENOENT (there is none, or it was deleted); EINVAL (id);
 *  EBUSY (the store cannot be read now); ECLOSED. */
typedef void (*confab_channel_fn)(void *arg, int rc, const struct confab_channel *ch);
/** Have a channel in memory: read from the store if it is not there. done always comes, once, in a later
 *  turn. */
void confab_channel_load(
	struct confab_plugin *p, const char *id, confab_channel_fn done, void *arg);

/** A member's user id and its role in the channel. Never NULL. */
const char *confab_member_user(const struct confab_member *m);
const char *confab_member_role(const struct confab_member *m);

/** A message's seq, its row's rev, its sender's id, its text (UTF-8, *len bytes; NULL when deleted)
 *  and its whole row. */
uint64_t confab_message_seq(const struct confab_message *m);
uint64_t confab_message_rev(const struct confab_message *m);
const char *confab_message_sender(const struct confab_message *m);
const char *confab_message_text(const struct confab_message *m, size_t *len);
const json_t *confab_message_json(const struct confab_message *m);

/** A pointer of the plugin's on every object of a kind; freed by its row's function. */
enum confab_slot_on { CONFAB_ON_SESSION = 1, CONFAB_ON_CHANNEL, CONFAB_ON_MEMBER, CONFAB_ON_EVENT };
struct confab_slot_row {
	enum confab_slot_on on;
	const char
		*layout; /* name and version of what the pointer points to: after a reload of code a
	                       row with the same `on` and `layout` has the pointers as they are. So what
	                       they point to must hold no address of the plugin's functions or constants.
	                       NULL: never the same */
	void (*free_)(void *value);
};
/** This plugin's pointer of row `row` of its table on that object; NULL in it at first. A row that is not
 *  for this kind of object ends the process. Good until the object or the plugin goes. */
void **confab_channel_slot(struct confab_plugin *p, const struct confab_channel *ch, unsigned row);
void **confab_session_slot(struct confab_plugin *p, const struct confab_session *s, unsigned row);

#ifdef __cplusplus
}
#endif
#endif
