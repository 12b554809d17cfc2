/**
 * Preparing the settings of all plugins: collected on the logic thread, built on a worker.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "config/config.h"
#include "plugin/host_internal.h"

static struct preparation *of_work(struct work *w)
{
	return (struct preparation *)((char *)w - offsetof(struct preparation, work));
}

/* Worker: one plugin after the other; the first refusal ends it. */
static int prepare_run(struct work *w)
{
	struct preparation *prep = of_work(w);
	for (size_t i = 0; i < prep->n && prep->rc == 0; i++) {
		const struct confab_plugin *p = prep->host->plugins[i];
		struct confab_error err = {0};
		if (prep->sets[i] == NULL)
			continue;
		struct log_who former = log_who_set((struct log_who){.plugin = p->name});
		prep->rc = snapshots_prepare(prep->sets[i], &err);
		log_who_set(former);
		if (prep->rc != 0)
			confab_error_set(
				&prep->err, prep->rc, "plugin '%s', %s", p->name, err.text);
	}
	return prep->rc;
}

static void prepare_done(struct work *w, int rc)
{
	struct preparation *prep = of_work(w);
	if (rc != 0 && prep->rc == 0)
		prep->rc = confab_error_set(
			&prep->err, rc, "settings were not prepared (%s)", confab_code_text(rc));
	prep->done(prep);
}

static void prepare_failed(struct mail *m)
{
	struct preparation *prep =
		(struct preparation *)((char *)m - offsetof(struct preparation, work.mail));
	prep->done(prep);
}

static struct snapshots *set_new(
	const struct host *h, const struct confab_plugin *p, const struct config *cfg)
{
	struct snapshots *set = snapshots_new(p->name, &p->desc, cfg, p->snapshots);
	channel_settings_foresee(h, p, set);
	return set;
}

/* ------------------------------------------------------------------------------------------ */

void preparation_start(struct preparation *prep, struct host *h, const struct config *cfg,
	void (*done)(struct preparation *prep))
{
	prep->host = h;
	prep->cfg = cfg != NULL ? config_ref(cfg) : NULL;
	prep->done = done;
	prep->n = h->n_plugins;
	prep->sets = alloc_zero(prep->n + 1, sizeof(struct snapshots *));
	for (size_t i = 0; i < prep->n && prep->rc == 0; i++) {
		const struct confab_plugin *p = h->plugins[i];
		enum plugin_state state = p->state;
		if (state != PLUGIN_OPENED && state != PLUGIN_STARTING && state != PLUGIN_UP)
			continue;
		/* A plugin that goes with this configuration keeps what it has until then. */
		if (cfg == NULL || config_plugin(cfg, p->name) != NULL || state == PLUGIN_OPENED)
			prep->sets[i] = set_new(h, p, cfg);
	}
	prep->work.run = prepare_run;
	prep->work.done = prepare_done;
	if (prep->rc == 0) {
		if (pool_submit(h->pool, &prep->work) == 0)
			return; /* the worker has it now */
		prep->rc = confab_error_set(&prep->err, CONFAB_EBUSY, "all workers are busy");
	}
	prep->work.mail.run = prepare_failed;
	loop_post(h->loop, &prep->work.mail);
}

void preparation_commit(struct preparation *prep)
{
	for (size_t i = 0; i < prep->n; i++) {
		struct confab_plugin *p = prep->host->plugins[i];
		if (prep->sets[i] == NULL)
			continue;
		struct snapshots *former = p->snapshots;
		p->snapshots = prep->sets[i];
		prep->sets[i] = former;
	}
	const struct config *former = prep->host->cfg;
	prep->host->cfg = prep->cfg;
	prep->cfg = former;
}

void preparation_fini(struct preparation *prep)
{
	for (size_t i = 0; i < prep->n; i++)
		snapshots_free(prep->sets[i]);
	free(prep->sets);
	config_unref(prep->cfg);
	prep->sets = NULL;
	prep->n = 0;
	prep->cfg = NULL;
}
