/**
 * net/http1: a row per request, good and hostile; each is also fed byte by byte and cut in two at
 * every place, and must give the same answer at the same byte.
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
#include "net/http1.h"

/*
 * What is wanted, per request: "METHOD path query host framing flags|body;" with - for nothing and
 * flags k (keep-alive) or c (close), e (expects 100), u (websocket). A refusal is "!status words of
 * the sentence", an input that ends in the middle "…".
 */
struct row {
	const char *in;
	const char *want;
};

#define H "Host: h\r\n"
#define GET(rest) "GET / HTTP/1.1\r\n" H rest "\r\n"
#define POST(rest) "POST / HTTP/1.1\r\n" H rest
#define CHUNKED(body) POST("Transfer-Encoding: chunked\r\n\r\n" body)
#define OK_GET "GET / - h none k|;"
#define OK_CHUNKED(body) "POST / - h chunked k|" body ";"

static const struct row lines[] = {
	{"GET / HTTP/1.1\r\nHost: h\r\n\r\n", OK_GET},
	{"GET /a/b.c?x=1&y=%20 HTTP/1.1\r\nHost: h\r\n\r\n", "GET /a/b.c x=1&y=%20 h none k|;"},
	{"GET /? HTTP/1.1\r\nHost: h\r\n\r\n", OK_GET},
	{"GET /??? HTTP/1.1\r\nHost: h\r\n\r\n", "GET / ?? h none k|;"},
	{"GET /a%2Fb HTTP/1.1\r\nHost: h\r\n\r\n", "GET /a%2Fb - h none k|;"},
	{"GET /?a|b^{}` HTTP/1.1\r\nHost: h\r\n\r\n", "GET / a|b^{}` h none k|;"},
	{"DELETE /-._~!$&'()*+,;=:@ HTTP/1.1\r\nHost: h\r\n\r\n",
		"DELETE /-._~!$&'()*+,;=:@ - h none k|;"},
	{"M!#$%&'*+-.^_`|~9 / HTTP/1.1\r\nHost: h\r\n\r\n", "M!#$%&'*+-.^_`|~9 / - h none k|;"},
	{"get / HTTP/1.1\r\nHost: h\r\n\r\n", "get / - h none k|;"},
	{"\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", OK_GET},
	{"GET http://example.org/a?b HTTP/1.1\r\nHost: h\r\n\r\n", "GET /a b example.org none k|;"},
	{"GET HTTPS://example.org:8443 HTTP/1.1\r\nHost: h\r\n\r\n",
		"GET / - example.org:8443 none k|;"},
	{"GET http://example.org?q HTTP/1.1\r\nHost: h\r\n\r\n", "GET / q example.org none k|;"},
	{"GET http://[::1]:80/ HTTP/1.1\r\nHost: h\r\n\r\n", "GET / - [::1]:80 none k|;"},
	{"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", "OPTIONS * - h none k|;"},
	{"GET / HTTP/1.2\r\nHost: h\r\n\r\n", OK_GET},
	{"GET / HTTP/1.9\r\nHost: h\r\n\r\n", OK_GET},
	{"GET / HTTP/1.0\r\n\r\n", "GET / - - none c|;"},
	{"GET / HTTP/1.0\r\nHost: h\r\n\r\n", "GET / - h none c|;"},
	{"", "…"},
	{"\r\n", "…"},
	{"G", "…"},
	{"GET / HTTP/1.1\r\n", "…"},
	{"GET / HTTP/1.1\r\nHost: h\r\n\r", "…"},
	{"\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", "!400 begin with a method"},
	{"\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", "!400 begin with a method"},
	{"\rGET / HTTP/1.1\r\nHost: h\r\n\r\n", "!400 bare CR"},
	{" GET / HTTP/1.1\r\nHost: h\r\n\r\n", "!400 begin with a method"},
	{"\x16\x03\x01\x02", "!400 begin with a method"},
	{"(GET) / HTTP/1.1\r\n\r\n", "!400 begin with a method"},
	{"GET(/ HTTP/1.1\r\nHost: h\r\n\r\n", "!400 without a method"},
	{"GET\r\n\r\n", "!400 without a method"},
	{"GET /\r\nHost: h\r\n\r\n", "!400 without an HTTP version"},
	{"GET / \r\nHost: h\r\n\r\n", "!400 without an HTTP version"},
	{"GET  / HTTP/1.1\r\nHost: h\r\n\r\n", "!400 without an HTTP version"},
	{"GET /  HTTP/1.1\r\nHost: h\r\n\r\n", "!400 without an HTTP version"},
	{"GET / HTTP/1.1 \r\nHost: h\r\n\r\n", "!400 without an HTTP version"},
	{"GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", "!400 without an HTTP version"},
	{"GET\t/ HTTP/1.1\r\nHost: h\r\n\r\n", "!400 does not belong"},
	{"GET /\tHTTP/1.1\r\nHost: h\r\n\r\n", "!400 does not belong"},
	{"GET / http/1.1\r\nHost: h\r\n\r\n", "!400 without an HTTP version"},
	{"GET / HTTP/11\r\nHost: h\r\n\r\n", "!400 without an HTTP version"},
	{"GET / HTTP/1.10\r\nHost: h\r\n\r\n", "!400 without an HTTP version"},
	{"GET / HTTP/01.1\r\nHost: h\r\n\r\n", "!400 without an HTTP version"},
	{"GET / HTTPS/1.1\r\nHost: h\r\n\r\n", "!400 without an HTTP version"},
	{"GET / HTTP/2.0\r\nHost: h\r\n\r\n", "!505"},
	{"GET / HTTP/0.9\r\nHost: h\r\n\r\n", "!505"},
	{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "!505"},
	{"ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG / HTTP/1.1\r\nHost: h\r\n\r\n", "!501 too long"},
	{"CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n", "!501 CONNECT"},
	{"GET h:443 HTTP/1.1\r\nHost: h\r\n\r\n", "!400 neither a path"},
	{"GET a/b HTTP/1.1\r\nHost: h\r\n\r\n", "!400 neither a path"},
	{"GET * HTTP/1.1\r\nHost: h\r\n\r\n", "!400 OPTIONS alone"},
	{"OPTIONS ** HTTP/1.1\r\nHost: h\r\n\r\n", "!400 neither a path"},
	{"GET ftp://h/ HTTP/1.1\r\nHost: h\r\n\r\n", "!400 neither a path"},
	{"GET http:/h/ HTTP/1.1\r\nHost: h\r\n\r\n", "!400 neither a path"},
	{"GET http:///a HTTP/1.1\r\nHost: h\r\n\r\n", "!400 authority"},
	{"GET http://u@h/ HTTP/1.1\r\nHost: h\r\n\r\n", "!400 authority"},
	{"GET http://h:99999/ HTTP/1.1\r\nHost: h\r\n\r\n", "!400 authority"},
	{"GET http://h/a HTTP/1.1\r\n\r\n", "!400 no Host"},
	{"GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n", "!400 in the path"},
	{"GET /?a#b HTTP/1.1\r\nHost: h\r\n\r\n", "!400 in the query"},
	{"GET /a\\b HTTP/1.1\r\nHost: h\r\n\r\n", "!400 in the path"},
	{"GET /a|b HTTP/1.1\r\nHost: h\r\n\r\n", "!400 in the path"},
	{"GET /\"a\" HTTP/1.1\r\nHost: h\r\n\r\n", "!400 in the path"},
	{"GET /<a> HTTP/1.1\r\nHost: h\r\n\r\n", "!400 in the path"},
	{"GET /\xC3\xA4 HTTP/1.1\r\nHost: h\r\n\r\n", "!400 does not belong"},
	{"GET /\x7F HTTP/1.1\r\nHost: h\r\n\r\n", "!400 does not belong"},
	{"GET /\x01 HTTP/1.1\r\nHost: h\r\n\r\n", "!400 does not belong"},
	{"GET / HTTP/1.1\nHost: h\r\n\r\n", "!400 bare LF"},
	{"GET / HTTP/1.1\rHost: h\r\n\r\n", "!400 bare CR"},
	{"GET / HTTP/1.1\r\r\nHost: h\r\n\r\n", "!400 bare CR"},
};

