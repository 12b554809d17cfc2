/**
 * Draining: nobody new, and who is there is asked to leave, each at a moment of its own.
 *
 * SPDX-License-Identifier: MIT
 */
#include "server/server_internal.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/chance.h"
#include "base/log.h"
#include "base/map.h"
#include "chat/session.h"
#include "config/config.h"
#include "net/net_start.h"
#include "pipeline/fanout.h"
#include "pipeline/pipeline.h"
#include "wire/errors.h"

/** Beyond the last moment that was told [us]. */
#define LINGER_US 2000000

static json_int_t some_moment(const struct server *s)
{
	uint64_t most = (uint64_t)config_server(s->config)->drain_time_ms;

	return (json_int_t)chance_below(most + 1);
}

/** Every session with a connection; fn may end it. */
static void each_session(struct server *s, void (*fn)(struct server *s, struct session *sess))
{
	struct session **all;
	size_t pos = 0, n = 0;
	void *value;

	all = alloc_zero(strmap_count(s->chat->sessions) + 1, sizeof(*all));
	while (strmap_next(s->chat->sessions, &pos, NULL, &value)) {
		struct session *sess = value;

		if (sess->conn) {
			all[n++] = sess;
		}
	}
	for (size_t i = 0; i < n; i++) {
		fn(s, all[i]);
	}
	free(all);
}

static void hint(struct server *s, struct session *sess)
{
	fanout_to(s->pipeline->fanout, sess,
		json_pack("{s:s,s:b,s:I}", "ev", "server", "draining", 1, "reconnect_ms",
			some_moment(s)));
}

static void send_off(struct server *s, struct session *sess)
{
	fanout_to(s->pipeline->fanout, sess,
		json_pack("{s:s,s:s,s:I}", "ev", "bye", "why", s->bye, "reconnect_ms",
			some_moment(s)));
	net_close(s->net, sess->conn, CLOSE_DRAIN, s->bye);
}

static void time_is_over(void *arg)
{
	server_farewell(arg, "drain");
}

static void drain_net(struct mail *m)
{
	net_drain(SERVER_OF(to_drain, m)->net);
}

/* -------------------------------------------------------------------------------------------- */

void server_farewell(struct server *s, const char *why)
{
	s->bye = why;
	each_session(s, send_off);
}

void server_drain(void *ctx)
{
	struct server *s = ctx;
	int ready = SERVER_READY;

	if (!atomic_compare_exchange_strong(&s->phase, &ready, SERVER_DRAINING)) {
		return;
	}
	log_info("server, draining (%zu sessions)", strmap_count(s->chat->sessions));
	s->ops.draining = true;
	each_session(s, hint);
	timer_init(&s->leave, time_is_over, s);
	timer_start(
		s->logic, &s->leave, config_server(s->config)->drain_time_ms * 1000 + LINGER_US);
	s->to_drain.run = drain_net;
	loop_post(s->main, &s->to_drain);
}
