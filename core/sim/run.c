/**
 * A run from its seed to its verdict.
 *
 * SPDX-License-Identifier: MIT
 */
#include "sim/run.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "config/config.h"
#include "loop/sim.h"
#include "sim/client.h"
#include "sim/deeds.h"
#include "sim/depot.h"
#include "sim/laws.h"
#include "sim/book.h"
#include "sim/node.h"
#include "sim/stranger.h"
#include "store/memory.h"
#include "store/store.h"

#define SECOND_US INT64_C(1000000)
#define BROKEN_SHOWN 20

static const char config_text[] =
	"limits:\n"
	"  user_rate: off\n"
	"  address_rate: off\n"
	"  channel_rate: off\n"
	"roles:\n"
	"  user: [channels.create.group, channels.create.open, channels.create.calm, "
	"channels.create.veil]\n"
	"channel_types:\n"
	"  calm:\n"
	"    like: open\n"
	"    slow_mode: 300ms\n"
	"  veil:\n"
	"    like: group\n"
	"    history_for_newcomers: false\n";

static const char *const plant_names[PLANTS] = {"none", "ack-first", "cid", "head-late", "whole",
	"body", "marks", "drop-frame", "swap-frames", "no-recheck"};

static struct config *config_make(void)
{
	struct config_report *report = config_report_new("sim");
	struct config_options options = {.flags = CONFIG_KEEP_SECRETS};
	struct config *config = config_parse(
		"sim", config_text, sizeof(config_text) - 1, &options, report);

	if (!config) {
		config_report_print(report, stderr);
		abort(); /* it is ours */
	}
	config_report_free(report);
	return config;
}

/* --- trouble ---------------------------------------------------------------------------------- */

/** How bad this run is: each kind of trouble is there in some runs and not in others. */
static void trouble_begin(struct run *run)
{
	struct memory_faults store = {0};
	struct sim_faults late = {.step_us = 20};

	if (odds(600)) {
		late.mail_late = (uint32_t)sim_draw(60000);
		late.mail_late_us = 1 + (int64_t)sim_draw(20000);
	}
	if (odds(600)) {
		late.lane_late = (uint32_t)sim_draw(300000);
		late.lane_late_us = 1 + (int64_t)sim_draw(60000);
	}
	if (odds(300)) {
		late.batch_short = (uint32_t)sim_draw(300000);
	}
	if (odds(600)) {
		store.busy = (unsigned)sim_draw(40);
		store.lost = (unsigned)sim_draw(30);
		store.applied = (unsigned)sim_draw(30);
		store.partial = (unsigned)sim_draw(200);
		store.failed = (unsigned)sim_draw(20);
	}
	sim_faults_set(&late);
	depot_faults_set(run->depot, &store);
}

static void trouble_end(struct run *run)
{
	static const struct sim_faults none;

	run->calm = true;
	sim_faults_set(&none);
	depot_faults_set(run->depot, NULL);
}

/* --- phases ------------------------------------------------------------------------------------- */

static bool all_ended(void *arg)
{
	const struct run *run = arg;

	return book_unended(run->book) == 0;
}

static bool all_done(void *arg)
{
	return ((const struct run *)arg)->left == 0;
}

static bool all_settled(void *arg)
{
	const struct run *run = arg;

	for (unsigned i = 0; i < run->n_clients; i++) {
		if (!client_settled(run->clients[i])) {
			return false;
		}
	}
	return all_ended(arg) && node_quiet(run->node) && depot_undone(run->depot) == 0;
}

static bool until(struct run *run, int64_t seconds, bool (*cond)(void *arg), const char *what)
{
	unsigned unsettled = 0;
	bool held = sim_run_until(sim_now_us() + seconds * SECOND_US, cond, run);

	for (unsigned i = 0; i < run->n_clients && !held; i++) {
		unsettled += !client_settled(run->clients[i]);
	}
	if (!held) {
		law_broken(run, "everything ends",
			"%s, not within %" PRId64 " s: %zu deeds, %u clients, %u events, %u calls, "
			"%zu todos",
			what, seconds, book_unended(run->book), unsettled,
			run->node->pipeline->stats.live, store_pending(run->node->store),
			depot_undone(run->depot));
	}
	return held;
}

/** The node stops, and nobody is connected to it any more. */
static bool stop_node(struct run *run)
{
	bool stopped = node_stop(run->node);

	for (unsigned i = 0; i < run->n_clients && stopped; i++) {
		if (run->clients[i]) {
			client_cut(run->clients[i]);
		}
	}
	if (!stopped) {
		law_broken(run, "everything ends", "a node that stops");
	}
	return stopped;
}

/** A node goes and another comes up over the same store: what was in memory is gone. */
static bool restart(struct run *run)
{
	run_trace(run, "the node stops");
	run->away = true;
	run->verdict->restarts++;
	if (!stop_node(run)) {
		return false;
	}
	node_free(run->node);
	run->node = node_new(run->options);
	run->away = false;
	run_trace(run, "a new node is there");
	return true;
}

/** Trouble, in one or more stretches with a restart between them. */
static bool storm(struct run *run)
{
	unsigned stretches = 1 + (unsigned)sim_draw(3), share = run->plan->events / stretches;

	for (unsigned i = 0; i < stretches; i++) {
		trouble_begin(run);
		run->left = share;
		if (!until(run, 600, all_done, "what clients do")) {
			return false;
		}
		if (i + 1 < stretches && !restart(run)) {
			return false;
		}
	}
	return true;
}

