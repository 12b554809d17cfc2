/**
 * Whom we trust: origins whose pages may use the server, and proxies whose word on the client's
 * address is believed.
 *
 * Immutable after it was made; any thread.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NET_PEERS_H
#define NET_PEERS_H

#include <stdbool.h>
#include <stddef.h>
#include <confab/types.h>
#include "net/addr.h"

struct http1;
struct peers;

/** Copies. @return the caller's, or NULL with err filled (a proxy that is no address) */
struct peers *peers_new(const char *const *origins, size_t n_origins, const char *const *proxies,
	size_t n_proxies, struct confab_error *err) CONFAB_MUSTCHECK;
/** NULL is fine. */
void peers_free(struct peers *p);

/**
 * May a page of this origin use the server? Listed ones and "*" may, and the server's own: an
 * origin whose host is the one the request was sent to.
 * @param host  of the request, with its port if it has one
 */
bool peers_origin_allowed(
	const struct peers *p, const char *origin, const char *host, size_t host_len);

/**
 * Who is behind a request: the address that sent it, or, when that is a trusted proxy, the last one
 * in X-Forwarded-For, or else in Forwarded (RFC 7239), that is not.
 * @param rq  whose head has come
 * @param at  the sender's; moved on
 */
void peers_client(const struct peers *p, const struct http1 *rq, struct addr *at);

#endif
