/**
 * What plugins cost and hold, and their breakers.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ADMIN_PLUGINS_H
#define ADMIN_PLUGINS_H

#include "admin/admin.h"

/** Verb plugins {name?}: all of them in a line each, or all about one. Thread: logic. */
void admin_plugins(struct admin_request *rq, const struct admin_env *env, const json_t *args);

/** Verb plugin.reset {name}: close its breaker. Thread: logic. */
void admin_plugin_reset(struct admin_request *rq, const struct admin_env *env, const json_t *args);

/** Append what is counted per plugin as OpenMetrics text. Thread: logic. */
void admin_plugin_metrics(const struct host *host, struct buf *out);

#endif
