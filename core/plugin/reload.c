/**
 * New settings for all plugins at once: everything is prepared, then everything is put in force, or
 * everything is dropped.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "config/config.h"
#include "plugin/host_internal.h"

struct change {
	struct preparation prep;
	host_done_fn done;
	void *arg;
};

static void change_free(struct host *h)
{
	struct change *change = (struct change *)h->change;
	h->change = NULL;
	h->change_ready = false;
	preparation_fini(&change->prep);
	free(change);
}

static void prepared(struct preparation *prep)
{
	struct host *h = prep->host;
	struct change *change = (struct change *)prep;
	host_done_fn done = change->done;
	void *arg = change->arg;
	int rc = h->stop != NULL && prep->rc == 0
		? confab_error_set(&prep->err, CONFAB_ECLOSED, "the server stops")
		: prep->rc;
	struct confab_error err = prep->err;

	h->change_ready = true;
	if (rc != 0)
		change_free(h);
	done(arg, rc, &err);
	stop_step(h);
}

/* Whoever is not in the configuration any more goes. */
static void unload_unnamed(struct host *h)
{
	for (size_t i = h->n_plugins; i-- > 0 && h->cfg != NULL;) {
		const struct confab_plugin *p = h->plugins[i];
		if (atomic_load(&p->state) == PLUGIN_UP && config_plugin(h->cfg, p->name) == NULL &&
			!plugin_is_provider(p))
			host_unload(h, p->name, startup_logged, NULL);
	}
}

/* ------------------------------------------------------------------------------------------ */

void host_prepare(struct host *h, const struct config *cfg, host_done_fn done, void *arg)
{
	h->lent = false;
	if (h->change != NULL || h->startup != NULL || h->stop != NULL || h->opening ||
		h->swap != NULL) {
		struct confab_error err = {0};
		int rc = confab_error_set(
			&err, CONFAB_EBUSY, "another change of the configuration is under way");
		done(arg, rc, &err);
		return;
	}
	struct change *change = alloc_zero(1, sizeof(*change));
	change->done = done;
	change->arg = arg;
	h->change = &change->prep;
	h->change_ready = false;
	preparation_start(&change->prep, h, cfg, prepared);
}

void host_commit(struct host *h)
{
	if (h->change == NULL || !h->change_ready)
		return;
	preparation_commit(h->change);
	for (size_t i = 0; i < h->n_plugins; i++) {
		struct confab_plugin *p = h->plugins[i];
		if (atomic_load(&p->state) != PLUGIN_UP || p->desc.d.commit == NULL)
			continue;
		struct blame_call call = plugin_enter(p, BLAME_LIFE);
		p->desc.d.commit(p->ctx);
		plugin_leave(p, &call, BLAME_LIFE, false);
	}
	change_free(h);
	unload_unnamed(h);
	startup_more(h, startup_logged, NULL);
}

void host_discard(struct host *h)
{
	if (h->change == NULL || !h->change_ready)
		return;
	change_free(h);
	host_drop_opened(h);
}
