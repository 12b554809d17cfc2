/**
 * HTTP on a connection: requests in, one at a time (what is pipelined behind waits in the socket,
 * so answers are in order by construction), answers out, until an upgrade or the end.
 *
 * Thread: the connection's I/O thread.  Source: RFC 9110, RFC 9112.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NET_HTTP_H
#define NET_HTTP_H

#include <stddef.h>
#include <stdint.h>

struct answer;
struct conn;

/** Take in bytes until they end, a request is whole, or the connection is paused or upgraded.
 *  @return how many were taken */
size_t http_feed(struct conn *c, char *bytes, size_t len);
/** It is read on after a pause: a body may be whole without any more bytes. */
void http_read_on(struct conn *c);
/** The peer has said its end: what it asked is still answered. May end the connection. */
void http_ended(struct conn *c);
/** An answer that came home; its frame and itself stay the caller's. */
void http_answer(struct conn *c, struct answer *a);
/** Number of the current request, 0: none. */
uint64_t http_stream(const struct conn *c);
/** After every flush: files and streams go on when there is room. */
void http_drained(struct conn *c);
/** The state is left: memory is freed, a route that streams is told. */
void http_detach(struct conn *c);

/** When its clocks must be looked at next, from now [ms]. 0: they have run out, see http_timeout. */
uint32_t http_wait_ms(const struct conn *c);
/** Too slow: answer 408 where that makes sense, and end it. */
void http_timeout(struct conn *c);
/** The server drains: idle ones end now, others after their answer. */
void http_draining(struct conn *c);

#endif
