/**
 * The glue of plugins that commit one crime each, when a message says so: "NAME:rest".
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BAD_CRIME_H
#define BAD_CRIME_H

#include <string.h>

#include <confab/event.h>
#include <confab/plugin.h>

/** The rest of a message's text that begins with "NAME:"; NULL: it does not, or there is no text. */
static inline const char *crime_told(struct confab_event *ev, const char *name)
{
	struct confab_draft *draft = confab_event_draft(ev);
	size_t len = 0;
	const char *text = draft ? confab_draft_text(draft, &len) : NULL;

	if (!text || strncmp(text, name, strlen(name)) != 0 || text[strlen(name)] != ':') {
		return NULL;
	}
	return text + strlen(name) + 1;
}

/** The descriptor of a plugin that calls `crime(ev, rest)` in its hook at moderate. */
#define CRIME(name_) \
	static enum confab_verdict crime_judge(struct confab_event *ev, void *ctx) \
	{ \
		const char *rest = crime_told(ev, name_); \
		(void)ctx; \
		return rest ? crime(ev, rest) : CONFAB_PASS; \
	} \
	static const struct confab_hook_row crime_hooks[] = { \
		CONFAB_DECIDE(CONFAB_MODERATE, "message.send", crime_judge, "commits a crime"), \
	}; \
	CONFAB_PLUGIN(name_, "1.0") = { \
		CONFAB_HEAD(name_, "1.0", "MIT"), \
		.summary = "Commits a crime when it is told to.", \
		CONFAB_ROWS(hooks, crime_hooks), \
	}

#endif
