/**
 * GET /healthz: does it live? GET /readyz: may clients be sent here? And why not.
 *
 * SPDX-License-Identifier: MIT
 */
#include "server/server_internal.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "loop/watchdog.h"

struct health {
	struct answer answer; /* first */
	const char *why;      /* not; NULL: all is well */
};

static void health_write(struct answer *a, struct buf *out)
{
	const struct health *h = (const struct health *)(const void *)a;

	if (h->why)
		buf_fmt(out, "{\"ok\":false,\"why\":\"%s\"}", h->why);
	else
		buf_str(out, "{\"ok\":true}");
}

static void health_free(struct answer *a)
{
	free(a);
}

static void health_answer(const struct http_request *rq, const char *why)
{
	struct health *h = alloc_zero(1, sizeof(*h));

	h->why = why;
	h->answer = (struct answer){.conn = rq->conn,
		.stream = rq->stream,
		.status = why ? 503 : 200,
		.headers = "Cache-Control: no-store\r\n",
		.encode = health_write,
		.release = health_free,
		.settles = true};
	net_answer(rq->net, &h->answer);
}

/* ------------------------------------------------------------------------------------------- */

void server_healthz(void *ctx, const struct http_request *rq)
{
	const struct server *s = ctx;

	health_answer(rq, watchdog_all_turn(s->watchdog) ? NULL : "stalled");
}

void server_readyz(void *ctx, const struct http_request *rq)
{
	const struct server *s = ctx;
	const char *why = NULL;

	switch ((enum server_phase)atomic_load(&s->phase)) {
	case SERVER_READY:
		break;
	case SERVER_STARTING:
		why = "starting";
		break;
	case SERVER_DRAINING:
		why = "draining";
		break;
	case SERVER_STOPPING:
		why = "stopping";
		break;
	}
	health_answer(rq, why);
}
