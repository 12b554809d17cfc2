/**
 * net/ws: a row per sequence of frames; each is also fed byte by byte and cut in two everywhere.
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

#include "base/buf.h"
#include "net/ws.h"

/*
 * Frames as a client would send them: F is the first byte, then the payload; masked by the test.
 * What is wanted: t"text", b"binary" (z before it: compressed), ping"…", pong"…",
 * close code"…", !code words.
 */
struct frame {
	unsigned first;
	const char *payload;
	size_t len;
};

#define F(first, payload) \
	{ \
		first, payload, sizeof(payload) - 1 \
	}
#define FIN_TEXT(payload) F(0x81, payload)
#define FIN_BINARY(payload) F(0x82, payload)

#define TEN "0123456789"
#define P125 TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN "01234"

struct row {
	struct frame frames[6];
	const char *want;
};

static const struct row rows[] = {
	{{FIN_TEXT("Hello")}, "t\"Hello\""},
	{{FIN_TEXT("")}, "t\"\""},
	{{FIN_BINARY("\x01\xFF")}, "b\"\x01\xFF\""},
	{{FIN_TEXT("a"), FIN_TEXT("b")}, "t\"a\"t\"b\""},
	{{FIN_TEXT(P125 "6")}, "t\"" P125 "6\""},
	{{F(0x01, "Hel"), F(0x80, "lo")}, "t\"Hello\""},
	{{F(0x01, ""), F(0x00, ""), F(0x80, "")}, "t\"\""},
	{{F(0x01, "a"), F(0x00, ""), F(0x80, "b")}, "t\"ab\""},
	{{F(0x01, ""), F(0x00, "a"), F(0x80, "")}, "t\"a\""},
	{{F(0x02, "a"), F(0x00, "b"), F(0x00, "c"), F(0x80, "d")}, "b\"abcd\""},
	{{F(0x89, "")}, "ping\"\""},
	{{F(0x89, "hi")}, "ping\"hi\""},
	{{F(0x8A, "hi")}, "pong\"hi\""},
	{{F(0x89, P125)}, "ping\"" P125 "\""},
	{{F(0x01, "a"), F(0x89, "p"), F(0x80, "b")}, "ping\"p\"t\"ab\""},
	{{F(0x89, "one"), F(0x89, "two"), F(0x8A, "three")}, "ping\"one\"ping\"two\"pong\"three\""},
	/* UTF-8 over fragments, a ping in between */
	{{F(0x01, "\xCE\xBA\xE1"), F(0x89, ""), F(0x00, "\xBD"), F(0x80, "\xB9")},
		"ping\"\"t\"\xCE\xBA\xE1\xBD\xB9\""},
	{{F(0x88, "")}, "close 1005\"\""},
	{{F(0x88, "\x03\xE8")}, "close 1000\"\""},
	{{F(0x88,
		 "\x03\xE8"
		 "bye")},
		"close 1000\"bye\""},
	{{F(0x88, "\x03\xF6")}, "close 1014\"\""},
	{{F(0x88, "\x0B\xB8")}, "close 3000\"\""},
	{{F(0x88, "\x13\x87")}, "close 4999\"\""},
	{{F(0x88, "\x03\xE8"), F(0x89, "late")}, "close 1000\"\""},
	{{F(0x01, "a"), F(0x88, "\x03\xE9")}, "close 1001\"\""},
	{{F(0x88, "\x03")}, "!1002 half a code"},
	{{F(0x88, "\x00\x00")}, "!1002 may not be sent"},
	{{F(0x88, "\x03\xE7")}, "!1002 may not be sent"},
	{{F(0x88, "\x03\xEC")}, "!1002 may not be sent"}, /* 1004 */
	{{F(0x88, "\x03\xED")}, "!1002 may not be sent"}, /* 1005 */
	{{F(0x88, "\x03\xEE")}, "!1002 may not be sent"}, /* 1006 */
	{{F(0x88, "\x03\xF7")}, "!1002 may not be sent"}, /* 1015 */
	{{F(0x88, "\x0B\xB7")}, "!1002 may not be sent"}, /* 2999 */
	{{F(0x88, "\x13\x88")}, "!1002 may not be sent"}, /* 5000 */
	{{F(0x88, "\xFF\xFF")}, "!1002 may not be sent"},
	{{F(0x88, "\x03\xE8\xC0\x80")}, "!1007 reason"},
	{{F(0x88, "\x03\xE8\xC3")}, "!1007 reason"},
	{{F(0x09, "")}, "!1002 control frame in fragments"},
	{{F(0x08, "")}, "!1002 control frame in fragments"},
	{{F(0x89, P125 "6")}, "!1002 control frame that is too long"},
	{{F(0x80, "a")}, "!1002 continuation of nothing"},
	{{F(0x00, "a")}, "!1002 continuation of nothing"},
	{{FIN_TEXT("a"), F(0x80, "b")}, "t\"a\"!1002 continuation of nothing"},
	{{F(0x01, "a"), FIN_TEXT("b")}, "!1002 inside of another"},
	{{F(0x01, "a"), F(0x02, "b")}, "!1002 inside of another"},
	{{F(0x83, "")}, "!1002 opcode"},
	{{F(0x87, "")}, "!1002 opcode"},
	{{F(0x8B, "")}, "!1002 opcode"},
	{{F(0x8F, "")}, "!1002 opcode"},
	{{F(0xA1, "a")}, "!1002 reserved bit"},
	{{F(0x91, "a")}, "!1002 reserved bit"},
	{{F(0xF1, "a")}, "!1002 reserved bit"},
	{{F(0xC1, "\x01\xFF")}, "zt\"\x01\xFF\""}, /* not looked at before it is inflated */
	{{F(0x41, "a"), F(0x80, "b")}, "zt\"ab\""},
	{{F(0xC2, "a"), FIN_BINARY("b")}, "zb\"a\"b\"b\""},
	{{F(0x41, "a"), F(0xC0, "b")}, "!1002 reserved bit"},
	{{F(0xC9, "a")}, "!1002 reserved bit"},
	{{FIN_TEXT("\xC3")}, "!1007 text"},
	{{FIN_TEXT("\xC0\x80")}, "!1007 text"},
	{{FIN_TEXT("\xED\xA0\x80")}, "!1007 text"},
	{{FIN_TEXT("ok"), FIN_TEXT("\xFF")}, "t\"ok\"!1007 text"},
	{{F(0x01, "\xCE"), F(0x80, "")}, "!1007 text"},
	{{F(0x01, "\xCE"), F(0x80, "a")}, "!1007 text"},
	{{F(0x01, "a\xF4\x90")}, "!1007 text"}, /* before the message ends */
	{{FIN_BINARY("\xFF"), FIN_TEXT("a")}, "b\"\xFF\"t\"a\""},
	/* limits of the test: frame 200, message 300 */
	{{FIN_BINARY(P125 TEN TEN TEN TEN TEN TEN TEN "01234")},
		"b\"" P125 TEN TEN TEN TEN TEN TEN TEN "01234\""},
	{{FIN_BINARY(P125 TEN TEN TEN TEN TEN TEN TEN "012345")}, "!1009"},
	{{F(0x02, P125), F(0x00, P125), F(0x80, TEN TEN TEN TEN TEN)},
		"b\"" P125 P125 TEN TEN TEN TEN TEN "\""},
	{{F(0x02, P125), F(0x00, P125), F(0x80, TEN TEN TEN TEN TEN "0")}, "!1009"},
};

