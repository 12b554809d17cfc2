/**
 * The core's todos. Each asks the channel how things stand *now*, so that running one twice, late or out
 * of order does no harm: it brings the truth of the moment, and a later change brings its own todo.
 *
 *      core.membership    what a channel says of a user, into the user's own log
 *      core.mention       personal mentions, into the mentioned users' logs; core.unmention out again
 *      core.invite        an invitation of a channel, into the invited user's own log
 *      core.channel_gone  the memberships and invitations of a channel that was deleted, page by page
 *      core.purge         messages below the channel's `first`
 *
 * A todo that could not be done is put off, each time longer. It falls due ten seconds after its commit:
 * whoever committed runs it at once, and only what is still there then was left by a crash.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ops/todo.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <confab/provider/store.h>
#include "base/clock.h"
#include "base/ids.h"
#include "base/json.h"
#include "base/json_read.h"
#include "base/log.h"
#include "chat/channel.h"
#include "chat/permit.h"
#include "chat/row.h"
#include "chat/session.h"
#include "ops/ops_internal.h"
#include "ops/page.h"
#include "pipeline/event_internal.h"
#include "pipeline/kind.h"
#include "store/store.h"

#define SWEEP_US 3000000
#define LEASE_MS 10000
#define AT_ONCE 100
#define GONE_PAGE 100
#define BACKOFF_MS 5000
#define BACKOFF_DOUBLINGS 8
#define NOBODY_MS 60000 /* it belongs to a plugin that is not here */

/** One todo under way. */
struct todo {
	struct log_waiter waiter;
	struct ops *o;
	struct chat_log *lg; /* the channel it is about, pinned, or NULL */
	json_t *body;
	unsigned left; /* events and calls that are not done, and whoever begins them */
	unsigned n, attempts;
	uint64_t rev;
	bool failed, more;
	bool invites; /* core.channel_gone: members are done, now who is invited */
	char log[CONFAB_ID_MAX + 2];
	char after[132]; /* core.channel_gone: the last member of the page before */
};

struct todos {
	struct ops *o;
	struct timer timer;
	unsigned calls; /* under way */
	bool stopped;
	char holder[28];
};

/* --- the end of a todo ---------------------------------------------------------------------------------- */

static void written(struct confab_todo_done *call, void *arg)
{
	(void)call; /* what could not be written is met again when it is due */
	(void)arg;
}

/** Remove it, or put it off until again_ms. */
static void todo_write(struct ops *o, const char *log, uint64_t rev, unsigned n, int64_t again_ms)
{
	struct confab_todo_done *call = store_todo_done_new(o->chat->store);

	call->log = confab_arena_dup(call->call.arena, log, strlen(log));
	call->rev = rev;
	call->n = n;
	call->again_ms = again_ms;
	store_todo_done(o->chat->store, call, written, NULL);
}

static void gone_page(struct todo *t);

static void todo_settle(struct todo *t)
{
	unsigned doublings = t->attempts < BACKOFF_DOUBLINGS ? t->attempts : BACKOFF_DOUBLINGS;

	if (--t->left > 0) {
		return;
	}
	if (t->more && !t->failed) {
		t->left = 1;
		gone_page(t);
		return;
	}
	todo_write(t->o, t->log, t->rev, t->n,
		t->failed ? clock_real_ms() + ((int64_t)BACKOFF_MS << doublings) : 0);
	if (t->lg) {
		chat_log_unpin(t->lg);
	}
	json_decref(t->body);
	free(t);
}

static void event_done(struct confab_event *ev, void *arg)
{
	struct todo *t = arg;

	if (ev->out.is != OUTCOME_OK && strcmp(ev->out.code, "no_user") != 0) {
		t->failed = true;
	} else if (strcmp(ev->kind->row->name, "membership.put") == 0) {
		ops_listen_in(t->o, ev->log_id + 1, json_str(ev->body, "channel"));
	}
	todo_settle(t);
}

static void start(struct todo *t, const char *kind, const char *user, json_t *body)
{
	t->left++;
	pipeline_system(t->o->pl, kind, user, NULL, body, event_done, t);
}

/* --- what they do --------------------------------------------------------------------------------------- */

