/**
 * How the network is made, started, watched and stopped: for the programs, the simulator and tests.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NET_NET_START_H
#define NET_NET_START_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/histogram.h"
#include "net/net.h"
#include "net/reason.h"

struct net_rules;
struct pool;

/** A rate: so many at once, so many a second. 0 per second: no limit. */
struct net_rate {
	uint32_t burst;
	uint32_t per_second;
};

/** What a peer may take. net_limits_default() fills them; every field may be changed after. */
struct net_limits {
	uint32_t connections;      /* of the whole server */
	uint32_t per_address;      /* connections of one IPv4 address or IPv6 /64; 0: no limit */
	uint32_t in_flight;        /* requests without an answer, per connection */
	uint32_t thread_in_flight; /* the same, per I/O thread */
	uint32_t tls_ms;           /* PROXY header and TLS handshake, together */
	uint32_t head_ms;          /* HTTP head */
	uint32_t keep_alive_ms;    /* an HTTP connection without a request */
	uint32_t body_grace_ms;    /* a body may be slow for so long … */
	uint32_t body_min_rate;    /* … then it must have come at this rate [bytes/s] */
	uint32_t ping_ms;          /* silence before a ping is sent */
	uint32_t dead_ms;          /* silence before the peer is given up */
	uint32_t send_ms;          /* no byte taken: closed with 4408 */
	uint32_t linger_ms;        /* for the peer's end after ours */
	uint32_t head_bytes;       /* request line and header fields */
	uint32_t event_bytes;      /* of events left after a flush; above they are dropped */
	uint32_t reply_bytes;      /* of replies waiting; above no request is read */
	uint32_t message_bytes;    /* WebSocket messages being put together, per I/O thread */
	uint32_t deflate_min;      /* shorter replies are sent plain; 0: never deflate */
	struct net_rate conn_bytes, conn_frames, conn_requests; /* of one connection */
	struct net_rate addr_bytes, addr_frames, addr_requests; /* of one address and thread */
};

/** Fill in what the manual says. Thread: any. */
void net_limits_default(struct net_limits *limits);

/** Static files below a path. */
struct net_files {
	const char *prefix;    /* "/" or "/web/" */
	const char *dir;       /* opened by net_new */
	const char *index;     /* served for a folder; NULL: "index.html" */
	const char *fallback;  /* served where nothing is found (one-page applications), or NULL */
	const char *immutable; /* below this prefix names never change content, or NULL */
	const char *csp;       /* Content-Security-Policy, or NULL */
};

/** What the network is made of. Strings are copied; tables and what they point at must live on. */
struct net_config {
	struct net_limits limits;
	struct loop *main;      /* listeners live here */
	struct loop *logic;     /* whose thread calls net_subscribe and net_deliver */
	struct loop *const *io; /* 1..255 */
	unsigned n_io;
	struct pool *pool; /* reads files; NULL: no files can be served */
	const struct codec *const *codecs;
	size_t n_codecs;
	const struct http_route *routes;
	size_t n_routes;
	const struct net_files *files;
	size_t n_files;
	const char *const
		*origins; /* "https://chat.example.org", or "*"; the own one is always allowed */
	size_t n_origins;
	const char *const
		*trusted_proxies; /* addresses or CIDR whose Forwarded headers are believed */
	size_t n_trusted_proxies;
	bool hsts; /* Strict-Transport-Security over TLS */
};

/**
 * Make it; nothing is accepted yet. Sets the turn-end hooks of the I/O loops, which do not run yet.
 * @return the network, or NULL with err filled
 */
struct net *net_new(const struct net_config *config, struct confab_error *err) CONFAB_MUSTCHECK;
/** Free it: after net_stop has said it is empty (or not: what is left is closed), when no loop runs any
 *  more and the pool is freed, and before the loops are freed. NULL is fine. */
void net_free(struct net *net);

/** Where connections come from. */
struct net_listener {
	const char *address; /* "127.0.0.1:8080", "[::1]:8080", "*:8080", "unix:/run/confab.sock" */
	int fd;        /* a listening socket (systemd's, inherited), taken; -1: bind address */
	unsigned mode; /* of a Unix socket; 0: 0660 */
	bool tls;      /* nothing is accepted before net_tls_set */
	bool proxy;    /* a PROXY v2 header comes first on every connection */
};

