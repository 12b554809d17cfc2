/**
 * sessions.revoke: load the user's log, remove session rows by events; what is open is closed by that.
 * users.sessions: load it and tell the rows.
 *
 * SPDX-License-Identifier: MIT
 */
#include "admin/revoke.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ids.h"
#include "base/json.h"
#include "base/map.h"
#include "chat/chat.h"
#include "chat/row.h"
#include "chat/session.h"
#include "pipeline/event_internal.h"
#include "pipeline/pipeline.h"

struct revoke {
	struct log_waiter waiter;
	struct admin_request *rq;
	struct chat *chat;
	struct pipeline *pipeline;
	struct chat_log *lg;
	bool only_list;
	unsigned pending, ended, failed;
	char user[CONFAB_ID_MAX + 1];
	char session[32]; /* "": all */
};

/* One of them ended, or the walk over them did. */
static void settle(struct revoke *r)
{
	if (--r->pending)
		return;
	chat_log_unpin(r->lg);
	if (r->failed)
		admin_refuse(r->rq, "busy", "%u of %u sessions could not be ended; try again",
			r->failed, r->failed + r->ended);
	else if (r->session[0] && !r->ended)
		admin_refuse(
			r->rq, "not_found", "user '%s' has no session '%s'", r->user, r->session);
	else
		admin_reply(r->rq, json_pack("{s:i}", "ended", (int)r->ended));
	free(r);
}

struct one {
	struct revoke *r;
	char session[32];
};

static void one_done(struct confab_event *ev, void *arg)
{
	struct one *one = arg;
	struct revoke *r = one->r;

	if (ev->out.is == OUTCOME_OK) {
		r->ended++;
	} else {
		r->failed++;
	}
	free(one);
	settle(r);
}

/* Which sessions: names, as rows change while events run. */
static json_t *sessions_of(const struct revoke *r)
{
	json_t *names = json_array();
	size_t pos = 0;
	void *value;

	while (strmap_next(r->lg->rows, &pos, NULL, &value)) {
		struct row *row = value;

		if (strcmp(row->kind, "session") == 0 && row_lives(row) &&
			(!r->session[0] || strcmp(r->session, row_id(row)) == 0))
			json_array_append_new(names, json_string(row_id(row)));
	}
	return names;
}

/* What the rows say, and whether somebody is there. */
static json_t *sessions_told(const struct revoke *r)
{
	json_t *names = sessions_of(r), *list = json_array(), *name;
	size_t i;

	json_array_foreach(names, i, name)
	{
		const char *id = json_string_value(name);
		const struct session *s = session_find(r->chat, id);
		json_t *row = row_json(row_find(r->lg, "session", id));

		json_array_append_new(list,
			json_pack("{s:s, s:s, s:I, s:b}", "id", id, "device",
				json_str(row, "device") ? json_str(row, "device") : "", "created",
				(json_int_t)json_int(row, "created", 0), "online", s && s->conn));
		json_decref(row);
	}
	json_decref(names);
	return list;
}

static void loaded(struct log_waiter *w, int rc)
{
	struct revoke *r = (struct revoke *)((char *)w - offsetof(struct revoke, waiter));
	json_t *names, *name;
	size_t i;

	if (rc || r->lg->state != LOG_READY) {
		if (rc)
			admin_refuse(r->rq, "busy", "the store does not answer");
		else
			admin_refuse(r->rq, "not_found", "there is no user '%s'", r->user);
		chat_log_unpin(r->lg);
		free(r);
		return;
	}
	if (r->only_list) {
		admin_reply(r->rq, json_pack("{s:o}", "sessions", sessions_told(r)));
		chat_log_unpin(r->lg);
		free(r);
		return;
	}
	names = sessions_of(r);
	r->pending = 1;
	json_array_foreach(names, i, name)
	{
		struct one *one = calloc(1, sizeof(*one));

		if (!one)
			abort();
		one->r = r;
		snprintf(one->session, sizeof(one->session), "%s", json_string_value(name));
		r->pending++;
		pipeline_system(r->pipeline, "session.revoke", r->user, NULL,
			json_pack("{s:s}", "session", one->session), one_done, one);
	}
	json_decref(names);
	settle(r);
}

static void begin(
	struct admin_request *rq, const struct admin_env *env, const json_t *args, bool only_list)
{
	const char *user = json_str(args, "user"), *session = json_str(args, "session");
	char log[CONFAB_ID_MAX + 2];
	struct revoke *r;

	if (!user || !id_valid(user)) {
		admin_refuse(rq, "bad_request", "user is missing or no id");
		return;
	}
	if (session && strlen(session) >= sizeof(r->session)) {
		admin_refuse(rq, "bad_request", "session is no id of one");
		return;
	}
	if (!env->chat || !env->pipeline) {
		admin_refuse(rq, "busy", "the server is still starting");
		return;
	}
	r = calloc(1, sizeof(*r));
	if (!r)
		abort();
	r->rq = rq;
	r->only_list = only_list;
	r->chat = env->chat;
	r->pipeline = env->pipeline;
	snprintf(r->user, sizeof(r->user), "%s", user);
	snprintf(r->session, sizeof(r->session), "%s", session ? session : "");
	chat_own_log(log, user);
	r->lg = chat_log_get(env->chat, log);
	chat_log_pin(r->lg);
	r->waiter.fn = loaded;
	if (chat_log_load(r->lg, &r->waiter))
		loaded(&r->waiter, 0);
}

/* ------------------------------------------------------------------------------------------- */

void admin_revoke(struct admin_request *rq, const struct admin_env *env, const json_t *args)
{
	begin(rq, env, args, false);
}

void admin_user_sessions(struct admin_request *rq, const struct admin_env *env, const json_t *args)
{
	begin(rq, env, args, true);
}
