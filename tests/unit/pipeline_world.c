/**
 * The node of the pipeline's tests.
 *
 * SPDX-License-Identifier: MIT
 */
#include "pipeline_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <confab/chat.h>
#include "base/json.h"
#include "base/map.h"
#include "config/config.h"
#include "pipeline/change.h"
#include "pipeline/hook.h"

#define PATIENCE_US 60000000

struct job {
	struct mail mail;
	void (*fn)(void *arg);
	void *arg;
	bool over;
};

static int say_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	struct change_message m = {
		.json = json_pack("{s:s,s:s}", "text", json_str(ev->body, "text"), "cid", ev->cid),
		.sender = ev->actor.id,
		.audience = json_str(ev->body, "audience"),
		.counts = true};

	(void)ctx;
	change_message_add(c, &m);
	return 0;
}

static int user_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	(void)ctx;
	return confab_change_set(c, "profile", ev->log_id + 1, json_object());
}

static int block_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	(void)ctx;
	return confab_change_set(c, "block", json_str(ev->body, "user"), json_object());
}

static const struct confab_kind_row kinds[] = {
	{.name = "test.say",
		.flags = CONFAB_KIND_MAKES_LOG,
		.class_ = CONFAB_DURABLE,
		.log = CONFAB_LOG_CHANNEL,
		.build = say_build,
		.doc = "a message"},
	{.name = "test.user",
		.flags = CONFAB_KIND_MAKES_LOG,
		.class_ = CONFAB_DURABLE,
		.log = CONFAB_LOG_OWN,
		.build = user_build,
		.doc = "a user"},
	{.name = "test.block",
		.class_ = CONFAB_DURABLE,
		.log = CONFAB_LOG_OWN,
		.build = block_build,
		.doc = "a block"},
};

static enum confab_verdict defer(struct confab_event *ev, void *ctx)
{
	struct pipeline_world *w = ctx;

	if (strncmp(json_str(ev->body, "text"), "wait", 4) != 0) {
		return CONFAB_PASS;
	}
	assert_in_range(w->waiting, 0, 15);
	return confab_defer(ev, w->deadline_ms, &w->tickets[w->waiting++]);
}

static void job_run(struct mail *m)
{
	struct job *job = (struct job *)m;

	job->fn(job->arg);
	job->over = true;
}

static bool is_set(void *arg)
{
	return *(const bool *)arg;
}

static void told(struct confab_event *ev, void *arg)
{
	struct told *t = arg;

	if (!t) {
		return;
	}
	snprintf(t->code, sizeof(t->code), "%s", ev->out.is == OUTCOME_OK ? "ok" : ev->out.code);
	t->rev = json_int(ev->out.ok, "rev", 0);
	t->seq = json_int(ev->out.ok, "seq", 0);
	t->again = json_bool(ev->out.ok, "again");
	t->place = ++t->w->told;
	t->done = true;
}

struct made {
	struct pipeline_world *w;
	struct net *net;
};

static void node_make(void *arg)
{
	struct made *made = arg;
	struct pipeline_world *w = made->w;
	struct confab_error err = {0};
	struct hook proto = {.row = CONFAB_DECIDE(CONFAB_MODERATE, "test.say", defer, "test"),
		.ctx = w,
		.owner = w,
		.plugin = "test"};

	w->store = store_new(memory_store(), w->memory, &err);
	w->chat = chat_new(w->loop, w->store, w->config);
	w->pl = pipeline_new(w->chat, made->net);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		assert_int_equal(kind_add(w->pl->kinds, &kinds[i], NULL, NULL, "test", &err), 0);
	}
	assert_int_equal(hook_add(w->pl->hooks, &proto, &err), 0);
}

static void node_drop(void *arg)
{
	struct pipeline_world *w = arg;

	pipeline_free(w->pl);
	chat_free(w->chat);
	store_free(w->store);
}

struct saying {
	struct pipeline_world *w;
	struct session *s;
	const char *log, *cid, *text;
	struct told *told;
};

static void say(void *arg)
{
	struct saying *it = arg;
	struct confab_actor who = {.kind = CONFAB_ACTOR_USER, .session = it->s};

	snprintf(who.id, sizeof(who.id), "%s", it->s->user->id);
	event_start(event_make(it->w->pl, kind_find(it->w->pl->kinds, "test.say"), &who, it->log,
		json_pack("{s:s,s:s,s:b}", "cid", it->cid, "text", it->text, "again",
			strncmp(it->text, "again", 5) == 0),
		told, it->told));
}