static const struct ws_limits limits = {.frame = 200, .message = 300, .deflate = true};

static void add_frame(struct buf *b, const struct frame *f)
{
	static const unsigned char mask[4] = {0x37, 0xFA, 0x21, 0x3D};
	unsigned char head[WS_HEADER_MAX];
	size_t n = ws_header(head, 0, WS_TEXT, f->len);

	head[0] = (unsigned char)f->first;
	head[1] |= 0x80;
	buf_add(b, head, n);
	buf_add(b, mask, 4);
	for (size_t i = 0; i < f->len; i++)
		buf_char(b, (char)(f->payload[i] ^ mask[i & 3]));
}

struct trace {
	struct ws_reader r;
	struct buf said;
	struct buf message;
	unsigned frames;
	bool open, over;
};

static void say(struct trace *t, const char *what, const char *bytes, size_t len)
{
	buf_fmt(&t->said, "%s\"", what);
	buf_add(&t->said, bytes, len);
	buf_char(&t->said, '"');
}

static void say_data(struct trace *t, const struct ws_event *e)
{
	assert_int_equal(e->first, !t->open);
	t->open = !e->last;
	buf_add(&t->message, e->bytes, e->len);
	if (!e->last)
		return;
	say(t, e->compressed ? (e->text ? "zt" : "zb") : (e->text ? "t" : "b"), t->message.bytes,
		t->message.len);
	buf_clear(&t->message);
}

