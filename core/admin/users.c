/**
 * users.role, users.disable, users.enable: as the ops of the protocol do it, by who may open the socket.
 *
 * SPDX-License-Identifier: MIT
 */
#include "admin/users.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/ids.h"
#include "base/json.h"
#include "config/grant.h"

static void managed(void *arg, const char *code, const char *text, unsigned retry_ms, json_t *ok)
{
	(void)retry_ms;
	json_decref(ok);
	if (!code)
		admin_reply(arg, json_object());
	else if (text && *text)
		admin_refuse(arg, code, "%s", text);
	else
		admin_refuse(arg, code, "%s",
			strcmp(code, "no_user") == 0 ? "there is no such user"
						     : "it cannot be done now; try again");
}

/* Takes args. */
static void manage(struct admin_request *rq, const struct admin_env *env, const char *kind,
	const char *user, json_t *args)
{
	if (!user || !id_valid(user)) {
		admin_refuse(rq, "bad_request", "user is missing or no id");
	} else if (!env->manage) {
		admin_refuse(rq, "busy", "the server is still starting");
	} else {
		json_object_set_new(args, "user", json_string(user));
		env->manage(env->ctx, kind, args, managed, rq);
		return;
	}
	json_decref(args);
}

/* ------------------------------------------------------------------------------------------- */

void admin_user_role(struct admin_request *rq, const struct admin_env *env, const json_t *args)
{
	const char *role = json_str(args, "role");

	if (!role || grant_server_role_find(role) < 0) {
		admin_refuse(rq, "bad_request", "role is one of admin, user, guest");
		return;
	}
	manage(rq, env, "user.role", json_str(args, "user"), json_pack("{s:s}", "role", role));
}

void admin_user_disable(struct admin_request *rq, const struct admin_env *env, const json_t *args)
{
	int64_t until = json_int(args, "until", 0);
	json_t *body = json_pack("{s:b}", "disabled", 1);

	if (until && until <= clock_real_ms()) {
		admin_refuse(rq, "bad_request", "until is over already");
		json_decref(body);
		return;
	}
	if (until)
		json_object_set_new(body, "until", json_integer(until));
	manage(rq, env, "user.disable", json_str(args, "user"), body);
}

void admin_user_enable(struct admin_request *rq, const struct admin_env *env, const json_t *args)
{
	manage(rq, env, "user.disable", json_str(args, "user"), json_pack("{s:b}", "disabled", 0));
}
