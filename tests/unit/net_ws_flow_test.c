/**
 * WebSockets among many: fan-out, slow readers, order, stale ids, limits, pings, closing.
 *
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "loop/sim.h"
#include "net/frame.h"
#include "net_world.h"

#define TOPIC 7u
#define WATCHERS (1u << SUB_WATCH | 1u << SUB_FOCUS)

/** What is done on the logic loop, where net_subscribe and net_deliver belong. */
struct job {
	struct mail mail;
	void (*fn)(struct world *w, const void *arg);
	struct world *w;
	const void *arg;
	unsigned done;
};

static void job_run(struct mail *m)
{
	struct job *j = (struct job *)(void *)m;

	j->fn(j->w, j->arg);
	j->done = 1;
}

static void on_logic(struct world *w, void (*fn)(struct world *w, const void *arg), const void *arg)
{
	struct job j = {.mail.run = job_run, .fn = fn, .w = w, .arg = arg};

	loop_post(w->logic, &j.mail);
	world_until(&j.done, 1);
}

static void subscribe_all(struct world *w, const void *arg)
{
	const struct subscription *sub = arg;

	for (unsigned i = 0; i < w->n_opened; i++)
		net_subscribe(w->net, w->opened[i], sub);
}

static void unsubscribe_all(struct world *w, const void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < w->n_opened; i++)
		net_unsubscribe(w->net, w->opened[i], TOPIC);
}

/** Deliver to everybody who watches; arg: full text. */
static void deliver_text(struct world *w, const void *arg)
{
	struct frame *f = frame_new(arg, strlen(arg));
	const struct delivery d = {
		.topic = TOPIC, .levels = WATCHERS, .everybody = true, .full = f};

	(void)net_deliver(w->net, &d);
	frame_unref(f);
}

static void deliver_given(struct world *w, const void *arg)
{
	(void)net_deliver(w->net, arg);
}

static void a_thousand_subscribers_get_a_frame_each(void **state)
{
	static struct client clients[1000];
	struct subscription sub = {.topic = TOPIC, .level = SUB_WATCH};
	struct world w;
	struct net_stats stats;

	(void)state;
	world_begin(&w, NULL);
	for (unsigned i = 0; i < 1000; i++) {
		client_open(&w, &clients[i], NULL);
		client_upgrade(&clients[i],
			i % 2 ? "" : "Sec-WebSocket-Extensions: permessage-deflate\r\n");
	}
	on_logic(&w, subscribe_all, &sub);
	for (int n = 0; n < 3; n++)
		on_logic(&w, deliver_text, "news for everybody");
	world_pass(100);
	net_stats(w.net, &stats);
	assert_int_equal(stats.subscriptions, 1000);
	assert_int_equal(stats.websocket, 1000);
	assert_int_equal(stats.deliveries, 3 * WORLD_IO);
	for (unsigned i = 0; i < 1000; i++) {
		assert_int_equal(clients[i].in.len, 3 * (2 + 18));
		assert_memory_equal(clients[i].in.bytes + 2, "news for everybody", 18);
	}
	on_logic(&w, unsubscribe_all, NULL);
	world_pass(100);
	on_logic(&w, deliver_text, "nobody hears this");
	world_pass(100);
	net_stats(w.net, &stats);
	assert_int_equal(stats.deliveries, 3 * WORLD_IO);
	assert_int_equal(stats.subscriptions, 0);
	for (unsigned i = 0; i < 1000; i++)
		client_close(&clients[i]);
	world_pass(5000);
	assert_int_equal(w.n_closed, 1000);
	world_end(&w);
}

