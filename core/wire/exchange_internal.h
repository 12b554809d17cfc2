/**
 * One exchange and its door, for exchange*.c.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef WIRE_EXCHANGE_INTERNAL_H
#define WIRE_EXCHANGE_INTERNAL_H

#include "base/buf.h"
#include "loop/loop.h"
#include "loop/work.h"
#include "wire/exchange.h"
#include "wire/op_table.h"
#include "wire/request.h"
#include "wire/wire.h"

/** What net holds of a route: the first four never change. The rest is the logic thread's. */
struct route_door {
	struct exchanges *all;
	char *method, *path, *headers;
	enum confab_http_body body;
	size_t max_body;
	struct route_door *next;
	bool open;
	struct route_port port;
	struct confab_op_row row; /* what the ports of wire are asked to run */
	struct op op;
};

struct exchanges {
	struct wire *wire;
	struct pool *pool;
	char *dir;
	struct route_door *doors;
	struct nummap *live; /* by connection */
	struct timer look;   /* for those that nobody answers; runs while any are live */
};

/** A piece of a body that came and was not taken yet. */
struct body_piece {
	struct mail mail; /* I/O → logic */
	struct route_door *door;
	confab_conn_id conn;
	uint64_t stream;
	struct body_piece *next;
	bool last;
	size_t at, len;
	char bytes[];
};

enum exchange_phase {
	EXCHANGE_WAITING,   /* for the actor, and the file; the plugin knows nothing of it */
	EXCHANGE_RUNNING,   /* run was called */
	EXCHANGE_ANSWERING, /* the head of a streamed answer is out */
	EXCHANGE_OVER,
};

/** A file being written, one piece after the other. */
struct body_file {
	struct work work;
	struct confab_http *h;
	int fd;                     /* -1: not open yet */
	uint64_t bytes;             /* written */
	struct body_piece *writing; /* a worker has it */
	const char *dir;
	int error; /* errno */
};

struct confab_http {
	struct mail mail; /* I/O → logic; at the end: frees it */
	struct exchanges *all;
	struct confab_request *rq; /* NULL: it is answered */
	struct route_door *door;
	struct route_port port;
	confab_conn_id conn;
	uint64_t stream;
	enum exchange_phase phase;
	bool admitted;    /* the actor is known */
	bool lost;        /* the client has gone, or the plugin, while others held the request */
	bool body_over;   /* the last piece came */
	bool paused;      /* net waits to be told to read on */
	bool delivering;  /* piece is being called */
	bool wants_room;  /* drained is awaited */
	bool cacheable;   /* the plugin says how its answer may be cached */
	json_t *fields;   /* of the head */
	struct buf body;  /* BYTES */
	struct buf lines; /* of the answer's head */
	void *slot;
	size_t wanted; /* of a STREAM */
	struct body_piece *first, **last;
	struct body_file file;
	uint64_t written, sent; /* of a streamed answer */
	int64_t active_us;      /* when the client or the plugin last did something about it */
};

/** What may wait of a streamed answer before its plugin is told to stop [bytes]. */
#define EXCHANGE_ROOM ((size_t)256 * 1024)

/** Somebody did something about it. */
void exchange_touch(struct confab_http *h);
/** Hand the request to the plugin: all that its row asks for is there. */
void exchange_run(struct confab_http *h);
/** Take the next piece off the queue, the caller's to free; NULL: none is there, and net reads on. */
struct body_piece *exchange_take_piece(struct confab_http *h);
/** STREAM: give the plugin what it asked for, as far as it is there. */
void exchange_deliver(struct confab_http *h);
/** Answer with an error of the protocol. */
void exchange_refuse(struct confab_http *h, const char *code, const char *text, unsigned retry_ms);
/** Answer nobody. */
void exchange_drop(struct confab_http *h);

/** FILE: a piece may have come, or the actor is known. (exchange_file.c) */
void exchange_file_pump(struct confab_http *h);
/** Close what is open, if no worker has it. @return false: one has; it calls again when it is back */
bool exchange_file_end(struct confab_http *h);
/** It is over: free it at the turn's end. (exchange.c) */
void exchange_free_later(struct confab_http *h);

/** A streamed answer is cut off. (exchange_answer.c) */
void exchange_cut(struct confab_http *h);

#endif
