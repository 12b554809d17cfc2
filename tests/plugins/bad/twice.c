/**
 * twice: answers a deferral more than once, in every way there is; each text names one.
 *
 *   twice:at-once   before it has returned   twice:again   two different verdicts, from here and from a worker
 *   twice:late      long after the deadline  twice:lost    takes a ticket and passes, and answers it then
 *   twice:two       takes two tickets        twice:guess   answers tickets that it was never given
 *   twice:both      refuses and passes
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdint.h>
#include <string.h>

#include <confab/chat.h>
#include <confab/event.h>
#include <confab/task.h>

#include "crime.h"

#define LATE_MS 50

struct twice {
	struct confab_plugin *plugin;
};

static void *as_arg(confab_ticket t)
{
	return (void *)(uintptr_t)t;
}

static void pass(void *arg)
{
	(void)confab_resume((confab_ticket)(uintptr_t)arg, CONFAB_PASS, NULL, NULL);
}

static int refuse_off_thread(void *arg)
{
	return confab_resume(
		(confab_ticket)(uintptr_t)arg, CONFAB_REJECT, "refused", "second thoughts");
}

static void done(void *arg, int rc)
{
	(void)rc;
	pass(arg); /* a third time */
}

static enum confab_verdict judge(struct confab_event *ev, void *ctx)
{
	struct twice *twice = ctx;
	const char *way = crime_told(ev, "twice");
	enum confab_verdict v;
	confab_ticket t, other;

	if (!way) {
		return CONFAB_PASS;
	}
	if (strcmp(way, "guess") == 0) {
		for (other = 0; other < 1000; other++) {
			(void)confab_resume(other, CONFAB_STOP, NULL, NULL);
		}
		return CONFAB_PASS;
	}
	if (strcmp(way, "both") == 0) {
		(void)confab_reject(ev, "refused", "no");
		return CONFAB_PASS;
	}
	v = confab_defer(ev, strcmp(way, "late") == 0 ? LATE_MS : 1000, &t);
	if (strcmp(way, "at-once") == 0 || strcmp(way, "again") == 0) {
		pass(as_arg(t));
	}
	if (strcmp(way, "again") == 0) {
		(void)confab_work(twice->plugin, refuse_off_thread, done, as_arg(t));
	}
	if (strcmp(way, "late") == 0) {
		(void)confab_timer_start(twice->plugin, 4 * LATE_MS, 0, pass, as_arg(t));
	}
	if (strcmp(way, "two") == 0) {
		return confab_defer(ev, 1000, &other);
	}
	if (strcmp(way, "lost") == 0) {
		(void)confab_timer_start(twice->plugin, 1, 0, pass, as_arg(t));
		return CONFAB_PASS;
	}
	return v;
}

static const struct confab_hook_row hooks[] = {
	CONFAB_DECIDE(CONFAB_MODERATE, "message.send", judge, "answers more than once"),
};

static struct twice self;

static int load(struct confab_plugin *p, void **ctx, struct confab_error *err)
{
	(void)err;
	self.plugin = p;
	*ctx = &self;
	return 0;
}

CONFAB_PLUGIN("twice", "1.0") = {
	CONFAB_HEAD("twice", "1.0", "MIT"),
	.summary = "Answers more than once.",
	CONFAB_ROWS(hooks, hooks),
	.load = load,
};
