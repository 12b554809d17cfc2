/**
 * Following events, for people.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ADMIN_TRACE_H
#define ADMIN_TRACE_H

#include "admin/admin.h"

/** Verb trace {name, count?, seconds?}: a line for each thing that happens to events that bear the name, until
 *  so many are over, so much time is, or the asker leaves. Thread: logic. */
void admin_trace(struct admin_request *rq, const struct admin_env *env, const json_t *args);

#endif