static void who_sees_what(void **state)
{
	/* Four readers: a plain one, one with class bit 2, one that joined at 50, one at notice. */
	static const struct subscription subs[] = {
		{.topic = TOPIC, .level = SUB_WATCH},
		{.topic = TOPIC, .level = SUB_FOCUS, .class_bits = 2},
		{.topic = TOPIC, .level = SUB_WATCH, .floor = 50},
		{.topic = TOPIC, .level = SUB_NOTICE},
	};
	static const struct {
		bool everybody;
		uint32_t class_bits;
		uint64_t seq_low;
		int except, only; /* -1: none */
		const char *seen; /* F full, S stub, - nothing */
	} rows[] = {
		{true, 0, 60, -1, -1, "FFF-"},
		{true, 0, 40, -1, -1, "FFS-"},
		{true, 0, 60, 1, -1, "FSF-"},
		{false, 2, 60, -1, -1, "SFS-"},
		{false, 4, 60, -1, 0, "FSS-"},
		{false, 2, 60, 1, 2, "SSF-"},
		{false, 0, 40, -1, 2, "SSS-"},
	};
	struct client c[4];
	struct world w;

	(void)state;
	world_begin(&w, NULL);
	for (unsigned i = 0; i < 4; i++) {
		client_open(&w, &c[i], NULL);
		client_upgrade(&c[i], "");
		net_subscribe(w.net, w.opened[i], &subs[i]);
	}
	for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
		struct frame *full = frame_new("F", 1), *stub = frame_new("S", 1);
		struct delivery d = {
			.topic = TOPIC,
			.levels = WATCHERS,
			.everybody = rows[r].everybody,
			.class_bits = rows[r].class_bits,
			.seq_low = rows[r].seq_low,
			.full = full,
			.stub = stub,
			.except = rows[r].except >= 0 ? &w.opened[rows[r].except] : NULL,
			.n_except = rows[r].except >= 0,
			.only = rows[r].only >= 0 ? &w.opened[rows[r].only] : NULL,
			.n_only = rows[r].only >= 0,
		};

		on_logic(&w, deliver_given, &d);
		frame_unref(full);
		frame_unref(stub);
		world_pass(10);
		for (unsigned i = 0; i < 4; i++) {
			char seen = c[i].in.len == 3 ? c[i].in.bytes[2] : '-';

			if (seen != rows[r].seen[i])
				fail_msg("row %zu, reader %u saw %c", r, i, seen);
			client_forget(&c[i]);
		}
	}
	for (unsigned i = 0; i < 4; i++)
		client_close(&c[i]);
	world_end(&w);
}

static void a_slow_reader_loses_events_and_hears_of_it(void **state)
{
	static char big[4096];
	struct subscription sub = {.topic = TOPIC, .level = SUB_WATCH};
	struct client slow, quick;
	struct net_stats stats;
	struct world w;

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	world_begin(&w, NULL);
	client_open(&w, &slow, &(struct memory_options){.window = 8192});
	client_upgrade(&slow, "");
	client_open(&w, &quick, NULL);
	client_upgrade(&quick, "");
	on_logic(&w, subscribe_all, &sub);
	slow.lazy = true;
	for (int i = 0; i < 100; i++) {
		on_logic(&w, deliver_text, big);
		/* Replies are never dropped, whatever happens to events. */
		if (i % 10 == 0)
			world_answer(&w, w.opened[0], 0, "REPLY");
		world_pass(1);
	}
	net_stats(w.net, &stats);
	assert_in_range(stats.events_dropped, 60, 99);
	assert_in_range(stats.queue_bytes, 1, 65536 + 8192);
	assert_int_equal(w.n_drained, 0);
	slow.lazy = false;
	client_read(&slow);
	world_until(&w.n_drained, 1);
	assert_int_equal(w.drained[0], TOPIC);
	world_pass(50);
	net_stats(w.net, &stats);
	assert_int_equal(stats.queue_bytes, 0);
	unsigned replies = 0;

	for (size_t i = 0; i + 5 <= slow.in.len; i++)
		replies += memcmp(slow.in.bytes + i, "REPLY", 5) == 0;
	assert_int_equal(replies, 10);
	assert_int_equal(quick.in.len, 100 * (4 + 4095));
	/* And it is a reader like the others again. */
	client_forget(&slow);
	on_logic(&w, deliver_text, "after");
	client_expect(&slow, "after");
	client_close(&slow);
	client_close(&quick);
	world_end(&w);
}

static void who_takes_no_byte_is_closed(void **state)
{
	static char big[50000];
	struct client c;
	struct world w;

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	world_begin(&w, NULL);
	client_open(&w, &c, &(struct memory_options){.window = 4096});
	client_upgrade(&c, "");
	c.lazy = true;
	world_answer(&w, w.opened[0], 0, big);
	world_pass(28000);
	assert_int_equal(w.n_closed, 0);
	world_pass(4000);
	assert_int_equal(w.n_closed, 1);
	assert_int_equal(w.closed_code, 4408);
	client_close(&c);
	world_end(&w);
}

