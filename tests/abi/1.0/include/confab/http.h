/**
 * HTTP routes of a plugin, below its own prefix: table `routes`, capability http.route.
 *
 *   head ─▶ the actor is known ─▶ run(h)                                     NONE, JSON, FILE: all is there
 *                                 run(h), confab_http_want ─▶ piece … piece(last)       STREAM
 *   answers: confab_http_json, _bytes, _file, _error: once; or confab_http_begin, _write …, _end
 *
 * What is for clients of the chat is better an op (op.h): it comes over WebSocket too, and into the
 * documents. Routes are for what others dictate: webhooks that come in, uploads, downloads, pages.
 * Everything on the logic thread. A request is good until it is answered (confab_http_json … _end) or
 * its gone function has been called; then it must not be used any more.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CONFAB_HTTP_H
#define CONFAB_HTTP_H

#include <confab/op.h>

#ifdef __cplusplus
extern "C" {
#endif

/** One request of a route, from run until its answer. */
struct confab_http;

/** Where a request's body goes. */
enum confab_http_body {
	CONFAB_HTTP_NONE = 0,   /* there is none; one that comes is refused with 413 */
	CONFAB_HTTP_JSON = 1,   /* parsed: confab_http_args */
	CONFAB_HTTP_BYTES = 2,  /* as it came, in memory: confab_http_body */
	CONFAB_HTTP_FILE = 3,   /* into a file without a name: confab_http_fd */
	CONFAB_HTTP_STREAM = 4, /* piece by piece, as much as was asked for: confab_http_want */
};

/** What of a body may stand in memory at most (JSON, BYTES), and what may come at all [bytes]. */
#define CONFAB_HTTP_MEMORY_MAX ((size_t)1 << 20)
#define CONFAB_HTTP_BODY_MAX ((size_t)1 << 40)

/** One route. */
struct confab_route_row {
	const char *method; /* "GET" (serves HEAD too), "POST", "PUT", "PATCH", "DELETE" */
	/** Below "/v1/x/NAME/", NAME being the plugin's; segments in braces are parameters:
	 *  "/v1/x/uploads/{channel}/{file}". At most 8 segments. */
	const char *path;
	/** Fields of the head that confab_http_header knows beside Content-Type, separated by spaces, ≤ 16;
	 *  NULL: none. */
	const char *headers;
	enum confab_op_actor actor; /* who must be known before run is called */
	enum confab_http_body body;
	size_t max_body; /* [bytes], > 0 where there is a body; longer ones are refused with 413 */
	/** Answer, now or later, once. STREAM: the head is here, ask for the body by confab_http_want. */
	void (*run)(struct confab_http *h, void *ctx);
	/** STREAM: what came; last: no more will (bytes may be none then). Else NULL. */
	void (*piece)(struct confab_http *h, const char *bytes, size_t len, bool last, void *ctx);
	/** An answer by confab_http_write may go on: room bytes would not wait. NULL: nobody asks. */
	void (*drained)(struct confab_http *h, size_t room, void *ctx);
	/** The client has gone, or the plugin goes: forget the request, which needs no answer any more.
	 *  NULL: there is nothing to forget. */
	void (*gone)(struct confab_http *h, void *ctx);
	unsigned cost; /* of the user's or address's bucket; 0 means 1 */
	/** How long it may do nothing about a request before it has begun to answer [ms]; 0: two minutes, at
	 *  most ten. Then gone is called, and the client is answered 503. */
	unsigned idle_ms;
	const char *doc; /* one sentence */
};

/* The request. Pointers are borrowed for as long as the request is good. */

/** "GET" (also for HEAD), "POST" … */
const char *confab_http_method(const struct confab_http *h);
/** The decoded path. */
const char *confab_http_path(const struct confab_http *h);
/** A parameter of the path, or of the query, decoded; NULL: absent. The path wins. */
const char *confab_http_param(const struct confab_http *h, const char *name);
/** A field of the head, named as in the row; NULL: absent, or not named there. */
const char *confab_http_header(const struct confab_http *h, const char *name);
/** The client's address as text; behind trusted proxies the one they name. */
const char *confab_http_peer(const struct confab_http *h);
/** Who asks; NULL where the row says CONFAB_OP_NONE. */
const struct confab_actor *confab_http_actor(const struct confab_http *h);
/** JSON: the body, {} if it was empty. Else NULL. */
const json_t *confab_http_args(const struct confab_http *h);
/** BYTES: the body. Else NULL, and *len is 0. */
const char *confab_http_body(const struct confab_http *h, size_t *len);
/** FILE: a descriptor, read and write, at offset 0; the file has no name and goes with its last
 *  descriptor. The host's: dup it to keep it. -1: the route takes no file. */
int confab_http_fd(const struct confab_http *h, uint64_t *bytes);
/** A pointer of the plugin's, NULL at first. */
void **confab_http_slot(struct confab_http *h);

/** STREAM: so many bytes more may come. What was not asked for waits at the connection, which is not
 *  read meanwhile (but for one piece, at most 64 KB). */
void confab_http_want(struct confab_http *h, size_t bytes);

/* Answers. After these the request is gone. */

/** A JSON value, taken; NULL: {}. status: 200..599. */
void confab_http_json(struct confab_http *h, int status, json_t *body);
/** Bytes, copied. type: "text/plain; charset=utf-8" …, NULL: none. */
void confab_http_bytes(
	struct confab_http *h, int status, const char *type, const void *bytes, size_t len);
/** A file, from its beginning to its end as it is now; fd is taken. Ranges are not served. */
void confab_http_file(struct confab_http *h, int status, const char *type, int fd);
/** An error of the protocol's shape; its status follows from the code (403 for the plugin's own). */
void confab_http_error(struct confab_http *h, const char *code, const char *text);

/** A further field for the head of the answer, before it. CONFAB_EINVAL: a name or value that no head
 *  may have, or one that the host writes itself; CONFAB_ELIMIT: more than 1 KB of them. */
int confab_http_set(struct confab_http *h, const char *name, const char *value);

/** Begin an answer whose length is not known. After this: confab_http_write, confab_http_end. */
void confab_http_begin(struct confab_http *h, int status, const char *type);
/** More of it, copied. @return how many bytes more would not wait for the client; 0: stop, drained will
 *  be called. What is written beyond waits in memory. */
size_t confab_http_write(struct confab_http *h, const void *bytes, size_t len);
/** That was all. */
void confab_http_end(struct confab_http *h);

#ifdef __cplusplus
}
#endif
#endif
