/**
 * The network as a whole: made, listening, started, drained, stopped, counted.
 *
 * SPDX-License-Identifier: MIT
 */
#include "net/net_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/map.h"
#include "net/acceptor.h"
#include "net/conn.h"
#include "net/doors.h"
#include "net/file.h"
#include "net/http.h"
#include "net/http_target.h"
#include "net/io.h"
#include "net/listener.h"
#include "net/memory.h"
#include "net/peers.h"
#include "net/tls.h"
#include "net/wsconn.h"

/** How long the killed may take to come home. */
#define KILL_US 1000000

/** An order to one I/O thread. */
struct io_order {
	struct mail mail;
	struct io *io;
	struct doors *doors; /* one reference */
	const struct net_rules *rules;
};

/** Waits for the last connection. */
struct stopping {
	struct timer timer;
	void (*done)(void *arg);
	void *arg;
	struct net *net;
	bool killed, over;
};

static void each_conn(struct io *io, void (*fn)(struct conn *c))
{
	for (uint32_t i = 0; i < io->n_slots; i++)
		if (io->slots[i])
			fn(io->slots[i]);
}

static void conn_drain(struct conn *c)
{
	if (c->state == CONN_HTTP)
		http_draining(c);
	else if (c->state == CONN_WS)
		wsconn_draining(c);
}

static void conn_stop(struct conn *c)
{
	if (c->state == CONN_HTTP)
		http_draining(c);
	else if (c->state == CONN_WS)
		wsconn_close(c, NET_REASON_STOP, 1001, "the server stops");
	else if (c->state < CONN_HTTP)
		conn_kill(c, NET_REASON_STOP, 1001);
}

static void drain_run(struct mail *m)
{
	struct io_order *o = (struct io_order *)(void *)m;

	o->io->draining = true;
	each_conn(o->io, conn_drain);
	free(o);
}

static void stop_run(struct mail *m)
{
	struct io_order *o = (struct io_order *)(void *)m;

	o->io->draining = true;
	each_conn(o->io, conn_stop);
	free(o);
}

static void conn_end(struct conn *c)
{
	conn_kill(c, NET_REASON_STOP, 1001);
}

static void kill_run(struct mail *m)
{
	struct io_order *o = (struct io_order *)(void *)m;

	each_conn(o->io, conn_end);
	free(o);
}

static void doors_run(struct mail *m)
{
	struct io_order *o = (struct io_order *)(void *)m;

	doors_unref(o->io->doors);
	o->io->doors = o->doors;
	free(o);
}

static void rules_run(struct mail *m)
{
	struct io_order *o = (struct io_order *)(void *)m;

	o->io->rules = o->rules;
	free(o);
}

static void order_all(struct net *net, void (*run)(struct mail *m), struct doors *doors)
{
	for (unsigned i = 0; i < net->n_io; i++) {
		struct io_order *o = alloc_zero(1, sizeof(*o));

		o->mail.run = run;
		o->io = net->io[i];
		o->doors = doors ? doors_ref(doors) : NULL;
		o->rules = net->rules;
		loop_post(net->io[i]->loop, &o->mail);
	}
}

static void stopping_end(struct stopping *s)
{
	if (!s->over) {
		s->over = true;
		s->done(s->arg);
	}
}

/** Who did not go is sent away; then it ends in any case. */
static void stopping_late(void *arg)
{
	struct stopping *s = arg;

	if (s->killed) {
		stopping_end(s);
		return;
	}
	s->killed = true;
	order_all(s->net, kill_run, NULL);
	timer_start(s->net->main, &s->timer, KILL_US);
}

static void stopping_empty(void *arg)
{
	struct stopping *s = arg;

	timer_stop(&s->timer);
	stopping_end(s);
}

static int config_check(const struct net_config *config, struct confab_error *err)
{
	if (config->n_io < 1 || config->n_io > NET_IO_MAX)
		return confab_error_set(err, CONFAB_EINVAL,
			"%u I/O threads asked for, 1 to %d are possible", config->n_io, NET_IO_MAX);
	if (config->limits.head_bytes < 256 || config->limits.head_bytes > 60000)
		return confab_error_set(err, CONFAB_EINVAL,
			"a head of %u bytes asked for, 256 to 60000 are possible",
			config->limits.head_bytes);
	return 0;
}

