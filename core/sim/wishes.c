/**
 * A hook that hides messages and makes them wait.
 *
 * SPDX-License-Identifier: MIT
 */
#include "sim/wishes.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "chat/chat.h"
#include "pipeline/hook.h"
#include "pipeline/pipeline.h"

/** How long a deferral may take; longer wishes miss it. */
#define DEADLINE_MS 600

/** An answer on its way, as from a worker. */
struct answer_later {
	struct timer timer;
	confab_ticket ticket;
	bool refuse;
};

static void answer(void *arg)
{
	struct answer_later *later = arg;

	/* it may be too late, or the event ended otherwise: then nobody waits */
	(void)confab_resume(later->ticket, later->refuse ? CONFAB_REJECT : CONFAB_PASS,
		later->refuse ? "refused" : NULL, later->refuse ? "not this one" : NULL);
	free(later);
}

static enum confab_verdict wait_for(
	struct confab_event *ev, struct loop *loop, unsigned ms, bool refuse)
{
	struct answer_later *later = alloc_zero(1, sizeof(*later));
	enum confab_verdict v = confab_defer(ev, DEADLINE_MS, &later->ticket);

	later->refuse = refuse;
	timer_init(&later->timer, answer, later);
	timer_start(loop, &later->timer, (int64_t)ms * 1000);
	return v;
}

static void set_audience(struct confab_draft *d, const char *text)
{
	const char *only = strstr(text, "only=");
	static const char *const owner[] = {"owner"};
	char user[16];
	const char *users[] = {user};

	if (only && sscanf(only, "only=%15s", user) == 1) {
		(void)confab_draft_audience(d, CONFAB_USERS, users, 1);
	} else if (strstr(text, "shadow")) {
		(void)confab_draft_audience(d, CONFAB_AUTHOR, NULL, 0);
	} else if (strstr(text, "owners")) {
		(void)confab_draft_audience(d, CONFAB_ROLES, owner, 1);
	}
}

static enum confab_verdict decide(struct confab_event *ev, void *ctx)
{
	struct pipeline *pl = ctx;
	struct confab_draft *d = confab_event_draft(ev);
	const char *text = d ? confab_draft_text(d, NULL) : NULL, *wait;
	unsigned ms;

	if (!text) {
		return CONFAB_PASS;
	}
	if (strcmp(confab_event_kind(ev), "message.send") == 0) {
		set_audience(d, text);
	}
	wait = strstr(text, "wait=");
	if (wait && sscanf(wait, "wait=%u", &ms) == 1) {
		return wait_for(ev, pl->chat->loop, ms, strstr(text, "refuse") != NULL);
	}
	return CONFAB_PASS;
}

/* -------------------------------------------------------------------------------------------- */

void wishes_add(struct pipeline *pl)
{
	const struct hook proto = {
		.row = CONFAB_DECIDE(CONFAB_MODERATE, "message.send message.edit", decide,
			"Does what the text wishes."),
		.ctx = pl,
		.owner = pl,
		.plugin = "wishes"};
	struct confab_error err = {0};
	int rc = hook_add(pl->hooks, &proto, &err);

	assert(rc == 0);
	(void)rc;
}