static void touch(struct mail *m)
{
	deeds_touch((struct run *)((char *)m - offsetof(struct run, touch)));
}

/** Everything is answered and mirrored; then everybody comes anew and must find the same. */
static bool settle(struct run *run)
{
	trouble_end(run);
	run->touch.run = touch;
	loop_post(run->node->logic, &run->touch);
	if (!until(run, 300, all_settled, "settling")) {
		return false;
	}
	for (unsigned i = 0; i < run->n_clients; i++) {
		client_cut(run->clients[i]);
	}
	(void)sim_run_until(sim_now_us() + SECOND_US, NULL, NULL);
	if (!until(run, 300, all_settled, "coming back")) {
		return false;
	}
	/* notices and todos of the last second */
	(void)sim_run_until(sim_now_us() + 2 * SECOND_US, NULL, NULL);
	return until(run, 300, all_settled, "the last second");
}

static void people_come(struct run *run)
{
	char user[16];

	run->n_users = 2 + (unsigned)sim_draw(RUN_USERS - 1);
	run->n_clients = run->n_users + (unsigned)sim_draw(RUN_CLIENTS - run->n_users + 1);
	for (unsigned i = 0; i < run->n_clients; i++) {
		snprintf(user, sizeof(user), "u%u", i % run->n_users);
		run->clients[i] = client_new(run, i, user);
	}
}

static void play(struct run *run)
{
	people_come(run);
	deeds_begin(run);
	if (!until(run, 60, all_ended, "making channels")) {
		return;
	}
	deeds_join(run);
	run->stranger = odds(250) ? stranger_new(run) : NULL;
	if (storm(run) && settle(run)) {
		laws_end(run);
	}
}

/** Free everything, if the node can be stopped; else the process is not good for more. */
static bool clear(struct run *run)
{
	run->away = true;
	if (!stop_node(run)) {
		return false;
	}
	for (unsigned i = 0; i < run->n_clients; i++) {
		client_free(run->clients[i]);
	}
	stranger_free(run->stranger);
	node_free(run->node);
	loop_stop(run->outside);
	loop_join(run->outside);
	loop_free(run->outside);
	depot_free(run->depot);
	book_free(run->book);
	sim_end();
	config_unref(run->config);
	return true;
}

/* -------------------------------------------------------------------------------------------- */

void sim_run(const struct sim_plan *plan, struct sim_verdict *out)
{
	struct run run = {.plan = plan, .verdict = out};
	struct node_options options;
	struct confab_error err = {0};
	enum log_level level = log_level();

	*out = (struct sim_verdict){0};
	log_level_set(plan->trace ? LOG_LEVEL_DEBUG : LOG_LEVEL_ERROR);
	run.config = config_make();
	sim_begin(plan->seed);
	run.depot = depot_new(&run);
	run.book = book_new();
	options = (struct node_options){.config = run.config,
		.depot = run.depot,
		.event_bytes = odds(500) ? 65536 : 1000 + (uint32_t)sim_draw(8000),
		.reply_bytes = odds(500) ? 65536 : 1000 + (uint32_t)sim_draw(8000),
		.in_flight = odds(500) ? 32 : 1 + (uint32_t)sim_draw(4),
		.no_recheck = plan->plant == PLANT_NO_RECHECK,
		.sweeps = odds(300)};
	run.options = &options;
	run.outside = loop_new("outside", &err);
	if (!run.outside || loop_start(run.outside, &err)) {
		abort(); /* no thread is made in a simulation */
	}
	run.node = node_new(&options);
	play(&run);
	out->hash = sim_trace_hash();
	out->virtual_us = sim_now_us();
	out->stuck = !clear(&run);
	log_level_set(level);
}

const char *plant_name(enum plant plant)
{
	return plant < PLANTS ? plant_names[plant] : "?";
}

enum plant plant_find(const char *name)
{
	for (unsigned i = 0; i < PLANTS; i++) {
		if (strcmp(plant_names[i], name) == 0) {
			return i;
		}
	}
	return PLANTS;
}

void law_broken(struct run *run, const char *law, const char *fmt, ...)
{
	struct sim_verdict *v = run->verdict;
	char why[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	if (!v->broken++) {
		snprintf(v->first, sizeof(v->first), "%.80s: %s", law, why);
	}
	if (run->plan->trace && v->broken < BROKEN_SHOWN) {
		run_trace(run, "BROKEN: %s: %s", law, why);
	}
}

void run_trace(const struct run *run, const char *fmt, ...)
{
	va_list ap;

	if (!run->plan->trace) {
		return;
	}
	fprintf(stderr, "%10.6f  ", (double)sim_now_us() / SECOND_US);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

bool odds(unsigned mille)
{
	return sim_draw(1000) < mille;
}

struct truth *run_truth(const struct run *run)
{
	return depot_truth(run->depot);
}

uint64_t run_dropped(const struct run *run)
{
	struct net_stats stats;

	if (!run->node) {
		return 0;
	}
	net_stats(run->node->net, &stats);
	return stats.events_dropped;
}
