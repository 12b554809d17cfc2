/**
 * TLS 1.2 and 1.3 over a socket, by OpenSSL. Contexts are counted by OpenSSL: a reload makes a new
 * one for new connections, the open ones keep theirs.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include <confab/types.h>

struct net_tls;
struct transport;

/**
 * Read a certificate chain and its key (PEM) and check that they belong together.
 * @return one reference, tls_context_unref gives it back; NULL with err filled
 * Thread: any but I/O (it reads files).
 */
void *tls_context_new(const struct net_tls *tls, struct confab_error *err) CONFAB_MUSTCHECK;
void *tls_context_ref(void *context);
/** NULL is fine. */
void tls_context_unref(void *context);

/**
 * Turn a plain transport into a TLS server's; takes the context's reference, also on failure.
 * @return 0 or CONFAB_ENOMEM
 */
int transport_tls(struct transport *t, void *context);

#endif
