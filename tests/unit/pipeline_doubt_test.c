/**
 * pipeline/commit when the store does not know, has moved on, or knew the change already: every event
 * gets its true result, or stays unknown until it is sent again.
 *
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <confab/chat.h>
#include "base/json.h"
#include "chat/chat.h"
#include "chat/session.h"
#include "config/config.h"
#include "loop/loop.h"
#include "loop/sim.h"
#include "pipeline/change.h"
#include "pipeline/event_internal.h"
#include "pipeline/kind.h"
#include "pipeline/pipeline.h"
#include "store/memory.h"
#include "store/store.h"

/** A node without doors. */
struct world {
	struct loop *loop;
	struct memory *memory;
	struct store *store;
	struct config *config;
	struct chat *chat;
	struct pipeline *pl;
};

static struct world w;

/* What a test waits for. */
struct answer {
	bool done;
	char code[33]; /* "ok", or of the error */
	int64_t rev;
	bool again;
};

static int say_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	struct change_message m = {
		.json = json_pack("{s:s,s:s}", "text", json_str(ev->body, "text"), "cid", ev->cid),
		.sender = ev->actor.id};

	(void)ctx;
	change_message_add(c, &m);
	return 0;
}

/** Sets a row to a text; the same text once more changes nothing. */
static int set_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	const char *text = json_str(ev->body, "text");
	const json_t *old = confab_change_row(c, "pin", "1");

	(void)ctx;
	if (old && strcmp(json_str(old, "text"), text) == 0) {
		return 0;
	}
	return confab_change_set(c, "pin", "1", json_pack("{s:s}", "text", text));
}

static const struct confab_kind_row kinds[] = {
	{.name = "test.set",
		.flags = CONFAB_KIND_MAKES_LOG,
		.class_ = CONFAB_DURABLE,
		.log = CONFAB_LOG_CHANNEL,
		.build = set_build,
		.doc = "a setting"},
	{.name = "test.say",
		.flags = CONFAB_KIND_MAKES_LOG,
		.class_ = CONFAB_DURABLE,
		.log = CONFAB_LOG_CHANNEL,
		.build = say_build,
		.doc = "a message"},
	{.name = "test.note",
		.flags = CONFAB_KIND_MAKES_LOG,
		.class_ = CONFAB_DURABLE,
		.log = CONFAB_LOG_OWN,
		.build = say_build,
		.doc = "a message in the own log"},
};

/* ---- a node ---- */

static struct loop *turn_of; /* the loop that jobs run on */

struct job {
	struct mail mail;
	void (*fn)(void *arg);
	void *arg;
	bool over;
};

static void job_run(struct mail *m)
{
	struct job *job = (struct job *)m;

	job->fn(job->arg);
	job->over = true;
}

static bool is_set(void *arg)
{
	return *(bool *)arg;
}

static void until(bool *flag)
{
	assert_true(sim_run_until(sim_now_us() + 60000000, is_set, flag));
}

/** Something on the logic loop. */
static void on_loop(void (*fn)(void *arg), void *arg)
{
	struct job job = {.mail = {.run = job_run}, .fn = fn, .arg = arg};

	loop_post(turn_of, &job.mail);
	until(&job.over);
}

static void node_make(void *arg)
{
	struct confab_error err = {0};

	(void)arg;
	w.store = store_new(memory_store(), w.memory, &err);
	w.chat = chat_new(w.loop, w.store, w.config);
	w.pl = pipeline_new(w.chat, NULL);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		assert_int_equal(kind_add(w.pl->kinds, &kinds[i], NULL, NULL, "test", &err), 0);
	}
}

static void node_drop(void *arg)
{
	(void)arg;
	pipeline_free(w.pl);
	chat_free(w.chat);
	store_free(w.store);
}

