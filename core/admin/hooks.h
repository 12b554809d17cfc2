/**
 * The order of hooks, for people.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ADMIN_HOOKS_H
#define ADMIN_HOOKS_H

#include "admin/admin.h"

/** Verb hooks: all of them by stage, in the order in which they run. Thread: logic. */
void admin_hooks(struct admin_request *rq, const struct admin_env *env, const json_t *args);

#endif
