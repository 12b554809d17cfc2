/**
 * Routes of plugins: HTTP requests whose rows say where the body goes, from head to answer.
 *
 *   I/O thread                         logic thread
 *   handle: head (and body) ──▶ gate ─▶ ports.run: who asks ─▶ run      NONE, JSON, BYTES
 *   piece, one at a time    ──▶ gate ─▶ … a worker writes   ─▶ run      FILE
 *                                       … piece, as asked for           STREAM
 *   drained, gone           ──▶ gate ─▶ drained, gone
 *
 * A door is what net knows of a route. It outlives the plugin, so that connections may hold it: a shut
 * one answers 404. Doors are few and are used again when the same row comes back.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef WIRE_EXCHANGE_H
#define WIRE_EXCHANGE_H

#include <confab/http.h>
#include "net/net.h"

struct exchanges;
struct pool;
struct wire;

/** Whom a door leads to. ctx of the functions is that of the port. Logic thread. */
struct route_port {
	const struct confab_route_row *row; /* lives until no exchange is under way */
	const void *owner;
	const char *owner_name;
	void *ctx;
	/** One more is under way; false: too many. And it has ended. */
	bool (*began)(void *ctx);
	void (*ended)(void *ctx);
	void (*run)(struct confab_http *h, void *ctx);
	void (*piece)(struct confab_http *h, const char *bytes, size_t len, bool last, void *ctx);
	void (*drained)(struct confab_http *h, size_t room, void *ctx);
	void (*gone)(struct confab_http *h, void *ctx);
};

/** None yet. Thread: main. */
struct exchanges *exchanges_new(struct wire *wire);
/** Free it; nothing is under way. NULL is fine. */
void exchanges_free(struct exchanges *x);
/** What writes files, and where; dir is copied. Before the first door. */
void exchanges_files(struct exchanges *x, struct pool *pool, const char *dir);

/** Open a door. What was opened before for the same method and path must have been shut.
 *  @return 0; CONFAB_EEXIST names who has it. Thread: logic. */
int exchanges_open(struct exchanges *x, const struct route_port *port, struct confab_error *err);
/** Shut all doors of an owner: nothing new comes to it; what is under way is told to be gone in a later
 *  turn, and answered 503 or cut off. Thread: logic. */
void exchanges_shut(struct exchanges *x, const void *owner);

/** The same for all owners: the server stops. */
void exchanges_end(struct exchanges *x);
/** Shut an owner's doors alone: what is under way goes on. Thread: logic. */
void exchanges_close(struct exchanges *x, const void *owner);
/** How many are under way. Thread: logic. */
size_t exchanges_live(const struct exchanges *x);

/** How many doors there are, open or not. */
size_t exchanges_doors(const struct exchanges *x);
/** The open ones as rows for net. @return how many, at most n. Thread: logic, or main before it runs. */
size_t exchanges_routes(const struct exchanges *x, struct http_route *out, size_t n);

/** Its request is answered, by whomever: the plugin has nothing more to do with it. */
void exchange_settled(struct confab_http *h);

/** The row of a request's route. */
const struct confab_route_row *exchange_row(const struct confab_http *h);

#endif
