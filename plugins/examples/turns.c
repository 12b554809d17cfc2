/**
 * turns: a slot, and settings per channel type. Nobody may say more than so many messages in a row; a
 * channel remembers whose turn it is.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <confab/chat.h>
#include <confab/event.h>
#include <confab/settings.h>

enum { ROW_IN_A_ROW };

static const struct confab_setting settings[] = {
	[ROW_IN_A_ROW] = {"in_a_row", CONFAB_SETTING_INT, "3", 0, 1000, .unit = "messages",
		.scope = CONFAB_SCOPE_TYPE, .flags = CONFAB_SETTING_RELOADABLE,
		.doc = "How many one may say before it is another's turn; 0: as many as they like."},
};

/* What hangs on a channel: freed with the channel, or with the plugin, whichever goes first. */
struct turn {
	char user[CONFAB_ID_MAX + 1];
	unsigned said;
};

enum { SLOT_TURN };

static const struct confab_slot_row slots[] = {
	[SLOT_TURN] = {CONFAB_ON_CHANNEL, "turn 1", free},
};

/* NULL: out of memory. */
static struct turn *turn_of(struct confab_plugin *p, const struct confab_channel *ch)
{
	void **slot = confab_channel_slot(p, ch, SLOT_TURN);
	if (*slot == NULL)
		*slot = calloc(1, sizeof(struct turn));
	return *slot;
}

static enum confab_verdict judge(struct confab_event *ev, void *ctx)
{
	const struct turn *turn = turn_of(ctx, confab_event_channel(ev));
	int64_t most = confab_setting_int(confab_event_settings(ev), ROW_IN_A_ROW);
	const char *user = confab_actor_id(confab_event_actor(ev));
	if (turn == NULL || most == 0 || turn->said < most || strcmp(turn->user, user) != 0)
		return CONFAB_PASS;
	return confab_reject(ev, "turn", "let somebody else say something");
}

/* Only what was said counts: at moderate it may still be refused by others. */
static void count(const struct confab_event *ev, void *ctx)
{
	struct turn *turn = turn_of(ctx, confab_event_channel(ev));
	const char *user = confab_actor_id(confab_event_actor(ev));
	if (turn == NULL)
		return;
	if (strcmp(turn->user, user) != 0) {
		snprintf(turn->user, sizeof(turn->user), "%s", user);
		turn->said = 0;
	}
	turn->said++;
}

static const struct confab_hook_row hooks[] = {
	CONFAB_DECIDE(CONFAB_MODERATE, "message.send", judge, "refuses who says too much"),
	CONFAB_OBSERVER("message.send", count, "counts whose turn it is"),
};

static int load(struct confab_plugin *p, void **ctx, struct confab_error *err)
{
	(void)err;
	*ctx = p;
	return 0;
}

CONFAB_PLUGIN("turns", "1.0") = {
	CONFAB_HEAD("turns", "1.0", "MIT"),
	.summary = "Nobody says too much in a row.",
	CONFAB_ROWS(settings, settings),
	CONFAB_ROWS(hooks, hooks),
	CONFAB_ROWS(slots, slots),
	.load = load,
};
