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

#include "server/privileges.h"
#include "server/walls.h"

struct config;
struct helper_spawner;
struct host;
struct log_writer;
struct pool;
struct watchdog;

#define SERVER_IO_MAX 64
#define SERVER_ROUTES_MAX 64 /* of the core */
#define SERVER_PAGES_MAX 4
#define SERVER_CODECS_MAX 32

/** How far it is; /readyz says yes to READY alone. */
enum server_phase {
	SERVER_STARTING,
	SERVER_READY,
	SERVER_DRAINING, /* nobody new; who is there is asked to leave */
	SERVER_STOPPING,
};

/** What net serves: codecs and routes. Former ones live as long as the net: connections speak by them. */
struct door_set {
	struct door_set *former;
	struct codec codecs[SERVER_CODECS_MAX]; /* the protocol's own first */
	const struct codec *codec_list[SERVER_CODECS_MAX];
	size_t n_codecs;
	struct http_route *routes; /* the core's, then those of plugins */
	size_t n_routes;
};

struct reload;

struct server {
	char *file;            /* of the configuration, or NULL: built-in defaults */
	struct config *config; /* in force; once the logic thread runs, its own */
	struct loop *main, *logic, *io[SERVER_IO_MAX];
	unsigned n_io;
	struct pool *pool;
	struct helper_spawner *helpers; /* NULL: there are none */
	struct log_writer *log_writer;
	struct watchdog *watchdog;
	struct identity identity;
	struct walls walls; /* what is in force */
	uint64_t files;     /* descriptors there may be */
	struct net *net;
	struct host *host;
	struct store *store;
	struct chat *chat;
	struct pipeline *pipeline;
	struct retention *retention;
	struct wire *wire;
	struct ops ops;
	struct admin *admin;
	struct admin_env env; /* logic thread: what /metrics and the admin socket speak of */
	_Atomic int metrics;  /* enum config_metrics in force */
	_Atomic int phase;    /* enum server_phase */
	_Atomic int64_t stop_grace_ms; /* in force */
	struct door_set *doors;        /* the newest */
	struct reload *reload;         /* logic thread: under way, or NULL */
	atomic_flag reload_asked;      /* by a signal: to_reload is on its way */
	struct mail to_reload, to_drain;
	const char *bye; /* logic: why goodbye is said */
	struct watch signals;
	int signal_fd;
	struct timer sweep;
	struct timer leave; /* logic: who has not left by then is sent away */
	int64_t stop_until_us;
	struct mail to_logic, to_main; /* steps of start and stop, one at a time */
	bool stop_waits;               /* logic: for the end of a reload */
	bool logic_runs, up, failed;
	int status;
};

/** From a member of struct server to the whole. */
#define SERVER_OF(member, ptr) ((struct server *)((char *)(ptr)-offsetof(struct server, member)))

/** Read the core's part of the file, before anything else; make the data directory. What is wrong is
 *  printed. Thread: main. */
bool server_configure(struct server *s);
/** Open the plugins it names, read it again with their tables. What is wrong is printed. Thread: main. */
bool server_plugins_open(struct server *s);

/** Open the log, fork the helper spawner, give privileges up, build the walls. Thread: main, the only
 *  one. */
bool server_lock(struct server *s, struct confab_error *err);
/** The first threads: log writer, workers, helpers, watchdog. Thread: main. */
bool server_threads(struct server *s, struct confab_error *err);

/** What is in force of all that protects this server, as the answer of the verb doctor; taken by the
 *  caller. Thread: logic. */
json_t *server_doctor(void *ctx);

/** Make the network and bind its listeners; nothing is accepted yet. Thread: main. */
bool server_doors_make(struct server *s, struct confab_error *err);

/** Codecs and routes as the configuration in force and the plugins that are up say, for connections
 *  that come from now on. Thread: logic. */
void server_doors_renew(struct server *s);
void server_doors_free(struct server *s);

/** What net may take over from a configuration while it runs, prepared. Thread: any but I/O. */
struct net_rules *server_rules(
	struct server *s, const struct config *cfg, struct confab_error *err) CONFAB_MUSTCHECK;
/** The TLS context of listener n; *context stays NULL if it is a plain one. @return 0 or a code
 *  Thread: any but I/O. */
int server_tls(const struct config *cfg, size_t n, void **context,
	struct confab_error *err) CONFAB_MUSTCHECK;

/** The routes /healthz, /readyz and /metrics. Thread: I/O. */
void server_healthz(void *ctx, const struct http_request *rq);
void server_readyz(void *ctx, const struct http_request *rq);
void server_metrics(void *ctx, const struct http_request *rq);

/** The routes of the core's own pages; / only where no folder of files is served. @return how many */
size_t server_page_routes(const struct config *cfg, struct http_route out[SERVER_PAGES_MAX]);

/** Change a user, as the administrator's socket asks. Thread: logic. */
void server_manage(void *ctx, const char *kind, json_t *args,
	void (*done)(void *arg, const char *code, const char *text, unsigned retry_ms, json_t *ok),
	void *arg);

/** Make a set-up link, as the administrator's socket asks. Thread: logic. */
void server_setup_link(void *ctx, bool first,
	void (*done)(void *arg, int rc, const char *link, int64_t expires_ms), void *arg);

/** Bring everything up that lives on the logic thread, then open the doors. Thread: main. */
void server_up(struct server *s);
/** Ask the auth providers of the configuration in force, as far as they are up. Thread: logic. */
void server_auth_renew(struct server *s);
/** What the logic thread takes from a configuration: pipeline's order, name, level … On failure nothing
 *  has changed. Thread: logic. */
int server_adopt(struct server *s, const struct config *cfg, struct confab_error *err);

/** Who may read what has changed: the subscriptions of all sessions follow. Thread: logic. */
void server_rights_renew(struct server *s);

/**
 * Read the configuration again and put it in force, or leave all as it is.
 *
 * @param done  comes once, on the logic thread: ok with what changed, or why not, a line each
 * Thread: logic.
 */
void server_reload(
	struct server *s, void (*done)(void *arg, bool ok, const char *lines), void *arg);

/** Nobody new; who is there is told when to leave, and goodbye when it did not. ctx: the server.
 *  Thread: logic. */
void server_drain(void *ctx);
/** Say goodbye to every session, with a moment to come back at, and close it. Thread: logic. */
void server_farewell(struct server *s, const char *why);

/** Stop, as a signal asks: doors, then plugins, then the main loop. Thread: main. */
void server_down(struct server *s);
/** The logic thread's part of it, once the doors are shut and no reload is under way. Thread: logic. */
void server_stop_logic(struct server *s);

#endif
