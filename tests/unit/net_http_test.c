/**
 * HTTP on connections: routes, order, refusals, bodies, clocks, streams, who may come.
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

#include "net_world.h"

struct exchange {
	const char *request;
	const char *expect[4]; /* all of them, in any order */
	const char *never;
};

#define HOST "Host: chat.test\r\n"

static const struct exchange exchanges[] = {
	{"GET /now/a HTTP/1.1\r\n" HOST "\r\n", {"200 OK", "[GET a 127.0.0.1 - ]"}, "close"},
	{"GET /now/a%20b HTTP/1.1\r\n" HOST "Authorization: Bearer t0k\r\n\r\n",
		{"[GET a b 127.0.0.1 t0k ]", "nosniff"}, NULL},
	{"HEAD /now/a HTTP/1.1\r\n" HOST "\r\n", {"200 OK", "Content-Length: 21"}, "[HEAD"},
	{"POST /now/x HTTP/1.1\r\n" HOST "Content-Length: 4\r\n\r\nbody",
		{"[POST x 127.0.0.1 - body]"}, NULL},
	{"POST /now/x HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n2\r\ndy\r\n0"
	 "\r\n\r\n",
		{"[POST x 127.0.0.1 - body]"}, NULL},
	{"POST /now/x HTTP/1.1\r\n" HOST "Content-Length: 101\r\n\r\n",
		{"413 ", "Connection: close", "\"code\":\"too_big\""}, NULL},
	{"POST /now/x HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 2\r\n\r\nhi",
		{"100 Continue\r\n\r\nHTTP/1.1 200 OK", "- hi]"}, NULL},
	{"GET /nothing HTTP/1.1\r\n" HOST "\r\n", {"404 ", "\"retry\":\"never\""}, "close"},
	{"PUT /now/a HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n",
		{"405 ", "Allow: GET, HEAD, POST, OPTIONS\r\n"}, NULL},
	{"BREW /now/a HTTP/1.1\r\n" HOST "\r\n", {"501 "}, NULL},
	{"GET /now/../a HTTP/1.1\r\n" HOST "\r\n", {"400 "}, NULL},
	{"GET /now/a HTTP/1.1\r\n\r\n", {"400 ", "Connection: close"}, NULL},
	{"GET /now/a HTTP/1.0\r\n\r\n", {"200 OK", "Connection: close"}, NULL},
	{"GET /now/a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
		{"200 OK", "Connection: keep-alive"}, NULL},
	{"GET /now/a HTTP/1.1\r\n" HOST "Origin: https://chat.example\r\n\r\n",
		{"Access-Control-Allow-Origin: https://chat.example\r\n", "Vary: Origin"}, NULL},
	{"GET /now/a HTTP/1.1\r\n" HOST "Origin: https://evil.example\r\n\r\n", {"200 OK"},
		"Access-Control"},
	{"OPTIONS /now/a HTTP/1.1\r\n" HOST "Origin: http://chat.test\r\n"
	 "Access-Control-Request-Method: POST\r\n\r\n",
		{"204 ", "Access-Control-Allow-Methods: GET, HEAD, POST, OPTIONS\r\n",
			"Access-Control-Allow-Headers: Authorization"},
		"Content-Length"},
	{"OPTIONS * HTTP/1.1\r\n" HOST "\r\n", {"204 ", "Allow: "}, NULL},
	{"GET /ws HTTP/1.1\r\n" HOST "Connection: Upgrade\r\nUpgrade: websocket\r\n"
	 "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	 "Sec-WebSocket-Protocol: other\r\n\r\n",
		{"400 ", "subprotocol"}, NULL},
	{"GET /ws HTTP/1.1\r\n" HOST "Connection: Upgrade\r\nUpgrade: websocket\r\n"
	 "Sec-WebSocket-Version: 12\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
		{"426 ", "Sec-WebSocket-Version: 13\r\n"}, NULL},
	{"GET /ws HTTP/1.1\r\n" HOST "Connection: Upgrade\r\nUpgrade: websocket\r\n"
	 "Origin: https://evil.example\r\nSec-WebSocket-Protocol: test.v1\r\n"
	 "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
		{"403 "}, NULL},
};

