/**
 * The protocol's front door: what net hands in becomes requests; what ops answer becomes bytes.
 *
 *   I/O thread                                     logic thread
 *   codec / http: scan, parse ── request_post ──▶  find op, check shape ── ports.run ──▶ ops
 *   encode ◀────────────────────────────────────── confab_reply, confab_reply_error, request_reply_raw
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef WIRE_WIRE_H
#define WIRE_WIRE_H

#include <stdatomic.h>
#include "net/net.h"
#include "wire/gate.h"
#include "wire/op_table.h"

struct confab_request;
struct exchanges;

/** What wire asks of ops. Logic thread. */
struct wire_ports {
	/** Run a request whose shape is right. */
	void (*run)(void *ctx, struct confab_request *rq);
	/** A connection upgraded, has gone, or has drained after losing events. */
	void (*opened)(void *ctx, confab_conn_id conn, const char *peer);
	void (*closed)(void *ctx, confab_conn_id conn, uint16_t code);
	void (*drained)(void *ctx, confab_conn_id conn, const uint32_t *topics, size_t n);
	/** The request goes: free its actor. */
	void (*forget)(void *ctx, struct confab_request *rq);
	void *ctx;
};

struct wire {
	struct loop *logic;
	struct net *net;             /* set once net is there, before it listens */
	struct op_table *ops;        /* logic thread */
	struct exchanges *exchanges; /* plugins' routes; logic thread */
	struct gate gate;            /* logic thread */
	struct wire_ports ports;
	atomic_uint_fast64_t unanswered; /* requests freed without an answer: bugs */
	atomic_uint_fast64_t requests, errors;
};

/** No ops yet, no net; wire_free() takes it, NULL is fine. Thread: main. */
struct wire *wire_new(struct loop *logic);
void wire_free(struct wire *w);
/** Nothing is held any more: before what it would run in is freed. NULL is fine. Thread: the logic
 *  loop's, or when it has ended. */
void wire_settle(struct wire *w);

/** confab.v1 at /v1/ws. Fills a row for net. max_message: after decompression [bytes] */
void wire_codec(struct wire *w, size_t max_message, struct codec *out);

/** The HTTP routes of the protocol: everything under /v1/ of every method, with bodies of
 *  at most max_body bytes. Fills up to n rows. @return how many */
size_t wire_routes(struct wire *w, size_t max_body, struct http_route *out, size_t n);

#endif
