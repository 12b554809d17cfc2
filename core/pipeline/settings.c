/**
 * Events wait for settings of plugins that belong to one channel.
 *
 * SPDX-License-Identifier: MIT
 */
#include "pipeline/settings.h"

#include <assert.h>
#include <stdlib.h>

#include "base/json.h"
#include "chat/channel.h"
#include "chat/row.h"
#include "pipeline/event_internal.h"
#include "pipeline/kind.h"
#include "pipeline/pipeline.h"

struct wait {
	struct settings_wait wait;
	struct confab_event *ev;
};

static void ask_again(struct settings_wait *w)
{
	event_resume(((struct wait *)w)->ev);
}

static struct settings_wait *wait_new(struct confab_event *ev)
{
	struct wait *w = calloc(1, sizeof(*w));
	json_t *row;

	assert(w);
	w->ev = ev;
	w->wait.fn = ask_again;
	if (ev->kind->row->flags & KIND_SETS_PLUGIN) {
		row = row_json(row_find(ev->lg, "channel", ev->lg->id));
		w->wait.plugin = json_str(ev->body, "plugin");
		w->wait.says = settings_proposal(row, ev->body);
		json_decref(row);
	}
	return &w->wait;
}

/* -------------------------------------------------------------------------------------------- */

enum step_answer settings_step(struct confab_event *ev)
{
	const struct settings_port *port = ev->pl->settings;
	const struct channel *ch = event_channel(ev);
	int rc;

	if (!port || !ch || (!ch->plugins && !(ev->kind->row->flags & KIND_SETS_PLUGIN))) {
		return STEP_NEXT;
	}
	if (!ev->settings) {
		ev->settings = wait_new(ev);
	}
	rc = port->ready(ev->pl->settings_ctx, ch, ev->settings);
	if (rc == 0) {
		ev->place = EVENT_WAITING;
		return STEP_WAIT;
	}
	if (rc != 1) {
		event_error(ev, "busy", "the settings of this channel cannot be prepared now", 1000,
			NULL);
		return STEP_END;
	}
	return STEP_NEXT;
}

void settings_wait_end(struct confab_event *ev)
{
	struct settings_wait *w = ev->settings;

	if (!w) {
		return;
	}
	if (w->plugin) {
		ev->pl->settings->release(
			ev->pl->settings_ctx, event_channel(ev), w->plugin, w->held);
	}
	json_decref(w->says);
	free(w);
}

json_t *settings_proposal(const json_t *row, const json_t *body)
{
	const char *plugin = json_str(body, "plugin"), *key;
	json_t *there = plugin ? json_object_get(json_object_get(row, "plugins"), plugin) : NULL;
	bool clear = !json_object_get(body, "settings") && !json_object_get(body, "on");
	json_t *says = there && !clear ? json_copy(there) : json_object(), *value;

	json_object_foreach(json_object_get(body, "settings"), key, value)
	{
		if (json_is_null(value)) {
			json_object_del(says, key);
		} else {
			json_object_set_new(says, key, json_deep_copy(value));
		}
	}
	return says;
}
