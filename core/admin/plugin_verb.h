/**
 * The verb "plugin.verb" of the admin socket, behind which the verbs of plugins are.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ADMIN_PLUGIN_VERB_H
#define ADMIN_PLUGIN_VERB_H

#include "admin/admin.h"

/** Run a plugin's verb, or list them if `name` is missing. Answers once, now or later. Thread: logic. */
void admin_plugin_verb(struct admin_request *rq, const struct admin_env *env, const json_t *args);

#endif
