/**
 * The state of HTTP on a connection, for the http_* files and file.c.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NET_HTTP_INTERNAL_H
#define NET_HTTP_INTERNAL_H

#include <stdbool.h>
#include "base/buf.h"
#include "net/addr.h"
#include "net/http1.h"
#include "net/net.h"

struct conn;
struct file_send;

enum http_phase {
	HTTP_IDLE = 0,    /* between requests */
	HTTP_READING = 1, /* a head is coming */
	HTTP_BODY = 2,    /* a body is coming */
	HTTP_ANSWER = 3,  /* whole; the answer is awaited, or on its way */
};

struct http {
	struct http1 *parser;
	uint64_t stream;      /* number of the current request, from 1 */
	uint8_t phase;        /* enum http_phase */
	bool first : 1;       /* no request was answered yet */
	bool close : 1;       /* end the connection after the answer */
	bool answered : 1;    /* the head of the answer is queued */
	bool chunked : 1;     /* the answer streams in chunks */
	bool handed : 1;      /* the route has it */
	bool body_done : 1;   /* nothing more will be read of the request */
	bool body_paused : 1; /* the route takes no more for now */
	int refusal; /* status to answer at the request's end instead of a route; 0: none */
	const char *refusal_text;
	char allow[64];      /* of 405 */
	uint32_t since_ms;   /* when the phase began */
	uint64_t body_bytes; /* that came */
	uint64_t streamed;   /* bytes of a streamed answer that were queued */
	uint64_t told;       /* … that the route knows to have left */
	const struct http_route *route;
	char *path; /* decoded, cut at parameters */
	const char *params[8];
	struct buf body;
	struct file_send *file;
	char peer[ADDR_TEXT_SIZE];
};

/** What an answer's head says. */
struct http_head {
	int status;
	const char *content_type; /* NULL: none */
	int64_t length;           /* -1: unknown (chunked, or until the end) */
	const char *headers;      /* further lines, each with CR LF; NULL: none */
	bool cacheable;           /* says itself how it may be cached */
};

/** Append a head for the current request, with the fields that every answer has. */
void http_head_write(struct conn *c, const struct http_head *head, struct buf *out);
/** Answer the current request whole. */
void http_reply(struct conn *c, const struct http_head *head, const void *body, size_t len);
/** Answer it with an error of the documented shape; text: one sentence. headers: as in http_head. */
void http_error(struct conn *c, int status, const char *text, const char *headers);
/** The current request is answered: the next one, or the end. */
void http_answered(struct conn *c);
/** "Not Found" … Static. */
const char *http_status_text(int status);
/** The word of the table of errors that http_error() answers with this status; NULL: it is no error. */
const char *http_status_code(int status);
/** Its retry class: "never", "later", "same", or NULL. */
const char *http_status_retry(int status);
/** HEAD, 204, 304: no body is sent. */
bool http_bodiless(const struct conn *c, int status);
/** A field of the current request, or NULL. */
const char *http_field(const struct conn *c, const char *name);

/** Judge and answer an upgrade. The request is whole. @return false if it was refused */
bool http_upgrade(struct conn *c);
/** Answer OPTIONS: a preflight, or which methods there are. */
void http_options(struct conn *c, const char *allow);
/** Fields that let a page of an allowed origin read the answer. */
void http_cors_write(struct conn *c, struct buf *out);
/** The Bearer token of the current request, or NULL. */
const char *http_token(const struct conn *c);
/** The client's address as text, behind trusted proxies the one they name. */
const char *http_peer(struct conn *c);

#endif
