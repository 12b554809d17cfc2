/**
 * HTTP/1.1 requests, read strictly: a pure machine that is fed bytes and says what it found.
 *
 *      feed ─▶ HEAD ─▶ BODY … BODY ─▶ DONE ─▶ http1_next ─▶ feed …
 *           └▶ REFUSED (status and sentence; the connection is to be closed)
 *
 * The same bytes give the same answer, whole or one at a time. No I/O, and no memory but what
 * http1_new took. Where RFC 9112 lets a server be lenient, this one is not: lines end with CR LF
 * (a bare LF or CR is refused), there is exactly one Host, one Content-Length at most and none
 * beside Transfer-Encoding, `chunked` is the only coding, no white space stands before a colon and
 * no field is folded. A head refused here is one that two servers could read in two ways.
 *
 * Thread: the owner's. Sources: RFC 9110, RFC 9112.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NET_HTTP1_H
#define NET_HTTP1_H

#include <stdint.h>
#include <confab/types.h>
#include "net/http_target.h"

/** Room for header fields; http1_limits.headers is at most this. */
#define HTTP1_HEADERS_MAX 64

struct http1_limits {
	uint32_t line;       /* request line, CR LF included, 64..65535 [bytes] */
	uint32_t head;       /* request line and header fields, ≥ line, ≤ 65535 [bytes] */
	uint32_t headers;    /* header fields, ≤ HTTP1_HEADERS_MAX */
	uint32_t trailer;    /* trailer section [bytes], head + trailer ≤ 65535 */
	uint32_t extensions; /* chunk extensions of one body, all together [bytes] */
	uint64_t body;       /* decoded body, see http1_body_limit [bytes] */
};

/** line 8 KB, head 16 KB, 64 fields, trailer 2 KB, extensions 1 KB, body 1 MB. */
extern const struct http1_limits http1_limits_default;

enum http1_event {
	HTTP1_REFUSED = -1, /* http1_status and http1_reason say why; feed no more */
	HTTP1_MORE = 0,     /* all bytes are consumed */
	HTTP1_HEAD = 1,     /* http1_request is filled */
	HTTP1_BODY = 2,     /* a piece of the decoded body, inside the bytes just fed */
	HTTP1_DONE = 3,     /* the request ends at *consumed; what follows belongs to the next */
};

enum http1_framing { HTTP1_NO_BODY = 0, HTTP1_LENGTH = 1, HTTP1_CHUNKED = 2 };

/** A head. Everything is borrowed from the machine until http1_next or http1_free. */
struct http1_request {
	const char *method;     /* a token, as sent (case matters) */
	const char *target;     /* as sent */
	struct http_slice path; /* raw; http_path_decode takes it. "*" for OPTIONS * */
	const char *query;      /* raw, without "?"; "" if none */
	struct http_slice host; /* of an absolute target, else of Host; empty only in 1.0 */
	enum http1_framing framing;
	uint64_t length;        /* of HTTP1_LENGTH */
	uint8_t minor;          /* 0 or 1: HTTP/1.minor */
	bool keep_alive;        /* the connection may carry another request */
	bool expect_continue;   /* wants "100 Continue" before it sends the body */
	bool upgrade_websocket; /* GET, 1.1, Connection: upgrade and Upgrade: websocket */
};

struct http1;

/** @param limits  borrowed for the machine's life */
struct http1 *http1_new(const struct http1_limits *limits);
/** NULL is fine. */
void http1_free(struct http1 *h);

/**
 * Take in bytes, up to the next event.
 *
 * Call again with the bytes behind *consumed until HTTP1_MORE; DONE may come with nothing
 * consumed, also when len is 0. After DONE the machine stands until http1_next.
 *
 * @param consumed  set to the bytes taken, 0..len
 */
enum http1_event http1_feed(struct http1 *h, const char *bytes, size_t len, size_t *consumed);

/** The head, from HTTP1_HEAD on. */
const struct http1_request *http1_request(const struct http1 *h);
/** Fields in order of arrival: NUL-terminated name (as sent) and value; false behind the last. */
bool http1_field(const struct http1 *h, size_t i, const char **name, const char **value);
/** The first value of a field (any case), or NULL. */
const char *http1_header(const struct http1 *h, const char *name);
/** The piece of HTTP1_BODY. */
struct http_slice http1_body(const struct http1 *h);

/**
 * Lower or raise the body's limit for this request, after HTTP1_HEAD and before more is fed.
 *
 * @return false if Content-Length is beyond it: the machine has refused with 413
 */
bool http1_body_limit(struct http1 *h, uint64_t max) CONFAB_MUSTCHECK;

/** Has anything of a request been fed (empty lines do not count)? Slow heads are timed by it. */
bool http1_begun(const struct http1 *h);

/** Why it was refused: status 400, 413, 414, 417, 431, 501 or 505, and a static sentence. */
int http1_status(const struct http1 *h);
const char *http1_reason(const struct http1 *h);

/** Forget the request, ready for the next one of the connection. */
void http1_next(struct http1 *h);

#endif
