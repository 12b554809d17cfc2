/**
 * The network as the rest of the server sees it: connections by number, frames and answers out,
 * messages and requests in. Sockets, TLS, HTTP and WebSocket stay behind this header.
 *
 *   acceptor (main thread) ── socket ──▶ I/O thread k: conn ── codec / route ──▶ (posts to logic)
 *   logic thread ── net_* below: one mailbox per I/O thread, so everything for one connection is in order
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NET_NET_H
#define NET_NET_H

#include <stdbool.h>
#include <confab/types.h>
#include "loop/loop.h"

struct buf;
struct frame;
struct net;
struct http_request;

/** Interest of a connection in a topic. The number of a log's topic is given by chat. */
enum sub_level { SUB_NONE = 0, SUB_NOTICE = 1, SUB_WATCH = 2, SUB_FOCUS = 3 };

struct subscription {
	uint64_t floor;      /* messages below get the stub */
	uint32_t topic;      /* > 0 */
	uint32_t class_bits; /* which audiences this reader belongs to */
	uint8_t level;       /* enum sub_level */
};

/** Something every matching subscriber of a topic gets: whole, as a stub, or (frame NULL) not at all. */
struct delivery {
	uint32_t topic;
	uint8_t levels; /* bit 1 << enum sub_level: who is meant */
	bool everybody; /* full for all but `except`; else only class_bits and `only` get full */
	uint32_t class_bits; /* audiences that see it whole */
	uint64_t seq_low; /* lowest seq in it; 0: none; readers with a higher floor get the stub */
	struct frame *full;           /* a reference is taken per thread */
	struct frame *stub;           /* may be NULL */
	const confab_conn_id *except; /* copied; these get the stub */
	size_t n_except;
	const confab_conn_id *only; /* copied; these get it whole */
	size_t n_only;
	int64_t born_us; /* monotonic, when what it tells came to us; 0: not measured */
};

/**
 * A reply to one connection, encoded on its I/O thread. Embed it; net_answer takes it.
 * `encode` appends the payload (WebSocket text, or HTTP body); `release` frees the whole.
 */
struct answer {
	struct mail mail; /* the net's */
	struct net *net;  /* the net's */
	confab_conn_id conn;
	uint64_t stream;          /* HTTP: which request of the connection; 0: WebSocket */
	int status;               /* HTTP */
	const char *content_type; /* HTTP; NULL: application/json */
	const char *headers;      /* HTTP; further lines, each with CR LF, or NULL */
	bool cacheable;           /* HTTP; the headers say how; else Cache-Control: no-store */
	bool more;                /* HTTP; the body goes on in another answer (same stream) */
	bool cut;                 /* HTTP; a streamed answer breaks off: the connection ends */
	bool file;                /* HTTP; the body is a file, from its beginning; no encode */
	int fd;                   /* … net takes it and leaves -1; what it left, release closes */
	uint64_t fd_bytes;        /* … how long it is */
	void (*encode)(struct answer *a, struct buf *out);
	void (*release)(struct answer *a);
	struct frame *frame; /* instead of encode: a ready frame (one reference, taken) */
	bool event;          /* an event (may be dropped for a slow reader), not a reply */
	bool settles;        /* it answers one request in flight */
	uint32_t topic;      /* of an event: which subscription lost it when dropped */
};

/** What a codec made of one message. */
enum codec_result {
	CODEC_NOTHING = 0, /* done, no answer will come */
	CODEC_TAKEN = 1,   /* a request is in flight; exactly one answer with `settles` will come */
	CODEC_ANSWERED = 2, /* `out` holds the reply, to be sent at once */
	CODEC_CLOSE = 3,    /* close with *close_code and the text in `out` */
};