static void http1_limits_fill(struct http1_limits *out, const struct net_limits *l)
{
	*out = http1_limits_default;
	out->head = l->head_bytes;
	if (out->line > out->head)
		out->line = out->head;
	out->body = UINT64_MAX; /* each route says its own */
}

static int parts_new(struct net *net, const struct net_config *config, struct confab_error *err)
{
	net->rules = net_rules_new(config, err);
	if (!net->rules)
		return err->code;
	net->doors = doors_new(
		config->codecs, config->n_codecs, config->routes, config->n_routes, err);
	return net->doors ? 0 : err->code;
}

static void io_stats_add(const struct counters *k, struct net_stats *out)
{
	out->handshaking += counter_get(&k->states[CONN_PROXY]) +
		counter_get(&k->states[CONN_HANDSHAKE]);
	out->http += counter_get(&k->states[CONN_HTTP]);
	out->websocket += counter_get(&k->states[CONN_WS]);
	out->closing += counter_get(&k->states[CONN_FLUSHING]) +
		counter_get(&k->states[CONN_LINGER]);
	out->tls += counter_get(&k->tls);
	out->bytes_in += counter_get(&k->bytes_in);
	out->bytes_out += counter_get(&k->bytes_out);
	out->frames_in += counter_get(&k->frames_in);
	out->frames_out += counter_get(&k->frames_out);
	out->requests += counter_get(&k->requests);
	out->upgrades += counter_get(&k->upgrades);
	out->events_dropped += counter_get(&k->events_dropped);
	out->stale += counter_get(&k->stale);
	out->queue_bytes += counter_get(&k->queue_bytes);
	out->in_flight += counter_get(&k->in_flight);
	out->subscriptions += counter_get(&k->subscriptions);
	out->writes += counter_get(&k->writes);
	out->deliveries += counter_get(&k->deliveries);
	out->deflated += counter_get(&k->deflated);
	for (int i = 0; i < NET_REASON_COUNT; i++)
		out->closed[i] += counter_get(&k->closed[i]);
	histogram_merge(&out->delivery_us, &k->delivery_us);
}

/* ------------------------------------------------------------------------------------------- */

void net_limits_default(struct net_limits *limits)
{
	*limits = (struct net_limits){
		.connections = 100000,
		.per_address = 1000,
		.in_flight = 32,
		.thread_in_flight = 4096,
		.tls_ms = 10000,
		.head_ms = 10000,
		.keep_alive_ms = 60000,
		.body_grace_ms = 10000,
		.body_min_rate = 1024,
		.ping_ms = 45000,
		.dead_ms = 100000,
		.send_ms = 30000,
		.linger_ms = 2000,
		.head_bytes = 16384,
		.event_bytes = 65536,
		.reply_bytes = 65536,
		.message_bytes = 64u << 20,
		.deflate_min = 256,
	};
}

struct net *net_new(const struct net_config *config, struct confab_error *err)
{
	struct confab_error own = {0};

	err = err ? err : &own;
	struct net *net = alloc_zero(1, sizeof(*net));

	net->magic = NET_MAGIC;
	net->main = config->main;
	net->logic = config->logic;
	net->pool = config->pool;
	net->reach = nummap_new();
	net->acceptor = acceptor_new(net);
	if (parts_new(net, config, err) != 0) {
		net_free(net);
		return NULL;
	}
	net->io = alloc_zero(config->n_io, sizeof(struct io *));
	for (unsigned i = 0; i < config->n_io; i++) {
		net->io[i] = io_new(net, config->io[i], i);
		net->io[i]->doors = doors_ref(net->doors);
		net->io[i]->rules = net->rules;
		net->n_io++;
	}
	return net;
}

void net_free(struct net *net)
{
	if (!net)
		return;
	assert(net->magic == NET_MAGIC);
	/* What is still on the way between loops that have ended knows this net. */
	for (unsigned i = 0; i < net->n_io; i++)
		loop_settle(net->io[i]->loop);
	for (unsigned i = 0; i < net->n_io; i++)
		io_close(net->io[i]);
	loop_settle(net->main);
	loop_settle(net->logic);
	for (unsigned i = 0; i < net->n_io; i++)
		io_free(net->io[i]);
	acceptor_free(net->acceptor);
	doors_unref(net->doors);
	net_rules_free(net->rules);
	net_reach_free(net);
	free(net->stopping);
	free(net->io);
	free(net);
}

