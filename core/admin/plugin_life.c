/**
 * Loading, unloading and replacing a plugin of the running server.
 *
 * SPDX-License-Identifier: MIT
 */
#include "admin/plugin_life.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/json.h"
#include "plugin/host.h"

/* One deed under way. */
struct deed {
	struct admin_request *rq;
	struct host *host;
	char name[65];
	char former[33]; /* its version before */
};

static const char *code_word(int rc)
{
	switch (rc) {
	case CONFAB_ENOENT:
		return "not_found";
	case CONFAB_EEXIST:
		return "exists";
	case CONFAB_EBUSY:
	case CONFAB_ECLOSED:
		return "busy";
	case CONFAB_ETIMEDOUT:
		return "timeout";
	case CONFAB_EUNSUPPORTED:
		return "unsupported";
	case CONFAB_EINVAL:
		return "invalid";
	default:
		return "failed";
	}
}

static void deed_done(void *arg, int rc, const struct confab_error *err)
{
	struct deed *deed = arg;
	struct confab_plugin *p = host_find(deed->host, deed->name);
	if (rc != 0) {
		admin_refuse(deed->rq, code_word(rc), "%s", err->text);
		free(deed);
		return;
	}
	json_t *o = json_pack("{s:s, s:s, s:s}", "name", deed->name, "version",
		p != NULL ? plugin_version(p) : deed->former, "state",
		plugin_state_name(p != NULL ? plugin_state(p) : PLUGIN_GONE));
	if (p != NULL && plugin_state(p) == PLUGIN_UP) {
		if (deed->former[0] != '\0')
			json_object_set_new(o, "former", json_string(deed->former));
		if (plugin_swap_us(p) > 0)
			json_object_set_new(o, "swap_us", json_integer(plugin_swap_us(p)));
		if (plugin_by_hand(p))
			json_object_set_new(o, "note",
				json_string("the configuration does not name it: it has default "
					    "settings and goes with the next reload or restart"));
	}
	admin_reply(deed->rq, o);
	free(deed);
}

static struct deed *deed_new(
	struct admin_request *rq, const struct admin_env *env, const json_t *args)
{
	const char *name = json_str(args, "name");
	if (name == NULL || env->host == NULL) {
		admin_refuse(rq, "bad_request", "name is missing: of a plugin");
		return NULL;
	}
	struct deed *deed = alloc_zero(1, sizeof(*deed));
	const struct confab_plugin *p = host_find(env->host, name);
	deed->rq = rq;
	deed->host = env->host;
	snprintf(deed->name, sizeof(deed->name), "%s", name);
	if (p != NULL && plugin_state(p) == PLUGIN_UP)
		snprintf(deed->former, sizeof(deed->former), "%s", plugin_version(p));
	return deed;
}

/* ------------------------------------------------------------------------------------------ */

void admin_plugin_load(struct admin_request *rq, const struct admin_env *env, const json_t *args)
{
	struct deed *deed = deed_new(rq, env, args);
	if (deed != NULL)
		host_load(env->host, deed->name, deed_done, deed);
}

void admin_plugin_unload(struct admin_request *rq, const struct admin_env *env, const json_t *args)
{
	struct deed *deed = deed_new(rq, env, args);
	if (deed != NULL)
		host_unload(env->host, deed->name, deed_done, deed);
}

void admin_plugin_reload(struct admin_request *rq, const struct admin_env *env, const json_t *args)
{
	struct deed *deed = deed_new(rq, env, args);
	if (deed != NULL)
		host_reload(env->host, deed->name, deed_done, deed);
}

json_t *admin_plugin_refused(const struct confab_plugin *p)
{
	json_t *o = json_object();
	const char *name;
	uint64_t times;
	for (unsigned i = 0; plugin_refused(p, i, &name, &times); i++)
		if (times > 0)
			json_object_set_new(o, name, json_integer((json_int_t)times));
	return o;
}