static void exchange_once(struct world *w, const struct exchange *x, unsigned fragment)
{
	struct memory_options options = {.fragment = fragment};
	struct client c;

	client_open(w, &c, &options);
	client_say(&c, x->request);
	for (size_t i = 0; i < 4 && x->expect[i]; i++)
		client_expect(&c, x->expect[i]);
	world_pass(10);
	buf_char(&c.in, '\0');
	if (x->never && strstr(c.in.bytes, x->never))
		fail_msg("'%s' came: %s", x->never, c.in.bytes);
	client_close(&c);
}

static void answers_are_right_however_they_are_cut(void **state)
{
	struct world w;

	(void)state;
	world_begin(&w, NULL);
	for (size_t i = 0; i < sizeof(exchanges) / sizeof(exchanges[0]); i++) {
		exchange_once(&w, &exchanges[i], 0);
		exchange_once(&w, &exchanges[i], 1);
		exchange_once(&w, &exchanges[i], 7);
	}
	world_end(&w);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
	struct world w;
	struct client c;

	(void)state;
	world_begin(&w, NULL);
	client_open(&w, &c, NULL);
	client_say(&c,
		"GET /later HTTP/1.1\r\n" HOST "\r\nGET /now/b HTTP/1.1\r\n" HOST
		"\r\nGET /nothing HTTP/1.1\r\n" HOST "\r\n");
	world_until(&w.n_requests, 1);
	world_pass(50);
	assert_int_equal(c.in.len, 0); /* nothing overtakes the first */
	world_answer(&w, w.rq_conn, w.rq_stream, "first");
	client_expect(&c, "there is nothing at this path");
	buf_char(&c.in, '\0');
	const char *first = strstr(c.in.bytes, "first"), *second = strstr(c.in.bytes, "[GET b");

	assert_true(first && second && first < second && second < strstr(c.in.bytes, "404 "));
	/* Late and doubled answers find nobody. */
	world_answer(&w, w.rq_conn, w.rq_stream, "again");
	world_pass(10);
	struct net_stats stats;

	net_stats(w.net, &stats);
	assert_int_equal(stats.stale, 1);
	client_close(&c);
	world_end(&w);
}

static void the_end_of_the_client_lets_it_have_its_answer(void **state)
{
	struct world w;
	struct client c;

	(void)state;
	world_begin(&w, NULL);
	client_open(&w, &c, NULL);
	client_say(&c, "GET /later HTTP/1.1\r\n" HOST "\r\n");
	world_until(&w.n_requests, 1);
	memory_finish(c.end);
	world_pass(10);
	world_answer(&w, w.rq_conn, w.rq_stream, "still");
	client_expect(&c, "still");
	assert_true(client_ends(&c, 1000));
	client_close(&c);
	world_end(&w);
}

static void slow_heads_and_bodies_time_out(void **state)
{
	static const struct {
		const char *said;
		uint32_t not_before_ms, before_ms;
		const char *expect;
	} rows[] = {
		{"", 9000, 13000, NULL},
		{"GET /now/a HTT", 9000, 13000, "408 "},
		{"POST /now/a HTTP/1.1\r\n" HOST "Content-Length: 50\r\n\r\nab", 9000, 13000,
			"408 "},
		{"GET /now/a HTTP/1.1\r\n" HOST "\r\n", 55000, 65000, "200 OK"},
	};
	struct world w;

	(void)state;
	world_begin(&w, NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct client c;

		client_open(&w, &c, NULL);
		client_say(&c, rows[i].said);
		assert_false(client_ends(&c, rows[i].not_before_ms));
		assert_true(client_ends(&c, rows[i].before_ms - rows[i].not_before_ms));
		if (rows[i].expect)
			client_expect(&c, rows[i].expect);
		client_close(&c);
	}
	world_end(&w);
}

static void bodies_stream_in_and_stop_when_asked(void **state)
{
	static char piece[10000];
	struct world w;
	struct client c;

	(void)state;
	world_begin(&w, NULL);
	client_open(&w, &c, &(struct memory_options){.window = 20000});
	client_say(&c, "POST /stream HTTP/1.1\r\n" HOST "Content-Length: 100000\r\n\r\n");
	world_until(&w.n_requests, 1);
	w.stopped = true;
	client_send(&c, piece, sizeof(piece));
	world_pass(10);
	assert_int_equal(w.body_bytes, sizeof(piece));
	client_send(&c, piece, sizeof(piece)); /* fills the window */
	world_pass(50);
	assert_int_equal(w.body_bytes, sizeof(piece));
	w.stopped = false;
	net_body_resume(w.net, w.rq_conn, w.rq_stream);
	for (int i = 2; i < 10; i++)
		client_send(&c, piece, sizeof(piece));
	world_pass(50);
	assert_int_equal(w.body_bytes, 100000);
	assert_true(w.body_ended);
	world_answer(&w, w.rq_conn, w.rq_stream, "done");
	client_expect(&c, "done");
	client_close(&c);
	world_end(&w);
}

