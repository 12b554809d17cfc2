/**
 * net/ws_upgrade: a row per handshake.
 *
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "net/http1.h"
#include "net/ws_upgrade.h"

#define START "GET /v1/ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define V13 "Sec-WebSocket-Version: 13\r\n"
#define GOOD START KEY V13
#define EXT(value) GOOD "Sec-WebSocket-Extensions: " value "\r\n\r\n"
#define PROTO(value) GOOD "Sec-WebSocket-Protocol: " value "\r\n\r\n"
#define BOTH "permessage-deflate; server_no_context_takeover; client_no_context_takeover"

struct row {
	const char *in;
	int status;
	const char *protocol;   /* or NULL */
	const char *extensions; /* "" for none */
	int bits;
};

static const struct row rows[] = {
	{GOOD "\r\n", 101, NULL, "", 15},
	{START V13 KEY "Content-Length: 0\r\n\r\n", 101, NULL, "", 15},
	{START KEY "\r\n", 400, NULL, NULL, 0},
	{START KEY "Sec-WebSocket-Version: 8\r\n\r\n", 426, NULL, NULL, 0},
	{START KEY "Sec-WebSocket-Version: 13, 8\r\n\r\n", 426, NULL, NULL, 0},
	{START KEY "Sec-WebSocket-Version: 013\r\n\r\n", 426, NULL, NULL, 0},
	{START KEY V13 V13 "\r\n", 400, NULL, NULL, 0},
	{START V13 "\r\n", 400, NULL, NULL, 0},
	{START V13 KEY KEY "\r\n", 400, NULL, NULL, 0},
	{START V13 "Sec-WebSocket-Key: \r\n\r\n", 400, NULL, NULL, 0},
	{START V13 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=\r\n\r\n", 400, NULL, NULL, 0},
	{START V13 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQAA\r\n\r\n", 400, NULL, NULL, 0},
	{START V13 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==a\r\n\r\n", 400, NULL, NULL, 0},
	{START V13 "Sec-WebSocket-Key: dGhl!HNhbXBsZSBub25jZQ==\r\n\r\n", 400, NULL, NULL, 0},
	{START V13 KEY "Content-Length: 1\r\n\r\n", 400, NULL, NULL, 0},
	{START V13 KEY "Transfer-Encoding: chunked\r\n\r\n", 400, NULL, NULL, 0},
	{"GET / HTTP/1.1\r\nHost: h\r\n" KEY V13 "\r\n", 400, NULL, NULL, 0},
	{PROTO("confab.v1"), 101, "confab.v1", "", 15},
	{PROTO("other, confab.v1"), 101, "confab.v1", "", 15},
	{PROTO("echo, confab.v1"), 101, "confab.v1", "", 15},
	{PROTO("confab.v1, echo"), 101, "confab.v1", "", 15},
	{PROTO("echo\r\nSec-WebSocket-Protocol: confab.v1"), 101, "confab.v1", "", 15},
	{PROTO("echo"), 101, "echo", "", 15},
	{PROTO("Confab.V1"), 101, NULL, "", 15},
	{PROTO("other"), 101, NULL, "", 15},
	{PROTO("a b"), 400, NULL, NULL, 0},
	{PROTO("\"echo\""), 400, NULL, NULL, 0},
	{EXT("permessage-deflate"), 101, NULL, BOTH, 15},
	{EXT("PerMessage-Deflate"), 101, NULL, BOTH, 15},
	{EXT("permessage-deflate; client_max_window_bits"), 101, NULL, BOTH, 15},
	{EXT("permessage-deflate;client_max_window_bits=8"), 101, NULL, BOTH, 15},
	{EXT("permessage-deflate ; client_max_window_bits = \"12\""), 101, NULL, BOTH, 15},
	{EXT("permessage-deflate; server_no_context_takeover; client_no_context_takeover"), 101,
		NULL, BOTH, 15},
	{EXT("permessage-deflate; server_max_window_bits=15"), 101, NULL,
		BOTH "; server_max_window_bits=15", 15},
	{EXT("permessage-deflate; server_max_window_bits=10"), 101, NULL,
		BOTH "; server_max_window_bits=10", 10},
	{EXT("permessage-deflate; server_max_window_bits=8"), 101, NULL,
		BOTH "; server_max_window_bits=8", 8},
	{EXT("permessage-deflate; server_max_window_bits=7, permessage-deflate"), 101, NULL, BOTH,
		15},
	{EXT("permessage-deflate; server_max_window_bits=16"), 101, NULL, "", 15},
	{EXT("permessage-deflate; server_max_window_bits=08"), 101, NULL, "", 15},
	{EXT("permessage-deflate; server_max_window_bits"), 101, NULL, "", 15},
	{EXT("permessage-deflate; client_max_window_bits=16"), 101, NULL, "", 15},
	{EXT("permessage-deflate; client_max_window_bits=x"), 101, NULL, "", 15},
	{EXT("permessage-deflate; server_no_context_takeover=1"), 101, NULL, "", 15},
	{EXT("permessage-deflate; client_max_window_bits; client_max_window_bits"), 101, NULL, "",
		15},
	{EXT("permessage-deflate; unknown"), 101, NULL, "", 15},
	{EXT("permessage-deflate; unknown=1, permessage-deflate; server_max_window_bits=9"), 101,
		NULL, BOTH "; server_max_window_bits=9", 9},
	{EXT("permessage-deflate; unknown\r\nSec-WebSocket-Extensions: permessage-deflate"), 101,
		NULL, BOTH, 15},
	{EXT("permessage-bzip2, x-webkit-deflate-frame"), 101, NULL, "", 15},
	{EXT("foo; a=b; c, , permessage-deflate"), 101, NULL, BOTH, 15},
	{EXT(""), 101, NULL, "", 15},
	{EXT(","), 101, NULL, "", 15},
	{EXT("permessage-deflate;"), 400, NULL, NULL, 0},
	{EXT("permessage-deflate; a="), 400, NULL, NULL, 0},
	{EXT("permessage-deflate; a=\"b"), 400, NULL, NULL, 0},
	{EXT("permessage-deflate; a=\"\""), 400, NULL, NULL, 0},
	{EXT("permessage-deflate foo"), 400, NULL, NULL, 0},
	{EXT("; a"), 400, NULL, NULL, 0},
	{EXT("=b"), 400, NULL, NULL, 0},
};

static const char *const protocols[] = {"confab.v1", "echo"};

static void rows_hold(void **state)
{
	static const struct ws_upgrade_rules rules = {protocols, 2, true};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];
		struct http1 *h = http1_new(&http1_limits_default);
		struct ws_upgrade up;
		size_t consumed;
		const char *why;
		int status;

		assert_int_equal(http1_feed(h, r->in, strlen(r->in), &consumed), HTTP1_HEAD);
		why = ws_upgrade_check(h, &rules, &up, &status);
		if (status != r->status || (why == NULL) != (status == 101))
			fail_msg("row %zu: %d %s", i, status, why != NULL ? why : "-");
		if (why == NULL) {
			assert_string_equal(up.accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
			if (r->protocol == NULL)
				assert_null(up.protocol);
			else
				assert_string_equal(up.protocol, r->protocol);
			assert_string_equal(up.extensions, r->extensions);
			assert_int_equal(up.deflate, r->extensions[0] != '\0');
			assert_int_equal(up.deflate_bits, r->bits);
		}
		http1_free(h);
	}
}

static void not_wanted(void **state)
{
	static const char in[] = EXT("permessage-deflate");
	static const struct ws_upgrade_rules rules = {NULL, 0, false};
	struct http1 *h = http1_new(&http1_limits_default);
	struct ws_upgrade up;
	size_t consumed;
	int status;

	(void)state;
	assert_int_equal(http1_feed(h, in, sizeof(in) - 1, &consumed), HTTP1_HEAD);
	assert_null(ws_upgrade_check(h, &rules, &up, &status));
	assert_false(up.deflate);
	assert_false(up.protocols_offered);
	assert_string_equal(up.extensions, "");
	http1_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_hold),
		cmocka_unit_test(not_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
