/**
 * Dispatch of hooks.
 *
 * SPDX-License-Identifier: MIT
 */
#include "pipeline/dispatch.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/running.h"
#include "config/config.h"
#include "pipeline/breaker.h"
#include "pipeline/event_internal.h"
#include "pipeline/hold.h"
#include "pipeline/hook.h"
#include "pipeline/kind.h"
#include "pipeline/pipeline.h"
#include "pipeline/ticket.h"
#include "pipeline/trace.h"

/* One line a second about one plugin's slow hooks. */
#define SLOW_SAID_US 1000000

static const struct config_pipeline *rules_of(const struct confab_event *ev)
{
	return config_pipeline(ev->pl->chat->config);
}

/** Is it to be called for this event? Kinds have small numbers; the first 64 are remembered. */
static bool wanted(struct hook *hk, const struct kind *kind)
{
	uint64_t bit = kind->id < 64 ? UINT64_C(1) << kind->id : 0;

	if (hk->off) {
		return false;
	}
	if (!(hk->kinds_known & bit)) {
		hk->kinds_known |= bit;
		if (!hook_wants(hk, kind->row->name)) {
			return false;
		}
		hk->kinds_wanted |= bit;
	}
	return bit == 0 || hk->kinds_wanted & bit;
}

static void failed(struct confab_event *ev, struct hook *hk, int64_t now_us, const char *why)
{
	hk->figures.failures++;
	if (hk->breaker) {
		breaker_failed(hk->breaker, rules_of(ev), now_us, why);
	}
}

/** It took long: say so, but not every time. */
static void slow(struct confab_event *ev, struct hook *hk, int64_t us, int64_t now_us)
{
	hk->slow++;
	hk->slow_unsaid++;
	if (now_us - hk->slow_said_us >= SLOW_SAID_US || hk->slow_said_us == 0) {
		log_warning("plugin '%s', hook at %s took %lld ms (%s; slow %u times since it was "
			    "last said)",
			hk->plugin, hk->runs->place, (long long)(us / 1000), ev->kind->row->name,
			hk->slow_unsaid);
		hk->slow_said_us = now_us;
		hk->slow_unsaid = 0;
	}
	if (hk->breaker && hk->breaker->state == BREAKER_TRYING) {
		breaker_failed(hk->breaker, rules_of(ev), now_us, "it is slow");
	}
}

/** Everything that is counted about a call that came back. home: its plugin's, before the call, in which
 *  it may have taken itself back. */
static void count(struct confab_event *ev, struct hook *hk, struct blame *home, int64_t us,
	int64_t now_us, const struct config_pipeline *rules)
{
	if (hk->off && home) {
		blame_cell_call(&home->cells[hk->row.stage], us);
		return;
	}
	blame_cell_call(&hk->figures, us);
	if (us >= rules->slow_hook_ms * 1000) {
		slow(ev, hk, us, now_us);
	}
	if (hk->breaker) {
		if (us) {
			breaker_spent(hk->breaker, rules, us, now_us);
		}
		if (hk->breaker->state == BREAKER_TRYING) {
			breaker_went_well(hk->breaker);
		}
	}
}

static enum step_answer take_verdict(struct confab_event *ev, enum confab_verdict v, int64_t now_us)
{
	const char *fault;

	if (v != CONFAB_DEFER) {
		ticket_void(ev); /* taken, but not waited for: nobody may answer it later */
	}
	switch (v) {
	case CONFAB_PASS:
		if (ev->out.is == OUTCOME_NONE) {
			return STEP_NEXT;
		}
		break; /* it said no and means yes */
	case CONFAB_HOLD:
		return hold_event(ev);
	case CONFAB_DEFER:
		if (ticket_waits(ev) && ev->out.is == OUTCOME_NONE) {
			ev->place = EVENT_WAITING;
			return STEP_WAIT;
		}
		break;
	case CONFAB_STOP:
	case CONFAB_REJECT:
		if (ev->out.is != OUTCOME_NONE) {
			return STEP_END;
		}
		break;
	}
	fault = ev->out.is == OUTCOME_NONE ? "a verdict without its reason"
					   : "a verdict and another's reason";
	ticket_void(ev);
	log_error(
		"plugin '%s', hook gave %s (%s)", ev->running->plugin, fault, ev->kind->row->name);
	failed(ev, (struct hook *)(uintptr_t)ev->running, now_us, fault);
	event_error(ev, "internal", NULL, 0, ev->running->plugin);
	return STEP_END;
}

/** Its breaker is open. @return NEXT: it is passed over */
static enum step_answer without(struct confab_event *ev, const struct hook *hk)
{
	char text[128];

