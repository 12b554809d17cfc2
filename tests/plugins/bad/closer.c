/**
 * closer: throws the one who speaks out of the server, from inside the hook that judges the message.
 *
 * SPDX-License-Identifier: MIT
 */
#include <confab/chat.h>
#include <confab/event.h>

#include "crime.h"

static enum confab_verdict judge(struct confab_event *ev, void *ctx)
{
	const struct confab_actor *who = confab_event_actor(ev);
	const struct confab_session *s = confab_actor_session(who);

	if (crime_told(ev, "closer") && s) {
		(void)confab_emit_as(ctx, confab_actor_id(who), "session.revoke", NULL,
			json_pack("{s:s, s:s}", "session", confab_session_id(s), "cid",
				"closer-0123456789"));
	}
	return CONFAB_PASS;
}

static const struct confab_hook_row hooks[] = {
	CONFAB_DECIDE(CONFAB_MODERATE, "message.send", judge, "closes connections"),
};

static int load(struct confab_plugin *p, void **ctx, struct confab_error *err)
{
	(void)err;
	*ctx = p;
	return 0;
}

CONFAB_PLUGIN("closer", "1.0") = {
	CONFAB_HEAD("closer", "1.0", "MIT"),
	.summary = "Closes connections.",
	.caps = CONFAB_CAP_USERS,
	CONFAB_ROWS(hooks, hooks),
	.load = load,
};
