/**
 * A plugin's pointers on channels, sessions and events (table `slots`).
 *
 * SPDX-License-Identifier: MIT
 */
#include "chat/slot.h"

#include <confab/chat.h>
#include <stdlib.h>

#include "pipeline/event_internal.h"
#include "pipeline/hook.h"
#include "pipeline/kind.h"
#include "plugin/host_internal.h"

/** The pointer of a row that is for this kind of object; another row is the plugin's bug. */
static void **slot_of(
	struct confab_plugin *p, struct slot **of, enum confab_slot_on on, unsigned row)
{
	if (row >= p->desc.d.slots.n || p->desc.slots[row].on != on) {
		log_error("plugin '%s', asked for slot %u, which its table does not have here",
			p->name, row);
		abort();
	}
	return slot_get(of, p->slots, row);
}

/* ------------------------------------------------------------------------------------------ */

void **confab_channel_slot(struct confab_plugin *p, const struct confab_channel *ch, unsigned row)
{
	struct channel *channel = (struct channel *)(uintptr_t)ch;
	return slot_of(plugin_check(p), &channel->slots, CONFAB_ON_CHANNEL, row);
}

void **confab_session_slot(struct confab_plugin *p, const struct confab_session *s, unsigned row)
{
	struct session *session = (struct session *)(uintptr_t)s;
	return slot_of(plugin_check(p), &session->slots, CONFAB_ON_SESSION, row);
}

void **confab_event_slot(const struct confab_event *ev, unsigned row)
{
	/* The caller is whose hook runs; between stages, whose kind it is. */
	const void *owner = ev->running != NULL ? ev->running->owner : ev->kind->owner;
	struct confab_event *event = (struct confab_event *)(uintptr_t)ev;
	struct confab_plugin *p = plugin_check((struct confab_plugin *)(uintptr_t)owner);
	return slot_of(p, &event->slots, CONFAB_ON_EVENT, row);
}