static void too_many_replies_stop_the_reading(void **state)
{
	static char big[40000];
	struct client c;
	struct world w;

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	world_begin(&w, NULL);
	client_open(&w, &c, &(struct memory_options){.window = 4096});
	client_upgrade(&c, "");
	c.lazy = true;
	for (int i = 0; i < 3; i++)
		world_answer(&w, w.opened[0], 0, big);
	world_pass(10);
	client_text(&c, "take");
	world_pass(100);
	assert_int_equal(w.n_taken, 0);
	c.lazy = false;
	client_read(&c);
	world_until(&w.n_taken, 1);
	client_close(&c);
	world_end(&w);
}

static void thirty_two_requests_wait_no_more(void **state)
{
	struct client c;
	struct net_stats stats;
	struct world w;

	(void)state;
	world_begin(&w, NULL);
	client_open(&w, &c, NULL);
	client_upgrade(&c, "");
	for (int i = 0; i < 40; i++)
		client_text(&c, "take");
	world_pass(50);
	assert_int_equal(w.n_taken, 32);
	world_answer(&w, w.opened[0], 0, "one");
	world_answer(&w, w.opened[0], 0, "two");
	world_pass(50);
	assert_int_equal(w.n_taken, 34);
	net_stats(w.net, &stats);
	assert_int_equal(stats.in_flight, 32);
	/* Who leaves is seen when it is read again. */
	client_close(&c);
	for (int i = 0; i < 10; i++)
		world_answer(&w, w.opened[0], 0, "late");
	world_pass(100);
	net_stats(w.net, &stats);
	assert_int_equal(stats.in_flight, 0);
	world_end(&w);
}

/** A reply, then a subscription, then a delivery: the client sees the first and the last. */
static void reply_subscribe_deliver(struct world *w, const void *arg)
{
	struct subscription sub = {.topic = TOPIC, .level = SUB_WATCH};

	deliver_text(w, "early");
	world_answer(w, w->opened[0], 0, "reply");
	net_subscribe(w->net, w->opened[0], &sub);
	deliver_text(w, arg);
	net_send(w->net, w->opened[0], frame_new("own", 3), TOPIC);
	net_unsubscribe(w->net, w->opened[0], TOPIC);
	deliver_text(w, "late");
	net_close(w->net, w->opened[0], 4403, "enough");
	world_answer(w, w->opened[0], 0, "never");
}

static void what_logic_says_comes_in_order(void **state)
{
	struct client c;
	struct world w;

	(void)state;
	world_begin(&w, NULL);
	client_open(&w, &c, NULL);
	client_upgrade(&c, "");
	on_logic(&w, reply_subscribe_deliver, "delivered");
	assert_true(client_ends(&c, 1000));
	static const char expect[] = "\x81\x05reply\x81\x09"
				     "delivered\x81\x03own\x88\x08\x11\x33"
				     "enough";

	assert_int_equal(c.in.len, sizeof(expect) - 1);
	assert_memory_equal(c.in.bytes, expect, c.in.len);
	assert_int_equal(w.n_closed, 1);
	assert_int_equal(w.closed_code, 4403);
	client_close(&c);
	/* Its number is nobody's now, also when its slot is used again. */
	client_open(&w, &c, NULL);
	client_upgrade(&c, "");
	world_answer(&w, w.opened[0], 0, "stale");
	world_answer(&w, w.opened[1], 0, "fresh");
	client_expect(&c, "fresh");
	assert_int_equal(c.in.len, 7);
	client_close(&c);
	world_end(&w);
}

static void silence_is_asked_and_given_up(void **state)
{
	struct client c;
	struct world w;

	(void)state;
	world_begin(&w, NULL);
	client_open(&w, &c, NULL);
	client_upgrade(&c, "");
	world_pass(44000);
	assert_int_equal(c.in.len, 0);
	world_pass(2000);
	assert_int_equal(c.in.len, 2);
	assert_memory_equal(c.in.bytes, "\x89\x00", 2);
	client_say(&c, "\x8A\x80\x01\x02\x03\x04"); /* pong */
	world_pass(98000);
	assert_int_equal(w.n_closed, 0);
	world_pass(4000);
	assert_int_equal(w.n_closed, 1);
	assert_int_equal(w.closed_code, 1006);
	client_close(&c);
	world_end(&w);
}

