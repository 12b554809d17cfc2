/**
 * fanout, saturate and send: the modes that talk in a channel.
 *
 * SPDX-License-Identifier: MIT
 */
#include "load.h"
#include "modes.h"
#include "report.h"

#include <stdio.h>
#include <stdlib.h>

/* saturate: where the search begins, how often it halves its bracket, and where it gives up. */
#define RATE_FIRST 10.0
#define RATE_MAX 1e6
#define HALVINGS 4

static struct load *load_new(const struct options *o, uint32_t readers, uint32_t senders)
{
	struct load *l = malloc(sizeof *l);
	if (l == NULL)
		abort();
	if (load_init(l, o, readers, senders) != 0 || (o->join && load_join(l) != 0) ||
		load_connect(l) != 0) {
		load_fini(l);
		free(l);
		return NULL;
	}
	return l;
}

static void load_free(struct load *l)
{
	load_fini(l);
	free(l);
}

/* A step at a rate the server is meant to bear: all must arrive, nothing may be refused. */
static enum outcome judge(const struct load *l, bool complete)
{
	bool good = complete && load_violations(l) == 0 && l->refused == 0 && l->unsent == 0 &&
		l->stream.faults.shed == 0;
	return good ? OUTCOME_GOOD : OUTCOME_VIOLATION;
}

static bool step_is_good(const struct load *l, bool complete)
{
	double p99_ms = (double)hist_quantile(&l->latency, .99) / 1e6;
	return judge(l, complete) == OUTCOME_GOOD && p99_ms <= l->o->limit_ms;
}

static double per_cpu_s(const struct load *l)
{
	return (double)l->arrived / ((double)(l->cpu_to.ns - l->cpu_from.ns) / 1e9);
}

struct search {
	json_t *steps;
	double best_rate;
	double best_per_s;
	double best_per_cpu_s;
	bool broken; /* order was violated, or it cannot go on */
};

/* One step of the search, described and compared with the best. @return whether it was good */
static bool search_step(struct search *s, struct load *l, double rate)
{
	const struct options *o = l->o;
	double per_s;
	bool complete = load_step(l, rate, o->warmup_s, o->duration_s, o->drain_s);
	bool good = step_is_good(l, complete);
	json_t *step = json_object();

	report_real(step, "rate", rate);
	(void)json_object_set_new(step, "good", json_boolean(good));
	load_report(l, step);
	(void)json_array_append_new(s->steps, step);
	per_s = (double)l->arrived / o->duration_s;
	if (!o->json)
		(void)fprintf(stderr, "%10.0f/s offered: %.0f deliveries/s, p99 %.1f ms, %s\n",
			rate, per_s, (double)hist_quantile(&l->latency, .99) / 1e6,
			good ? "good" : "too much");
	if (good && per_s > s->best_per_s) {
		s->best_per_s = per_s;
		s->best_rate = rate;
	}
	if (good && o->pid != 0 && per_cpu_s(l) > s->best_per_cpu_s)
		s->best_per_cpu_s = per_cpu_s(l);
	if (faults_total(&l->stream.faults) > 0)
		s->broken = true;
	/* what a lost step left behind must not count in the next */
	if (!complete && !s->broken && load_connect(l) != 0)
		s->broken = true;
	return good;
}

/* A step that failed once may have met a neighbour's noise; one that fails twice is too much. */
static bool search_twice(struct search *s, struct load *l, double rate)
{
	return search_step(s, l, rate) || (!s->broken && search_step(s, l, rate));
}

static void search(struct search *s, struct load *l)
{
	double good = 0, bad = 0;

	for (double rate = RATE_FIRST; rate <= RATE_MAX && bad <= 0 && !s->broken; rate *= 2) {
		if (search_twice(s, l, rate))
			good = rate;
		else
			bad = rate;
	}
	for (int i = 0; i < HALVINGS && good > 0 && bad > 0 && !s->broken; i++) {
		double middle = (good + bad) / 2;
		if (search_twice(s, l, middle))
			good = middle;
		else
			bad = middle;
	}
}

/* ---------------------------------------------------------------------------------------- */

enum outcome mode_fanout(const struct options *o, json_t *result)
{
	struct load *l = load_new(o, o->count, o->senders);
	if (l == NULL)
		return OUTCOME_FAILED;
	bool complete = load_step(l, o->rate, o->warmup_s, o->duration_s, o->drain_s);
	load_report(l, result);
	enum outcome outcome = judge(l, complete);
	load_free(l);
	return outcome;
}

enum outcome mode_saturate(const struct options *o, json_t *result)
{
	struct load *l = load_new(o, o->count, o->senders);
	if (l == NULL)
		return OUTCOME_FAILED;
	enum outcome outcome = OUTCOME_GOOD;
	if (o->rate > 0) {
		(void)load_step(l, o->rate, o->warmup_s, o->duration_s, o->drain_s);
		load_report(l, result);
		if (load_violations(l) > 0)
			outcome = OUTCOME_VIOLATION;
	} else {
		struct search s = {.steps = json_array()};
		search(&s, l);
		report_real(result, "best_rate", s.best_rate);
		report_real(result, "best_deliveries_per_s", s.best_per_s);
		if (o->pid != 0)
			report_real(result, "best_deliveries_per_cpu_s", s.best_per_cpu_s);
		(void)json_object_set_new(result, "steps", s.steps);
		if (s.broken || s.best_rate <= 0)
			outcome = OUTCOME_VIOLATION;
	}
	load_free(l);
	return outcome;
}

enum outcome mode_send(const struct options *o, json_t *result)
{
	struct load *l = load_new(o, o->watchers, o->count);
	if (l == NULL)
		return OUTCOME_FAILED;
	bool complete = load_step(l, 0, o->warmup_s, o->duration_s, o->drain_s);
	load_report(l, result);
	enum outcome outcome = judge(l, complete);
	load_free(l);
	return outcome;
}
