/**
 * Ending sessions for good: the rows in their user's log go, then the connections.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ADMIN_REVOKE_H
#define ADMIN_REVOKE_H

#include "admin/admin.h"

/** Verb sessions.revoke {user, session?}: one session, or all. Thread: logic. */
void admin_revoke(struct admin_request *rq, const struct admin_env *env, const json_t *args);
/** Verb users.sessions {user}: all that have a row, whether they are in memory or not. Thread: logic. */
void admin_user_sessions(struct admin_request *rq, const struct admin_env *env, const json_t *args);

#endif