/** A subprotocol: what happens with WebSocket messages of one path. Static; I/O threads. */
struct codec {
	const char *subprotocol; /* "confab.v1"; NULL: none needed */
	const char *path;        /* "/v1/ws" */
	size_t max_message;      /* [bytes] */
	enum codec_result (*decode)(void *ctx, confab_conn_id conn, char *bytes, size_t len,
		bool text, struct buf *out, bool *out_text, uint16_t *close_code);
	/** Someone upgraded to it: the peer's address as text, and the Authorization token or NULL. */
	void (*opened)(void *ctx, confab_conn_id conn, const char *peer, const char *token);
	/** It is gone; nothing comes from it any more. code: as in the table of close codes. */
	void (*closed)(void *ctx, confab_conn_id conn, uint16_t code);
	/** The server drains: the peer may be told to go elsewhere. May be NULL. */
	void (*draining)(void *ctx, confab_conn_id conn);
	/** Events of these topics were dropped for a slow reader that has drained now. */
	void (*drained)(void *ctx, confab_conn_id conn, const uint32_t *topics, size_t n);
	void *ctx;
};

enum http_body { HTTP_BODY_NONE = 0, HTTP_BODY_WHOLE = 1, HTTP_BODY_STREAM = 2 };

/** An HTTP route. Path segments in braces are parameters: "/v1/channels/{channel}/messages". */
struct http_route {
	const char *method; /* "GET" also serves HEAD */
	const char *path;
	enum http_body body;
	size_t max_body; /* [bytes] */
	/** I/O thread. The request is borrowed until return; answer by net_answer with its conn and stream,
	 *  now or later, exactly once (settles = true). */
	void (*handle)(void *ctx, const struct http_request *rq);
	void *ctx;
	/* For bodies that stream; NULL otherwise. I/O thread.
	 * HTTP_BODY_STREAM: handle() is called at the head, then piece() for what comes; last: no
	 * more follows. @return false to stop reading until net_body_resume */
	bool (*piece)(void *ctx, confab_conn_id conn, uint64_t stream, const char *bytes,
		size_t len, bool last);
	/** Of an answer that streams (`more`) so many bytes have left, of all that were answered. */
	void (*drained)(void *ctx, confab_conn_id conn, uint64_t stream, uint64_t sent);
	/** The connection ended before the answer did. */
	void (*gone)(void *ctx, confab_conn_id conn, uint64_t stream);
};

/** A parsed request as a route sees it. Everything is borrowed until handle() returns. */
struct http_request {
	struct net *net;
	confab_conn_id conn;
	uint64_t stream;
	const char *method, *path, *query; /* path decoded; query raw, "" if none */
	const char *params[8];             /* of the route's braces, decoded, in order */
	const char *token;                 /* Authorization: Bearer …, or NULL */
	const char *session;               /* Confab-Session, or NULL */
	const char *peer; /* address as text, behind trusted proxies the forwarded one */
	const char *(*header)(const struct http_request *rq, const char *name); /* or NULL */
	const char *body;
	size_t body_len;
};

/** Value of a query parameter, percent-decoded into a caller's buffer; false if absent or too long. */
bool http_query(const struct http_request *rq, const char *key, char *out, size_t size);

/* What the logic thread says. All are mail to the connection's I/O thread, in order; a stale id is
 * dropped silently. Thread: logic (net_answer, net_send, net_close: any). */

/** Takes the answer. */
void net_answer(struct net *net, struct answer *a);
/** Read on: a streamed body that piece() stopped. Thread: any. */
void net_body_resume(struct net *net, confab_conn_id conn, uint64_t stream);
/** One event for one connection; takes the caller's reference of the frame. topic 0: belongs to none. */
void net_send(struct net *net, confab_conn_id conn, struct frame *f, uint32_t topic);
/** Subscribe or change a subscription (same topic). */
void net_subscribe(struct net *net, confab_conn_id conn, const struct subscription *sub);
void net_unsubscribe(struct net *net, confab_conn_id conn, uint32_t topic);
/** One node per I/O thread that has subscribers of the topic. @return threads reached */
unsigned net_deliver(struct net *net, const struct delivery *d);
/** Close with a WebSocket code (4xxx of the table) after what is queued. */
void net_close(struct net *net, confab_conn_id conn, uint16_t code, const char *text);
/** Bytes sent to I/O threads that they have not yet taken, the most loaded thread's (rule 4). */
size_t net_backlog(struct net *net);

#endif
