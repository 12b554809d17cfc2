/**
 * Verbs about one plugin: load it, unload it, put its newest file in the place of the copy that runs.
 *
 * Thread: logic.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ADMIN_PLUGIN_LIFE_H
#define ADMIN_PLUGIN_LIFE_H

#include "admin/admin.h"

struct confab_plugin;

/** args: name. Answers what it is now. */
void admin_plugin_load(struct admin_request *rq, const struct admin_env *env, const json_t *args);
void admin_plugin_unload(struct admin_request *rq, const struct admin_env *env, const json_t *args);
void admin_plugin_reload(struct admin_request *rq, const struct admin_env *env, const json_t *args);

/** What was refused to a plugin, by the name of the bound: {"timer":3}. The caller's. */
json_t *admin_plugin_refused(const struct confab_plugin *p);

#endif
