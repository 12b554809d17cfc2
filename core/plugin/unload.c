/**
 * Letting plugins go: unregister, wait for what is in flight, unload, sweep, unmap. One, or all.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "plugin/host_internal.h"
#include "plugin/metric.h"
#include "store/store.h"

/* How often a store's pending calls are looked at, and a drain that does not end is named [us]. */
#define RETRY_US 2000
#define NAG_US 5000000

struct unload {
	struct mail mail; /* brings it to the loop's top */
	bool posted;
	struct confab_plugin *plugin;
	enum unload_from from;
	struct timer retry, nag;
	void (*done)(void *arg);
	void *arg;
};

struct stop {
	struct mail mail;
	struct host *host;
	host_done_fn done;
	void *arg;
	bool over;
};

static void unload_post(struct unload *u)
{
	if (u->posted)
		return;
	u->posted = true;
	loop_post(u->plugin->host->loop, &u->mail);
}

/* The store this plugin provides is no longer asked; calls under way are waited for. */
static bool store_ended(struct confab_plugin *p)
{
	struct host *h = p->host;
	if (h->store == NULL || !descriptor_provides(&p->desc, "store"))
		return true;
	if (store_pending(h->store) > 0)
		return false;
	store_free(h->store);
	h->store = NULL;
	return true;
}

static void nag(void *arg)
{
	struct unload *u = arg;
	char held[256];
	ledger_describe(&u->plugin->ledger, held, sizeof(held));
	log_warning("plugin '%s', still waits to be unloaded (%s)", u->plugin->name, held);
	timer_start(u->plugin->host->loop, &u->nag, NAG_US);
}

static void retry(void *arg)
{
	unload_post(arg);
}

/* Top of the loop: no function of the plugin is on the stack. */
static void unload_top(struct mail *m)
{
	struct unload *u = (struct unload *)m;
	struct confab_plugin *p = u->plugin;

	u->posted = false;
	if (ledger_in_flight(&p->ledger) > 0)
		return; /* its end posts again */
	if (!register_end(p) || !store_ended(p)) {
		timer_start(p->host->loop, &u->retry, RETRY_US);
		return;
	}
	unsigned slots = slot_free_owner(&p->slots);
	if (slots > 0)
		log_debug("plugin '%s', its %u slots are freed", p->name, slots);
	if (u->from == UNLOAD_LOADED && p->desc.d.unload != NULL) {
		struct blame_call call = plugin_enter(p, BLAME_LIFE);
		p->desc.d.unload(p->ctx);
		plugin_leave(p, &call, BLAME_LIFE, false);
	}
	p->ctx = NULL;
	unsigned left = ledger_sweep(&p->ledger);
	if (left > 0)
		log_debug("plugin '%s', left %u things to be swept", p->name, left);
	metrics_free(p);
	snapshots_free(p->snapshots);
	p->snapshots = NULL;
	bool resident = p->desc.d.flags & CONFAB_RESIDENT;
	descriptor_fini(&p->desc);
	if (!resident)
		image_close(&p->image);
	timer_stop(&u->retry);
	timer_stop(&u->nag);
	p->unload = NULL;
	p->ready = false;
	atomic_store(&p->state, u->from == UNLOAD_LOADED ? PLUGIN_GONE : PLUGIN_FAILED);
	log_info("plugin '%s', is unloaded", p->name);
	if (u->done != NULL)
		u->done(u->arg);
	free(u);
	stop_step(p->host);
}

static void stop_over(struct mail *m)
{
	struct stop *stop = (struct stop *)m;
	struct confab_error none = {0};
	stop->host->stop = NULL;
	stop->done(stop->arg, 0, &none);
	free(stop);
}

/* One unload asked for by name. */
struct request {
	host_done_fn done;
	void *arg;
};

static void request_done(void *arg)
{
	struct request *rq = arg;
	struct confab_error none = {0};
	rq->done(rq->arg, 0, &none);
	free(rq);
}

/* ------------------------------------------------------------------------------------------ */

void unload_begin(
	struct confab_plugin *p, enum unload_from from, void (*done)(void *arg), void *arg)
{
	struct unload *u = alloc_zero(1, sizeof(*u));
	u->mail.run = unload_top;
	u->plugin = p;
	u->from = from;
	u->done = done;
	u->arg = arg;
	timer_init(&u->retry, retry, u);
	timer_init(&u->nag, nag, u);
	timer_start(p->host->loop, &u->nag, NAG_US);
	p->unload = u;
	atomic_store(&p->state, PLUGIN_DRAINING);
	register_remove(p);
	unload_post(u);
}

void unload_check(struct confab_plugin *p)
{
	if (p->unload != NULL && ledger_in_flight(&p->ledger) == 0)
		unload_post(p->unload);
}

void stop_step(struct host *h)
{
	struct stop *stop = h->stop;
	if (stop == NULL || stop->over || h->startup != NULL || h->opening)
		return;
	if (h->change != NULL && !h->change_ready)
		return; /* on a worker */
	if (h->change != NULL)
		host_discard(h);
	for (size_t i = h->n_plugins; i-- > 0;) {
		struct confab_plugin *p = h->plugins[i];
		enum plugin_state state = atomic_load(&p->state);
		if (state == PLUGIN_DRAINING)
			return; /* its end comes here again */
		if (state != PLUGIN_UP && state != PLUGIN_STARTING)
			continue;
		unload_begin(p, UNLOAD_LOADED, NULL, NULL);
		return;
	}
	stop->over = true;
	loop_post(h->loop, &stop->mail);
}

void host_stop(struct host *h, host_done_fn done, void *arg)
{
	struct stop *stop = alloc_zero(1, sizeof(*stop));
	stop->mail.run = stop_over;
	stop->host = h;
	stop->done = done;
	stop->arg = arg;
	h->stop = stop;
	startup_cancel(h);
	stop_step(h);
}

void host_unload(struct host *h, const char *name, host_done_fn done, void *arg)
{
	struct confab_plugin *p = host_find(h, name);
	struct confab_error err = {0};
	char users[256];
	int rc = 0;

	if (p == NULL || atomic_load(&p->state) == PLUGIN_GONE)
		rc = confab_error_set(&err, CONFAB_ENOENT, "plugin '%s', is not loaded", name);
	else if (atomic_load(&p->state) != PLUGIN_UP || h->startup != NULL || h->stop != NULL)
		rc = confab_error_set(&err, CONFAB_EBUSY, "plugin '%s', is %s", name,
			plugin_state_name(atomic_load(&p->state)));
	else if (plugin_is_provider(p))
		rc = confab_error_set(&err, CONFAB_EBUSY,
			"plugin '%s', is in use by the server as a provider", name);
	else if (p->desc.d.codecs.n > 0)
		rc = confab_error_set(&err, CONFAB_EBUSY,
			"plugin '%s', is in use by I/O threads as a codec", name);
	else if (service_users(p, users, sizeof(users)))
		rc = confab_error_set(
			&err, CONFAB_EBUSY, "plugin '%s', is in use by %s", name, users);
	if (rc != 0) {
		done(arg, rc, &err);
		return;
	}
	struct request *rq = alloc_zero(1, sizeof(*rq));
	rq->done = done;
	rq->arg = arg;
	unload_begin(p, UNLOAD_LOADED, request_done, rq);
}
