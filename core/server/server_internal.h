/**
 * The node's struct, and what its files do for each other. Only for this folder.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SERVER_SERVER_INTERNAL_H
#define SERVER_SERVER_INTERNAL_H

#include <stdatomic.h>
#include <stddef.h>

#include "admin/admin.h"
#include "loop/loop.h"
#include "net/net.h"
#include "ops/ops.h"
#include "server/server.h"

struct config;
struct host;
struct pool;

#define SERVER_IO_MAX 64
#define SERVER_ROUTES_MAX 64

struct server {
	struct config *config;
	struct loop *main, *logic, *io[SERVER_IO_MAX];
	unsigned n_io;
	struct pool *pool;
	struct net *net;
	struct host *host;
	struct store *store;
	struct chat *chat;
	struct pipeline *pipeline;
	struct wire *wire;
	struct ops ops;
	struct admin *admin;
	struct admin_env env;        /* logic thread: what /metrics and the admin socket speak of */
	_Atomic int metrics;         /* enum config_metrics in force */
	struct codec codec;          /* the protocol's own */
	struct codec *plugin_codecs; /* the plugins'; net knows them */
	struct http_route routes[SERVER_ROUTES_MAX];
	size_t n_routes;
	struct watch signals;
	int signal_fd;
	struct timer sweep;
	struct mail to_logic, to_main; /* steps of start and stop, one at a time */
	bool logic_runs, up, failed;
	int status;
};

/** From a member of struct server to the whole. */
#define SERVER_OF(member, ptr) ((struct server *)((char *)(ptr)-offsetof(struct server, member)))

/** Read the file, open the plugins it names, read it again with their tables. What is wrong is printed.
 *  Thread: main. */
bool server_configure(struct server *s, const char *file);

/** Make the network and bind its listeners; nothing is accepted yet. Thread: main. */
bool server_doors_make(struct server *s, struct confab_error *err);

/** Tell net of the codecs that plugins which are up bring. Thread: logic. */
void server_codecs(struct server *s);

/** The route /metrics. Thread: I/O. */
void server_metrics(void *ctx, const struct http_request *rq);

/** The routes of the page that a set-up link opens: three of them. @return 3 */
size_t server_setup_routes(struct http_route out[3]);

/** Make a set-up link, as the administrator's socket asks. Thread: logic. */
void server_setup_link(void *ctx, bool first,
	void (*done)(void *arg, int rc, const char *link, int64_t expires_ms), void *arg);

/** Bring everything up that lives on the logic thread, then open the doors. Thread: main. */
void server_up(struct server *s);

/** Stop, as a signal asks: doors, then plugins, then the main loop. Thread: main. */
void server_down(struct server *s);

#endif
