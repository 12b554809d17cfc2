/**
 * tuned: signs what is said with a mark that may be set for the server, a channel type and a channel.
 *
 * prepare() builds the signature and refuses the mark "bad"; "count?" is refused with how often it has
 * been called and how many signatures are alive.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <confab/chat.h>
#include <confab/event.h>
#include <confab/plugin.h>
#include <confab/settings.h>

enum { ROW_MARK, ROW_LOUD, ROW_FIXED };

static const struct confab_setting settings[] = {
	[ROW_MARK] = {"mark", CONFAB_SETTING_STRING, "server", 1, 20,
		.scope = CONFAB_SCOPE_TYPE | CONFAB_SCOPE_CHANNEL,
		.flags = CONFAB_SETTING_RELOADABLE, .doc = "What stands behind every message."},
	[ROW_LOUD] = {"loud", CONFAB_SETTING_BOOL, "false", .scope = CONFAB_SCOPE_TYPE,
		.flags = CONFAB_SETTING_RELOADABLE, .doc = "With an exclamation mark."},
	[ROW_FIXED] = {"fixed", CONFAB_SETTING_INT, "1", 1, 9, "things", .doc = "For ever."},
};

/* Counted over all copies of this plugin in the process: prepare() has no context. */
static atomic_int prepared, alive;

static int tuned_prepare(const struct confab_settings *s, void **built, struct confab_error *err)
{
	const char *mark = confab_setting_str(s, ROW_MARK);
	char *signature = malloc(64);

	if (!signature || strcmp(mark, "bad") == 0) {
		free(signature);
		return confab_error_set(err, CONFAB_EINVAL, "the mark '%s' is a bad one", mark);
	}
	snprintf(signature, 64, "%s%s", mark, confab_setting_bool(s, ROW_LOUD) ? "!" : "");
	*built = signature;
	atomic_fetch_add(&prepared, 1);
	atomic_fetch_add(&alive, 1);
	return 0;
}

static void tuned_discard(void *built)
{
	if (built) {
		free(built);
		atomic_fetch_sub(&alive, 1);
	}
}

static enum confab_verdict sign(struct confab_event *ev, void *ctx)
{
	struct confab_draft *draft = confab_event_draft(ev);
	size_t len = 0;
	const char *said = draft ? confab_draft_text(draft, &len) : NULL;
	char text[4096];

	(void)ctx;
	if (!said) {
		return CONFAB_PASS;
	}
	if (strcmp(said, "count?") == 0) {
		snprintf(text, sizeof(text), "%d %d", atomic_load(&prepared), atomic_load(&alive));
		return confab_reject(ev, "refused", text);
	}
	len = (size_t)snprintf(
		text, sizeof(text), "%s -%s", said, (const char *)confab_event_built(ev));
	if (len >= sizeof(text) || confab_draft_set_text(draft, text, len)) {
		return confab_reject(ev, "limit", NULL);
	}
	return CONFAB_PASS;
}

static const struct confab_hook_row hooks[] = {
	CONFAB_DECIDE(CONFAB_TRANSFORM, "message.send", sign, "signs what is said"),
	CONFAB_DECIDE(CONFAB_MODERATE, "nothing.at_all", sign, "is only there to be put in order"),
};

CONFAB_PLUGIN("tuned", "1.0") = {
	CONFAB_HEAD("tuned", "1.0", "MIT"),
	.summary = "Signs what is said.",
	.after = "later",
	CONFAB_ROWS(settings, settings),
	CONFAB_ROWS(hooks, hooks),
	.prepare = tuned_prepare,
	.discard = tuned_discard,
};