static void say_event(struct trace *t, const struct ws_event *e)
{
	switch (e->type) {
	case WS_MORE:
		break;
	case WS_DATA:
		say_data(t, e);
		break;
	case WS_PING:
		say(t, "ping", e->bytes, e->len);
		break;
	case WS_PONG:
		say(t, "pong", e->bytes, e->len);
		break;
	case WS_CLOSE:
		buf_fmt(&t->said, "close %u", e->code);
		say(t, "", e->bytes, e->len);
		break;
	case WS_FAIL:
		buf_fmt(&t->said, "!%u %s", e->code, e->why);
		t->over = true;
		break;
	}
}

static void feed(struct trace *t, const struct ws_limits *lim, const char *bytes, size_t len)
{
	char *copy = malloc(len > 0 ? len : 1);
	struct ws_event e;
	size_t at = 0, consumed;

	memcpy(copy, bytes, len);
	do {
		ws_feed(&t->r, lim, copy + at, len - at, &consumed, &e);
		assert_true(consumed <= len - at);
		at += consumed;
		t->frames += e.frames;
		say_event(t, &e);
	} while (e.type != WS_MORE && !t->over);
	if (!t->over)
		assert_int_equal(at, len);
	free(copy);
}

static char *traced(const struct ws_limits *lim, const struct buf *in, size_t first, size_t piece,
	unsigned *frames)
{
	struct trace t = {0};
	size_t from = 0, n = first;

	while (from < in->len || from == 0) {
		n = n < in->len - from ? n : in->len - from;
		feed(&t, lim, in->bytes + from, n);
		from += n;
		n = piece;
		if (in->len == 0)
			break;
	}
	ws_reader_fini(&t.r);
	buf_fini(&t.message);
	*frames = t.frames;
	return buf_take(&t.said, NULL);
}

static bool as_wanted(const char *said, const char *want)
{
	const char *mark = strchr(want, '!');
	size_t same = mark != NULL ? (size_t)(mark - want) : strlen(want);

	if (mark == NULL)
		return strcmp(said, want) == 0;
	return strncmp(said, want, same + 5) == 0 &&
		(mark[5] == '\0' || strstr(said + same + 5, mark + 6) != NULL);
}

static void check(const struct ws_limits *lim, const struct buf *in, const char *want, int row)
{
	unsigned frames, other_frames;
	char *said = traced(lim, in, in->len, in->len, &frames);

	if (!as_wanted(said, want))
		fail_msg("row %d, wanted: %s\nsaid: %s", row, want, said);
	for (size_t cut = 1; cut <= in->len; cut++) {
		size_t first = cut == in->len ? 1 : cut, piece = cut == in->len ? 1 : in->len;
		char *other = traced(lim, in, first, piece, &other_frames);

		if (strcmp(other, said) != 0 || other_frames != frames)
			fail_msg("row %d, cut at %zu\nsaid: %s\nand: %s", row, cut, said, other);
		free(other);
	}
	free(said);
}

static void rows_hold(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf in;

		buf_init(&in);
		for (size_t k = 0; k < 6 && rows[i].frames[k].payload != NULL; k++)
			add_frame(&in, &rows[i].frames[k]);
		check(&limits, &in, rows[i].want, (int)i);
		buf_fini(&in);
	}
}

static void raw(const char *bytes, size_t len, const char *want, int row)
{
	static const struct ws_limits plain = {.frame = 1 << 20, .message = 1 << 20};
	struct buf in;

	buf_init(&in);
	buf_add(&in, bytes, len);
	check(&plain, &in, want, row);
	buf_fini(&in);
}

#define RAW(bytes, want) raw(bytes, sizeof(bytes) - 1, want, __LINE__)

static void raw_bytes(void **state)
{
	(void)state;
	/* RFC 6455, section 5.7: the example */
	RAW("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", "t\"Hello\"");
	RAW("\x81\x05Hello", "!1002 not masked");
	RAW("\x89\x00", "!1002 not masked");
	RAW("\xC1\x80", "!1002 reserved bit"); /* not negotiated here */
	/* lengths in more bytes than they need, or beyond 63 bits */
	RAW("\x82\xFE\x00\x7D", "");
	RAW("\x82\xFE\x00\x7D\x00\x00\x00\x00", "!1002 more bytes");
	RAW("\x82\xFF\x00\x00\x00\x00\x00\x00\xFF\xFF\x00\x00\x00\x00", "!1002 more bytes");
	RAW("\x82\xFF\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", "!1002 64 bits");
	RAW("\x82\xFF\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x00\x00\x00\x00", "!1009");
	RAW("\x82\xFF\x00\x00\x00\x00\x00\x10\x00\x01\x00\x00\x00\x00", "!1009");
	RAW("\x82\xFF\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00", "");
	RAW("\x89\xFE\x00\x7E", "!1002 too long");
	RAW("", "");
}

