/**
 * The network of a node: limits, listeners, certificates; and what it serves: codecs and routes.
 *
 * SPDX-License-Identifier: MIT
 */
#include "server/server_internal.h"

#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "base/alloc.h"
#include "base/log.h"
#include "config/config.h"
#include "net/net_start.h"
#include "plugin/host.h"
#include "wire/exchange.h"
#include "wire/plugin_codec.h"
#include "wire/wire.h"

#define LISTENERS_MAX 64

/** "100/m" is one or two a second: rates at the door are whole. */
static struct net_rate rate_of(const struct confab_rate *rate)
{
	struct net_rate out = {0};

	if (rate->count) {
		uint64_t per_second = ((uint64_t)rate->count * 1000 + rate->per_ms - 1) /
			rate->per_ms;

		out.per_second = (uint32_t)per_second;
		out.burst = (uint32_t)(rate->burst ? rate->burst : rate->count);
	}
	return out;
}

static void limits_fill(struct net_limits *out, const struct config *cfg)
{
	const struct config_limits *in = config_limits(cfg);

	net_limits_default(out);
	out->connections = (uint32_t)in->connections;
	out->per_address = (uint32_t)in->connections_per_address;
	out->in_flight = (uint32_t)in->in_flight;
	out->tls_ms = (uint32_t)in->tls_timeout_ms;
	out->head_ms = (uint32_t)in->head_timeout_ms;
	out->body_grace_ms = (uint32_t)in->body_timeout_ms;
	out->keep_alive_ms = (uint32_t)in->keep_alive_ms;
	out->ping_ms = (uint32_t)in->ping_interval_ms;
	out->dead_ms = (uint32_t)in->idle_timeout_ms;
	out->send_ms = (uint32_t)in->write_timeout_ms;
	out->head_bytes = (uint32_t)in->head_bytes;
	out->event_bytes = (uint32_t)in->queue_bytes;
	out->reply_bytes = (uint32_t)in->queue_bytes;
	out->addr_requests = rate_of(&in->address_rate);
	if (!config_http(cfg)->compression) {
		out->deflate_min = 0;
	}
}

static void codecs_fill(struct server *s, struct door_set *d)
{
	struct confab_plugin *p;

	wire_codec(s->wire, (size_t)config_limits(s->config)->frame_bytes, &d->codecs[0]);
	d->n_codecs = 1;
	for (size_t i = 0; (p = host_at(s->host, i)) != NULL; i++) {
		const struct confab_table *table = &plugin_descriptor(p)->codecs;
		const struct confab_codec_row *row = table->rows;

		for (uint32_t k = 0; plugin_state(p) == PLUGIN_UP && k < table->n; k++) {
			if (d->n_codecs == SERVER_CODECS_MAX) {
				log_error("plugin '%s', codec at %s is one too many",
					confab_plugin_name(p), row[k].path);
				continue;
			}
			plugin_codec(&row[k], &d->codecs[d->n_codecs++]);
		}
	}
	for (size_t i = 0; i < d->n_codecs; i++) {
		d->codec_list[i] = &d->codecs[i];
	}
}

static void routes_fill(struct server *s, struct door_set *d)
{
	const struct http_route own[] = {
		{.method = "GET", .path = "/healthz", .handle = server_healthz, .ctx = s},
		{.method = "GET", .path = "/readyz", .handle = server_readyz, .ctx = s},
		{.method = "GET", .path = "/metrics", .handle = server_metrics, .ctx = s},
	};
	size_t n = sizeof(own) / sizeof(own[0]), doors = exchanges_doors(s->wire->exchanges);

	d->routes = alloc_zero(SERVER_ROUTES_MAX + doors, sizeof(*d->routes));
	d->n_routes = wire_routes(s->wire, (size_t)config_limits(s->config)->body_bytes, d->routes,
		SERVER_ROUTES_MAX - n - SERVER_PAGES_MAX);
	for (size_t i = 0; i < n; i++) {
		d->routes[d->n_routes++] = own[i];
	}
	d->n_routes += server_page_routes(s->config, d->routes + d->n_routes);
	d->n_routes += exchanges_routes(s->wire->exchanges, d->routes + d->n_routes, doors);
}

static void door_set_free(struct door_set *d)
{
	free(d->routes);
	free(d);
}

/** Would net serve the same by either? */
static bool same_doors(const struct door_set *a, const struct door_set *b)
{
	if (a->n_codecs != b->n_codecs || a->n_routes != b->n_routes) {
		return false;
	}
	for (size_t i = 0; i < a->n_codecs; i++) {
		const struct codec *p = &a->codecs[i], *q = &b->codecs[i];

		if (p->path != q->path || p->subprotocol != q->subprotocol || p->ctx != q->ctx ||
			p->max_message != q->max_message) {
			return false;
		}
	}
	for (size_t i = 0; i < a->n_routes; i++) {
		const struct http_route *p = &a->routes[i], *q = &b->routes[i];

		if (p->path != q->path || p->method != q->method || p->ctx != q->ctx ||
			p->max_body != q->max_body) {
			return false;
		}
	}
	return true;
}

static struct door_set *door_set_new(struct server *s)
{
	struct door_set *d = alloc_zero(1, sizeof(*d));

	codecs_fill(s, d);
	routes_fill(s, d);
	return d;
}

/** The parts of net's configuration that a reload may change. files: the caller's, for its row. */
static void rules_fill(
	struct server *s, const struct config *cfg, struct net_config *nc, struct net_files *files)
{
	const struct config_http *http = config_http(cfg);

