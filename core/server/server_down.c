/**
 * Stop: what is under way is answered, sessions hear goodbye, connections end, plugins go, and with them
 * the main loop.
 *
 *   main: deaf, draining ─▶ logic: nothing new, wait, bye ─▶ main: connections end ─▶ logic: plugins ─▶ main
 *
 * SPDX-License-Identifier: MIT
 */
#include "server/server_internal.h"

#include <systemd/sd-daemon.h>

#include "base/clock.h"
#include "base/log.h"
#include "net/net_start.h"
#include "ops/todo.h"
#include "pipeline/pipeline.h"
#include "pipeline/retention.h"
#include "plugin/host.h"
#include "wire/exchange.h"

/** How often is looked whether all events have ended [us]. */
#define LOOK_US 5000

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

/** Main: all has been said; connections end when it has been written. */
static void end_connections(struct mail *m)
{
	struct server *s = SERVER_OF(to_main, m);
	int64_t left_us = s->stop_until_us - clock_mono_us();

	net_stop(s->net, left_us > 0 ? (uint32_t)(left_us / 1000) : 0, net_empty, s);
}

/** Logic: until no event and no request of a plugin's route is under way, or half of the grace is over; the other half is for writing. */
static void wait_for_events(void *arg)
{
	struct server *s = arg;
	int64_t half_us = atomic_load(&s->stop_grace_ms) * 1000 / 2;

	if ((s->pipeline->stats.live > 0 || exchanges_live(s->wire->exchanges) > 0) &&
		clock_mono_us() < s->stop_until_us - half_us) {
		timer_start(s->logic, &s->leave, LOOK_US);
		return;
	}
	exchanges_end(s->wire->exchanges);
	server_farewell(s, "stop");
	s->to_main.run = end_connections;
	loop_post(s->main, &s->to_main);
}

static void nothing_new(struct mail *m)
{
	struct server *s = SERVER_OF(to_logic, m);

	s->pipeline->draining = true;
	s->ops.draining = true;
	timer_stop(&s->leave);
	timer_init(&s->leave, wait_for_events, s);
	wait_for_events(s);
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
	s->stop_until_us = clock_mono_us() + atomic_load(&s->stop_grace_ms) * 1000;
	net_deafen(s->net);
	net_drain(s->net);
	s->to_logic.run = nothing_new;
	loop_post(s->logic, &s->to_logic);
}

void server_stop_logic(struct server *s)
{
	s->stop_waits = s->reload != NULL;
	if (s->stop_waits) {
		return;
	}
	timer_stop(&s->sweep);
	todos_stop(s->ops.todos);
	s->ops.todos = NULL;
	retention_stop(s->retention);
	s->retention = NULL;
	admin_close(s->admin);
	s->admin = NULL;
	host_stop(s->host, plugins_down, s);
}
