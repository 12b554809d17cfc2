/**
 * Start: configuration, loops, plugins opened, network bound; then on the logic thread plugins up, store,
 * chat, pipeline, ops; then the doors open. Stop is the reverse.
 *
 * SPDX-License-Identifier: MIT
 */
#include "server.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>
#include <systemd/sd-daemon.h>

#include "admin/admin.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "chat/chat.h"
#include "config/config.h"
#include "loop/loop.h"
#include "loop/work.h"
#include "net/net_start.h"
#include "ops/auth_chain.h"
#include "ops/ops.h"
#include "pipeline/pipeline.h"
#include "plugin/host.h"
#include "store/store.h"
#include "wire/wire.h"

#define IO_MAX 16
#define ROUTES_MAX 64
#define SWEEP_US 30000000
#define IDLE_US 120000000

struct server {
	struct config *config;
	struct loop *main, *logic, *io[IO_MAX];
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
	struct codec codec;
	const struct codec *codecs[1];
	struct http_route routes[ROUTES_MAX];
	size_t n_routes;
	struct watch signals;
	int signal_fd;
	struct timer sweep;
	struct mail to_logic, to_main; /* steps of start and stop, one at a time */
	bool logic_runs, up, failed;
	int status;
};

#define OF(type, member, ptr) ((type *)((char *)(ptr)-offsetof(type, member)))

/* --- configuration and parts -------------------------------------------------------------------------- */

static bool report_errors(struct config_report *report)
{
	config_report_print(report, stderr);
	return config_report_errors(report) > 0;
}

/** Read the file, open the plugins it names, read it again with their tables. */
static bool configure(struct server *s, const char *file)
{
	const char *dirs[IO_MAX];
	struct host_options options = {.dirs = dirs};
	struct config_options with = {0};
	struct config_report *report = config_report_new(file ? file : "(defaults)");
	struct config *first = config_load(file, NULL, report);
	const struct config_plugin *plugin;
	struct config_plugin_table *tables = NULL;
	struct confab_error err = {0};

	if (!first) {
		(void)report_errors(report);
		config_report_free(report);
		return false;
	}
	for (size_t i = 0; i < config_server(first)->plugin_dirs.count && i < IO_MAX - 1; i++) {
		dirs[options.n_dirs++] = config_server(first)->plugin_dirs.items[i];
	}
	dirs[options.n_dirs++] = CONFAB_PLUGIN_DIR;
	options.data_dir = config_server(first)->data;
	(void)mkdir(options.data_dir, 0700);
	s->host = host_new(&options);
	for (size_t i = 0; (plugin = config_plugin_at(first, i)) != NULL && !err.code; i++) {
		(void)host_open(s->host, plugin->name, &err);
	}
	if (!err.code) {
		tables = host_tables(s->host, &with.plugin_count);
		with.plugins = tables;
		s->config = config_with_plugins(first, &with, report);
		free(tables);
	} else {
		fprintf(stderr, "confabd: %s\n", err.text);
	}
	(void)report_errors(report);
	config_report_free(report);
	config_unref(first);
	return s->config != NULL;
}

static bool make_loops(struct server *s, struct confab_error *err)
{
	int64_t n = config_server(s->config)->io_threads;
	char name[16];

	if (n <= 0) {
		n = sysconf(_SC_NPROCESSORS_ONLN);
	}
	s->n_io = (unsigned)(n < 1 ? 1 : n > IO_MAX ? IO_MAX : n);
	s->main = loop_new("confabd", err);
	s->logic = loop_new("logic", err);
	s->pool = pool_new("worker", 2, 1024, err);
	for (unsigned i = 0; i < s->n_io; i++) {
		snprintf(name, sizeof(name), "io%u", i);
		s->io[i] = loop_new(name, err);
	}
	return !err->code;
}

static void set_limits(struct net_limits *out, const struct config_limits *in)
{
	net_limits_default(out);
	out->connections = (uint32_t)in->connections;
	out->per_address = (uint32_t)in->connections_per_address;
	out->in_flight = (uint32_t)in->in_flight;
	out->head_ms = (uint32_t)in->head_timeout_ms;
	out->keep_alive_ms = (uint32_t)in->keep_alive_ms;
	out->ping_ms = (uint32_t)in->ping_interval_ms;
	out->dead_ms = (uint32_t)in->idle_timeout_ms;
	out->send_ms = (uint32_t)in->write_timeout_ms;
	out->head_bytes = (uint32_t)in->head_bytes;
}

static void write_up(struct answer *a, struct buf *out)
{
	(void)a;
	buf_str(out, "{\"ok\":true}");
}

static void free_up(struct answer *a)
{
	free(a);
}

/** /healthz and /readyz: the doors open only when everything is up, so whoever hears this is served. */
static void answer_up(void *ctx, const struct http_request *rq)
{
	struct answer *a = calloc(1, sizeof(*a));

	(void)ctx;
	assert(a);
	*a = (struct answer){.conn = rq->conn,
		.stream = rq->stream,
		.status = 200,
		.encode = write_up,
		.release = free_up,
		.settles = true};
	net_answer(rq->net, a);
}