	limits_fill(&nc->limits, cfg);
	nc->n_io = s->n_io;
	nc->origins = http->origins.items;
	nc->n_origins = http->origins.count;
	nc->trusted_proxies = http->trusted_proxies.items;
	nc->n_trusted_proxies = http->trusted_proxies.count;
	if (http->static_dir[0]) {
		*files = (struct net_files){.prefix = "/", .dir = http->static_dir};
		nc->files = files;
		nc->n_files = 1;
	}
}

/** Are "*:8080" and "[::]:8080" the same door? */
static bool same_address(const char *address, const char *bound)
{
	if (strncmp(address, "*:", 2) == 0) {
		return strncmp(bound, "[::]:", 5) == 0 && strcmp(address + 2, bound + 5) == 0;
	}
	if (strncmp(address, "localhost:", 10) == 0) {
		return (strncmp(bound, "127.0.0.1:", 10) == 0 &&
			       strcmp(address + 10, bound + 10) == 0) ||
			(strncmp(bound, "[::1]:", 6) == 0 && strcmp(address + 10, bound + 6) == 0);
	}
	return strcmp(address, bound) == 0;
}

/** The service manager's sockets, each for the listener of its address: sd_listen_fds(3). */
static bool inherit(struct server *s, int *fds, size_t n_fds, struct confab_error *err)
{
	int n = sd_listen_fds(1);

	for (int i = 0; i < n; i++) {
		char *bound = net_socket_name(SD_LISTEN_FDS_START + i);
		const struct config_listen *listen;
		size_t k = 0;

		while (k < n_fds && (listen = config_listen(s->config, k)) != NULL &&
			(fds[k] >= 0 || !same_address(listen->address, bound))) {
			k++;
		}
		if (k == n_fds || !config_listen(s->config, k)) {
			confab_error_set(err, CONFAB_EINVAL,
				"systemd hands over a socket at %s, but no listener has this "
				"address; add it to listen:, or remove it from the socket unit",
				bound);
			free(bound);
			return false;
		}
		fds[k] = SD_LISTEN_FDS_START + i;
		free(bound);
	}
	return true;
}

static bool listen_all(struct server *s, struct confab_error *err)
{
	const struct config_listen *listen;
	int fds[LISTENERS_MAX];

	for (size_t i = 0; i < LISTENERS_MAX; i++) {
		fds[i] = -1;
	}
	if (!inherit(s, fds, LISTENERS_MAX, err)) {
		return false;
	}

	for (size_t i = 0; (listen = config_listen(s->config, i)) != NULL; i++) {
		struct net_listener door = {.address = listen->address,
			.fd = i < LISTENERS_MAX ? fds[i] : -1,
			.mode = (unsigned)listen->mode,
			.tls = listen->tls,
			.proxy = listen->proxy_protocol == CONFIG_PROXY_V2};
		void *context = NULL;

		if (net_listen(s->net, &door, err) || server_tls(s->config, i, &context, err)) {
			return false;
		}
		if (context) {
			net_tls_set(s->net, i, context);
		}
	}
	return true;
}

/* -------------------------------------------------------------------------------------------- */

bool server_doors_make(struct server *s, struct confab_error *err)
{
	struct net_config nc = {
		.main = s->main, .logic = s->logic, .io = s->io, .n_io = s->n_io, .pool = s->pool};
	struct net_files files;

	atomic_store(&s->metrics, config_http(s->config)->metrics);
	rules_fill(s, s->config, &nc, &files);
	s->wire = wire_new(s->logic);
	s->doors = door_set_new(s);
	nc.codecs = s->doors->codec_list;
	nc.n_codecs = s->doors->n_codecs;
	nc.routes = s->doors->routes;
	nc.n_routes = s->doors->n_routes;
	s->net = net_new(&nc, err);
	if (!s->net) {
		return false;
	}
	s->wire->net = s->net;
	return listen_all(s, err);
}

void server_doors_renew(struct server *s)
{
	struct door_set *d = door_set_new(s);
	struct confab_error err = {0};

	if (same_doors(d, s->doors)) {
		door_set_free(d);
		return;
	}
	if (net_routes_set(s->net, d->codec_list, d->n_codecs, d->routes, d->n_routes, &err)) {
		log_error("codecs and routes, not in force (%s)", err.text);
		door_set_free(d);
		return;
	}
	d->former = s->doors;
	s->doors = d;
}

void server_doors_free(struct server *s)
{
	while (s->doors) {
		struct door_set *former = s->doors->former;

		door_set_free(s->doors);
		s->doors = former;
	}
}

struct net_rules *server_rules(struct server *s, const struct config *cfg, struct confab_error *err)
{
	struct net_config nc = {0};
	struct net_files files;

	rules_fill(s, cfg, &nc, &files);
	return net_rules_new(&nc, err);
}

int server_tls(const struct config *cfg, size_t n, void **context, struct confab_error *err)
{
	const struct config_listen *listen = config_listen(cfg, n);
	const struct config_tls *tls = config_tls(cfg);
	const struct net_tls how = {.cert = listen->cert,
		.key = listen->key,
		.only_13 = tls->min_version == CONFIG_TLS_1_3,
		.ciphers = tls->ciphers};

	*context = NULL;
	if (!listen->tls) {
		return 0;
	}
	*context = net_tls_read(&how, err);
	return *context ? 0 : err->code;
}
