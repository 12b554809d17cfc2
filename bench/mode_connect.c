/**
 * connect: what a connection costs from accept to the reply to hello.
 *
 * SPDX-License-Identifier: MIT
 */
#include "fleet.h"
#include "hist.h"
#include "modes.h"
#include "proc.h"
#include "report.h"
#include "tokens.h"

#include <stdio.h>
#include <stdlib.h>

struct arrivals {
	uint32_t done;
	struct hist latency;
};

static void on_open(struct fleet *f, struct conn *c, uint64_t now)
{
	struct arrivals *a = f->arg;
	a->done++;
	hist_add(&a->latency, now - c->begun_ns, 1);
	conn_close(f, c, NULL);
}

static const struct fleet_events connect_events = {.open = on_open};

/* The hellos that make the sessions come gently, however many are resumed at once. */
#define GENTLE 64u

/* Begin every idle connection until n were begun, at most so many at once.
 * @return begun so far, or UINT32_MAX */
static uint32_t begin_idle(struct fleet *f, uint32_t begun, uint32_t n, uint32_t at_once)
{
	for (uint32_t i = begun % f->count, seen = 0; seen < f->count && begun < n;
		i = (i + 1) % f->count, seen++) {
		if (f->making >= at_once)
			break;
		struct conn *c = &f->conns[i];
		if (c->state != CONN_IDLE)
			continue;
		if (fleet_begin(f, c) != 0)
			return UINT32_MAX;
		begun++;
	}
	return begun;
}

static void run(
	struct fleet *f, struct arrivals *a, uint32_t count, uint32_t at_once, json_t *result)
{
	const struct options *o = f->o;
	struct proc_cpu from = {0}, to = {0};
	uint64_t start = now_ns();
	uint32_t begun = 0;

	a->done = 0;
	hist_clear(&a->latency);
	if (o->pid != 0)
		(void)proc_cpu(o->pid, &from);
	while (a->done < count && f->lost == 0) {
		begun = begin_idle(f, begun, count, at_once);
		if (begun == UINT32_MAX)
			break;
		fleet_turn(f, 100000000);
	}
	double s = (double)(now_ns() - start) / 1e9;
	if (o->pid != 0)
		(void)proc_cpu(o->pid, &to);
	report_count(result, "connections", a->done);
	report_real(result, "connections_per_s", (double)a->done / s);
	(void)json_object_set_new(result, "latency_us", report_hist(&a->latency));
	report_cpu(result, o, &from, &to, (double)a->done);
	report_count(result, "lost_connections", f->lost);
}

/* ---------------------------------------------------------------------------------------- */

enum outcome mode_connect(const struct options *o, json_t *result)
{
	struct fleet f;
	struct tokens tokens;
	enum outcome outcome = OUTCOME_FAILED;
	uint32_t many = o->concurrency < o->count ? o->concurrency : o->count;
	struct arrivals *a = calloc(1, sizeof *a);
	if (a == NULL)
		abort();
	if (fleet_init(&f, o, many, &connect_events, a) == 0) {
		if (tokens_init(&tokens, o) == 0) {
			fleet_tokens(&f, tokens.list, tokens.count);
			for (uint32_t i = 0; i < many; i++)
				f.conns[i].watch = true;
			if (o->resume) { /* the hellos that make the sessions do not count */
				json_t *first = json_object();
				run(&f, a, many, many < GENTLE ? many : GENTLE, first);
				json_decref(first);
			}
			run(&f, a, o->count, many, result);
			outcome = a->done == o->count ? OUTCOME_GOOD : OUTCOME_VIOLATION;
			if (f.failure[0] != '\0')
				(void)fprintf(stderr, "confab-bench: %s\n", f.failure);
		}
		tokens_fini(&tokens);
		fleet_fini(&f);
	}
	free(a);
	return outcome;
}