static bool make_net(struct server *s, struct confab_error *err)
{
	const struct config_http *http = config_http(s->config);
	struct net_config nc = {
		.main = s->main, .logic = s->logic, .io = s->io, .n_io = s->n_io, .pool = s->pool};
	const struct config_listen *listen;
	struct net_files files = {.prefix = "/", .dir = http->static_dir};

	set_limits(&nc.limits, config_limits(s->config));
	s->wire = wire_new(s->logic, (size_t)config_limits(s->config)->message_bytes);
	wire_codec(s->wire, &s->codec);
	s->codecs[0] = &s->codec;
	s->n_routes = wire_routes(s->wire, s->routes, ROUTES_MAX - 2);
	s->routes[s->n_routes++] = (struct http_route){
		.method = "GET", .path = "/healthz", .handle = answer_up};
	s->routes[s->n_routes++] = (struct http_route){
		.method = "GET", .path = "/readyz", .handle = answer_up};
	nc.codecs = s->codecs;
	nc.n_codecs = 1;
	nc.routes = s->routes;
	nc.n_routes = s->n_routes;
	nc.origins = http->origins.items;
	nc.n_origins = http->origins.count;
	nc.trusted_proxies = http->trusted_proxies.items;
	nc.n_trusted_proxies = http->trusted_proxies.count;
	if (http->static_dir[0]) {
		nc.files = &files;
		nc.n_files = 1;
	}
	s->net = net_new(&nc, err);
	if (!s->net) {
		return false;
	}
	s->wire->net = s->net;
	for (size_t i = 0; (listen = config_listen(s->config, i)) != NULL; i++) {
		struct net_listener door = {.address = listen->address,
			.fd = -1,
			.mode = (unsigned)listen->mode,
			.tls = listen->tls,
			.proxy = listen->proxy_protocol == CONFIG_PROXY_V2};

		if (listen->tls && net_tls_set(s->net, listen->cert, listen->key, err)) {
			return false;
		}
		if (net_listen(s->net, &door, err)) {
			return false;
		}
	}
	return true;
}

/* --- start: on the logic thread, then back on main ------------------------------------------------------ */

static void start_over(struct mail *m)
{
	struct server *s = OF(struct server, to_main, m);
	const char *name;

	if (s->failed) {
		loop_stop(s->main);
		return;
	}
	s->up = true;
	net_start(s->net);
	for (size_t i = 0; (name = net_listener_name(s->net, i)) != NULL; i++) {
		printf("listening on %s\n", name);
	}
	fflush(stdout);
	log_info("server '%s', up", config_server(s->config)->name);
	(void)sd_notify(0, "READY=1");
}

static void sweep(void *arg)
{
	struct server *s = arg;

	(void)chat_sweep(s->chat, IDLE_US);
	timer_start(s->logic, &s->sweep, SWEEP_US);
}

static void add_auth(struct server *s)
{
	const struct config_auth *auth = config_auth(s->config);

	for (size_t i = 0; i < auth->providers.count; i++) {
		void *ctx = NULL;
		const struct confab_auth *vtable = host_service(s->host, auth->providers.items[i],
			"auth", 1, sizeof(struct confab_auth), &ctx);

		if (vtable) {
			auth_chain_add(s->ops.auth, vtable, ctx);
		}
	}
}

static void admin_stop(void *ctx)
{
	server_stop(ctx);
}

static void open_admin(struct server *s)
{
	const struct config_admin *admin = config_admin(s->config);
	struct admin_env env = {.loop = s->logic,
		.mode = (unsigned)admin->mode,
		.version = PACKAGE_VERSION,
		.server_name = config_server(s->config)->name,
		.config_file = config_file(s->config),
		.started_us = clock_mono_us(),
		.chat = s->chat,
		.pipeline = s->pipeline,
		.host = s->host,
		.store = s->store,
		.wire = s->wire,
		.net = s->net,
		.io = s->io,
		.n_io = s->n_io,
		.stop = admin_stop,
		.ctx = s};
	struct confab_error err = {0};
	char *path = config_path(s->config, admin->socket);

	env.path = path;
	s->admin = admin_open(&env, &err);
	if (!s->admin) {
		log_warning("admin socket, not open (%s)", err.text);
	}
	free(path);
}

/** Todos that are not the core's belong to plugins. */
static void host_todo(
	void *ctx, const char *log, uint64_t rev, unsigned n, const char *name, const char *body)
{
	struct confab_todo todo = {.log = log, .rev = rev, .n = n, .name = name, .body = body};

	(void)host_todo_run(ctx, &todo);
}

static void plugins_up(void *arg, int rc, const struct confab_error *err)
{
	struct server *s = arg;

	if (rc) {
		log_error("plugins, not up (%s)", err->text);
		s->failed = true;
		s->status = 1;
	} else {
		s->store = host_store(s->host);
		s->chat->store = s->store;
		s->ops.todo_other = host_todo;
		s->ops.todo_ctx = s->host;
		add_auth(s);
		open_admin(s);
		timer_init(&s->sweep, sweep, s);
		timer_start(s->logic, &s->sweep, SWEEP_US);
	}
	s->to_main.run = start_over;
	loop_post(s->main, &s->to_main);
}