int net_listen(struct net *net, const struct net_listener *listener, struct confab_error *err)
{
	return acceptor_listen(net->acceptor, listener, err);
}

void net_pool_set(struct net *net, struct pool *pool)
{
	net->pool = pool;
}

char *net_socket_name(int fd)
{
	return listener_name(fd);
}

const char *net_listener_name(const struct net *net, size_t n)
{
	return acceptor_name(net->acceptor, n);
}

void *net_tls_read(const struct net_tls *tls, struct confab_error *err)
{
	return tls_context_new(tls, err);
}

void net_tls_drop(void *context)
{
	tls_context_unref(context);
}

void net_tls_set(struct net *net, size_t listener, void *context)
{
	acceptor_tls_set(net->acceptor, listener, context);
}

struct net_rules *net_rules_new(const struct net_config *config, struct confab_error *err)
{
	struct net_rules *r;

	if (config_check(config, err) != 0)
		return NULL;
	r = alloc_zero(1, sizeof(*r));
	r->limits = config->limits;
	r->hsts = config->hsts;
	http1_limits_fill(&r->http1, &r->limits);
	r->peers = peers_new(config->origins, config->n_origins, config->trusted_proxies,
		config->n_trusted_proxies, err);
	if (r->peers)
		r->files = files_new(config->files, config->n_files, err);
	if (r->files)
		return r;
	net_rules_free(r);
	return NULL;
}

void net_rules_free(struct net_rules *r)
{
	while (r) {
		struct net_rules *former = r->former;

		files_free(r->files);
		peers_free(r->peers);
		free(r);
		r = former;
	}
}

void net_rules_set(struct net *net, struct net_rules *r)
{
	r->former = net->rules;
	net->rules = r;
	order_all(net, rules_run, NULL);
}

void net_start(struct net *net)
{
	acceptor_start(net->acceptor);
}

int net_routes_set(struct net *net, const struct codec *const *codecs, size_t n_codecs,
	const struct http_route *routes, size_t n_routes, struct confab_error *err)
{
	struct confab_error own = {0};

	err = err ? err : &own;
	struct doors *doors = doors_new(codecs, n_codecs, routes, n_routes, err);

	if (!doors)
		return err->code;
	order_all(net, doors_run, doors);
	doors_unref(doors);
	return 0;
}

void net_deafen(struct net *net)
{
	acceptor_stop(net->acceptor);
}

void net_drain(struct net *net)
{
	order_all(net, drain_run, NULL);
}

void net_stop(struct net *net, uint32_t wait_ms, void (*done)(void *arg), void *arg)
{
	struct stopping *s = net->stopping;

	if (s)
		return; /* once is enough */
	s = net->stopping = alloc_zero(1, sizeof(*s));
	s->net = net;
	s->done = done;
	s->arg = arg;
	timer_init(&s->timer, stopping_late, s);
	timer_start(net->main, &s->timer, (int64_t)wait_ms * 1000);
	acceptor_stop(net->acceptor);
	order_all(net, stop_run, NULL);
	acceptor_when_empty(net->acceptor, stopping_empty, s);
}

void net_stats(const struct net *net, struct net_stats *out)
{
	memset(out, 0, sizeof(*out));
	acceptor_stats(net->acceptor, out);
	for (unsigned i = 0; i < net->n_io; i++)
		io_stats_add(&net->io[i]->counters, out);
}

struct memory_end *memory_connect(struct net *net, struct loop *loop,
	const struct memory_options *options, void (*fn)(void *arg, unsigned what), void *arg)
{
	struct memory_end *ends[2];

	memory_pair_new(ends, loop, options);
	memory_end_start(ends[0], loop, fn, arg);
	acceptor_offer(
		net->acceptor, ends[1], options && options->peer ? options->peer : "127.0.0.1");
	return ends[0];
}

bool http_query(const struct http_request *rq, const char *key, char *out, size_t size)
{
	return http_query_find(rq->query, key, out, size);
}
