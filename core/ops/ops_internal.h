/**
 * What the files of ops/ share among themselves.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef OPS_OPS_INTERNAL_H
#define OPS_OPS_INTERNAL_H

#include "ops/ops.h"

struct confab_todo;
struct confab_verify;

/** Is it the op hello? */
bool session_is_hello(const struct confab_request *rq);
/** Run it. Takes the request. */
void session_hello(struct ops *o, struct confab_request *rq);
/** Answer a request whose token was refused. */
void session_refuse(struct confab_request *rq, const struct confab_verify *v);
/** Have a user's log READY, making the user at first sight. done: rc 0 or a code; may come at once. */
void session_user(struct ops *o, const char *user, const char *role,
	void (*done)(struct ops *o, void *arg, int rc), void *arg);
/** Is this session a living row of the user's log? */
bool session_alive(const struct user *u, const char *session);
/** Take in the server role that a token names. */
void session_role(struct user *u, const char *role);

/** It ends when its token does [Unix ms]; 0: never. */
void session_expiry(struct session *s, int64_t expires_ms);
/** A line of the log that names the session and its connection. */
void session_say(const struct session *s, const char *what);

/** Is this connection there, and has said no hello that was accepted? */
bool greeting_waits(const struct ops *o, confab_conn_id conn);
/** It has, or it has gone. */
void greeting_end(struct ops *o, confab_conn_id conn);

/* Ports of the wire. */
/** A connection has limits.hello_timeout to say hello. */
void greeting_begin(void *ctx, confab_conn_id conn, const char *peer);
void session_closed(void *ctx, confab_conn_id conn, uint16_t code);
void session_drained(void *ctx, confab_conn_id conn, const uint32_t *topics, size_t n);

/** Why this actor may not read a log, or NULL. */
const char *ops_read_refusal(struct ops *o, struct confab_request *rq, struct chat_log *lg);

/** May the event's actor see this message of its log (held in memory)? Who may not is told there is none. */
bool ops_sees(const struct confab_event *ev, const char *message);

/**
 * The answer of an event that changed the actor's memberships waits for the actor's own log too. A `then`
 * of ops_event_then.
 */
void ops_answer_behind_own(struct ops *o, struct confab_request *rq, struct confab_event *ev);

/** A membership came: the user's sessions hear notices of that channel. */
void ops_listen_in(struct ops *o, const char *user, const char *channel);

/** Run a todo: the core's own, others go to the plugin host. ctx: struct ops. */
void ops_todo_run(void *ctx, const struct confab_todo *todo);

/* Members (member.c). */

/** The todo that brings what the channel says of a user into the user's own log. */
void ops_member_todo(struct confab_change *c, const char *user);
/** The row of a new member. floor: the lowest seq it may read; 0: all. */
void ops_member_put(struct confab_change *c, const char *user, const char *role, uint64_t floor);
/** The member's row to be changed (a new reference), or the first row of one of an unlisted channel. */
json_t *ops_member_copy(struct confab_event *ev, struct confab_change *c, const char *user);
/** Rank of the actor in the channel (enum grant_role); -1: above all (administrators, plugins). */
int ops_member_rank(const struct confab_event *ev);

/** In a new direct channel: if the actor blocks the other, its member row says so. (block.c) */
void ops_member_blocks(struct confab_event *ev, struct confab_change *c, const char *other);

/** May this user, who is no member, come in (no ban, room left)? Else the event is rejected. */
enum confab_verdict ops_member_enter_judge(struct confab_event *ev, const char *user);
/** It comes in, unless it is there; an invitation has served its turn. The event names its row (ops_invite_keys). */
int ops_member_enter(struct confab_event *ev, struct confab_change *c, const char *user);

/* Invitations (invite.c). */

/** Name the row `invite` of the user that the body names, or of the actor. A `keys` of kinds. */
void ops_invite_keys(struct confab_event *ev, struct confab_keys *keys);
/** The todo that brings what the channel says of an invitation into the user's own log. */
void ops_invite_todo(struct confab_change *c, const char *user);
/** An invitation, if there is one, ends. */
int ops_invite_drop(struct confab_change *c, const char *user);

/** What the one that a verb is about must be. */
enum member_need {
	MEMBER_JOINED = 1, /* a member */
	MEMBER_KNOWN,      /* some user of this server */
};
/** Is the user that the body names below the actor? Else the event is rejected. */
enum confab_verdict ops_member_below(
	const struct ops *o, struct confab_event *ev, enum member_need need);

#endif