struct coming {
	struct pipeline_world *w;
	const char *user, *id;
	struct told told;
	struct session *s;
};

static void user_make(void *arg)
{
	struct coming *it = arg;
	struct confab_actor who = {.kind = CONFAB_ACTOR_USER};

	snprintf(who.id, sizeof(who.id), "%s", it->user);
	event_start(event_make(it->w->pl, kind_find(it->w->pl->kinds, "test.user"), &who, NULL,
		json_object(), told, &it->told));
}

static void block_make(void *arg)
{
	struct coming *it = arg;
	struct confab_actor who = {.kind = CONFAB_ACTOR_USER, .session = it->s};

	snprintf(who.id, sizeof(who.id), "%s", it->s->user->id);
	event_start(event_make(it->w->pl, kind_find(it->w->pl->kinds, "test.block"), &who, NULL,
		json_pack("{s:s}", "user", it->user), told, &it->told));
}

static void session_make(void *arg)
{
	struct coming *it = arg;

	it->s = session_new(chat_user_find(it->w->chat, it->user), it->id, "");
}

/* -------------------------------------------------------------------------------------------- */

void pipeline_world_begin(struct pipeline_world *w, struct loop *loop, struct net *net)
{
	struct config_report *report = config_report_new("none");
	struct confab_error err = {0};
	struct made made = {w, net};

	memset(w, 0, sizeof(*w));
	if (!loop) {
		sim_begin(5);
	}
	w->config = config_parse("none", "", 0, NULL, report);
	config_report_free(report);
	w->memory = memory_new();
	w->deadline_ms = 1000;
	w->loop = loop ? loop : loop_new("logic", &err);
	if (!loop) {
		assert_int_equal(loop_start(w->loop, &err), 0);
	}
	pipeline_world_run(w, node_make, &made);
}

static void sessions_drop(void *arg)
{
	struct pipeline_world *w = arg;
	size_t pos = 0;
	void *s;

	while (strmap_next(w->chat->sessions, &pos, NULL, &s)) {
		session_end(s);
		pos = 0; /* it took itself out */
	}
}

void pipeline_world_leave(struct pipeline_world *w)
{
	pipeline_world_run(w, sessions_drop, w);
}

void pipeline_world_end(struct pipeline_world *w, bool own_loop)
{
	pipeline_world_leave(w);
	pipeline_world_run(w, node_drop, w);
	if (own_loop) {
		loop_stop(w->loop);
		pipeline_world_pass(1);
		loop_free(w->loop);
	}
	memory_free(w->memory);
	config_unref(w->config);
	if (own_loop) {
		sim_end();
	}
}

void pipeline_world_run(struct pipeline_world *w, void (*fn)(void *arg), void *arg)
{
	struct job job = {.mail = {.run = job_run}, .fn = fn, .arg = arg};

	loop_post(w->loop, &job.mail);
	pipeline_world_until(&job.over);
}

void pipeline_world_until(const bool *flag)
{
	assert_true(sim_run_until(sim_now_us() + PATIENCE_US, is_set, (void *)(uintptr_t)flag));
}

void pipeline_world_pass(unsigned ms)
{
	(void)sim_run_until(sim_now_us() + (int64_t)ms * 1000, NULL, NULL);
}

struct session *pipeline_world_person(struct pipeline_world *w, const char *user, const char *id)
{
	struct coming it = {.w = w, .user = user, .id = id, .told = {.w = w}};

	if (!chat_user_find(w->chat, user)) {
		pipeline_world_run(w, user_make, &it);
		pipeline_world_until(&it.told.done);
		assert_string_equal(it.told.code, "ok");
	}
	pipeline_world_run(w, session_make, &it);
	return it.s;
}

void pipeline_world_block(struct pipeline_world *w, struct session *s, const char *user)
{
	struct coming it = {.w = w, .user = user, .s = s, .told = {.w = w}};

	pipeline_world_run(w, block_make, &it);
	pipeline_world_until(&it.told.done);
	assert_string_equal(it.told.code, "ok");
}

void pipeline_world_say(struct pipeline_world *w, struct session *s, const char *log,
	const char *cid, const char *text, struct told *told_)
{
	struct saying it = {w, s, log, cid, text, told_};

	*told_ = (struct told){.w = w};
	pipeline_world_run(w, say, &it);
}
