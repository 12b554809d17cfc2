/**
 * What the core writes into users' own logs: memberships, personal mentions; and the todos
 * that bring it there after a channel's commit.
 *
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <confab/chat.h>
#include <confab/provider/store.h>
#include "base/json.h"
#include "base/log.h"
#include "chat/session.h"
#include "ops/ops_internal.h"
#include "pipeline/event_internal.h"
#include "pipeline/kind.h"
#include "store/store.h"

/* --- kinds -------------------------------------------------------------------------------------------- */

static int put_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	const char *id = json_str(ev->body, "channel"), *role = json_str(ev->body, "role");
	const json_t *old = confab_change_row(c, "membership", id);

	(void)ctx;
	if (old && strcmp(json_str(old, "role") ? json_str(old, "role") : "", role) == 0) {
		return 0;
	}
	return confab_change_set(c, "membership", id,
		json_pack("{s:s,s:s}", "type", json_str(ev->body, "type"), "role", role));
}

static int drop_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	const char *id = json_str(ev->body, "channel");

	(void)ctx;
	return confab_change_row(c, "membership", id) ? confab_change_set(c, "membership", id, NULL)
						      : 0;
}

static void mention_id(const struct confab_event *ev, char out[136])
{
	snprintf(out, 136, "%s:%" PRId64, json_str(ev->body, "channel"),
		json_int(ev->body, "seq", 0));
}

static int mention_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	char id[136];

	(void)ctx;
	mention_id(ev, id);
	if (confab_change_row(c, "mention", id)) {
		return 0;
	}
	return confab_change_set(c, "mention", id,
		json_pack("{s:s,s:I,s:s}", "channel", json_str(ev->body, "channel"), "seq",
			(json_int_t)json_int(ev->body, "seq", 0), "by", json_str(ev->body, "by")));
}

static int unmention_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	char id[136];

	(void)ctx;
	mention_id(ev, id);
	return confab_change_row(c, "mention", id) ? confab_change_set(c, "mention", id, NULL) : 0;
}

static int touch_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	(void)ev;
	(void)c;
	(void)ctx;
	return 0; /* nothing: whoever waits for it waits for what is queued before it */
}

#define OWN_KIND(name_, build_, doc_) \
	{ \
		.name = (name_), .class_ = CONFAB_DURABLE, .log = CONFAB_LOG_OWN, \
		.build = (build_), .doc = (doc_) \
	}

static const struct confab_kind_row kinds[] = {
	OWN_KIND("membership.put", put_build, "A user is a member of a channel."),
	OWN_KIND("membership.drop", drop_build, "A user is no member any more."),
	OWN_KIND("mention.put", mention_build, "A message mentions a user."),
	OWN_KIND("mention.drop", unmention_build, "A mention is gone with its message."),
	OWN_KIND("own.touch", touch_build, "Waits for what is queued in a user's log."),
};

/* --- todos --------------------------------------------------------------------------------------------- */

/** One todo under way: how many of its events are not done. */
struct todo {
	struct ops *o;
	char log[CONFAB_ID_MAX + 2];
	uint64_t rev;
	unsigned n, left;
	bool failed;
};

static void todo_removed(struct confab_todo_done *call, void *arg)
{
	(void)call; /* it runs again later if it could not be removed: harmless */
	(void)arg;
}

static void todo_settle(struct todo *t)
{
	struct confab_todo_done *call;

	if (--t->left > 0) {
		return;
	}
	if (!t->failed) {
		call = store_todo_done_new(t->o->chat->store);
		call->log = confab_arena_dup(call->call.arena, t->log, strlen(t->log));
		call->rev = t->rev;
		call->n = t->n;
		store_todo_done(t->o->chat->store, call, todo_removed, NULL);
	}
	free(t);
}

/** A membership came: the user's sessions hear notices of that channel. */
static void listen_in(struct ops *o, const char *user, const char *channel)
{
	struct user *u = chat_user_find(o->chat, user);
	struct chat_log *lg = chat_log_get(o->chat, channel);

	for (struct session *s = u ? u->sessions : NULL; s; s = s->next_of_user) {
		if (s->ready && !session_level(s, lg)) {
			session_watch(s, lg, 1);
		}
	}
}

static void todo_event_done(struct confab_event *ev, void *arg)
{
	struct todo *t = arg;

	if (ev->out.is != OUTCOME_OK && strcmp(ev->out.code, "no_user") != 0) {
		t->failed = true;
	} else if (strcmp(ev->kind->row->name, "membership.put") == 0) {
		listen_in(t->o, ev->log_id + 1, json_str(ev->body, "channel"));
	}
	todo_settle(t);
}

static void each_mentioned(struct todo *t, const json_t *body, const char *kind)
{
	json_t *users = json_object_get(body, "users"), *item;
	size_t i;

	json_array_foreach(users, i, item)
	{
		const char *id = json_string_value(item);

		if (!id || *id == '@') {
			continue;
		}
		t->left++;
		pipeline_system(t->o->pl, kind, id, NULL, json_deep_copy(body), todo_event_done, t);
	}
}

void ops_todo_run(
	void *ctx, const char *log, uint64_t rev, unsigned n, const char *name, const char *text)
{
	struct ops *o = ctx;
	struct todo *t;
	json_t *body;

	if (strncmp(name, "core.", 5) != 0) {
		if (o->todo_other) {
			o->todo_other(o->todo_ctx, log, rev, n, name, text);
		}
		return;
	}
	body = json_loads(text, 0, NULL);
	t = calloc(1, sizeof(*t));
	assert(t);
	*t = (struct todo){.o = o, .rev = rev, .n = n, .left = 1};
	snprintf(t->log, sizeof(t->log), "%s", log);
	if (strcmp(name, "core.membership") == 0 || strcmp(name, "core.membership_drop") == 0) {
		t->left++;
		pipeline_system(o->pl,
			strcmp(name, "core.membership") == 0 ? "membership.put" : "membership.drop",
			json_str(body, "user"), NULL, json_incref(body), todo_event_done, t);
	} else {
		each_mentioned(t, body,
			strcmp(name, "core.mention") == 0 ? "mention.put" : "mention.drop");
	}
	json_decref(body);
	todo_settle(t);
}

/* -------------------------------------------------------------------------------------------- */

int ops_own_register(struct ops *o, struct confab_error *err)
{
	return ops_add_kinds(o, kinds, sizeof(kinds) / sizeof(kinds[0]), err);
}