	if (breaker_passes(rules_of(ev), hk->plugin)) {
		return STEP_NEXT;
	}
	snprintf(text, sizeof(text), "a check is out of order (plugin '%s'); try again later",
		hk->plugin);
	event_error(ev, "busy", text, (unsigned)(hk->breaker->pause_us / 1000), hk->plugin);
	return STEP_END;
}

static bool switched_off(const struct hook *hk, int64_t now_us)
{
	return hk->breaker && hk->breaker->state == BREAKER_OPEN &&
		!breaker_lets(hk->breaker, now_us);
}

static enum step_answer walk(struct confab_event *ev, struct running_cell *here)
{
	const struct config_pipeline *rules = rules_of(ev);
	enum step_answer answer = STEP_NEXT;
	int64_t before = clock_mono_us();

	while (answer == STEP_NEXT && ev->hook < ev->hooks->n) {
		struct hook *hk = ev->hooks->items[ev->hook++];
		enum confab_verdict v;
		int64_t now;

		if (!wanted(hk, ev->kind) || pipeline_off(ev->pl, hk->owner, ev)) {
			continue;
		}
		if (switched_off(hk, before)) {
			answer = without(ev, hk);
			if (ev->traced) {
				trace_hook(ev, hk, -1, 0);
			}
			continue;
		}
		struct blame *home = hk->blame;

		ev->running = hk;
		running_set(here, hk->runs);
		v = hk->row.decide(ev, hk->ctx);
		now = clock_mono_us();
		count(ev, hk, home, now - before, now, rules);
		hk->figures.verdicts[(unsigned)v < BLAME_VERDICTS ? v : CONFAB_PASS]++;
		if (ev->traced) {
			trace_hook(ev, hk, (int)v, now - before);
		}
		before = now;
		if (v != CONFAB_PASS || ev->ticket != 0 || ev->out.is != OUTCOME_NONE) {
			answer = take_verdict(ev, v, now);
		}
	}
	return answer;
}

/* -------------------------------------------------------------------------------------------- */

enum step_answer dispatch_decide(struct confab_event *ev, enum confab_stage stage)
{
	struct running_cell *here;
	const struct running *former;
	enum step_answer answer;

	if (!ev->hooks) {
		ev->hooks = hooks_take(ev->pl->hooks, stage);
		ev->hook = 0;
		if (!ev->hooks) {
			return STEP_NEXT;
		}
	} else {
		ev->hooks = hooks_continue(ev->pl->hooks, stage, ev->hooks, ev->hook);
	}
	ev->running = NULL;
	here = running_here();
	former = running_get(here);
	answer = walk(ev, here);
	running_set(here, former);
	if (answer == STEP_WAIT) {
		return answer;
	}
	ev->running = NULL;
	hooks_release(ev->hooks);
	ev->hooks = NULL;
	return answer;
}

void dispatch_observe(struct confab_event *ev)
{
	const struct hook_list *list = hooks_take(ev->pl->hooks, CONFAB_OBSERVE);
	const struct config_pipeline *rules;
	const struct running *former;
	struct running_cell *here;
	int64_t before, now;

	if (!list) {
		return;
	}
	rules = rules_of(ev);
	here = running_here();
	former = running_get(here);
	before = clock_mono_us();
	for (uint32_t i = 0; i < list->n; i++) {
		struct hook *hk = list->items[i];

		if (!wanted(hk, ev->kind) || pipeline_off(ev->pl, hk->owner, ev) ||
			switched_off(hk, before)) {
			continue;
		}
		struct blame *home = hk->blame;

		ev->running = hk;
		running_set(here, hk->runs);
		hk->row.observe(ev, hk->ctx);
		now = clock_mono_us();
		count(ev, hk, home, now - before, now, rules);
		if (ev->traced) {
			trace_hook(ev, hk, CONFAB_PASS, now - before);
		}
		before = now;
	}
	ev->running = NULL;
	running_set(here, former);
	hooks_release(list);
}

void dispatch_late(struct confab_event *ev)
{
	struct hook *hk = (struct hook *)(uintptr_t)ev->running;

	if (hk) {
		hk->figures.timeouts++;
		failed(ev, hk, clock_mono_us(), "it did not answer in time");
	}
}

void confab_event_failed(const struct confab_event *ev, const char *why)
{
	struct hook *hk = (struct hook *)(uintptr_t)ev->running;

	if (hk) {
		failed((struct confab_event *)(uintptr_t)ev, hk, clock_mono_us(), why);
	}
}