/** The store is there before ops need it: providers are loaded first, but nothing asks before the doors. */
static void start_logic(struct mail *m)
{
	struct server *s = OF(struct server, to_logic, m);
	struct confab_error err = {0};

	s->chat = chat_new(s->logic, NULL, s->config);
	s->pipeline = pipeline_new(s->chat, s->net);
	s->ops = (struct ops){.chat = s->chat,
		.pl = s->pipeline,
		.wire = s->wire,
		.net = s->net,
		.auth = auth_chain_new(s->logic),
		.server_name = config_server(s->config)->name,
		.version = PACKAGE_VERSION};
	if (ops_register(&s->ops, &err)) {
		plugins_up(s, err.code, &err);
		return;
	}
	host_doors_set(s->host, s->pipeline, s->wire->ops);
	host_start(s->host, s->config, s->logic, s->pool, plugins_up, s);
}

/* --- stop ------------------------------------------------------------------------------------------------- */

static void stopped(struct mail *m)
{
	struct server *s = OF(struct server, to_main, m);

	loop_stop(s->main);
}

static void plugins_down(void *arg, int rc, const struct confab_error *err)
{
	struct server *s = arg;

	(void)rc;
	(void)err;
	s->to_main.run = stopped;
	loop_post(s->main, &s->to_main);
}

static void stop_logic(struct mail *m)
{
	struct server *s = OF(struct server, to_logic, m);

	s->pipeline->draining = true;
	timer_stop(&s->sweep);
	admin_close(s->admin);
	s->admin = NULL;
	host_stop(s->host, plugins_down, s);
}

static void net_empty(void *arg)
{
	struct server *s = arg;

	s->to_logic.run = stop_logic;
	loop_post(s->logic, &s->to_logic);
}

static void stop_now(struct mail *m)
{
	struct server *s = OF(struct server, to_main, m);

	if (!s->up) {
		return;
	}
	s->up = false;
	(void)sd_notify(0, "STOPPING=1");
	log_info("server '%s', stopping", config_server(s->config)->name);
	net_stop(s->net, (uint32_t)config_server(s->config)->stop_grace_ms, net_empty, s);
}

static void signalled(void *arg, unsigned what)
{
	struct server *s = arg;
	struct signalfd_siginfo info;

	(void)what;
	while (read(s->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGUSR1) {
			log_reopen();
		} else {
			s->to_main.run = stop_now;
			stop_now(&s->to_main);
		}
	}
}

static bool watch_signals(struct server *s, struct confab_error *err)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGUSR1);
	(void)pthread_sigmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	s->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	watch_init(&s->signals, signalled, s);
	return watch_start(s->main, &s->signals, s->signal_fd, WATCH_READ, err) == 0;
}

/* ---------------------------------------------------------------------------------------------------------- */

struct server *server_start(const char *file)
{
	struct server *s = calloc(1, sizeof(*s));
	struct confab_error err = {0};

	assert(s);
	s->signal_fd = -1;
	if (!configure(s, file)) {
		server_free(s);
		return NULL;
	}
	log_level_set((enum log_level)config_log(s->config)->level);
	if (!make_loops(s, &err) || !watch_signals(s, &err) || !make_net(s, &err)) {
		fprintf(stderr, "confabd: %s\n", err.text);
		server_free(s);
		return NULL;
	}
	for (unsigned i = 0; i < s->n_io; i++) {
		if (loop_start(s->io[i], &err)) {
			fprintf(stderr, "confabd: %s\n", err.text);
			_exit(1);
		}
	}
	if (loop_start(s->logic, &err)) {
		fprintf(stderr, "confabd: %s\n", err.text);
		_exit(1);
	}
	s->logic_runs = true;
	s->to_logic.run = start_logic;
	loop_post(s->logic, &s->to_logic);
	return s;
}

int server_run(struct server *s)
{
	loop_run(s->main);
	return s->status;
}

void server_stop(struct server *s)
{
	(void)s;
	(void)raise(SIGTERM);
}

void server_free(struct server *s)
{
	if (!s) {
		return;
	}
	if (s->logic_runs) {
		loop_stop(s->logic);
		loop_join(s->logic);
		for (unsigned i = 0; i < s->n_io; i++) {
			loop_stop(s->io[i]);
			loop_join(s->io[i]);
		}
	}
	if (s->main) {
		watch_stop(&s->signals);
	}
	net_free(s->net);
	pipeline_free(s->pipeline);
	chat_free(s->chat);
	auth_chain_free(s->ops.auth);
	wire_free(s->wire);
	pool_free(s->pool);
	for (unsigned i = 0; i < s->n_io; i++) {
		loop_free(s->io[i]);
	}
	loop_free(s->logic);
	loop_free(s->main);
	host_free(s->host);
	config_unref(s->config);
	if (s->signal_fd >= 0) {
		close(s->signal_fd);
	}
	free(s);
}
