/**
 * GET /metrics: asked on an I/O thread, counted on the logic thread, so that nothing is read while it
 * changes.
 *
 * SPDX-License-Identifier: MIT
 */
#include "server/server_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "config/config.h"

#define OPEN_METRICS "application/openmetrics-text; version=1.0.0; charset=utf-8"

struct asked {
	struct answer answer; /* first */
	struct mail mail;
	struct server *server;
	struct buf text;
	char peer[48];
	char token[];
};

static void asked_write(struct answer *a, struct buf *out)
{
	const struct asked *asked = (const struct asked *)(const void *)a;

	buf_add(out, asked->text.bytes, asked->text.len);
}

static void asked_free(struct answer *a)
{
	struct asked *asked = (struct asked *)(void *)a;

	buf_fini(&asked->text);
	free(asked);
}

static struct asked *asked_new(struct server *s, const struct http_request *rq)
{
	size_t size = rq->token ? strlen(rq->token) + 1 : 1;
	struct asked *asked = alloc_zero(1, sizeof(*asked) + size);

	asked->server = s;
	buf_init(&asked->text);
	snprintf(asked->peer, sizeof(asked->peer), "%s", rq->peer ? rq->peer : "");
	snprintf(asked->token, size, "%s", rq->token ? rq->token : "");
	asked->answer = (struct answer){.conn = rq->conn,
		.stream = rq->stream,
		.encode = asked_write,
		.release = asked_free,
		.settles = true};
	return asked;
}

static void refuse(struct asked *asked, int status, const char *code, const char *text)
{
	asked->answer.status = status;
	buf_fmt(&asked->text, "{\"error\":{\"code\":\"%s\",\"text\":\"%s\",\"retry\":\"never\"}}",
		code, text);
	net_answer(asked->server->net, &asked->answer);
}

static void count(struct asked *asked)
{
	asked->answer.status = 200;
	asked->answer.content_type = OPEN_METRICS;
	admin_metrics(&asked->server->env, &asked->text);
	net_answer(asked->server->net, &asked->answer);
}

static void count_mail(struct mail *m)
{
	count((struct asked *)(void *)((char *)m - offsetof(struct asked, mail)));
}

static void verified(void *arg, bool is_admin)
{
	struct asked *asked = arg;

	if (is_admin)
		count(asked);
	else
		refuse(asked, 403, "forbidden", "this needs the server role admin");
}

static void verify_mail(struct mail *m)
{
	struct asked *asked = (struct asked *)(void *)((char *)m - offsetof(struct asked, mail));

	ops_admin_verify(&asked->server->ops, asked->token, asked->peer, verified, asked);
}

/* Who came over a proxy that we do not know is not on this machine, although the proxy is. */
static bool is_local(const struct http_request *rq)
{
	const char *peer = rq->peer ? rq->peer : "";

	if (rq->header(rq, "X-Forwarded-For") || rq->header(rq, "Forwarded"))
		return false;
	return strncmp(peer, "127.", 4) == 0 || strcmp(peer, "::1") == 0 ||
		strcmp(peer, "unix") == 0;
}

/* ------------------------------------------------------------------------------------------- */

void server_metrics(void *ctx, const struct http_request *rq)
{
	struct server *s = ctx;
	struct asked *asked = asked_new(s, rq);
	int mode = atomic_load(&s->metrics);

	if (mode == CONFIG_METRICS_OFF) {
		refuse(asked, 404, "no_path", "metrics are switched off");
	} else if (mode == CONFIG_METRICS_LOOPBACK && !is_local(rq)) {
		refuse(asked, 403, "forbidden", "metrics are for this machine only");
	} else if (mode == CONFIG_METRICS_ADMIN && !rq->token) {
		refuse(asked, 401, "token", "this needs 'Authorization: Bearer TOKEN'");
	} else {
		asked->mail.run = mode == CONFIG_METRICS_ADMIN ? verify_mail : count_mail;
		loop_post(s->logic, &asked->mail);
	}
}
