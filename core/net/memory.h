/**
 * Connections in memory, for confab-sim and tests: bytes go both ways by mail between two loops,
 * through a limited window, so that slow readers exist, and cut where chance says, if asked.
 *
 *      client's loop                      I/O loop
 *      memory_write ── data mail ───────▶ rx ── transport's read ──▶ connection
 *                  ◀── credit mail ─────  (what was read may be sent again)
 *
 * Each function is called on the loop that owns its end.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NET_MEMORY_H
#define NET_MEMORY_H

#include <sys/types.h>
#include "loop/loop.h"

struct memory_end;
struct net;
struct transport;

struct memory_options {
	const char *peer;  /* the client's address as text; NULL: "127.0.0.1" */
	size_t window;     /* bytes on the way per direction; 0: 65536 */
	unsigned fragment; /* longest piece, its length drawn by chance; 0: no cutting */
};

/** Bytes on the way per direction unless told otherwise. */
#define MEMORY_WINDOW 65536

/**
 * Connect to the server; WATCH_WRITE tells when it was accepted, end of file that it was not.
 *
 * @param loop  the client's, the caller's thread runs it (or it does not run yet)
 * @param fn    called on that loop with WATCH_READ, WATCH_WRITE (edges)
 * @return the client's end, the caller's until memory_close
 */
struct memory_end *memory_connect(struct net *net, struct loop *loop,
	const struct memory_options *options, void (*fn)(void *arg, unsigned what), void *arg);

/** @return bytes, 0 at the end, -EAGAIN: nothing there, -ECONNRESET */
ssize_t memory_read(struct memory_end *end, void *buf, size_t size);
/** @return bytes taken, -EAGAIN: the window is full, -EPIPE: the other side is gone */
ssize_t memory_write(struct memory_end *end, const void *buf, size_t len);
/** No more bytes will come from this end. */
void memory_finish(struct memory_end *end);
/** Give the end back. fn is not called any more. */
void memory_close(struct memory_end *end);

/* The server's side. */

/** Make both ends of a pair: [0] the client's, [1] the server's. */
void memory_pair_new(
	struct memory_end *ends[2], struct loop *client_loop, const struct memory_options *options);
/** A transport over an end; takes it. */
void transport_memory(struct transport *t, struct memory_end *end);
/** The server's end begins to live on its loop and opens both windows. */
void memory_end_start(
	struct memory_end *end, struct loop *loop, void (*fn)(void *arg, unsigned what), void *arg);

#endif