static void answers_stream_out_in_chunks(void **state)
{
	struct world w;
	struct client c;

	(void)state;
	world_begin(&w, NULL);
	client_open(&w, &c, NULL);
	client_say(&c, "GET /later HTTP/1.1\r\n" HOST "\r\nGET /now/z HTTP/1.1\r\n" HOST "\r\n");
	world_until(&w.n_requests, 1);
	for (int i = 0; i < 3; i++) {
		struct text_answer *ta = text_answer_new(i == 2 ? "" : "part");

		ta->a.conn = w.rq_conn;
		ta->a.stream = w.rq_stream;
		ta->a.more = i < 2;
		ta->a.settles = i == 2;
		ta->a.content_type = "text/plain";
		net_answer(w.net, &ta->a);
	}
	client_expect(&c, "[GET z");
	client_expect(&c, "Transfer-Encoding: chunked\r\n");
	client_expect(&c, "\r\n\r\n4\r\npart\r\n4\r\npart\r\n0\r\n\r\nHTTP/1.1 200 OK");
	client_close(&c);
	world_end(&w);
}

static void trusted_proxies_say_who_is_behind_them(void **state)
{
	static const struct {
		const char *peer, *fields, *expect;
	} rows[] = {
		{"192.0.2.9", "X-Forwarded-For: 198.51.100.1\r\n", "[GET a 192.0.2.9 "},
		{"10.1.1.1", "X-Forwarded-For: 198.51.100.1\r\n", "[GET a 198.51.100.1 "},
		{"10.1.1.1", "X-Forwarded-For: 203.0.113.5, 198.51.100.1, 10.2.2.2\r\n",
			"[GET a 198.51.100.1 "},
		{"10.1.1.1", "Forwarded: for=198.51.100.7;proto=https\r\n", "[GET a 198.51.100.7 "},
		{"10.1.1.1", "", "[GET a 10.1.1.1 "},
	};
	struct world w;

	(void)state;
	world_begin(&w, NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct client c;

		client_open(&w, &c, &(struct memory_options){.peer = rows[i].peer});
		client_say(&c, "GET /now/a HTTP/1.1\r\n" HOST);
		client_say(&c, rows[i].fields);
		client_say(&c, "\r\n");
		client_expect(&c, rows[i].expect);
		client_close(&c);
	}
	world_end(&w);
}

static void draining_ends_what_is_idle_and_answers_the_rest(void **state)
{
	struct world w;
	struct client idle, busy, late;

	(void)state;
	world_begin(&w, NULL);
	client_open(&w, &idle, NULL);
	client_open(&w, &busy, NULL);
	client_say(&busy, "GET /later HTTP/1.1\r\n" HOST "\r\n");
	world_until(&w.n_requests, 1);
	net_drain(w.net);
	assert_true(client_ends(&idle, 1000));
	client_open(&w, &late, NULL);
	client_say(&late,
		"GET /ws HTTP/1.1\r\n" HOST "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
	client_expect(&late, "HTTP/1.1 ");
	net_deafen(w.net);
	world_answer(&w, w.rq_conn, w.rq_stream, "done");
	client_expect(&busy, "Connection: close\r\n");
	assert_true(client_ends(&busy, 1000));
	client_close(&idle);
	client_close(&busy);
	client_close(&late);
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_are_right_however_they_are_cut),
		cmocka_unit_test(pipelined_requests_are_answered_in_order),
		cmocka_unit_test(the_end_of_the_client_lets_it_have_its_answer),
		cmocka_unit_test(slow_heads_and_bodies_time_out),
		cmocka_unit_test(bodies_stream_in_and_stop_when_asked),
		cmocka_unit_test(answers_stream_out_in_chunks),
		cmocka_unit_test(trusted_proxies_say_who_is_behind_them),
		cmocka_unit_test(draining_ends_what_is_idle_and_answers_the_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
