/**
 * net/proxy: a row per header, each also fed at every cut.
 *
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "net/proxy.h"

#define SIG "\x0D\x0A\x0D\x0A\x00\x0D\x0A\x51\x55\x49\x54\x0A"
#define V4 "\xCB\x00\x71\x09\x0A\x00\x00\x01\x30\x39\x01\xBB" /* 203.0.113.9:12345 */
#define V6 \
	"\x20\x01\x0D\xB8\0\0\0\0\0\0\0\0\0\0\0\x01" \
	"\x20\x01\x0D\xB8\0\0\0\0\0\0\0\0\0\0\0\x02\x30\x39\x01\xBB"
#define MAPPED \
	"\0\0\0\0\0\0\0\0\0\0\xFF\xFF\xCB\x00\x71\x09" \
	"\0\0\0\0\0\0\0\0\0\0\xFF\xFF\x0A\x00\x00\x01\x30\x39\x01\xBB"

struct row {
	const char *in;
	size_t len;
	size_t consumed;  /* of a good header */
	const char *peer; /* text; NULL: see why */
	int port;
	const char *why; /* part of the sentence; NULL beside peer NULL: more is needed */
};

#define GOOD(in, tail, peer, port) \
	{ \
		in tail, sizeof(in tail) - 1, sizeof(in) - 1, peer, port, NULL \
	}
#define BAD(in, why) \
	{ \
		in, sizeof(in) - 1, 0, NULL, 0, why \
	}

static const struct row rows[] = {
	GOOD(SIG "\x21\x11\x00\x0C" V4, "GET", "203.0.113.9", 12345),
	GOOD(SIG "\x21\x21\x00\x24" V6, "", "2001:db8::1", 12345),
	GOOD(SIG "\x21\x21\x00\x24" MAPPED, "x", "203.0.113.9", 12345),
	GOOD(SIG "\x20\x00\x00\x00", "GET", "unknown", 0), /* LOCAL */
	GOOD(SIG "\x20\x11\x00\x0C" V4, "GET", "unknown", 0),
	GOOD(SIG "\x20\x11\x00\x03"
		 "abc",
		"GET", "unknown", 0),
	GOOD(SIG "\x21\x00\x00\x00", "GET", "unknown", 0),
	GOOD(SIG "\x21\x00\x00\x04"
		 "\x04\x00\x01x",
		"GET", "unknown", 0),
	GOOD(SIG "\x21\x12\x00\x0C" V4, "GET", "unknown", 0), /* datagrams */
	GOOD(SIG "\x21\x11\x00\x11" V4 "\x04\x00\x02xy", "GET", "203.0.113.9", 12345),
	GOOD(SIG "\x21\x11\x00\x12" V4 "\xEA\x00\x00\x04\x00\x00", "G", "203.0.113.9", 12345),
	BAD("", NULL),
	BAD(SIG, NULL),
	BAD(SIG "\x21\x11\x00\x0C", NULL),
	BAD(SIG "\x21\x11\x00\x0C"
		"\xCB\x00",
		NULL),
	BAD("GET / HTTP/1.1\r\n", "signature"),
	BAD("PROXY TCP4 203.0.113.9 10.0.0.1 12345 443\r\n", "signature"),
	BAD("\x0D\x0A\x0D\x0A\x00\x0D\x0A\x51\x55\x49\x54\x0B", "signature"),
	BAD(SIG "\x11", "version"),
	BAD(SIG "\x31", "version"),
	BAD(SIG "\x22", "command"),
	BAD(SIG "\x21\x41", "family"),
	BAD(SIG "\x21\x13", "family"),
	BAD(SIG "\x21\x11\x07\xF1", "too long"),
	BAD(SIG "\x21\x11\xFF\xFF", "too long"),
	BAD(SIG "\x21\x11\x00\x0B"
		"\xCB\x00\x71\x09\x0A\x00\x00\x01\x30\x39\x01",
		"cut off"),
	BAD(SIG "\x21\x31\x00\x0C" V4, "cut off"),
	BAD(SIG "\x21\x11\x00\x0E" V4 "\x04\x00", "TLV"),
	BAD(SIG "\x21\x11\x00\x10" V4 "\x04\x00\x02x", "TLV"),
	BAD(SIG "\x21\x11\x00\x13" V4 "\x03\x00\x04\x00\x00\x00\x00", "checksum that does not"),
	BAD(SIG "\x21\x11\x00\x11" V4 "\x03\x00\x02\x00\x00", "checksum that is none"),
};

struct result {
	enum proxy_event event;
	size_t at;
	struct addr peer;
	const char *why;
};

static void feed(struct result *r, struct proxy *p, const char *in, size_t len)
{
	char *copy = malloc(len > 0 ? len : 1);
	size_t consumed;

	if (r->event != PROXY_MORE) {
		free(copy);
		return;
	}
	memcpy(copy, in, len);
	r->event = proxy_feed(p, copy, len, &consumed, &r->peer, &r->why);
	r->at += consumed;
	free(copy);
}

static struct result run(const char *in, size_t len, size_t first, size_t piece)
{
	struct proxy *p = calloc(1, sizeof(*p));
	struct result r = {0};
	size_t n = first < len ? first : len;

	feed(&r, p, in, n);
	for (size_t from = n; from < len; from += n) {
		n = piece < len - from ? piece : len - from;
		feed(&r, p, in + from, n);
	}
	free(p);
	return r;
}

static void check(const struct row *row, size_t i)
{
	char text[ADDR_TEXT_SIZE];

	/* Cut in two everywhere, then (0) into single bytes. */
	for (size_t cut = 0; cut <= row->len; cut++) {
		struct result r = run(row->in, row->len, cut, cut == 0 ? 1 : row->len);

		if (row->peer != NULL) {
			assert_int_equal(r.event, PROXY_DONE);
			assert_int_equal(r.at, row->consumed);
			assert_string_equal(addr_text(&r.peer, text), row->peer);
			assert_int_equal(r.peer.port, row->port);
		} else if (row->why != NULL) {
			if (r.event != PROXY_REFUSED || strstr(r.why, row->why) == NULL)
				fail_msg("row %zu, cut %zu: %s", i, cut, r.why ? r.why : "-");
		} else {
			assert_int_equal(r.event, PROXY_MORE);
			assert_int_equal(r.at, row->len);
		}
	}
}

static void rows_hold(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check(&rows[i], i);
}

static void unix_sockets(void **state)
{
	char in[16 + 216] = SIG "\x21\x31\x00\xD8"
				"/run/client";
	struct result r = run(in, sizeof(in), sizeof(in), 1);

	(void)state;
	assert_int_equal(r.event, PROXY_DONE);
	assert_int_equal(r.peer.family, ADDR_UNIX);
}

/* The sum was made by another program. */
static void checksum(void **state)
{
	static const char in[] = SIG "\x21\x11\x00\x13" V4 "\x03\x00\x04"
				     "\xBF\x33\x92\x02";
	struct row row = {in, sizeof(in) - 1, sizeof(in) - 1, "203.0.113.9", 12345, NULL};
	char broken[sizeof(in)];

	(void)state;
	check(&row, 1000);
	for (size_t i = 16; i < sizeof(in) - 1; i++) {
		if (i >= 28 && i < 31) /* the TLV's own head: another refusal */
			continue;
		memcpy(broken, in, sizeof(in));
		broken[i] ^= 0x10;
		row = (struct row){broken, sizeof(in) - 1, 0, NULL, 0, "checksum"};
		check(&row, i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_hold),
		cmocka_unit_test(unix_sockets),
		cmocka_unit_test(checksum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