static void long_frames(void **state)
{
	static const size_t sizes[] = {125, 126, 127, 65535, 65536, 100000};
	static const struct ws_limits plain = {.frame = 1 << 20, .message = 1 << 20};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char *payload = malloc(sizes[i] + 1);
		struct frame f = {0x82, payload, sizes[i]};
		struct buf in, want;
		unsigned frames;

		for (size_t k = 0; k < sizes[i]; k++)
			payload[k] = (char)('a' + k % 23);
		payload[sizes[i]] = '\0';
		buf_init(&in);
		buf_init(&want);
		add_frame(&in, &f);
		buf_fmt(&want, "b\"%s\"", payload);
		for (size_t piece = 1; piece <= in.len; piece = piece * 7 + 1) {
			char *said = traced(&plain, &in, piece, piece, &frames);

			assert_string_equal(said, want.bytes);
			assert_int_equal(frames, 1);
			free(said);
		}
		buf_fini(&in);
		buf_fini(&want);
		free(payload);
	}
}

static void idle_and_pieces(void **state)
{
	struct ws_reader r = {0};
	struct ws_event e;
	char ping[] = "\x89\x84\0\0\0\0ab";
	size_t consumed;

	(void)state;
	assert_true(ws_idle(&r));
	ws_feed(&r, &limits, ping, 1, &consumed, &e);
	assert_false(ws_idle(&r));
	ws_feed(&r, &limits, ping + 1, 7, &consumed, &e);
	assert_int_equal(e.type, WS_MORE);
	assert_non_null(r.control);
	ws_feed(&r, &limits, ping + 6, 2, &consumed, &e);
	assert_int_equal(e.type, WS_PING);
	assert_memory_equal(e.bytes, "abab", 4);
	assert_true(ws_idle(&r));
	ws_feed(&r, &limits, NULL, 0, &consumed, &e);
	assert_null(r.control); /* an idle connection keeps nothing */
	ws_reader_fini(&r);
}

static void headers(void **state)
{
	unsigned char out[WS_HEADER_MAX];

	(void)state;
	assert_int_equal(ws_header(out, WS_FIN, WS_TEXT, 0), 2);
	assert_memory_equal(out, "\x81\x00", 2);
	assert_int_equal(ws_header(out, WS_FIN | WS_COMPRESSED, WS_BINARY, 125), 2);
	assert_memory_equal(out, "\xC2\x7D", 2);
	assert_int_equal(ws_header(out, 0, WS_CONTINUATION, 126), 4);
	assert_memory_equal(out, "\x00\x7E\x00\x7E", 4);
	assert_int_equal(ws_header(out, WS_FIN, WS_TEXT, 65535), 4);
	assert_memory_equal(out, "\x81\x7E\xFF\xFF", 4);
	assert_int_equal(ws_header(out, WS_FIN, WS_TEXT, 65536), 10);
	assert_memory_equal(out, "\x81\x7F\0\0\0\0\0\1\0\0", 10);
}

static void close_frames(void **state)
{
	unsigned char out[2 + WS_CONTROL_MAX];
	char text[200];

	(void)state;
	assert_int_equal(ws_close_frame(out, 0, "ignored"), 2);
	assert_memory_equal(out, "\x88\x00", 2);
	assert_int_equal(ws_close_frame(out, 1001, "bye"), 7);
	assert_memory_equal(out,
		"\x88\x05\x03\xE9"
		"bye",
		7);
	memset(text, 'a', sizeof(text));
	memcpy(text + 122, "\xE2\x82\xAC", 4);
	assert_int_equal(ws_close_frame(out, 4408, text), 4 + 122);
	assert_int_equal(out[1], 124);
}

static void masks(void **state)
{
	char bytes[40], want[40];
	uint32_t mask, turned;

	(void)state;
	memcpy(&mask, "\x01\x02\x03\x04", 4);
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		for (size_t cut = 0; cut <= len; cut++) {
			memset(bytes, 0, sizeof(bytes));
			for (size_t i = 0; i < sizeof(want); i++)
				want[i] = i < len ? (char)(i % 4 + 1) : 0;
			turned = ws_mask(bytes, cut, mask);
			turned = ws_mask(bytes + cut, len - cut, turned);
			assert_memory_equal(bytes, want, sizeof(bytes));
			assert_int_equal(*(unsigned char *)&turned, len % 4 + 1);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_hold),
		cmocka_unit_test(raw_bytes),
		cmocka_unit_test(long_frames),
		cmocka_unit_test(idle_and_pieces),
		cmocka_unit_test(headers),
		cmocka_unit_test(close_frames),
		cmocka_unit_test(masks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
