/**
 * pipeline/fanout: who gets a committed entry, whole or as a stub, at which level; on the simulated network.
 *
 * SPDX-License-Identifier: MIT
 */
#include "pipeline/fanout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/map.h"
#include "config/config.h"
#include "net_world.h"
#include "pipeline_world.h"

#define CHANGE "\"ev\":\"change\",\"channel\":\"den\""
#define NOTICE "\"ev\":\"notice\",\"channel\":\"den\""

enum { ANN, BOB, CARL, PEOPLE };

static struct world net;
static struct pipeline_world w;
static struct client clients[PEOPLE];
static struct session *people[PEOPLE];

/* What a job on the logic loop is about. */
struct step {
	unsigned who, level;
	confab_conn_id conn;
	const char *sender, *audience;
	uint64_t rev, seq, old;
};

static struct chat_log *den(void)
{
	return chat_log_get(w.chat, "den");
}

static void bind(void *arg)
{
	struct step *s = arg;

	session_bind(people[s->who], s->conn);
}

static void watch(void *arg)
{
	struct step *s = arg;

	session_watch(people[s->who], den(), s->level);
}

static void leave(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < PEOPLE; i++) {
		session_end(people[i]);
	}
}

/** Deliver an entry with one message, and one that was there before if `old` names it. */
static void deliver(void *arg)
{
	struct step *s = arg;
	char id[2][8];
	struct confab_row rows[2];
	struct confab_entry e = {.rev = s->rev,
		.op = "message.send",
		.sender = s->sender,
		.cid = "",
		.seq = s->seq,
		.message = true,
		.rows = rows,
		.n_rows = s->old ? 2 : 1};

	for (unsigned i = 0; i < e.n_rows; i++) {
		uint64_t seq = i ? s->old : s->seq;

		snprintf(id[i], sizeof(id[i]), "%u", (unsigned)seq);
		rows[i] = (struct confab_row){.kind = "message",
			.id = id[i],
			.rev = s->rev,
			.seq = seq,
			.sender = s->sender,
			.audience = s->audience,
			.body = i ? "{\"old\":true}" : "{\"text\":\"psst\"}"};
		rows[i].body_len = strlen(rows[i].body);
	}
	den()->rev = s->rev;
	den()->seq = s->seq;
	fanout_entries(w.pl->fanout, den(), s->rev - 1, &e, 1, 0);
}

static void say(uint64_t rev, const char *sender, const char *audience, uint64_t old)
{
	struct step s = {
		.rev = rev, .seq = rev + 20, .sender = sender, .audience = audience, .old = old};

	pipeline_world_run(&w, deliver, &s);
	pipeline_world_pass(20);
}

static void set_level(unsigned who, unsigned level)
{
	struct step s = {.who = who, .level = level};

	pipeline_world_run(&w, watch, &s);
	pipeline_world_pass(20);
}

static bool heard(unsigned who, const char *text)
{
	const struct buf *in = &clients[who].in;

	client_read(&clients[who]);
	return in->len && memmem(in->bytes, in->len, text, strlen(text)) != NULL;
}

static void forget(void)
{
	for (unsigned i = 0; i < PEOPLE; i++) {
		client_read(&clients[i]);
		client_forget(&clients[i]);
	}
}

static void is(unsigned who, bool whole, bool stub)
{
	assert_int_equal(heard(who, "\"text\":\"psst\""), whole);
	assert_int_equal(heard(who, "\"hidden\":true"), stub);
}

static int setup(void **state)
{
	static const char *const names[] = {"ann", "bob", "carl"};

	(void)state;
	world_begin(&net, NULL);
	pipeline_world_begin(&w, net.logic, net.net);
	for (unsigned i = 0; i < PEOPLE; i++) {
		struct step s = {.who = i};

		client_open(&net, &clients[i], NULL);
		client_upgrade(&clients[i], "");
		people[i] = pipeline_world_person(&w, names[i], names[i]);
		s.conn = net.opened[net.n_opened - 1];
		pipeline_world_run(&w, bind, &s);
	}
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pipeline_world_run(&w, leave, NULL);
	for (unsigned i = 0; i < PEOPLE; i++) {
		client_close(&clients[i]);
	}
	pipeline_world_pass(3000);
	pipeline_world_end(&w, false);
	world_end(&net);
	return 0;
}

