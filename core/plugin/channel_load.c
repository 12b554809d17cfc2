/**
 * Channels that a plugin wants in memory, and waits for.
 *
 * SPDX-License-Identifier: MIT
 */
#include <confab/chat.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/ids.h"
#include "chat/chat.h"
#include "pipeline/pipeline.h"
#include "plugin/host_internal.h"

struct channel_load {
	struct mail mail;
	struct log_waiter waiter;
	struct confab_plugin *plugin;
	confab_channel_fn done;
	void *arg;
	int rc;
	char id[CONFAB_ID_MAX + 1];
};

static void answer(struct channel_load *load)
{
	struct confab_plugin *p = load->plugin;
	const struct confab_channel *ch = load->rc == 0 ? confab_channel_find(p, load->id) : NULL;
	int rc = load->rc == 0 && ch == NULL ? CONFAB_ENOENT : load->rc;
	struct blame_call call = plugin_enter(p, BLAME_DONE);

	load->done(load->arg, rc, ch);
	plugin_leave(p, &call, BLAME_DONE, false);
	free(load);
	plugin_flight_ended(p, FLIGHT_QUESTION);
}

static void answer_mail(struct mail *m)
{
	answer((struct channel_load *)m);
}

static void loaded(struct log_waiter *w, int rc)
{
	struct channel_load *load =
		(struct channel_load *)((char *)w - offsetof(struct channel_load, waiter));

	load->rc = rc == 0 ? 0 : CONFAB_EBUSY;
	answer(load);
}

/* @return whether it is known already how it ends */
static bool begin(struct channel_load *load, const char *id)
{
	struct confab_plugin *p = load->plugin;
	const struct pipeline *pl = p->host->pipeline;

	if (load->rc != 0)
		return true;
	if (!plugin_open_for_work(p) || pl == NULL)
		load->rc = CONFAB_ECLOSED;
	else if (!id_valid(id))
		load->rc = CONFAB_EINVAL;
	if (load->rc != 0)
		return true;
	(void)snprintf(load->id, sizeof(load->id), "%s", id);
	load->waiter.fn = loaded;
	return chat_log_load(chat_log_get(pl->chat, id), &load->waiter);
}

/* ------------------------------------------------------------------------------------------ */

void confab_channel_load(struct confab_plugin *p, const char *id, confab_channel_fn done, void *arg)
{
	struct channel_load *load = alloc_zero(1, sizeof(*load));

	load->plugin = plugin_check(p);
	load->done = done;
	load->arg = arg;
	load->rc = plugin_flight_begin(p, FLIGHT_QUESTION);
	if (load->rc != 0)
		ledger_begin(&p->ledger, FLIGHT_QUESTION); /* it is answered all the same */
	if (!begin(load, id))
		return;
	load->mail.run = answer_mail;
	loop_post(p->host->loop, &load->mail);
}
