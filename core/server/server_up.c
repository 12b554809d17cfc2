/**
 * Start, on the logic thread: plugins, store, chat, pipeline, ops; then back on main the doors open.
 *
 * SPDX-License-Identifier: MIT
 */
#include "server/server_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <systemd/sd-daemon.h>

#include <confab/provider/accounts.h>
#include <confab/provider/store.h>
#include "admin/admin.h"
#include "base/clock.h"
#include "base/log.h"
#include "chat/chat.h"
#include "config/config.h"
#include "net/net_start.h"
#include "ops/auth_chain.h"
#include "ops/ops.h"
#include "ops/todo.h"
#include "pipeline/pipeline.h"
#include "pipeline/retention.h"
#include "plugin/host.h"
#include "wire/exchange.h"
#include "wire/wire.h"

#define SWEEP_US 30000000
#define IDLE_US 120000000

static void start_over(struct mail *m)
{
	struct server *s = SERVER_OF(to_main, m);
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
	atomic_store(&s->phase, SERVER_READY);
	log_info("server, is up");
	(void)sd_notify(0, "READY=1");
}

static void sweep(void *arg)
{
	struct server *s = arg;

	(void)chat_sweep(s->chat, IDLE_US);
	timer_start(s->logic, &s->sweep, SWEEP_US);
}

static bool admin_draining(void *ctx)
{
	struct server *s = ctx;

	return atomic_load(&s->phase) != SERVER_READY;
}

static void admin_reload(void *ctx, void (*done)(void *arg, bool ok, const char *lines), void *arg)
{
	server_reload(ctx, done, arg);
}

static void admin_stop(void *ctx)
{
	server_stop(ctx);
}

static void open_admin(struct server *s)
{
	const struct config_admin *admin = config_admin(s->config);
	struct admin_env *env = &s->env;

	*env = (struct admin_env){.loop = s->logic,
		.mode = (unsigned)admin->mode,
		.version = PACKAGE_VERSION,
		.server_name = config_server(s->config)->name,
		.config_file = config_file(s->config),
		.started_us = clock_mono_us(),
		.chat = s->chat,
		.pipeline = s->pipeline,
		.retention = s->retention,
		.host = s->host,
		.store = s->store,
		.wire = s->wire,
		.net = s->net,
		.io = s->io,
		.n_io = s->n_io,
		.reload = admin_reload,
		.doctor = server_doctor,
		.drain = server_drain,
		.draining = admin_draining,
		.stop = admin_stop,
		.setup = server_setup_link,
		.manage = server_manage,
		.ctx = s};

	struct confab_error err = {0};
	char *path = config_path(s->config, admin->socket);

	env->path = path;
	s->admin = admin_open(env, &err);
	if (!s->admin) {
		log_warning("admin socket, not open (%s)", err.text);
	}
	env->path = NULL;
	free(path);
}

/** Todos that are not the core's belong to plugins. */
static bool host_todo(void *ctx, const struct confab_todo *todo)
{
	return host_todo_run(ctx, todo);
}

/** Plugins came, or went by a reload. */
static void plugins_changed(void *arg)
{
	struct server *s = arg;

	s->ops.accounts = host_service(s->host, NULL, "auth-local.accounts", 1,
		sizeof(struct confab_accounts), &s->ops.accounts_ctx);
	server_auth_renew(s);
	server_doors_renew(s);
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
		s->ops.todos = todos_start(&s->ops);
		s->retention = retention_start(s->pipeline);
		host_watch(s->host, plugins_changed, s);
		plugins_changed(s);
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
	struct server *s = SERVER_OF(to_logic, m);
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
	if (ops_register(&s->ops, &err) || server_adopt(s, s->config, &err)) {
		plugins_up(s, err.code, &err);
		return;
	}
	host_doors_set(s->host, s->pipeline, s->wire->ops);
	exchanges_files(s->wire->exchanges, s->pool, config_server(s->config)->data);
	host_helpers_set(s->host, s->helpers);
	host_routes_set(s->host, s->wire->exchanges);
	host_start(s->host, s->config, s->logic, s->pool, plugins_up, s);
}

static void call_begin(void *owner)
{
	plugin_call_begin(owner);
}

static void call_end(void *owner)
{
	plugin_call_end(owner);
}

/* -------------------------------------------------------------------------------------------- */

void server_up(struct server *s)
{
	s->to_logic.run = start_logic;
	loop_post(s->logic, &s->to_logic);
}

void server_auth_renew(struct server *s)
{
	const struct config_auth *auth = config_auth(s->config);

	auth_chain_clear(s->ops.auth);
	for (size_t i = 0; i < auth->providers.count; i++) {
		void *ctx = NULL;
		const struct confab_auth *vtable = host_service(s->host, auth->providers.items[i],
			"auth", 1, sizeof(struct confab_auth), &ctx);

		if (vtable) {
			auth_chain_add(s->ops.auth,
				&(struct auth_provider){.vtable = vtable,
					.ctx = ctx,
					.begin = call_begin,
					.end = call_end,
					.owner = host_find(s->host, auth->providers.items[i])});
		}
	}
}
