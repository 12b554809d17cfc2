/**
 * Why a connection ends: one table of name, is it an error, text. Counted per I/O thread.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NET_REASON_H
#define NET_REASON_H

#include <stdbool.h>
#include <stdint.h>

/** X(enumerator, name in metrics, is it an error, text) */
#define NET_REASONS(X) \
	X(PEER, "peer", false, "the peer said goodbye") \
	X(LOST, "lost", false, "the peer left without a goodbye") \
	X(IO, "io", true, "reading or writing failed") \
	X(TLS, "tls", true, "the TLS handshake or a TLS record failed") \
	X(PROXY, "proxy", true, "the PROXY header was missing or malformed") \
	X(HEAD_TIME, "head_time", true, "handshake or head took too long") \
	X(BODY_TIME, "body_time", true, "the body came too slowly") \
	X(HTTP_BAD, "http_bad", true, "a malformed request") \
	X(HTTP_DONE, "http_done", false, "answered, not kept alive") \
	X(HTTP_IDLE, "http_idle", false, "kept alive for nothing") \
	X(WS_BAD, "ws_bad", true, "a malformed WebSocket frame or message") \
	X(WS_BIG, "ws_big", true, "a message above the limit") \
	X(WS_DEAD, "ws_dead", true, "nothing was heard, not even a pong") \
	X(SLOW, "slow", true, "the peer took no byte for too long") \
	X(CODEC, "codec", true, "the codec refused a message") \
	X(SERVER, "server", false, "the server asked for it") \
	X(DRAIN, "drain", false, "the server is draining") \
	X(STOP, "stop", false, "the server stops")

enum net_reason {
#define X(id, name, error, text) NET_REASON_##id,
	NET_REASONS(X)
#undef X
		NET_REASON_COUNT
};

/** Why a socket was refused before it became a connection. */
#define NET_REFUSALS(X) \
	X(FULL, "full", "all connections of the server are in use") \
	X(ADDRESS, "address", "too many connections of one address") \
	X(FILES, "files", "no file descriptor was left") \
	X(STOPPING, "stopping", "the server is draining")

enum net_refusal {
#define X(id, name, text) NET_REFUSAL_##id,
	NET_REFUSALS(X)
#undef X
		NET_REFUSAL_COUNT
};

struct net_reason_row {
	const char *name;
	bool error;
	const char *text;
};

/** A row of the table; reason in 0..NET_REASON_COUNT-1. Static. Thread: any. */
const struct net_reason_row *net_reason_row(enum net_reason reason);
/** Name of a refusal. Static. Thread: any. */
const char *net_refusal_name(enum net_refusal refusal);

#endif
