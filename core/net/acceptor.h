/**
 * The one acceptor: it owns every listener, and hands each socket to the I/O thread with the fewest
 * connections. It alone counts connections, of the server and per address.
 *
 *      listener ─ accept4 until EAGAIN, bounded ─▶ limits ─▶ arrival ── mail ──▶ I/O thread
 *                                                  counts ◀── mail ── conn (its memory comes home)
 *
 * Thread: main, unless said.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NET_ACCEPTOR_H
#define NET_ACCEPTOR_H

#include "net/net_start.h"

struct acceptor;
struct conn;
struct memory_end;

/** Nothing listens yet. @return the caller's */
struct acceptor *acceptor_new(struct net *net);
/** Closes listeners; every connection has come home. NULL is fine. */
void acceptor_free(struct acceptor *a);

/** Bind or take over a listener. @return 0 or a code, err filled */
int acceptor_listen(struct acceptor *a, const struct net_listener *l,
	struct confab_error *err) CONFAB_MUSTCHECK;
/** Address and port of listener n, borrowed, or NULL. */
const char *acceptor_name(const struct acceptor *a, size_t n);
/** The TLS context of listener n, for what comes from now on; takes the reference. */
void acceptor_tls_set(struct acceptor *a, size_t n, void *context);
/** Begin to watch the listeners. */
void acceptor_start(struct acceptor *a);
/** Close the listeners: nobody comes any more. */
void acceptor_stop(struct acceptor *a);
/** Call done once nobody is left. */
void acceptor_when_empty(struct acceptor *a, void (*done)(void *arg), void *arg);

/** A connection in memory, the server's end. Thread: any. */
void acceptor_offer(struct acceptor *a, struct memory_end *end, const char *peer);
/** A connection has ended; takes its memory. Thread: I/O. */
void acceptor_gone(struct conn *c);

/** Fill in what was accepted and refused. Thread: any. */
void acceptor_stats(const struct acceptor *a, struct net_stats *out);

#endif
