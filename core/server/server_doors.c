/**
 * The network of a node: limits, routes, codecs, listeners.
 *
 * SPDX-License-Identifier: MIT
 */
#include "server/server_internal.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/log.h"
#include "config/config.h"
#include "net/net_start.h"
#include "plugin/host.h"
#include "wire/plugin_codec.h"
#include "wire/wire.h"

#define SERVER_CODECS_MAX 32

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

/* -------------------------------------------------------------------------------------------- */

bool server_doors_make(struct server *s, struct confab_error *err)
{
	const struct config_http *http = config_http(s->config);
	struct net_config nc = {
		.main = s->main, .logic = s->logic, .io = s->io, .n_io = s->n_io, .pool = s->pool};
	const struct config_listen *listen;
	const struct codec *codecs[1];
	struct net_files files = {.prefix = "/", .dir = http->static_dir};

	atomic_store(&s->metrics, http->metrics);
	set_limits(&nc.limits, config_limits(s->config));
	s->wire = wire_new(s->logic, (size_t)config_limits(s->config)->message_bytes);
	wire_codec(s->wire, &s->codec);
	codecs[0] = &s->codec;
	s->n_routes = wire_routes(s->wire, s->routes, SERVER_ROUTES_MAX - 6);
	s->routes[s->n_routes++] = (struct http_route){
		.method = "GET", .path = "/healthz", .handle = answer_up};
	s->routes[s->n_routes++] = (struct http_route){
		.method = "GET", .path = "/readyz", .handle = answer_up};
	s->routes[s->n_routes++] = (struct http_route){
		.method = "GET", .path = "/metrics", .handle = server_metrics, .ctx = s};
	s->n_routes += server_setup_routes(s->routes + s->n_routes);
	nc.codecs = codecs;
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

void server_codecs(struct server *s)
{
	const struct codec *all[SERVER_CODECS_MAX] = {&s->codec};
	struct codec *rows = alloc_zero(SERVER_CODECS_MAX, sizeof(*rows));
	struct confab_error err = {0};
	struct confab_plugin *p;
	size_t n = 1;

	for (size_t i = 0; (p = host_at(s->host, i)) != NULL; i++) {
		const struct confab_table *table = &plugin_descriptor(p)->codecs;
		const struct confab_codec_row *row = table->rows;

		for (uint32_t k = 0; plugin_state(p) == PLUGIN_UP && k < table->n; k++) {
			if (n == SERVER_CODECS_MAX) {
				log_error("plugin '%s', codec at %s is one too many",
					confab_plugin_name(p), row[k].path);
				continue;
			}
			plugin_codec(&row[k], &rows[n]);
			all[n] = &rows[n];
			n++;
		}
	}
	if (net_routes_set(s->net, all, n, s->routes, s->n_routes, &err)) {
		log_error("codecs of plugins, not in force (%s)", err.text);
		free(rows);
		return;
	}
	s->plugin_codecs = rows;
}