static void membership(struct todo *t)
{
	const char *user = json_str(t->body, "user");
	const struct channel *ch = t->lg->state == LOG_READY ? t->lg->channel : NULL;
	const struct member *m = ch && user ? permit_member(ch, user) : NULL;

	if (!user) {
		return;
	}
	if (m && m->joined && !ch->deleted) {
		start(t, "membership.put", user,
			json_pack("{s:s,s:s,s:s,s:s,s:I,s:I,s:I}", "user", user, "channel",
				t->lg->id, "type", channel_type_name(ch), "role", m->role, "seq",
				(json_int_t)json_int(t->body, "seq", 0), "ord",
				(json_int_t)json_int(t->body, "ord", 0), "all",
				(json_int_t)json_int(t->body, "all", 0)));
	} else {
		start(t, "membership.drop", user,
			json_pack("{s:s,s:s}", "user", user, "channel", t->lg->id));
	}
}

static void mentions(struct todo *t, const char *kind)
{
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(t->body, "users"), i, item)
	{
		const char *id = json_string_value(item);

		if (id && *id != '@') {
			start(t, kind, id, json_deep_copy(t->body));
		}
	}
}

static void gone_read(struct confab_row_list *call, void *arg)
{
	struct todo *t = arg;

	t->failed |= call->call.rc != 0;
	t->more = !call->call.rc && call->more && call->n;
	for (size_t i = 0; !call->call.rc && i < call->n; i++) {
		start(t, t->invites ? "invite.drop" : "membership.drop", call->rows[i].id,
			json_pack("{s:s,s:s}", "user", call->rows[i].id, "channel", call->log));
		snprintf(t->after, sizeof(t->after), "%s", call->rows[i].id);
	}
	if (!t->more && !t->invites) {
		t->more = t->invites = true;
		t->after[0] = '\0';
	}
	todo_settle(t);
}

/** The next members of a channel that was deleted, then the next of those who are invited. */
static void gone_page(struct todo *t)
{
	struct confab_row_list *call = store_list_new(t->o->chat->store);

	call->log = confab_arena_dup(call->call.arena, t->lg->id, strlen(t->lg->id));
	call->kind = t->invites ? "invite" : "member";
	call->after = confab_arena_dup(call->call.arena, t->after, strlen(t->after));
	call->limit = GONE_PAGE;
	store_list(t->o->chat->store, call, gone_read, t);
}

static void invite_read(struct confab_row_get *call, void *arg)
{
	struct todo *t = arg;
	const struct channel *ch = t->lg->channel;
	const struct confab_row *row = call->call.rc ? NULL : &call->rows[0];
	json_t *body = row && row->kind && !row->gone ? json_read(row->body, row->body_len) : NULL;
	bool holds = body && ch && !ch->deleted;

	t->failed |= call->call.rc != 0;
	if (holds) {
		json_t *about = row_json(row_find(t->lg, "channel", t->lg->id));

		json_object_set(body, "name", json_object_get(about, "name"));
		json_object_set_new(body, "type", json_string(channel_type_name(ch)));
		json_object_set_new(body, "channel", json_string(t->lg->id));
		json_decref(about);
	}
	if (row) {
		start(t, holds ? "invite.put" : "invite.drop", json_str(t->body, "user"),
			holds ? json_incref(body) : json_pack("{s:s}", "channel", t->lg->id));
	}
	json_decref(body);
	todo_settle(t);
}

static void invite(struct todo *t)
{
	t->left++;
	page_row_get(t->o, t->lg->id, "invite", json_str(t->body, "user"), invite_read, t);
}

/** In a direct channel: the blocker's member row says so too. */
static void blocks(struct todo *t)
{
	if (t->lg->state == LOG_READY) {
		t->left++;
		pipeline_system(t->o->pl, "member.blocks", NULL, t->lg->id, json_incref(t->body),
			event_done, t);
	}
}

static void purged(struct confab_purge *call, void *arg)
{
	struct todo *t = arg;

	t->failed |= call->call.rc != 0;
	if (!call->call.rc) {
		log_info("log '%s', purged (%llu messages)", call->log,
			(unsigned long long)call->removed);
	}
	todo_settle(t);
}

static void purge(struct todo *t)
{
	struct confab_purge *call = store_purge_new(t->o->chat->store);

	t->left++;
	call->log = confab_arena_dup(call->call.arena, t->lg->id, strlen(t->lg->id));
	call->first = (uint64_t)json_int(t->body, "first", 0);
	store_purge(t->o->chat->store, call, purged, t);
}

/** The todos of the core: what they do once their channel is in memory. */
static const struct {
	const char *name;
	void (*run)(struct todo *t);
} about_channels[] = {
	{"core.membership", membership},
	{"core.invite", invite},
	{"core.channel_gone", gone_page},
	{"core.purge", purge},
	{"core.block", blocks},
};