static int setup(void **state)
{
	struct config_report *report = config_report_new("none");
	struct confab_error err = {0};

	(void)state;
	memset(&w, 0, sizeof(w));
	sim_begin(3);
	w.config = config_parse("none", "", 0, NULL, report);
	config_report_free(report);
	w.loop = turn_of = loop_new("logic", &err);
	w.memory = memory_new();
	assert_int_equal(loop_start(w.loop, &err), 0);
	on_loop(node_make, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	on_loop(node_drop, NULL);
	loop_stop(w.loop);
	sim_run_until(sim_now_us() + 1000, NULL, NULL);
	loop_free(w.loop);
	memory_free(w.memory);
	config_unref(w.config);
	sim_end();
	return 0;
}

/** The process ends and another one opens the same store. */
static void restart(void)
{
	on_loop(node_drop, NULL);
	on_loop(node_make, NULL);
}

static void faults(unsigned lost, unsigned applied, unsigned failed)
{
	struct memory_faults f = {.lost = lost, .applied = applied, .failed = failed};

	memory_faults_set(w.memory, &f);
}

/* ---- events ---- */

struct ask {
	const char *kind, *cid, *text;
	bool again;
	struct session *session;
	struct answer *answer;
};

static void asked(struct confab_event *ev, void *arg)
{
	struct answer *a = arg;

	snprintf(a->code, sizeof(a->code), "%s", ev->out.is == OUTCOME_OK ? "ok" : ev->out.code);
	a->rev = json_int(ev->out.ok, "rev", 0);
	a->again = json_bool(ev->out.ok, "again");
	a->done = true;
}

static void ask_start(void *arg)
{
	struct ask *ask = arg;
	struct confab_actor ann = {.kind = CONFAB_ACTOR_USER, .id = "ann", .session = ask->session};

	memset(ask->answer, 0, sizeof(*ask->answer));
	event_start(event_make(w.pl, kind_find(w.pl->kinds, ask->kind), &ann, "general",
		json_pack("{s:s,s:s,s:b}", "cid", ask->cid, "text", ask->text, "again", ask->again),
		asked, ask->answer));
}

static struct answer say(const char *cid, const char *text, bool again)
{
	struct answer answer;
	struct ask ask = {
		.kind = "test.say", .cid = cid, .text = text, .again = again, .answer = &answer};

	on_loop(ask_start, &ask);
	until(&answer.done);
	return answer;
}

static void is(struct answer a, const char *code, int64_t rev, bool again)
{
	assert_string_equal(a.code, code);
	assert_int_equal(a.rev, rev);
	assert_int_equal(a.again, again);
}

#define ONE "cid-0000000000000001"
#define TWO "cid-0000000000000002"

/* ---- tests ---- */

static void test_written_after_all(void **state)
{
	(void)state;
	is(say(ONE, "hi", false), "ok", 1, false);
	faults(0, 1000, 0);
	is(say(TWO, "ho", false), "ok", 2, false);
	faults(0, 0, 0);
	is(say(TWO, "ho", true), "ok", 2, true);
	is(say("cid-0000000000000003", "go", false), "ok", 3, false);
}

static void test_the_first_entry_of_a_log(void **state)
{
	(void)state;
	faults(0, 1000, 0);
	is(say(ONE, "hi", false), "ok", 1, false);
	assert_true(chat_log_find(w.chat, "general")->epoch[0]);
}

static bool in_doubt(void *arg)
{
	struct chat_log *lg = chat_log_find(w.chat, "general");

	(void)arg;
	return lg && lg->batch && lg->batch->asked;
}

static void test_not_written_is_tried_again(void **state)
{
	struct answer answer;
	struct ask ask = {.kind = "test.say", .cid = ONE, .text = "hi", .answer = &answer};

	(void)state;
	faults(1000, 0, 0);
	on_loop(ask_start, &ask);
	assert_true(sim_run_until(sim_now_us() + 1000000, in_doubt, NULL));
	faults(0, 0, 0);
	until(&answer.done);
	is(answer, "ok", 1, false);
}

static void test_never_written_stays_unknown(void **state)
{
	(void)state;
	faults(1000, 0, 0);
	is(say(ONE, "hi", false), "unknown", 0, false);
	faults(0, 0, 0);
	is(say(ONE, "hi", true), "ok", 1, false);
}

static void test_unreadable_stays_unknown(void **state)
{
	(void)state;
	is(say(ONE, "hi", false), "ok", 1, false);
	faults(0, 1000, 1000);
	is(say(TWO, "ho", false), "unknown", 0, false);
	faults(0, 0, 0);
	is(say(TWO, "ho", true), "ok", 2, true);
	is(say("cid-0000000000000003", "go", false), "ok", 3, false);
}

static void test_the_strand_breaks(void **state)
{
	struct answer first, second;
	struct ask one = {.kind = "test.say", .cid = ONE, .text = "hi", .answer = &first};
	struct ask two = {.kind = "test.say", .cid = TWO, .text = "ho", .answer = &second};
	struct session *s;

	(void)state;
	is(say("cid-0000000000000000", "first", false), "ok", 1, false);
	one.kind = "test.note";
	on_loop(ask_start, &one); /* makes ann's log */
	until(&first.done);
	one.kind = "test.say";
	one.session = two.session = s = session_new(chat_user_find(w.chat, "ann"), "s1", "");
	faults(1000, 0, 0);
	on_loop(ask_start, &one);
	on_loop(ask_start, &two);
	until(&first.done);
	until(&second.done);
	is(first, "unknown", 0, false);
	assert_true(strcmp(second.code, "busy") == 0 || strcmp(second.code, "unknown") == 0);
	faults(0, 0, 0);
	on_loop(ask_start, &one);
	until(&first.done);
	is(first, "ok", 2, false);
	session_end(s);
}

static void outside_done(struct confab_commit *call, void *arg)
{
	assert_string_equal(call->call.text, "");
	assert_int_equal(call->result, CONFAB_COMMIT_DONE);
	*(bool *)arg = true;
}

/** Another node writes rev 2. */
static void outside(void *arg)
{
	struct confab_commit *call = store_commit_new(w.store);
	struct confab_entry *e = confab_arena_alloc(call->call.arena, sizeof(*e));
	struct confab_row *row = confab_arena_alloc(call->call.arena, sizeof(*row));

	*row = (struct confab_row){.kind = "message",
		.id = "2",
		.rev = 2,
		.seq = 2,
		.sender = "bob",
		.body = "{\"text\":\"mine\"}",
		.body_len = 15};
	*e = (struct confab_entry){.rev = 2,
		.ts = INT64_C(1800000000000),
		.op = "message.send",
		.sender = "bob",
		.cid = "cid-of-bob-000000001",
		.result = "{\"rev\":2}",
		.seq = 2,
		.first = 1,
		.message = true,
		.rows = row,
		.n_rows = 1};
	call->log = "general";
	call->at = 1;
	call->entries = e;
	call->n = 1;
	store_commit(w.store, call, outside_done, arg);
}

static void test_moved(void **state)
{
	bool done = false;

	(void)state;
	is(say(ONE, "hi", false), "ok", 1, false);
	on_loop(outside, &done);
	until(&done);
	is(say(TWO, "ho", false), "ok", 3, false);
	assert_int_equal(chat_log_find(w.chat, "general")->seq, 3);
	assert_int_equal(w.pl->stats.moved, 1);
}

static void test_a_resend_is_looked_up(void **state)
{
	struct answer answer;
	struct ask note = {.kind = "test.note", .cid = TWO, .text = "ho", .answer = &answer};

	(void)state;
	is(say(ONE, "hi", false), "ok", 1, false);
	on_loop(ask_start, &note);
	until(&answer.done);
	is(answer, "ok", 1, false);
	restart();
	is(say(ONE, "hi", true), "ok", 1, true);
	is(say(ONE, "other", true), "conflict", 0, false);
	restart();
	is(say(ONE, "hi", false), "ok", 1, true); /* the unique key finds it, too */
	restart();
	is(say(ONE, "other", false), "conflict", 0, false);
	/* What the sender's own log remembers (a held message, a command) is found there. */
	is(say(TWO, "ho", true), "ok", 1, true);
	is(say(TWO, "other", true), "conflict", 0, false);
}

/** Three at once: the first is in flight, the other two are the next batch. */
static void set_three(void *arg)
{
	struct ask *asks = arg;

	for (int i = 0; i < 3; i++) {
		ask_start(&asks[i]);
	}
}

static void test_nothing_changed_waits_for_what_is_ahead(void **state)
{
	struct memory_faults busy = {.busy = 1000};
	struct answer a[3];
	struct ask asks[3] = {
		{.kind = "test.say", .cid = ONE, .text = "hi", .answer = &a[0]},
		{.kind = "test.set", .cid = TWO, .text = "tea", .answer = &a[1]},
		{.kind = "test.set", .cid = "cid-0000000000000003", .text = "tea", .answer = &a[2]},
	};

	(void)state;
	on_loop(set_three, asks);
	for (int i = 0; i < 3; i++) {
		until(&a[i].done);
	}
	is(a[1], "ok", 2, false);
	is(a[2], "ok", 2, false); /* and not 1, which the log was at when it was asked */
	/* If what is ahead fails, what would have been the same is not. */
	for (int i = 1; i < 3; i++) {
		asks[i].text = "coffee";
	}
	asks[0].cid = "cid-0000000000000004";
	asks[1].cid = "cid-0000000000000005";
	asks[2].cid = "cid-0000000000000006";
	memory_faults_set(w.memory, &busy);
	on_loop(set_three, asks);
	for (int i = 0; i < 3; i++) {
		until(&a[i].done);
		is(a[i], "busy", 0, false);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_written_after_all),
		TEST(test_the_first_entry_of_a_log),
		TEST(test_not_written_is_tried_again),
		TEST(test_never_written_stays_unknown),
		TEST(test_unreadable_stays_unknown),
		TEST(test_the_strand_breaks),
		TEST(test_moved),
		TEST(test_a_resend_is_looked_up),
		TEST(test_nothing_changed_waits_for_what_is_ahead),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
