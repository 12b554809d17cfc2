/**
 * Invitations: codes that let somebody register, so many times, until a day. Only a code's hash is
 * kept.
 *
 *   {"uses": left,"role","by","created"} by the code's hash
 *
 * SPDX-License-Identifier: MIT
 */
#include "auth-local/local.h"

#include <stdio.h>
#include <string.h>

#include <confab/chat.h>

#define USES_MAX 1000

static void use_look(struct flow *f);

static void used(struct flow *f)
{
	/* Somebody else took one meanwhile: look again. */
	if (f->rc == CONFAB_ECONFLICT && f->tries++ < 5) {
		flow_get(f, COLL_INVITES, f->invite, use_look);
		return;
	}
	f->then(f);
}

static void use_look(struct flow *f)
{
	json_int_t uses = json_integer_value(json_object_get(f->doc, "uses"));
	const char *role = json_string_value(json_object_get(f->doc, "role"));
	if (f->rc == 0 && uses <= 0)
		f->rc = CONFAB_ENOENT;
	if (f->rc != 0) {
		f->then(f);
		return;
	}
	snprintf(f->role, sizeof(f->role), "%s", role != NULL ? role : "user");
	json_object_set_new(f->doc, "uses", json_integer(uses - 1));
	int64_t expires = (int64_t)json_integer_value(json_object_get(f->doc, "expires_ms"));
	flow_put(f, COLL_INVITES, f->invite, NULL, expires, used);
}

static void invited(struct flow *f)
{
	json_t *answer = f->answer;
	f->answer = NULL;
	if (f->rc == 0) {
		flow_reply(f, answer);
		return;
	}
	json_decref(answer);
	flow_fail_store(f);
}

/* ------------------------------------------------------------------------------------------ */

void invite_use(struct flow *f, flow_fn step)
{
	f->then = step;
	f->tries = 0;
	flow_get(f, COLL_INVITES, f->invite, use_look);
}

void op_invite(struct confab_request *rq, void *ctx)
{
	struct flow *f = flow_new(ctx, rq);
	const json_t *args = confab_request_args(rq);
	const struct confab_actor *actor = confab_request_actor(rq);
	const char *role = json_string_value(json_object_get(args, "role"));
	const json_t *wanted = json_object_get(args, "uses");
	json_int_t uses = wanted != NULL ? json_integer_value(wanted) : 1;
	uint8_t random[15];
	char code[TOKEN_SESSION_SIZE];
	if (!confab_may(actor, NULL, "invite")) {
		flow_fail(f, CONFAB_EPERM, "forbidden", "you may not invite people to this server");
		return;
	}
	if (role != NULL && strcmp(role, "user") != 0 && strcmp(role, "guest") != 0) {
		flow_fail(f, CONFAB_EINVAL, "bad_request", "an invitation makes a user or a guest");
		return;
	}
	int64_t expires = confab_time_ms() +
		confab_setting_int(confab_plugin_settings(f->local->plugin), ROW_INVITE_LIFETIME);
	confab_random(random, sizeof(random));
	session_id_write(random, code);
	secret_hash(code + 1, strlen(code + 1), f->invite);
	f->doc = json_pack("{s:I, s:s, s:s, s:I, s:I}", "uses",
		uses < 1                  ? (json_int_t)1
			: uses > USES_MAX ? (json_int_t)USES_MAX
					  : uses,
		"role", role != NULL ? role : "user", "by", confab_actor_id(actor), "created",
		(json_int_t)confab_time_ms(), "expires_ms", (json_int_t)expires);
	f->answer = json_pack("{s:s, s:I}", "invite", code + 1, "expires_ms", (json_int_t)expires);
	flow_put(f, COLL_INVITES, f->invite, NULL, expires, invited);
}
