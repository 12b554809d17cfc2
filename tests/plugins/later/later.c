/**
 * later: a moderator whose verdict stands in the text, for tests that need slow and moody ones.
 *
 *   later:MS:…   passes after so many milliseconds      never:…   is never answered: the deadline ends it
 *   mask:…       becomes done:…                         wont:…    is refused
 *   shadow:…     is seen by its author alone               hold:…    is held for review
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <confab/chat.h>
#include <confab/event.h>
#include <confab/plugin.h>
#include <confab/task.h>

#define DEADLINE_MS 2000
#define NEVER_MS 150
#define DELAY_MAX 1000

struct later {
	struct confab_plugin *plugin;
	struct wait *waits; /* their timers have not fired */
};

/** Frees itself when its timer fired, or with the plugin. */
struct wait {
	struct later *later;
	struct wait *next;
	confab_ticket ticket;
};

static bool begins(const char *text, const char *word)
{
	return strncmp(text, word, strlen(word)) == 0;
}

static void wait_over(void *arg)
{
	struct wait *w = arg, **at = &w->later->waits;

	while (*at != w) {
		at = &(*at)->next;
	}
	*at = w->next;
	(void)confab_resume(w->ticket, CONFAB_PASS, NULL, NULL); /* too late is as good */
	free(w);
}

static enum confab_verdict wait_begin(
	struct later *later, struct confab_event *ev, const char *text)
{
	unsigned long ms = strtoul(text, NULL, 10);
	struct wait *w = malloc(sizeof(*w));

	if (!w) {
		return confab_reject_later(ev, "busy", NULL, 1000);
	}
	if (!confab_timer_start(
		    later->plugin, ms < DELAY_MAX ? (unsigned)ms : DELAY_MAX, 0, wait_over, w)) {
		free(w);
		return confab_reject_later(ev, "busy", NULL, 1000);
	}
	w->later = later;
	w->next = later->waits;
	later->waits = w;
	return confab_defer(ev, DEADLINE_MS, &w->ticket);
}

static enum confab_verdict mask(struct confab_event *ev, const char *rest)
{
	char text[4096];
	int len = snprintf(text, sizeof(text), "done:%s", rest);

	if (len < 0 || (size_t)len >= sizeof(text) ||
		confab_draft_set_text(confab_event_draft(ev), text, (size_t)len)) {
		return confab_reject(ev, "limit", NULL);
	}
	return CONFAB_PASS;
}

static enum confab_verdict judge(struct confab_event *ev, void *ctx)
{
	struct confab_draft *draft = confab_event_draft(ev);
	size_t len = 0;
	const char *text = draft ? confab_draft_text(draft, &len) : NULL;
	confab_ticket nobody;

	if (!text) {
		return CONFAB_PASS;
	}
	if (begins(text, "later:")) {
		return wait_begin(ctx, ev, text + strlen("later:"));
	}
	if (begins(text, "never:")) {
		return confab_defer(ev, NEVER_MS, &nobody);
	}
	if (begins(text, "mask:")) {
		return mask(ev, text + strlen("mask:"));
	}
	if (begins(text, "hold:")) {
		return confab_hold(ev, "words", json_pack("{s:s}", "word", "hold"));
	}
	if (begins(text, "wont:")) {
		return confab_reject(ev, "refused", "this moderator does not like it");
	}
	if (begins(text, "shadow:") && confab_draft_audience(draft, CONFAB_AUTHOR, NULL, 0)) {
		return confab_reject(ev, "internal", NULL);
	}
	return CONFAB_PASS;
}

static const struct confab_hook_row hooks[] = {
	CONFAB_DECIDE(CONFAB_MODERATE, "message.send message.edit", judge,
		"does what the first word of the text says"),
};

static int later_load(struct confab_plugin *p, void **ctx, struct confab_error *err)
{
	struct later *later = calloc(1, sizeof(*later));

	if (!later) {
		return confab_error_set(err, CONFAB_ENOMEM, "out of memory");
	}
	later->plugin = p;
	*ctx = later;
	return 0;
}

static void later_unload(void *ctx)
{
	struct later *later = ctx;
	struct wait *w, *next;

	for (w = later->waits; w; w = next) {
		next = w->next;
		free(w);
	}
	free(later);
}

CONFAB_PLUGIN("later", "1.0") = {
	CONFAB_HEAD("later", "1.0", "MIT"),
	.summary = "Moderates as the text says.",
	CONFAB_ROWS(hooks, hooks),
	.load = later_load,
	.unload = later_unload,
};
