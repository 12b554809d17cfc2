/**
 * confab-sim: its command line, and seeds one after the other.
 *
 * SPDX-License-Identifier: MIT
 */
#include "programs.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/run.h"

#define EVENTS 400

static int usage(FILE *to, int status)
{
	fputs("usage: confab-sim [--seed N | --seeds A-B] [--events M] [--trace] [--plant FAULT]\n"
	      "  --seed N       play one seed (1) and say what came of it\n"
	      "  --seeds A-B    play them all; the first that breaks a law ends it\n"
	      "  --events M     what clients do in a run (400)\n"
	      "  --trace        say on standard error what happens\n"
	      "  --plant FAULT  plant a fault that the laws must catch; 'list' names them\n"
	      "  --version      print the version\n",
		to);
	return status;
}

/** What a crash says: written by a signal's handler, so made before. */
static struct {
	char text[160];
	size_t len;
} last_words;

static void crashed(int number)
{
	(void)!write(STDERR_FILENO, last_words.text, last_words.len);
	(void)signal(number, SIG_DFL);
	(void)raise(number);
}

static void prepare_last_words(const struct sim_plan *plan)
{
	int n = snprintf(last_words.text, sizeof(last_words.text),
		"confab-sim: seed %" PRIu64 ", crashed; replay: confab-sim --seed %" PRIu64
		" --events %u --trace\n",
		plan->seed, plan->seed, plan->events);

	last_words.len = n < 0 ? 0 : (size_t)n;
	(void)signal(SIGSEGV, crashed);
	(void)signal(SIGABRT, crashed);
	(void)signal(SIGBUS, crashed);
}

static bool play(const struct sim_plan *plan)
{
	struct sim_verdict v;

	prepare_last_words(plan);
	sim_run(plan, &v);
	if (v.broken) {
		printf("seed %" PRIu64 ", %u broken\n  %s\n  replay: confab-sim --seed %" PRIu64
		       " --events %u%s%s --trace\n",
			plan->seed, v.broken, v.first, plan->seed, plan->events,
			plan->plant ? " --plant " : "", plan->plant ? plant_name(plan->plant) : "");
		return false;
	}
	return true;
}

static void print_one(const struct sim_plan *plan)
{
	struct sim_verdict v;

	prepare_last_words(plan);
	sim_run(plan, &v);
	printf("seed %" PRIu64 ", trace %016" PRIx64 ", %.3f virtual s\n"
	       "  %" PRIu64 " entries, %" PRIu64 " acknowledged, %" PRIu64 " refused, %" PRIu64
	       " busy, %" PRIu64 " unknown, %" PRIu64 " unanswered\n"
	       "  %" PRIu64 " syncs, %" PRIu64 " resets, %" PRIu64 " moved, %" PRIu64 " restarts\n",
		plan->seed, v.hash, (double)v.virtual_us / 1e6, v.entries, v.acked, v.refused,
		v.busy, v.unknown, v.lost, v.syncs, v.resets, v.moved, v.restarts);
	if (v.broken) {
		printf("  %u BROKEN, first: %s\n", v.broken, v.first);
	}
	exit(v.broken ? 1 : 0);
}

static int list_plants(void)
{
	for (unsigned i = 1; i < PLANTS; i++) {
		puts(plant_name(i));
	}
	return 0;
}

/* -------------------------------------------------------------------------------------------- */

int confab_private_sim_main(int argc, char **argv)
{
	struct sim_plan plan = {.seed = 1, .events = EVENTS};
	uint64_t last = 0;

	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : NULL;

		if (strcmp(argv[i], "--version") == 0) {
			puts("confab-sim " PACKAGE_VERSION);
			return 0;
		} else if (strcmp(argv[i], "--help") == 0) {
			return usage(stdout, 0);
		} else if (strcmp(argv[i], "--trace") == 0) {
			plan.trace = true;
			continue;
		} else if (strcmp(argv[i], "--seed") == 0 && value) {
			plan.seed = strtoull(value, NULL, 10);
		} else if (strcmp(argv[i], "--seeds") == 0 && value &&
			sscanf(value, "%" SCNu64 "-%" SCNu64, &plan.seed, &last) == 2) {
			/* both are set */
		} else if (strcmp(argv[i], "--events") == 0 && value) {
			plan.events = (unsigned)strtoul(value, NULL, 10);
		} else if (strcmp(argv[i], "--plant") == 0 && value && strcmp(value, "list") == 0) {
			return list_plants();
		} else if (strcmp(argv[i], "--plant") == 0 && value && plant_find(value) < PLANTS) {
			plan.plant = plant_find(value);
		} else {
			return usage(stderr, 2);
		}
		i++;
	}
	if (!last) {
		print_one(&plan);
	}
	for (; plan.seed <= last; plan.seed++) {
		if (!play(&plan)) {
			return 1;
		}
	}
	printf("confab-sim: every seed up to %" PRIu64 " kept the laws\n", last);
	return 0;
}