static void codecs_and_peers_close_with_their_codes(void **state)
{
	static const struct {
		const char *said;
		size_t len;
		uint16_t code;
		const char *answer;
		size_t answer_len;
	} rows[] = {
		{"\x88\x82\0\0\0\0\x03\xE8", 8, 1000, "\x88\x02\x03\xE8", 4},
		{"\x88\x80\0\0\0\0", 6, 1005, "\x88\x00", 2},
		{"\x81\x85\0\0\0\0close", 11, 4401, "\x88\x09\x11\x31go away", 11},
		{"\x81\x05", 2, 1002, "\x88", 1},
		{"\x81\x82\0\0\0\0\xC3\x28", 8, 1007, "\x88", 1},
		{"\x82\xFE\0\0\0\0\0\0\x83", 9, 1002, "\x88", 1},
		{"\x82\xFF\0\0\0\0\0\x10\0\0\0\0\0\0", 14, 1009, "\x88", 1},
	};
	struct world w;

	(void)state;
	world_begin(&w, NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct client c;

		client_open(&w, &c, NULL);
		client_upgrade(&c, "");
		client_send(&c, rows[i].said, rows[i].len);
		if (rows[i].code == 1002 && rows[i].len == 9)
			memory_finish(c.end); /* a length not in its shortest form may be more */
		assert_true(client_ends(&c, 5000));
		if (rows[i].len != 9) {
			assert_in_range(c.in.len, rows[i].answer_len, 200);
			assert_memory_equal(c.in.bytes, rows[i].answer, rows[i].answer_len);
			assert_int_equal(w.closed_code, rows[i].code);
		}
		assert_int_equal(w.n_closed, i + 1);
		client_close(&c);
	}
	world_end(&w);
}

static void meters_slow(struct net_limits *l)
{
	l->conn_frames = (struct net_rate){.burst = 10, .per_second = 100};
	l->ping_ms = 100000;
}

static void who_is_too_quick_is_read_later_not_dropped(void **state)
{
	struct client c;
	struct world w;
	int64_t began_us;

	(void)state;
	world_begin(&w, meters_slow);
	client_open(&w, &c, NULL);
	client_upgrade(&c, "");
	began_us = sim_now_us();
	for (int i = 0; i < 110; i++)
		client_text(&c, "x");
	while (c.in.len < 110 * 3 && sim_now_us() - began_us < 5000000)
		world_pass(10);
	assert_int_equal(c.in.len, 110 * 3);
	assert_in_range(sim_now_us() - began_us, 900000, 2500000);
	client_close(&c);
	world_end(&w);
}

static void stopped(void *arg)
{
	*(unsigned *)arg = 1;
}

static void stopping_says_goodbye_to_all(void **state)
{
	struct client c[3];
	struct world w;
	unsigned done = 0;

	(void)state;
	world_begin(&w, NULL);
	for (int i = 0; i < 3; i++) {
		client_open(&w, &c[i], NULL);
		client_upgrade(&c[i], "");
	}
	net_stop(w.net, 3000, stopped, &done);
	for (int i = 0; i < 3; i++) {
		assert_true(client_ends(&c[i], 2000));
		assert_memory_equal(c[i].in.bytes + 2, "\x03\xE9", 2);
		client_close(&c[i]);
	}
	world_until(&done, 1);
	assert_int_equal(w.closed_code, 1001);
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thousand_subscribers_get_a_frame_each),
		cmocka_unit_test(who_sees_what),
		cmocka_unit_test(a_slow_reader_loses_events_and_hears_of_it),
		cmocka_unit_test(who_takes_no_byte_is_closed),
		cmocka_unit_test(too_many_replies_stop_the_reading),
		cmocka_unit_test(thirty_two_requests_wait_no_more),
		cmocka_unit_test(what_logic_says_comes_in_order),
		cmocka_unit_test(silence_is_asked_and_given_up),
		cmocka_unit_test(codecs_and_peers_close_with_their_codes),
		cmocka_unit_test(who_is_too_quick_is_read_later_not_dropped),
		cmocka_unit_test(stopping_says_goodbye_to_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
