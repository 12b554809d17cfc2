/**
 * Holding an event: another event, of the author's own log, takes its cid.
 *
 * SPDX-License-Identifier: MIT
 */
#include "pipeline/hold.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <confab/chat.h>
#include "base/json.h"
#include "pipeline/event_internal.h"
#include "pipeline/hook.h"
#include "pipeline/kind.h"
#include "pipeline/pipeline.h"

static void held(struct confab_event *holder, void *arg)
{
	struct confab_event *ev = arg;

	event_outcome_take(ev, holder);
	ev->place = EVENT_WALKING;
	event_finish(ev);
}

/* -------------------------------------------------------------------------------------------- */

void hold_mark(struct confab_event *ev, const char *queue, json_t *why)
{
	free(ev->hold_queue);
	ev->hold_queue = strdup(queue ? queue : "review");
	json_decref(ev->hold_why);
	ev->hold_why = why;
}

enum step_answer hold_event(struct confab_event *ev)
{
	const struct kind *kind = kind_find(ev->pl->kinds, "held.add");
	struct confab_actor actor = ev->actor;
	struct confab_event *holder;
	json_t *body;

	if (!kind || ev->kind->row->class_ != CONFAB_DURABLE || actor.kind != CONFAB_ACTOR_USER ||
		!ev->cid[0]) {
		event_error(ev, "refused", "this cannot be held for review", 0,
			ev->running ? ev->running->plugin : NULL);
		return STEP_END;
	}
	actor.session = NULL; /* its place in the strand is the event's own */
	body = json_pack("{s:s,s:s,s:O,s:s,s:o,s:s}", "channel", ev->channel_id, "op",
		ev->kind->row->name, "body", ev->body, "queue", ev->hold_queue, "why",
		ev->hold_why ? json_incref(ev->hold_why) : json_object(), "cid", ev->cid);
	holder = event_make(ev->pl, kind, &actor, ev->channel_id, body, held, ev);
	memcpy(holder->hash, ev->hash, sizeof(holder->hash));
	ev->place = EVENT_WAITING;
	event_start(holder);
	return STEP_WAIT;
}
