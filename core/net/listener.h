/**
 * Sockets that listen: bound from an address in text, or taken over.
 *
 * Thread: main.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NET_LISTENER_H
#define NET_LISTENER_H

#include "net/net_start.h"

/**
 * Make a non-blocking listening socket.
 *
 * @param name  set to the address with its port, malloc'ed, the caller's
 * @param path  set to the Unix socket's path, to be unlinked at the end, malloc'ed; else NULL
 * @return a descriptor, or a negative code with err filled
 */
int listener_socket(const struct net_listener *l, char **name, char **path,
	struct confab_error *err) CONFAB_MUSTCHECK;

/** The address a socket is bound to: "127.0.0.1:8080", "[::1]:8080", "unix:/path", "unknown". @return
 *  malloc'ed, the caller's */
char *listener_name(int fd);

#endif
