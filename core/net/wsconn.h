/**
 * A WebSocket on a connection: frames in, messages to the codec, replies and control frames out.
 *
 * Thread: the connection's I/O thread.  Source: RFC 6455, RFC 7692.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NET_WSCONN_H
#define NET_WSCONN_H

#include <stddef.h>
#include <stdint.h>
#include "net/outq.h"
#include "net/reason.h"

struct answer;
struct codec;
struct conn;
struct frame;

/** The connection has just answered 101. token, peer: borrowed, for the codec's `opened`. */
void wsconn_attach(struct conn *c, const struct codec *codec, unsigned deflate_bits,
	const char *peer, const char *token);
/** The state is left: the codec hears the connection's close code, memory is freed. */
void wsconn_detach(struct conn *c);

/** Take in bytes (changed in place) until they end or the connection is paused or closed.
 *  @return how many were taken */
size_t wsconn_feed(struct conn *c, char *bytes, size_t len);

/** A frame; takes the caller's reference. */
void wsconn_send_frame(struct conn *c, struct frame *f, enum outq_kind kind, uint32_t topic);
/** An answer that came home; its frame and itself stay the caller's. */
void wsconn_answer(struct conn *c, struct answer *a);
/** Say goodbye and end after what is queued. text: may be NULL. */
void wsconn_close(struct conn *c, enum net_reason reason, uint16_t code, const char *text);
/** Are you there? */
void wsconn_ping(struct conn *c);
/** The queue is empty again after events of these topics were dropped. */
void wsconn_drained(struct conn *c, const uint32_t *topics, size_t n);
/** The server drains. */
void wsconn_draining(struct conn *c);

#endif
