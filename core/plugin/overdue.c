/**
 * Requests that plugins do not answer: looked for now and then, and answered for them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/clock.h"
#include "config/config.h"
#include "plugin/host_internal.h"
#include "wire/request.h"

#define LOOK_US 1000000
#define ANSWER_MS 30000

static void look(void *arg)
{
	struct host *h = arg;
	int64_t ms = h->cfg != NULL ? config_pipeline(h->cfg)->answer_timeout_ms : ANSWER_MS;
	const void *owner;
	/* Ours to count: owners of ops are plugins. */
	while ((owner = request_overdue(h->ops, clock_mono_us() - ms * 1000)) != NULL)
		plugin_check((struct confab_plugin *)(uintptr_t)owner)->unanswered++;
	timer_start(h->loop, &h->overdue, LOOK_US);
}

/* ------------------------------------------------------------------------------------------ */

void overdue_start(struct host *h)
{
	timer_init(&h->overdue, look, h);
	if (h->ops != NULL)
		timer_start(h->loop, &h->overdue, LOOK_US);
}