/** What reads files, if it was not there when the net was made. Before net_start. Thread: main. */
void net_pool_set(struct net *net, struct pool *pool);

/** The address a listening socket is bound to, as net_listener_name says it. @return to free() */
char *net_socket_name(int fd);

/** Bind and listen, or take what is given. Nothing is accepted before net_start. Thread: main. */
int net_listen(struct net *net, const struct net_listener *listener,
	struct confab_error *err) CONFAB_MUSTCHECK;
/** The address listener n (0 is the first) is bound to, with its port. Borrowed, or NULL. */
const char *net_listener_name(const struct net *net, size_t n);
/** What a TLS listener needs. */
struct net_tls {
	const char *cert, *key; /* files: chain and key, PEM */
	bool only_13;           /* refuse TLS 1.2 */
	const char *
		ciphers; /* of TLS 1.2, OpenSSL's words; NULL or "": forward secrecy and AEAD only */
};
/**
 * Read certificate and key, check that they belong together.
 * @return a context for net_tls_set or net_tls_drop, or NULL with err filled
 * Thread: any but I/O (it reads files).
 */
void *net_tls_read(const struct net_tls *tls, struct confab_error *err) CONFAB_MUSTCHECK;
/** NULL is fine. Thread: any. */
void net_tls_drop(void *context);
/** New connections of listener n speak by this context, which is taken; open ones keep theirs.
 *  Thread: main. */
void net_tls_set(struct net *net, size_t listener, void *context);

/**
 * What a reload may change: limits, files, origins, trusted proxies, hsts (nothing else is looked at
 * but n_io). Prepared first, so that putting it in force cannot fail.
 * @return for net_rules_set or net_rules_free, or NULL with err filled
 * Thread: any but I/O (it opens directories).
 */
struct net_rules *net_rules_new(
	const struct net_config *config, struct confab_error *err) CONFAB_MUSTCHECK;
/** NULL is fine. Thread: any. */
void net_rules_free(struct net_rules *r);
/** Put them in force, also for connections that are open; taken. Thread: main. */
void net_rules_set(struct net *net, struct net_rules *r);

/** Begin to accept. Thread: main, its loop may run or not. */
void net_start(struct net *net);

/** New codecs and routes for what comes from now on (a plugin came or went). Thread: main, logic. */
int net_routes_set(struct net *net, const struct codec *const *codecs, size_t n_codecs,
	const struct http_route *routes, size_t n_routes,
	struct confab_error *err) CONFAB_MUSTCHECK;

/**
 * Refuse WebSockets (503), close idle HTTP connections and answer `Connection: close`, tell codecs.
 * Listeners stay: whoever asks hears why. Thread: main.
 */
void net_drain(struct net *net);
/** Close the listeners: nobody comes any more. Thread: main. */
void net_deafen(struct net *net);
/**
 * Close everything (WebSockets with 1001) after what is queued, and call done on the main loop when
 * the last connection has gone. Who is there after wait_ms is cut off. Thread: main.
 */
void net_stop(struct net *net, uint32_t wait_ms, void (*done)(void *arg), void *arg);

/** Numbers for people; sums over all I/O threads. */
struct net_stats {
	uint64_t accepted, refused[NET_REFUSAL_COUNT];
	uint64_t handshaking, http, websocket, closing; /* now */
	uint64_t tls;                                   /* now, of all states */
	uint64_t bytes_in, bytes_out, frames_in, frames_out;
	uint64_t requests, upgrades;
	uint64_t events_dropped, stale; /* stale: for connections that had gone */
	uint64_t queue_bytes;           /* waiting in output queues, now */
	uint64_t in_flight;             /* requests without an answer, now */
	uint64_t subscriptions;         /* now */
	uint64_t writes, deliveries, deflated;
	uint64_t closed[NET_REASON_COUNT];
	struct histogram delivery_us; /* from a change's arrival to its write, by reader */
};

/** Thread: any. */
void net_stats(const struct net *net, struct net_stats *out);

#endif