/** The channel is there: a group of which all are members; carl came when seq was 30. */
static void make_channel(void *arg)
{
	static const char *const names[] = {"ann", "bob", "carl"};
	struct chat_log *lg = den();

	(void)arg;
	lg->state = LOG_READY;
	lg->channel = calloc(1, sizeof(*lg->channel));
	*lg->channel = (struct channel){.lg = lg,
		.type = config_type(w.config, "group"),
		.members = strmap_new(),
		.listed = true};
	for (unsigned i = 0; i < PEOPLE; i++) {
		struct member *m = calloc(1, sizeof(*m) + 8);

		strcpy(m->user, names[i]);
		strcpy(m->role, i == ANN ? "owner" : "member");
		m->joined = true;
		m->floor = i == CARL ? 30 : 0;
		strmap_put(lg->channel->members, m->user, m);
	}
}

static void make_and_watch(void)
{
	pipeline_world_run(&w, make_channel, NULL);
	for (unsigned i = 0; i < PEOPLE; i++) {
		set_level(i, SUB_WATCH);
	}
}

static void test_levels(void **state)
{
	(void)state;
	set_level(ANN, SUB_WATCH);
	set_level(BOB, SUB_NOTICE);
	say(1, "dora", NULL, 0);
	assert_true(heard(ANN, CHANGE) && !heard(ANN, NOTICE));
	assert_true(heard(BOB, NOTICE) && !heard(BOB, CHANGE));
	assert_false(heard(CARL, "den"));
	set_level(ANN, SUB_NONE);
	set_level(CARL, SUB_FOCUS);
	forget();
	say(2, "dora", NULL, 0);
	assert_false(heard(ANN, "den"));
	assert_true(heard(CARL, "\"prev\":1,\"rev\":2"));
	assert_false(heard(BOB, NOTICE)); /* at most one a second */
	pipeline_world_pass(1000);
	assert_true(heard(BOB, NOTICE));
}

static void test_an_audience_of_users(void **state)
{
	(void)state;
	make_and_watch();
	say(10, "ann", "{\"users\":[\"bob\"]}", 0);
	is(ANN, true, false); /* its author */
	is(BOB, true, false);
	is(CARL, false, true);
	assert_false(heard(CARL, "\"ann\"")); /* nobody sees whose it is */
}

static void test_an_audience_of_roles(void **state)
{
	(void)state;
	make_and_watch();
	say(10, "bob", "{\"roles\":[\"owner\"]}", 0);
	is(ANN, true, false);
	is(BOB, true, false);
	is(CARL, false, true);
	forget();
	say(11, "bob", "{\"author\":true}", 0);
	is(ANN, false, true);
	is(BOB, true, false);
}

static void test_who_blocks_the_author_gets_a_stub(void **state)
{
	(void)state;
	make_and_watch();
	pipeline_world_block(&w, people[BOB], "ann");
	say(10, "ann", NULL, 0);
	is(BOB, false, true);
	is(CARL, true, false);
	forget();
	say(11, "carl", NULL, 0);
	is(BOB, true, false);
}

static void test_what_was_before_is_a_stub_to_a_newcomer(void **state)
{
	(void)state;
	make_and_watch();
	say(11, "ann", NULL, 12); /* a reply, seq 31, and its parent */
	is(BOB, true, false);
	assert_true(heard(BOB, "\"old\":true"));
	is(CARL, true, true);
	assert_false(heard(CARL, "\"old\":true"));
}

static void test_one_connection_gets_an_event_for_itself(void **state)
{
	(void)state;
	make_and_watch();
	fanout_to(w.pl->fanout, people[BOB], json_pack("{s:s}", "ev", "note"));
	pipeline_world_pass(20);
	assert_true(heard(BOB, "note"));
	assert_false(heard(ANN, "note"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
		T(test_levels),
		T(test_an_audience_of_users),
		T(test_an_audience_of_roles),
		T(test_who_blocks_the_author_gets_a_stub),
		T(test_what_was_before_is_a_stub_to_a_newcomer),
		T(test_one_connection_gets_an_event_for_itself),
	};

	return cmocka_run_group_tests_name("pipeline fanout", tests, NULL, NULL);
}
