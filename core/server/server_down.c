/**
 * Stop: connections say goodbye, then plugins go, then the main loop ends.
 *
 * SPDX-License-Identifier: MIT
 */
#include "server/server_internal.h"

#include <systemd/sd-daemon.h>

#include "admin/admin.h"
#include "base/log.h"
#include "config/config.h"
#include "net/net_start.h"
#include "ops/todo.h"
#include "pipeline/pipeline.h"
#include "plugin/host.h"

static void stopped(struct mail *m)
{
	struct server *s = SERVER_OF(to_main, m);

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
	server_stop_logic(SERVER_OF(to_logic, m));
}

static void net_empty(void *arg)
{
	struct server *s = arg;

	s->to_logic.run = stop_logic;
	loop_post(s->logic, &s->to_logic);
}

/* -------------------------------------------------------------------------------------------- */

void server_down(struct server *s)
{
	if (!s->up) {
		return;
	}
	s->up = false;
	(void)sd_notify(0, "STOPPING=1");
	atomic_store(&s->phase, SERVER_STOPPING);
	log_info("server, stopping");
	net_stop(s->net, (uint32_t)atomic_load(&s->stop_grace_ms), net_empty, s);
}

void server_stop_logic(struct server *s)
{
	s->stop_waits = s->reload != NULL;
	if (s->stop_waits) {
		return;
	}
	s->pipeline->draining = true;
	timer_stop(&s->sweep);
	todos_stop(s->ops.todos);
	s->ops.todos = NULL;
	admin_close(s->admin);
	s->admin = NULL;
	host_stop(s->host, plugins_down, s);
}