static const struct row fields[] = {
	{GET("A:\r\n"), OK_GET},
	{GET("A: \t b \t \r\n"), OK_GET},
	{GET("A:b:c\r\n"), OK_GET},
	{GET("A: \xC3\xA4\xFF\r\n"), OK_GET},
	{GET("A: b\tc\r\n"), OK_GET},
	{GET("!#$%&'*+-.^_`|~0a: x\r\n"), OK_GET},
	{GET("A: 1\r\na: 2\r\n"), OK_GET},
	{"GET / HTTP/1.1\r\nhOsT:h\r\n\r\n", OK_GET},
	{"GET / HTTP/1.1\r\nHost: \t h \t \r\n\r\n", OK_GET},
	{"GET / HTTP/1.1\r\nHost: a.b-c_d~e:8080\r\n\r\n", "GET / - a.b-c_d~e:8080 none k|;"},
	{"GET / HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n", "GET / - 127.0.0.1:1 none k|;"},
	{"GET / HTTP/1.1\r\nHost: [2001:db8::1]\r\n\r\n", "GET / - [2001:db8::1] none k|;"},
	{"GET / HTTP/1.1\r\nHost: [::ffff:1.2.3.4]:65535\r\n\r\n",
		"GET / - [::ffff:1.2.3.4]:65535 none k|;"},
	{"GET / HTTP/1.1\r\n\r\n", "!400 no Host"},
	{"GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n", "!400 more than one Host"},
	{"GET / HTTP/1.1\r\nHost: h\r\nhost: other\r\n\r\n", "!400 more than one Host"},
	{"GET / HTTP/1.0\r\nHost: h\r\nHost: h\r\n\r\n", "!400 more than one Host"},
	{"GET / HTTP/1.1\r\nHost:\r\n\r\n", "!400 no host and port"},
	{"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "!400 no host and port"},
	{"GET / HTTP/1.1\r\nHost: a,b\r\n\r\n", "!400 no host and port"},
	{"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "!400 no host and port"},
	{"GET / HTTP/1.1\r\nHost: u@h\r\n\r\n", "!400 no host and port"},
	{"GET / HTTP/1.1\r\nHost: h:\r\n\r\n", "!400 no host and port"},
	{"GET / HTTP/1.1\r\nHost: h:0\r\n\r\n", "!400 no host and port"},
	{"GET / HTTP/1.1\r\nHost: h:65536\r\n\r\n", "!400 no host and port"},
	{"GET / HTTP/1.1\r\nHost: h:8x\r\n\r\n", "!400 no host and port"},
	{"GET / HTTP/1.1\r\nHost: h:1:2\r\n\r\n", "!400 no host and port"},
	{"GET / HTTP/1.1\r\nHost: :80\r\n\r\n", "!400 no host and port"},
	{"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", "!400 no host and port"},
	{"GET / HTTP/1.1\r\nHost: [::g]\r\n\r\n", "!400 no host and port"},
	{"GET / HTTP/1.1\r\nHost: []\r\n\r\n", "!400 no host and port"},
	{"GET / HTTP/1.1\r\nHost: [::1]x\r\n\r\n", "!400 no host and port"},
	{"GET / HTTP/1.1\r\nHost: \xC3\xA4\r\n\r\n", "!400 no host and port"},
	{"GET / HTTP/1.1\r\nHost : h\r\n\r\n", "!400 white space before the colon"},
	{GET("A : b\r\n"), "!400 white space before the colon"},
	{GET("A\t: b\r\n"), "!400 white space before the colon"},
	{GET(": b\r\n"), "!400 no token"},
	{GET("A b: c\r\n"), "!400 no token"},
	{GET("A(: c\r\n"), "!400 no token"},
	{GET("\xC3\xA4: c\r\n"), "!400 no token"},
	{GET("A\r\n"), "!400 without a colon"},
	{GET("A: b\r\n c\r\n"), "!400 folded"},
	{GET("A: b\r\n\tc: d\r\n"), "!400 folded"},
	{"GET / HTTP/1.1\r\n Host: h\r\n\r\n", "!400 folded"},
	{GET(" \r\n"), "!400 folded"},
	{GET("A: b\n"), "!400 bare LF"},
	{GET("A: b\rc\r\n"), "!400 bare CR"},
	{GET("A: b\r\r\n"), "!400 bare CR"},
	{GET("A: b\x01\r\n"), "!400 does not belong"},
	{GET("A: b\x7F\r\n"), "!400 does not belong"},
	{GET("A: b\x0B\r\n"), "!400 does not belong"},
	{GET("A\x0C: b\r\n"), "!400 does not belong"},
	{"GET / HTTP/1.1\r\nHost: h\r\n\n", "!400 bare LF"},
	{"GET / HTTP/1.1\r\nHost: h\r\n\rx", "!400 bare CR"},
};

static const struct row options[] = {
	{GET("Connection: close\r\n"), "GET / - h none c|;"},
	{GET("Connection: CLOSE\r\n"), "GET / - h none c|;"},
	{GET("Connection: keep-alive\r\n"), OK_GET},
	{GET("Connection: a, ,b ,\tclose\r\n"), "GET / - h none c|;"},
	{GET("Connection: a\r\nConnection: close\r\n"), "GET / - h none c|;"},
	{GET("Connection: keep-alive, close\r\n"), "GET / - h none c|;"},
	{GET("Connection: closed\r\n"), OK_GET},
	{GET("Connection:\r\n"), OK_GET},
	{GET("Connection: \"close\"\r\n"), "!400 no token"},
	{GET("Connection: a b\r\n"), "!400 no token"},
	{"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "GET / - - none k|;"},
	{"GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", "GET / - - none c|;"},
	{GET("Connection: Upgrade\r\nUpgrade: websocket\r\n"), "GET / - h none ku|;"},
	{GET("Upgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n"), "GET / - h none ku|;"},
	{GET("Connection: Upgrade\r\nUpgrade: h2c, websocket\r\n"), "GET / - h none ku|;"},
	{GET("Upgrade: websocket\r\n"), OK_GET},
	{GET("Connection: Upgrade\r\n"), OK_GET},
	{GET("Connection: Upgrade\r\nUpgrade: h2c\r\n"), OK_GET},
	{GET("Connection: Upgrade\r\nUpgrade: websocket/13\r\n"), OK_GET},
	{"GET / HTTP/1.0\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
		"GET / - - none c|;"},
	{POST("Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"), "POST / - h none k|;"},
	{POST("Expect: 100-continue\r\nContent-Length: 1\r\n\r\na"), "POST / - h 1 ke|a;"},
	{POST("Expect: 100-Continue\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
		"POST / - h chunked ke|;"},
	{GET("Expect: 100-continue\r\n"), OK_GET},
	{GET("Expect: magic\r\n"), "!417"},
	{GET("Expect:\r\n"), "!417"},
	{"GET / HTTP/1.0\r\nExpect: magic\r\n\r\n", "GET / - - none c|;"},
};

static const struct row lengths[] = {
	{POST("Content-Length: 5\r\n\r\nhello"), "POST / - h 5 k|hello;"},
	{POST("Content-Length: 0\r\n\r\n"), "POST / - h 0 k|;"},
	{POST("Content-Length: 005\r\n\r\nhello"), "POST / - h 5 k|hello;"},
	{POST("content-length:\t5 \r\n\r\nhello"), "POST / - h 5 k|hello;"},
	{POST("Content-Length: 5\r\n\r\nhell"), "POST / - h 5 k|hell…"},
	{"GET / HTTP/1.1\r\n" H "Content-Length: 2\r\n\r\nab", "GET / - h 2 k|ab;"},
	{"POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\nab", "POST / - - 2 c|ab;"},
	{POST("\r\n"), "POST / - h none k|;"},
	{POST("Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"), "!400 more than one Content"},
	{POST("Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello"), "!400 more than one Content"},
	{POST("Content-Length: 5, 5\r\n\r\nhello"), "!400 no number"},
	{POST("Content-Length: +5\r\n\r\nhello"), "!400 no number"},
	{POST("Content-Length: -5\r\n\r\nhello"), "!400 no number"},
	{POST("Content-Length: -0\r\n\r\n"), "!400 no number"},
	{POST("Content-Length: 0x5\r\n\r\nhello"), "!400 no number"},
	{POST("Content-Length: 5 5\r\n\r\nhello"), "!400 no number"},
	{POST("Content-Length: 5.0\r\n\r\nhello"), "!400 no number"},
	{POST("Content-Length: 5;\r\n\r\nhello"), "!400 no number"},
	{POST("Content-Length: \"5\"\r\n\r\nhello"), "!400 no number"},
	{POST("Content-Length:\r\n\r\n"), "!400 no number"},
	{POST("Content-Length: 18446744073709551616\r\n\r\n"), "!400 no number"},
	{POST("Content-Length: 18446744073709551621\r\n\r\nhello"), "!400 no number"},
	{POST("Content-Length: 999999999999999999\r\n\r\n"), "!413"},
	{POST("Content-Length: 1048577\r\n\r\n"), "!413"},
	{POST("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
		"!400 beside Transfer-Encoding"},
	{POST("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"),
		"!400 beside Transfer-Encoding"},
	{"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "!400 in HTTP/1.0"},
	{POST("Transfer-Encoding: Chunked\r\n\r\n0\r\n\r\n"), OK_CHUNKED("")},
	{POST("Transfer-Encoding: , chunked ,\r\n\r\n0\r\n\r\n"), OK_CHUNKED("")},
	{POST("Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"), "!501"},
	{POST("Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n"), "!501"},
	{POST("Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"), "!400 after chunked"},
	{POST("Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n"), "!400 after chunked"},
	{POST("Transfer-Encoding: gzip\r\n\r\n"), "!400 end in chunked"},
	{POST("Transfer-Encoding: identity\r\n\r\n"), "!400 end in chunked"},
	{POST("Transfer-Encoding:\r\n\r\n"), "!400 end in chunked"},
	{POST("Transfer-Encoding: xchunked\r\n\r\n"), "!400 end in chunked"},
	{POST("Transfer-Encoding: chunked;q=1\r\n\r\n"), "!400 end in chunked"},
	{POST("Transfer-Encoding: \"chunked\"\r\n\r\n"), "!400 end in chunked"},
	{POST("Transfer-Encoding: chunked\x0B\r\n\r\n"), "!400 does not belong"},
	{POST("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
		"!400 more than one Transfer"},
	{POST("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
		"!400 end in chunked"},
	{POST("Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"), "!400 before the colon"},
	{POST("Transfer-Encoding\r\n : chunked\r\n\r\n0\r\n\r\n"), "!400 without a colon"},
};

static const struct row chunks[] = {
	{CHUNKED("0\r\n\r\n"), OK_CHUNKED("")},
	{CHUNKED("5\r\nhello\r\n0\r\n\r\n"), OK_CHUNKED("hello")},
	{CHUNKED("1\r\na\r\n2\r\nbc\r\n3\r\ndef\r\n0\r\n\r\n"), OK_CHUNKED("abcdef")},
	{CHUNKED("a\r\n0123456789\r\n0\r\n\r\n"), OK_CHUNKED("0123456789")},
	{CHUNKED("A\r\n0123456789\r\n00\r\n\r\n"), OK_CHUNKED("0123456789")},
	{CHUNKED("0000000000000001\r\na\r\n0\r\n\r\n"), OK_CHUNKED("a")},
	{CHUNKED("2\r\n\r\n\r\n0\r\n\r\n"), OK_CHUNKED("\r\n")},
	{CHUNKED("1;a\r\nx\r\n0;b=\"c\"\r\n\r\n"), OK_CHUNKED("x")},
	{CHUNKED("1;\r\nx\r\n0\r\n\r\n"), OK_CHUNKED("x")},
	{CHUNKED("1; \t\xC3\xA4\r\nx\r\n0\r\n\r\n"), OK_CHUNKED("x")},
	{CHUNKED("1\r\nx\r\n0\r\nA: b\r\nContent-Length: 7\r\n\r\n"), OK_CHUNKED("x")},
	{CHUNKED("1\r\nx\r\n0\r\n"), "POST / - h chunked k|x…"},
	{CHUNKED("1\r\nx\r\n"), "POST / - h chunked k|x…"},
	{CHUNKED("2\r\nx"), "POST / - h chunked k|x…"},
	{CHUNKED(""), "POST / - h chunked k|…"},
	{CHUNKED("\r\n"), "POST / - h chunked k|!400 without a size"},
	{CHUNKED(";a\r\n"), "POST / - h chunked k|!400 without a size"},
	{CHUNKED(" 1\r\nx\r\n0\r\n\r\n"), "POST / - h chunked k|!400 without a size"},
	{CHUNKED("-1\r\nx\r\n0\r\n\r\n"), "POST / - h chunked k|!400 without a size"},
	{CHUNKED("+1\r\nx\r\n0\r\n\r\n"), "POST / - h chunked k|!400 without a size"},
	{CHUNKED("0x1\r\nx\r\n0\r\n\r\n"), "POST / - h chunked k|!400 hexadecimal"},
	{CHUNKED("1 \r\nx\r\n0\r\n\r\n"), "POST / - h chunked k|!400 hexadecimal"},
	{CHUNKED("1 ;a\r\nx\r\n0\r\n\r\n"), "POST / - h chunked k|!400 hexadecimal"},
	{CHUNKED("1_0\r\nx\r\n0\r\n\r\n"), "POST / - h chunked k|!400 hexadecimal"},
	{CHUNKED("1g\r\nx\r\n0\r\n\r\n"), "POST / - h chunked k|!400 hexadecimal"},
	{CHUNKED("1\nx\r\n0\r\n\r\n"), "POST / - h chunked k|!400 hexadecimal"},
	{CHUNKED("1\rx\r\n0\r\n\r\n"), "POST / - h chunked k|!400 end with CR LF"},
	{CHUNKED("1\r\r\nx\r\n0\r\n\r\n"), "POST / - h chunked k|!400 end with CR LF"},
	{CHUNKED("1;a\nx\r\n0\r\n\r\n"), "POST / - h chunked k|!400 chunk extension"},
	{CHUNKED("1;a\x01\r\nx\r\n0\r\n\r\n"), "POST / - h chunked k|!400 chunk extension"},
	{CHUNKED("1;a\rb\r\nx\r\n0\r\n\r\n"), "POST / - h chunked k|!400 end with CR LF"},
	{CHUNKED("00000000000000001\r\na\r\n"), "POST / - h chunked k|!400 too many digits"},
	{CHUNKED("ffffffffffffffff\r\na\r\n"), "POST / - h chunked k|!413"},
	{CHUNKED("10000000000000005\r\nhello\r\n"), "POST / - h chunked k|!413"},
	{CHUNKED("100001\r\n"), "POST / - h chunked k|!413"},
	{CHUNKED("1\r\nxy\r\n0\r\n\r\n"), "POST / - h chunked k|x!400 longer than its size"},
	{CHUNKED("1\r\nx0\r\n\r\n"), "POST / - h chunked k|x!400 longer than its size"},
	{CHUNKED("1\r\nx\n0\r\n\r\n"), "POST / - h chunked k|x!400 longer than its size"},
	{CHUNKED("1\r\nx\r0\r\n\r\n"), "POST / - h chunked k|x!400 longer than its size"},
	{CHUNKED("0\r\nA : b\r\n\r\n"), "POST / - h chunked k|!400 before the colon"},
	{CHUNKED("0\r\n A: b\r\n\r\n"), "POST / - h chunked k|!400 folded"},
	{CHUNKED("0\r\nA\r\n\r\n"), "POST / - h chunked k|!400 without a colon"},
	{CHUNKED("0\r\nA: b\n\r\n"), "POST / - h chunked k|!400 bare LF"},
	{CHUNKED("0\r\n\n"), "POST / - h chunked k|!400 bare LF"},
	{CHUNKED("0\n\n"), "POST / - h chunked k|!400 hexadecimal"},
};

static const struct row pipelines[] = {
	{GET("") GET(""), OK_GET OK_GET},
	{GET("") "\r\n" GET(""), OK_GET OK_GET},
	{GET("") "\r\n\r\n" GET(""), OK_GET "!400 begin with a method"},
	{POST("Content-Length: 2\r\n\r\nab") GET(""), "POST / - h 2 k|ab;" OK_GET},
	{CHUNKED("1\r\nx\r\n0\r\n\r\n") GET(""), OK_CHUNKED("x") OK_GET},
	{CHUNKED("0\r\nA: b\r\n\r\n") CHUNKED("0\r\n\r\n"), OK_CHUNKED("") OK_CHUNKED("")},
	{POST("Content-Length: 2\r\n\r\nabc") GET(""), "POST / - h 2 k|ab;cGET / - h none k|;"},
	{GET("") "GET /x HTTP/1.1\r\nHost: i\r\n\r\nG", OK_GET "GET /x - i none k|;…"},
	{POST("Content-Length: 3\r\n\r\nGET") " / HTTP/1.1\r\n",
		"POST / - h 3 k|GET;!400 begin with a method"},
};

/* Sums up what the machine says. */
struct trace {
	struct http1 *h;
	struct buf said;
	size_t at; /* bytes consumed */
	bool over;
};

static void slice_or_dash(struct buf *b, struct http_slice s)
{
	if (s.len == 0)
		buf_char(b, '-');
	buf_add(b, s.at, s.len);
	buf_char(b, ' ');
}

static void say_head(struct trace *t)
{
	const struct http1_request *rq = http1_request(t->h);

	buf_str(&t->said, rq->method);
	buf_char(&t->said, ' ');
	slice_or_dash(&t->said, rq->path);
	slice_or_dash(&t->said, (struct http_slice){rq->query, strlen(rq->query)});
	slice_or_dash(&t->said, rq->host);
	if (rq->framing == HTTP1_LENGTH)
		buf_unum(&t->said, rq->length);
	else
		buf_str(&t->said, rq->framing == HTTP1_CHUNKED ? "chunked" : "none");
	buf_str(&t->said, rq->keep_alive ? " k" : " c");
	buf_str(&t->said, rq->expect_continue ? "e" : "");
	buf_str(&t->said, rq->upgrade_websocket ? "u" : "");
	buf_char(&t->said, '|');
}

static void feed(struct trace *t, const char *bytes, size_t len)
{
	char *copy = malloc(len + 1); /* of its own, so that a sanitizer sees a read beyond it */
	size_t at = 0, consumed;

	memcpy(copy, bytes, len);
	copy = realloc(copy, len > 0 ? len : 1);
	while (!t->over) {
		enum http1_event event = http1_feed(t->h, copy + at, len - at, &consumed);

		assert_true(consumed <= len - at);
		at += consumed;
		t->at += consumed;
		if (event == HTTP1_MORE)
			break;
		if (event == HTTP1_HEAD)
			say_head(t);
		if (event == HTTP1_BODY)
			buf_add(&t->said, http1_body(t->h).at, http1_body(t->h).len);
		if (event == HTTP1_DONE) {
			buf_char(&t->said, ';');
			http1_next(t->h);
		}
		if (event == HTTP1_REFUSED) {
			buf_fmt(&t->said, "!%d %s", http1_status(t->h), http1_reason(t->h));
			t->over = true;
			assert_int_equal(http1_feed(t->h, "GET", 3, &consumed), HTTP1_REFUSED);
		}
	}
	if (!t->over)
		assert_int_equal(at, len);
	free(copy);
}

/* Feed in pieces of `piece` bytes, the first one of `first` bytes. */
static char *traced(const struct http1_limits *limits, const char *in, size_t len, size_t first,
	size_t piece, size_t *at)
{
	struct trace t = {.h = http1_new(limits)};
	size_t from = 0, n = first;

	buf_init(&t.said);
	do {
		n = n < len - from ? n : len - from;
		feed(&t, in + from, n);
		from += n;
		n = piece;
	} while (from < len);
	*at = t.at;
	if (!t.over && (t.at == 0 || http1_begun(t.h) || t.said.len == 0))
		buf_str(&t.said, "…");
	http1_free(t.h);
	return buf_take(&t.said, NULL);
}

/* Equal, but a refusal's sentence needs only to hold the words wanted. */
static bool as_wanted(const char *said, const char *want)
{
	size_t same = strcspn(want, "!");
	size_t status = same + strcspn(want + same, " ");

	if (want[same] == '\0')
		return strcmp(said, want) == 0;
	return strncmp(said, want, status) == 0 && strchr(said + same, ' ') != NULL &&
		strstr(said + status, want[status] ? want + status + 1 : "") != NULL;
}

static void check(const struct http1_limits *limits, const char *in, size_t len, const char *want)
{
	size_t at, other_at;
	char *said = traced(limits, in, len, len, len, &at);

	if (!as_wanted(said, want))
		fail_msg("%s\nwanted: %s\nsaid: %s", in, want, said);
	for (size_t cut = 0; cut <= len; cut++) {
		/* The last turn cuts everywhere. */
		size_t first = cut == len ? 1 : cut, piece = cut == len ? 1 : len;
		char *other = traced(limits, in, len, first, piece, &other_at);

		if (strcmp(other, said) != 0 || other_at != at)
			fail_msg("%s\ncut at %zu\nsaid: %s (%zu)\nand: %s (%zu)", in, cut, said, at,
				other, other_at);
		free(other);
	}
	free(said);
}

static void check_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check(&http1_limits_default, rows[i].in, strlen(rows[i].in), rows[i].want);
}

#define TEST_ROWS(name) \
	static void test_##name(void **state) \
	{ \
		(void)state; \
		check_rows(name, sizeof(name) / sizeof(name[0])); \
	}

TEST_ROWS(lines)
TEST_ROWS(fields)
TEST_ROWS(options)
TEST_ROWS(lengths)
TEST_ROWS(chunks)
TEST_ROWS(pipelines)

static void nul_bytes(void **state)
{
	(void)state;
	check(&http1_limits_default, "GET /\0 HTTP/1.1\r\nHost: h\r\n\r\n", 28, "!400 NUL");
	check(&http1_limits_default, "GET / HTTP/1.1\r\nHo\0st: h\r\n\r\n", 29, "!400 NUL");
	check(&http1_limits_default, "GET / HTTP/1.1\r\nHost: h\0\r\n\r\n", 29, "!400 NUL");
	check(&http1_limits_default, CHUNKED("1;\0\r\nx\r\n0\r\n\r\n"),
		sizeof(CHUNKED("1;\0\r\nx\r\n0\r\n\r\n")) - 1,
		"POST / - h chunked k|!400 chunk extension");
}

/* At the limit it passes, one byte more is refused. */
static void limits_hold(void **state)
{
	static const struct http1_limits small = {
		.line = 64, .head = 128, .headers = 3, .trailer = 16, .extensions = 4, .body = 8};
	static const struct row rows[] = {
		{"GET /123456789012345678901234567890123456789012345678 HTTP/1.1\r\n" H "\r\n",
			"GET /123456789012345678901234567890123456789012345678 - h none k|;"},
		{"GET /123456789012345678901234567890123456789012345678x HTTP/1.1\r\n" H "\r\n",
			"!414"},
		{"ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQ", "!414"},
		{GET("A: 01234567890123456789012345678901234567890123456789"
		     "0123456789012345678901234567890123456789012345\r\n"),
			OK_GET},
		{GET("A: 01234567890123456789012345678901234567890123456789"
		     "0123456789012345678901234567890123456789012345x\r\n"),
			"!431 head"},
		{GET("A: 1\r\nB: 2\r\n"), OK_GET},
		{GET("A: 1\r\nB: 2\r\nC: 3\r\n"), "!431 too many"},
		{CHUNKED("0\r\nA: 3456789012\r\n\r\n"), "POST / - h chunked k|!431 trailer"},
		{CHUNKED("0\r\nA: 3456789\r\n\r\n"), OK_CHUNKED("")},
		{CHUNKED("0\r\nA:b\r\nC:d\r\nE:f\r\n\r\n"), "POST / - h chunked k|!431 trailer"},
		{CHUNKED("1;abcd\r\nx\r\n0\r\n\r\n"), OK_CHUNKED("x")},
		{CHUNKED("1;abcde\r\nx\r\n0\r\n\r\n"), "POST / - h chunked k|!400 extensions"},
		{CHUNKED("1;ab\r\nx\r\n1;cd\r\ny\r\n0;e\r\n\r\n"),
			"POST / - h chunked k|xy!400 extensions"},
		{CHUNKED("4\r\nabcd\r\n4\r\nefgh\r\n0\r\n\r\n"), OK_CHUNKED("abcdefgh")},
		{CHUNKED("4\r\nabcd\r\n5\r\nefghi\r\n0\r\n\r\n"), "POST / - h chunked k|abcd!413"},
		{POST("Content-Length: 8\r\n\r\n12345678"), "POST / - h 8 k|12345678;"},
		{POST("Content-Length: 9\r\n\r\n123456789"), "!413"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check(&small, rows[i].in, strlen(rows[i].in), rows[i].want);
}

static void body_limit_of_route(void **state)
{
	static const char in[] = POST("Content-Length: 5\r\n\r\nhello");
	struct http1 *h = http1_new(&http1_limits_default);
	size_t consumed;

	(void)state;
	assert_int_equal(http1_feed(h, in, sizeof(in) - 1, &consumed), HTTP1_HEAD);
	assert_true(http1_body_limit(h, 5));
	assert_false(http1_body_limit(h, 4));
	assert_int_equal(http1_status(h), 413);
	assert_int_equal(http1_feed(h, "x", 1, &consumed), HTTP1_REFUSED);
	http1_free(h);
	http1_free(NULL);
}

static void fields_are_found(void **state)
{
	static const char in[] = GET("A: 1\r\nB:  two words \r\na: 3\r\nC:\r\n");
	struct http1 *h = http1_new(&http1_limits_default);
	const char *name, *value;
	size_t consumed;

	(void)state;
	assert_false(http1_begun(h));
	assert_int_equal(http1_feed(h, in, sizeof(in) - 1, &consumed), HTTP1_HEAD);
	assert_true(http1_begun(h));
	assert_int_equal(consumed, sizeof(in) - 1);
	assert_string_equal(http1_header(h, "a"), "1");
	assert_string_equal(http1_header(h, "B"), "two words");
	assert_string_equal(http1_header(h, "c"), "");
	assert_null(http1_header(h, "d"));
	assert_true(http1_field(h, 3, &name, &value));
	assert_string_equal(name, "a");
	assert_string_equal(value, "3");
	assert_false(http1_field(h, 5, &name, &value));
	assert_int_equal(http1_feed(h, NULL, 0, &consumed), HTTP1_DONE);
	http1_next(h);
	assert_false(http1_begun(h));
	assert_null(http1_header(h, "a"));
	http1_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_chunks),
		cmocka_unit_test(test_pipelines),
		cmocka_unit_test(nul_bytes),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(body_limit_of_route),
		cmocka_unit_test(fields_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
