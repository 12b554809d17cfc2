/**
 * The verbs users.role, users.disable, users.enable.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ADMIN_USERS_H
#define ADMIN_USERS_H

#include "admin/admin.h"

/** {user, role}: another server role. A verb. */
void admin_user_role(struct admin_request *rq, const struct admin_env *env, const json_t *args);
/** {user, until [Unix ms]}: keep somebody out, sessions and all; without until for ever. A verb. */
void admin_user_disable(struct admin_request *rq, const struct admin_env *env, const json_t *args);
/** {user}: let them in again. A verb. */
void admin_user_enable(struct admin_request *rq, const struct admin_env *env, const json_t *args);

#endif
