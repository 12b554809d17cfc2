/**
 * Settings of plugins that a channel's own row says. They are prepared on a worker, so an event of such
 * a channel waits in resolve until they are; one that changes them waits for what it would make of them.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PIPELINE_SETTINGS_H
#define PIPELINE_SETTINGS_H

#include <confab/event.h>
#include "chat/chat.h"
#include "pipeline/steps.h"

/** Someone waits for the settings of a channel to be prepared. Zeroed before it is asked with first. */
struct settings_wait {
	struct settings_wait *next;
	void (*fn)(struct settings_wait *w); /* logic thread, in a later turn: ask again */
	const char
		*plugin; /* a change is proposed: the row would say `says` of it. NULL: none is */
	json_t *says;
	bool proposes;           /* it is the proposal that is waited for */
	void *held;              /* what was prepared for the proposal, until it is released */
	struct confab_error err; /* why the proposal cannot be */
};

/** What the plugin host answers. Thread: logic. */
struct settings_port {
	/** Are all settings that the row of ch says prepared, and those proposed?
	 *  @return 1: yes, or they cannot be; 0: w->fn will come; CONFAB_EBUSY: no room */
	int (*ready)(void *ctx, const struct channel *ch, struct settings_wait *w);
	/** Would this proposal be in force at once? */
	bool (*known)(void *ctx, const struct channel *ch, const char *plugin, const json_t *says);
	/** Let go of what was held, if anything was; the row says by now what it says. */
	void (*release)(void *ctx, const struct channel *ch, const char *plugin, void *held);
	/** What may be set in a channel, and what is: a list of plugins. A new reference. */
	json_t *(*show)(void *ctx, const struct channel *ch);
};

/** Step resolve: have the settings of the event's channel prepared. */
enum step_answer settings_step(struct confab_event *ev);

/** The event ends. */
void settings_wait_end(struct confab_event *ev);

/**
 * What a channel's row would say of the plugin that a body names: as it does, with the members of
 * `settings` laid over it; null takes one away. A body with neither `settings` nor `on` clears all.
 *
 * @param row  or NULL
 * @return a new reference, an object
 */
json_t *settings_proposal(const json_t *row, const json_t *body);

#endif
