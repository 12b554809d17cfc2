/**
 * Connections that have not said hello yet: for how long, and what they may say.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/map.h"
#include "config/config.h"
#include "ops/auth_chain.h"
#include "ops/document.h"
#include "ops/ops_internal.h"
#include "wire/errors.h"

struct greeting {
	struct ops *o;
	confab_conn_id conn;
	struct timer timer;
};

/** The record stays until the connection tells that it has gone. */
static void too_late(void *arg)
{
	struct greeting *g = arg;

	net_close(g->o->net, g->conn, CLOSE_NO_HELLO, "no hello in time");
}

/* -------------------------------------------------------------------------------------------- */

void greeting_begin(void *ctx, confab_conn_id conn, const char *peer)
{
	struct ops *o = ctx;
	struct greeting *g = alloc_zero(1, sizeof(*g));

	(void)peer;
	if (!o->greetings) {
		o->greetings = nummap_new();
	}
	g->o = o;
	g->conn = conn;
	timer_init(&g->timer, too_late, g);
	(void)nummap_put(o->greetings, conn, g); /* a number is given once */
	if (o->draining) {
		net_close(o->net, conn, CLOSE_DRAIN, "this server is draining");
		return;
	}
	timer_start(
		o->chat->loop, &g->timer, config_limits(o->chat->config)->hello_timeout_ms * 1000);
}

bool greeting_waits(const struct ops *o, confab_conn_id conn)
{
	return o->greetings && nummap_find(o->greetings, conn);
}

void greeting_end(struct ops *o, confab_conn_id conn)
{
	struct greeting *g = o->greetings ? nummap_take(o->greetings, conn) : NULL;

	if (g) {
		timer_stop(&g->timer);
		free(g);
	}
}

void ops_fini(struct ops *o)
{
	size_t pos = 0;
	uint64_t conn;
	void *g;

	while (o->greetings && nummap_next(o->greetings, &pos, &conn, &g)) {
		timer_stop(&((struct greeting *)g)->timer);
		free(g);
	}
	nummap_free(o->greetings);
	document_cache_free(o->documents);
	auth_chain_free(o->auth);
	o->documents = NULL;
	o->greetings = NULL;
	o->auth = NULL;
}
