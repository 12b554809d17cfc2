/**
 * The network's body, for the files of this folder.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NET_NET_INTERNAL_H
#define NET_NET_INTERNAL_H

#include "net/http1.h"
#include "net/net_start.h"

struct acceptor;
struct doors;
struct files;
struct io;
struct nummap;
struct peers;
struct stopping;

/** A subscriber's thread is one bit. */
#define NET_IO_MAX 64

/** What a reload may change: immutable once made. Former ones live as long as the net, because
 *  connections still read by them. */
struct net_rules {
	struct net_rules *former;
	struct net_limits limits;
	struct http1_limits http1;
	struct peers *peers; /* origins and proxies that are trusted */
	struct files *files; /* roots of static files */
	bool hsts;
};

struct net {
	uint32_t magic;
	unsigned n_io;
	struct net_rules *rules; /* main: the newest */
	struct loop *main, *logic;
	struct io **io;
	struct pool *pool;
	struct acceptor *acceptor;
	struct doors *doors;  /* main's reference of the newest */
	struct nummap *reach; /* logic: topic number → which threads have subscribers */
	uint64_t subscribes_sent[NET_IO_MAX]; /* logic: per thread */
	struct stopping *stopping;            /* main: net_stop was called */
};

#define NET_MAGIC 0x6e657421u

/** The I/O thread of an id, or NULL if there is none of that number. Thread: any. */
struct io *net_io_of(const struct net *net, confab_conn_id conn);
/** Nobody on this thread wants a topic any more: logic is told. Thread: I/O. */
void net_topic_emptied(struct io *io, uint32_t number);
/** Free what logic knows of topics. Thread: any, at the end. */
void net_reach_free(struct net *net);

#endif
