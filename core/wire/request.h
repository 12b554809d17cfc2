/**
 * A request from a client, on its way from an I/O thread to its answer. Whoever holds it answers it
 * exactly once; one that is freed unanswered answers `internal` and counts as a bug.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef WIRE_REQUEST_H
#define WIRE_REQUEST_H

#include <confab/op.h>
#include "base/buf.h"
#include "net/net.h"

struct confab_actor;
struct op;
struct op_table;
struct wire;

/** What a request over HTTP has besides. */
struct request_web {
	char *path;
	char *token; /* Bearer; NULL: none */
	char method[8];
	char session[32];    /* Confab-Session, "": none */
	char none_match[72]; /* If-None-Match, "": none or too long to be ours */
	char headers[128];   /* of the answer, each line with CR LF */
	/* Of a plugin's route, else NULL: its exchange, which is told when the request is answered, by
	 * whomever; further lines of the answer's head, and its Content-Type, or NULL. */
	struct confab_http *exchange;
	char *head_lines, *content_type;
};

struct confab_request {
	struct answer answer; /* first: what goes to the I/O thread */
	struct mail mail;     /* I/O → logic */
	struct wire *wire;
	struct op *op;     /* found on the logic thread */
	json_t *args;      /* the whole request object */
	json_t *query;     /* HTTP: strings of the query, until they are arguments */
	json_t *ok;        /* the answer, or */
	struct buf raw;    /* … its JSON text (pages), or */
	char code[33];     /* … an error */
	char *text;        /* of an error */
	const char *retry; /* of an error */
	char plugin[33];   /* who refused, or "" */
	unsigned retry_ms;
	char re[40];             /* the request's id as JSON text, "" : none */
	struct request_web *web; /* HTTP, else NULL */
	char peer[48];
	struct confab_actor *actor; /* made and freed by the ports' owner (ops) */
	confab_conn_id conn;        /* 0 with HTTP */
	bool http, answered;
	int64_t born_us;
	void *keep; /* of the op that runs it */
	/* Its neighbours on its op, while it is not answered. */
	struct confab_request *older, *newer;
	/* Whose it is, when it was answered for its plugin, which may still hold it: a husk. Else NULL. */
	const void *husk_of;
};

/** For answers made of rows: append JSON to rq->raw and then call this instead of confab_reply. */
void request_reply_raw(struct confab_request *rq);

/**
 * Answer with a document that changes seldom: JSON text in rq->raw, under an ETag. Over HTTP whoever has it
 * is told so by 304 without a body.
 *
 * @param tag  ETag without quotes, 1..40 bytes of hex or the like; copied
 */
void request_reply_tagged(struct confab_request *rq, const char *tag);

/** Answer with an error and all its members. text NULL: the table's; plugin may be NULL. */
void request_error(struct confab_request *rq, const char *code, const char *text, unsigned retry_ms,
	const char *plugin);

/** Answer `internal` to all that an owner of ops was to answer and did not; its code runs no more.
 *  @return how many. Logic thread. */
unsigned request_abandon(struct op_table *t, const void *owner);

/**
 * Answer `internal` to one request that came before a moment and that a plugin has not answered. What the plugin
 * holds stays good until it answers, which is without effect, or goes.
 *
 * @return the owner of its op, or NULL: there was none. Logic thread.
 */
const void *request_overdue(struct op_table *t, int64_t born_before_us);

/** An empty one, of a connection. I/O thread. */
struct confab_request *request_new(struct wire *wire, confab_conn_id conn, uint64_t stream);
/** One that came by HTTP, with all but its path and body. I/O thread. */
struct confab_request *request_of_http(struct wire *wire, const struct http_request *hr);
/** Its body as one JSON object in args; {} if it is empty. @return 0 or a code. I/O thread. */
int request_take_json(
	struct confab_request *rq, const struct http_request *hr, struct confab_error *err);
/** Send it to the logic thread, which finds its row, checks its shape and hands it to the ports. */
void request_post(struct confab_request *rq);
/** An answer that needs no logic thread (a refusal at the door). Takes it. I/O thread. */
void request_refuse(struct confab_request *rq, const char *code, const char *text);

#endif
