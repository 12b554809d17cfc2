/**
 * A node over simulated loops.
 *
 * SPDX-License-Identifier: MIT
 */
#include "sim/node.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chat/chat.h"
#include "loop/sim.h"
#include "ops/auth_chain.h"
#include "ops/todo.h"
#include "pipeline/event_internal.h"
#include "pipeline/kind.h"
#include "pipeline/pipeline.h"
#include "sim/depot.h"
#include "sim/wishes.h"
#include "store/store.h"

/** Longest message and body [bytes]. */
#define MESSAGE_MAX 65536

#define SWEEP_US 50000
#define STOP_MS 2000
#define PATIENCE_US 60000000

#define OF(type, member, ptr) ((type *)((char *)(ptr)-offsetof(type, member)))

/** A token is its user's name; "bad" is nobody's, "admin" an administrator's. */
static void verify(void *ctx, struct confab_verify *v)
{
	(void)ctx;
	v->rc = strcmp(v->token, "bad") == 0 ? CONFAB_EPERM : 0;
	snprintf(v->user, sizeof(v->user), "%s", v->token);
	snprintf(v->text, sizeof(v->text), "%s", v->rc ? "nobody's token" : "");
	snprintf(v->role, sizeof(v->role), "%s", strcmp(v->token, "admin") == 0 ? "admin" : "");
	confab_verify_done(v);
}

static const struct confab_auth auth = {.size = sizeof(auth), .name = "sim", .verify = verify};

static struct loop *loop_make(const char *name)
{
	struct confab_error err = {0};
	struct loop *loop = loop_new(name, &err);
	int rc = loop ? loop_start(loop, &err) : CONFAB_EIO;

	assert(rc == 0);
	(void)rc;
	return loop;
}

static void make_net(struct node *n, const struct node_options *options)
{
	struct confab_error err = {0};
	struct net_config nc = {.main = n->main,
		.logic = n->logic,
		.io = n->io,
		.n_io = NODE_IO,
		.codecs = n->codecs,
		.n_codecs = 1,
		.routes = n->routes};

	net_limits_default(&nc.limits);
	nc.limits.per_address = 0;
	nc.limits.event_bytes = options->event_bytes;
	nc.limits.reply_bytes = options->reply_bytes;
	nc.limits.in_flight = options->in_flight;
	wire_codec(n->wire, MESSAGE_MAX, &n->codec);
	n->codecs[0] = &n->codec;
	nc.n_routes = wire_routes(
		n->wire, MESSAGE_MAX, n->routes, sizeof(n->routes) / sizeof(n->routes[0]));
	n->net = net_new(&nc, &err);
	assert(n->net);
	n->wire->net = n->net;
}

static void sweep(void *arg)
{
	struct node *n = arg;

	(void)chat_sweep(n->chat, SWEEP_US);
	timer_start(n->logic, &n->sweep, SWEEP_US);
}

static void net_empty(void *arg)
{
	((struct node *)arg)->empty = true;
}

static bool is_empty(void *arg)
{
	return ((struct node *)arg)->empty;
}

static bool is_quiet(void *arg)
{
	return node_quiet(arg);
}

/** Sweeps todos at once, so on its own loop. */
static void begin(struct mail *m)
{
	struct node *n = OF(struct node, begin, m);

	node_begin(n, n->own_store);
}

static void end(struct mail *m)
{
	struct node *n = OF(struct node, begin, m);

	todos_stop(n->todos);
	n->todos = NULL;
}

/** Sends are judged before the moderation and then never again. */
static enum confab_verdict judge_once(struct confab_event *ev, void *ctx)
{
	struct node *n = OF(struct node, ops, ctx);
	const char *why = permit_refusal(&ev->actor, ev->lg->channel, "send");

	if (ev->lg->building) {
		return CONFAB_PASS;
	}
	return why ? confab_reject(ev, why, NULL) : n->send_row->judge(ev, ctx);
}

static void plant_no_recheck(struct node *n)
{
	struct kind *kind = (struct kind *)kind_find(n->pipeline->kinds, "message.send");

	n->send_row = kind->row;
	n->planted_row = *kind->row;
	n->planted_row.grant = NULL;
	n->planted_row.judge = judge_once;
	kind->row = &n->planted_row;
}

/* -------------------------------------------------------------------------------------------- */

struct node *node_new(const struct node_options *options)
{
	struct node *n = calloc(1, sizeof(*n));
	struct confab_error err = {0};
	int rc;

	assert(n);
	n->main = loop_make("main");
	n->logic = loop_make("logic");
	for (unsigned i = 0; i < NODE_IO; i++) {
		n->io[i] = loop_make(i ? "io1" : "io0");
	}
	n->wire = wire_new(n->logic);
	make_net(n, options);
	if (options->depot) {
		n->own_store = store_new(depot_store(), options->depot, &err);
		assert(n->own_store);
	}
	n->store = n->own_store;
	n->chat = chat_new(n->logic, n->store, options->config);
	n->pipeline = pipeline_new(n->chat, n->net);
	n->ops = (struct ops){.chat = n->chat,
		.pl = n->pipeline,
		.wire = n->wire,
		.net = n->net,
		.auth = auth_chain_new(n->logic),
		.server_name = "sim",
		.version = PACKAGE_VERSION};
	rc = ops_register(&n->ops, &err);
	assert(rc == 0);
	(void)rc;
	auth_chain_add(n->ops.auth, &(struct auth_provider){.vtable = &auth, .ctx = n});
	if (options->no_recheck) {
		plant_no_recheck(n);
	}
	if (options->depot) {
		wishes_add(n->pipeline);
		n->begin.run = begin;
		loop_post(n->logic, &n->begin);
	}
	timer_init(&n->sweep, sweep, n);
	if (options->sweeps) {
		timer_start(n->logic, &n->sweep, SWEEP_US);
	}
	net_start(n->net);
	return n;
}

void node_begin(struct node *n, struct store *store)
{
	n->store = store;
	n->chat->store = store;
	n->todos = todos_start(&n->ops);
}

bool node_quiet(const struct node *n)
{
	return n->pipeline->stats.live == 0 && (!n->store || store_pending(n->store) == 0);
}

bool node_stop(struct node *n)
{
	bool ended;

	net_stop(n->net, STOP_MS, net_empty, n);
	ended = sim_run_until(sim_now_us() + PATIENCE_US, is_empty, n) &&
		sim_run_until(sim_now_us() + PATIENCE_US, is_quiet, n);
	n->begin.run = end;
	loop_post(n->logic, &n->begin);
	if (ended) { /* what the last of it posted: a cursor's pause, notices */
		(void)sim_run_until(sim_now_us() + PATIENCE_US / 10, NULL, NULL);
	}
	return ended;
}

void node_free(struct node *n)
{
	struct loop *loops[] = {
		n ? n->main : NULL, n ? n->logic : NULL, n ? n->io[0] : NULL, n ? n->io[1] : NULL};

	if (!n) {
		return;
	}
	timer_stop(&n->sweep);
	for (size_t i = 0; i < sizeof(loops) / sizeof(loops[0]); i++) {
		loop_stop(loops[i]);
		loop_join(loops[i]);
	}
	wire_settle(n->wire);
	net_free(n->net);
	pipeline_free(n->pipeline);
	chat_free(n->chat);
	ops_fini(&n->ops);
	wire_free(n->wire);
	store_free(n->own_store);
	for (size_t i = sizeof(loops) / sizeof(loops[0]); i-- > 0;) {
		loop_free(loops[i]);
	}
	free(n);
}
