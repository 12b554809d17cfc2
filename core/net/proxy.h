/**
 * The PROXY protocol, version 2: what a load balancer says first about the client behind it
 * (haproxy's doc/proxy-protocol.txt, section 2.2). A pure machine.
 *
 * Version 1 is refused; only listeners that say so expect this at all.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NET_PROXY_H
#define NET_PROXY_H

#include "net/addr.h"

/** Longest header: sixteen bytes, addresses and TLVs (certificates do not fit) [bytes]. */
#define PROXY_HEADER_MAX 2048

/** All zero is the start. */
struct proxy {
	uint16_t have;
	unsigned char bytes[PROXY_HEADER_MAX];
};

enum proxy_event {
	PROXY_REFUSED = -1, /* close the connection */
	PROXY_MORE = 0,
	PROXY_DONE = 1, /* what is behind *consumed is the client's */
};

/**
 * Take in bytes. The first wrong byte refuses; what the header says is judged when it is whole:
 * addresses of TCP over IPv4, IPv6 and of Unix sockets, TLVs that fill the rest exactly, and the
 * CRC32c if there is one.
 *
 * @param consumed  set to the bytes taken, 0..len
 * @param peer      replaced at PROXY_DONE if the header names a client; else (LOCAL, unknown
 *                  family) it stays
 * @param why       set at PROXY_REFUSED: a static sentence
 */
enum proxy_event proxy_feed(struct proxy *p, const char *bytes, size_t len, size_t *consumed,
	struct addr *peer, const char **why);

#endif
