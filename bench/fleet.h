/**
 * Many WebSocket connections on one epoll: opened, upgraded, greeted, read, written.
 *
 *   conn:  idle -> connecting -> (tls) -> upgrading -> (greeting) -> open -> idle
 *
 * Everything runs on one thread. What is sent in a turn leaves at the next turn's start.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BENCH_FLEET_H
#define BENCH_FLEET_H

#include "options.h"
#include "stream.h"
#include "ws.h"

#include <jansson.h>
#include <openssl/ssl.h>
#include <stddef.h>

enum conn_state {
	CONN_IDLE,
	CONN_CONNECTING,
	CONN_TLS,
	CONN_UPGRADING,
	CONN_GREETING,
	CONN_OPEN,
};

struct conn {
	int fd; /* -1 when idle */
	enum conn_state state;
	uint32_t index;   /* in the fleet */
	uint32_t number;  /* of the message in flight, for modes that have one */
	bool watch;       /* ask for the channel in hello */
	char session[32]; /* with --resume: what the last hello gave, or empty */
	bool polled_out;  /* epoll waits for room */
	bool dirty;       /* has bytes for the next turn */
	SSL *ssl;
	char *in; /* what is left of a frame that did not end */
	size_t in_len;
	size_t in_cap;
	char *out;
	size_t out_at;
	size_t out_len;
	size_t out_cap;
	uint64_t begun_ns; /* when its connect began */
	struct reader reader;
};

struct fleet;

/** What a mode wants to know. Any may be NULL. now is the time its bytes were read. */
struct fleet_events {
	void (*open)(struct fleet *f, struct conn *c, uint64_t now);
	void (*frame)(struct fleet *f, struct conn *c, const char *bytes, size_t len, uint64_t now);
};

struct fleet {
	const struct options *o;
	const struct fleet_events *events;
	void *arg; /* the mode's */
	char *const *tokens;
	uint32_t tokens_count;
	struct conn *conns;
	uint32_t count;
	uint32_t making; /* between idle and open */
	uint32_t open;
	uint64_t lost;     /* closed when nobody asked for it */
	char failure[256]; /* the first reason of that, or empty */
	bool closing;      /* closes are expected from now on */
	int epoll;
	struct conn **dirty;
	uint32_t dirty_count;
	char *scratch;
	size_t scratch_cap;
	SSL_CTX *tls;
	struct sockaddr_storage *address;
	unsigned address_len;
	char key[32];
	char accept[WS_ACCEPT_LEN + 1];
};

/**
 * Prepare count connections, all idle.
 *
 * @param o, events, tokens  borrowed, outlive f; connection i uses token i modulo tokens_count
 * @return 0, or -1 after an error was printed
 */
int fleet_init(struct fleet *f, const struct options *o, uint32_t count,
	const struct fleet_events *events, void *arg);
/** Give it tokens for hello; borrowed. Without any, hello carries none. */
void fleet_tokens(struct fleet *f, char *const *tokens, uint32_t count);
/** Close and free everything. */
void fleet_fini(struct fleet *f);
/** Begin one idle connection. @return 0, or -1 with failure set */
int fleet_begin(struct fleet *f, struct conn *c);
/**
 * Open connections first .. first + n - 1, concurrency at a time, and wait until they are open.
 *
 * @return 0, or -1 after an error was printed (refused, closed, 30 s without progress)
 */
int fleet_open(struct fleet *f, uint32_t first, uint32_t n);
/** Flush, wait up to timeout_ns for something to happen, and handle it. */
void fleet_turn(struct fleet *f, uint64_t timeout_ns);

/** Queue one frame on an open connection; leaves with the next turn. Masked: RFC 6455, 5.3. */
void conn_send(struct fleet *f, struct conn *c, enum ws_opcode op, const void *bytes, size_t len);
/** Bytes queued that the kernel has not taken. */
size_t conn_backlog(const struct conn *c);
/** Close at once and be idle again; why NULL: we wanted it, else it counts as lost. */
void conn_close(struct fleet *f, struct conn *c, const char *why);

/* Between fleet.c and conn.c. */

/** Go on with a connection that epoll named. */
void conn_ready(struct fleet *f, struct conn *c, uint32_t events);
/** Write what is queued. */
void conn_flush(struct fleet *f, struct conn *c);

#endif