/** The channel is there: find by the name in the body what to do. */
static void channel_loaded(struct log_waiter *w, int rc)
{
	struct todo *t = (struct todo *)((char *)w - offsetof(struct todo, waiter));
	const char *name = json_str(t->body, "todo");

	t->failed |= rc != 0;
	for (size_t i = 0; !rc && i < sizeof(about_channels) / sizeof(about_channels[0]); i++) {
		if (strcmp(name, about_channels[i].name) == 0) {
			t->left += about_channels[i].run == gone_page;
			about_channels[i].run(t);
		}
	}
	todo_settle(t);
}

static void run_core(struct ops *o, const struct confab_todo *todo)
{
	struct todo *t = calloc(1, sizeof(*t));
	const char *channel;

	assert(t);
	t->o = o;
	t->rev = todo->rev;
	t->n = todo->n;
	t->attempts = todo->attempts;
	t->left = 1;
	snprintf(t->log, sizeof(t->log), "%s", todo->log);
	t->body = json_loads(todo->body, 0, NULL);
	channel = json_str(t->body, "channel");
	if (strcmp(todo->name, "core.mention") == 0) {
		mentions(t, "mention.put");
		todo_settle(t);
	} else if (strcmp(todo->name, "core.unmention") == 0) {
		mentions(t, "mention.drop");
		todo_settle(t);
	} else if (!channel) {
		todo_settle(t); /* nothing to do, ever */
	} else {
		json_object_set_new(t->body, "todo", json_string(todo->name));
		t->lg = chat_log_get(o->chat, channel);
		chat_log_pin(t->lg);
		t->waiter.fn = channel_loaded;
		if (chat_log_load(t->lg, &t->waiter)) {
			channel_loaded(&t->waiter, 0);
		}
	}
}

/* --- the sweep ------------------------------------------------------------------------------------------ */

static void sweep(void *arg);

static void sweep_over(struct todos *t)
{
	if (--t->calls == 0 && t->stopped) {
		free(t);
	} else if (!t->stopped) {
		timer_start(t->o->chat->loop, &t->timer, SWEEP_US);
	}
}

static void due_read(struct confab_todos *call, void *arg)
{
	struct todos *t = arg;

	for (size_t i = 0; !call->call.rc && !t->stopped && i < call->n; i++) {
		log_info("log '%s', todo '%s' of rev %llu was left undone and is run now",
			call->todos[i].log, call->todos[i].name,
			(unsigned long long)call->todos[i].rev);
		ops_todo_run(t->o, &call->todos[i]);
	}
	sweep_over(t);
}

static void lease_read(struct confab_lease *call, void *arg)
{
	struct todos *t = arg;
	struct confab_todos *due;

	if (call->call.rc || !call->held || t->stopped) {
		sweep_over(t);
		return;
	}
	due = store_todos_new(t->o->chat->store);
	due->due_before_ms = call->now_ms;
	due->limit = AT_ONCE;
	store_todos(t->o->chat->store, due, due_read, t);
}

static void sweep(void *arg)
{
	struct todos *t = arg;
	struct confab_lease *call = store_lease_new(t->o->chat->store);

	t->calls++;
	call->name = "core.todos";
	call->holder = confab_arena_dup(call->call.arena, t->holder, strlen(t->holder));
	call->ttl_ms = LEASE_MS;
	store_lease(t->o->chat->store, call, lease_read, t);
}

/* -------------------------------------------------------------------------------------------- */

void ops_listen_in(struct ops *o, const char *user, const char *channel)
{
	struct user *u = chat_user_find(o->chat, user);
	struct chat_log *lg = chat_log_get(o->chat, channel);

	for (struct session *s = u ? u->sessions : NULL; s; s = s->next_of_user) {
		if (s->ready && !session_level(s, lg)) {
			session_watch(s, lg, SUB_NOTICE);
		}
	}
}

void ops_todo_run(void *ctx, const struct confab_todo *todo)
{
	struct ops *o = ctx;

	if (strncmp(todo->name, "core.", 5) == 0) {
		run_core(o, todo);
	} else if (!o->todo_other || !o->todo_other(o->todo_ctx, todo)) {
		todo_write(o, todo->log, todo->rev, todo->n, clock_real_ms() + NOBODY_MS);
	}
}

struct todos *todos_start(struct ops *o)
{
	struct todos *t = calloc(1, sizeof(*t));

	assert(t);
	t->o = o;
	id_random(t->holder, 26);
	timer_init(&t->timer, sweep, t);
	sweep(t);
	return t;
}

void todos_stop(struct todos *t)
{
	if (!t) {
		return;
	}
	timer_stop(&t->timer);
	t->stopped = true;
	if (!t->calls) {
		free(t);
	}
}
