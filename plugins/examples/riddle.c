/**
 * riddle: a verdict that comes later. Messages with a "#sum" are looked at by a worker, which may take its
 * time; until then only their author waits.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdlib.h>
#include <string.h>

#include <confab/event.h>
#include <confab/task.h>

#define DEADLINE_MS 5000

/* One message on its way; owned by the work until it is done. */
struct riddle {
	confab_ticket ticket;
	char *text;
};

/* On a worker: it may compute, read files, wait. It touches nothing but what it was given. */
static int solve(void *arg)
{
	const struct riddle *r = arg;
	unsigned sum = 0;
	for (const char *c = r->text; *c != '\0'; c++)
		sum += *c >= '0' && *c <= '9' ? (unsigned)(*c - '0') : 0;
	return sum % 3 == 0 ? 0 : CONFAB_EINVAL;
}

/* Back on the logic thread, always; CONFAB_EGONE from resume: the deadline was first. */
static void solved(void *arg, int rc)
{
	struct riddle *r = arg;
	if (rc == 0)
		(void)confab_resume(r->ticket, CONFAB_PASS, NULL, NULL);
	else
		(void)confab_resume(r->ticket, CONFAB_REJECT, "riddle",
			"the digits of a #sum must be a multiple of three together");
	free(r->text);
	free(r);
}

static enum confab_verdict judge(struct confab_event *ev, void *ctx)
{
	size_t len;
	const char *text = confab_draft_text(confab_event_draft(ev), &len);
	if (memmem(text, len, "#sum", 4) == NULL)
		return CONFAB_PASS;
	struct riddle *r = calloc(1, sizeof(*r));
	if (r == NULL || (r->text = strndup(text, len)) == NULL) {
		free(r);
		return confab_reject(ev, "internal", "out of memory");
	}
	enum confab_verdict v = confab_defer(ev, DEADLINE_MS, &r->ticket);
	if (v == CONFAB_DEFER && confab_work(ctx, solve, solved, r) == 0)
		return v;
	free(r->text);
	free(r);
	/* All workers are busy, or too much waits: the author may try again. */
	return confab_reject_later(ev, "busy", "nobody has time for riddles", 1000);
}

static int load(struct confab_plugin *p, void **ctx, struct confab_error *err)
{
	(void)err;
	*ctx = p;
	return 0;
}

static const struct confab_hook_row hooks[] = {
	CONFAB_DECIDE(CONFAB_MODERATE, "message.send", judge, "checks sums on a worker"),
};

CONFAB_PLUGIN("riddle", "1.0") = {
	CONFAB_HEAD("riddle", "1.0", "MIT"),
	.summary = "Lets only good sums pass.",
	CONFAB_ROWS(hooks, hooks),
	.load = load,
};
