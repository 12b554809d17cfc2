/**
 * Verbs that plugins bring: {"verb":"plugin.verb","plugin":NAME,"name":VERB,"words":[…]}.
 *
 * SPDX-License-Identifier: MIT
 */
#include "admin/plugin_verb.h"

#include "base/json.h"
#include "plugin/host.h"

/* Takes ok. */
static void answered(void *arg, json_t *ok, const char *code, const char *text)
{
	if (ok)
		admin_reply(arg, ok);
	else
		admin_refuse(arg, code, "%s", text);
}

/* ------------------------------------------------------------------------------------------- */

void admin_plugin_verb(struct admin_request *rq, const struct admin_env *env, const json_t *args)
{
	const char *plugin = json_str(args, "plugin");

	if (!plugin || !env->host)
		admin_refuse(rq, "bad_request", "plugin is missing");
	else
		host_verb(env->host, plugin, json_str(args, "name"), json_object_get(args, "words"),
			answered, rq);
}
