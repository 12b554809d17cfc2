/**
 * Letting plugins go: unregister, wait for what is in flight, unload, sweep, unmap. One, or all.
 *
 *   LEAVING: nothing new comes to it, it may finish what it has begun, for some time
 *      ─▶ DRAINING: nothing begins any more, deferred events end at once ─▶ quiet ─▶ slots ─▶ unload() ─▶
 *         requests it never answered ─▶ ledger ─▶ dlclose
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "pipeline/pipeline.h"
#include "pipeline/ticket.h"
#include "plugin/host_internal.h"
#include "plugin/metric.h"
#include "store/store.h"
#include "wire/request.h"

/* How often is looked again for what ends without saying so; when a drain that does not end is named;
 * how long one that goes, and one that was replaced, may finish what it has begun; how long a sweep goes on in
 * one turn [us]. */
#define RETRY_US 2000
#define NAG_US 5000000
#define GO_US 4000000
#define LEAVE_US 30000000
#define SLICE_US 1000

struct unload {
	struct mail mail; /* brings it to the loop's top */
	bool posted, said;
	bool going; /* no copy comes after it, to which its tickets may have passed */
	struct confab_plugin *plugin;
	enum unload_from from;
	struct timer retry, nag, leave;
	unsigned slots, left; /* freed and swept so far */
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
	plugin_holdings(u->plugin, held, sizeof(held));
	log_warning("plugin '%s', still waits to be unloaded (version %s; %s)", u->plugin->name,
		u->plugin->version, held);
	timer_start(u->plugin->host->loop, &u->nag, NAG_US);
}

static void retry(void *arg)
{
	unload_post(arg);
}

/* Nothing begins any more, and nobody waits for its verdict. */
static void drain(struct unload *u)
{
	struct confab_plugin *p = u->plugin;
	unsigned n = 0;
	timer_stop(&u->leave);
	atomic_store(&p->state, PLUGIN_DRAINING);
	register_remove(p);
	if (p->host->pipeline != NULL)
		n = ticket_cancel_all(p->host->pipeline, p);
	if (n > 0)
		log_warning("plugin '%s', leaves %u deferred events without an answer", p->name, n);
	unload_post(u);
}

static void leave_late(void *arg)
{
	struct unload *u = arg;
	char held[256];
	plugin_holdings(u->plugin, held, sizeof(held));
	log_warning("plugin '%s', does not come to an end (version %s; %s)", u->plugin->name,
		u->plugin->version, held);
	drain(u);
}

/* Is something under way that may answer an event that waits? */
static bool may_answer(const struct confab_plugin *p)
{
	unsigned n = ledger_in_flight(&p->ledger);
	return n > atomic_load(&p->ledger.flights[FLIGHT_TICKET]) || single_timers(p) ||
		register_requests(p) > 0;
}

/* Is nothing of it under way? If not, its end posts again, or it is looked at again. */
static bool quiet(struct unload *u)
{
	struct confab_plugin *p = u->plugin;
	bool leaving = atomic_load(&p->state) == PLUGIN_LEAVING;
	if (leaving && u->going && !may_answer(p)) {
		drain(u); /* which comes here again */
		return false;
	}
	if (ledger_in_flight(&p->ledger) > 0) {
		if (leaving && u->going) /* the end of a timer is told by nobody */
			timer_start(p->host->loop, &u->retry, RETRY_US);
		return false;
	}
	if (register_ended(p) && store_ended(p) && (!leaving || register_requests(p) == 0))
		return true;
	timer_start(p->host->loop, &u->retry, RETRY_US);
	return false;
}

static void goodbye(struct unload *u)
{
	struct confab_plugin *p = u->plugin;
	u->said = true;
	if (u->from == UNLOAD_LOADED && p->desc.d.unload != NULL) {
		struct blame_call call = plugin_enter(p, BLAME_LIFE);
		p->desc.d.unload(p->ctx);
		plugin_leave(p, &call, BLAME_LIFE, false);
	}
	p->ctx = NULL;
	if (p->host->ops != NULL)
		p->unanswered += request_abandon(p->host->ops, p);
}

/* Its code is quiet, its ledger empty. */
static void unload_end(struct unload *u)
{
	struct confab_plugin *p = u->plugin;
	struct host *h = p->host;

	if (u->slots + u->left > 0)
		log_debug("plugin '%s', left %u slots and %u things to be swept", p->name, u->slots,
			u->left);
	metrics_free(p);
	snapshots_free(p->snapshots);
	p->snapshots = NULL;
	bool resident = p->desc.d.flags & CONFAB_RESIDENT;
	descriptor_fini(&p->desc);
	if (!resident)
		image_close(&p->image);
	timer_stop(&u->retry);
	timer_stop(&u->nag);
	timer_stop(&u->leave);
	p->unload = NULL;
	p->ready = false;
	atomic_store(&p->state, u->from == UNLOAD_LOADED ? PLUGIN_GONE : PLUGIN_FAILED);
	log_info("plugin '%s', is unloaded (version %s)", p->name, p->version);
	if (u->done != NULL)
		u->done(u->arg);
	free(u);
	host_forget_leaving(h, p); /* its record may have gone by done */
	stop_step(h);
}

/* Top of the loop: no function of the plugin is on the stack. */
static void unload_top(struct mail *m)
{
	struct unload *u = (struct unload *)m;
	struct confab_plugin *p = u->plugin;

	u->posted = false;
	if (!quiet(u))
		return;
	timer_stop(&u->leave);
	atomic_store(&p->state, PLUGIN_DRAINING);
	int64_t until_us = clock_mono_us() + SLICE_US;
	u->slots += slot_free_owner(p->slots, until_us);
	if (p->slots->first == NULL && !u->said) {
		goodbye(u);
		if (!quiet(u))
			return; /* what it began in unload() */
	}
	if (p->slots->first == NULL)
		u->left += ledger_sweep(&p->ledger, until_us);
	if (p->slots->first != NULL || !ledger_empty(&p->ledger))
		unload_post(u); /* the rest in the next turn */
	else
		unload_end(u);
}

static struct unload *unload_new(
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
	timer_init(&u->leave, leave_late, u);
	timer_start(p->host->loop, &u->nag, NAG_US);
	p->unload = u;
	return u;
}

static void stop_over(struct mail *m)
{
	struct stop *stop = (struct stop *)m;
	struct confab_error none = {0};
	stop->host->stop = NULL;
	timer_stop(&stop->host->overdue);
	stop->done(stop->arg, 0, &none);
	free(stop);
}

/* One unload asked for by name. */
struct request {
	struct confab_plugin *plugin;
	struct timer late;
	host_done_fn done; /* NULL: was called */
	void *arg;
};

static void request_answer(struct request *rq, int rc, const struct confab_error *err)
{
	host_done_fn done = rq->done;
	rq->done = NULL;
	if (done != NULL)
		done(rq->arg, rc, err);
}

static void request_late(void *arg)
{
	struct request *rq = arg;
	struct confab_error err = {0};
	char held[256];
	plugin_holdings(rq->plugin, held, sizeof(held));
	int rc = confab_error_set(&err, CONFAB_ETIMEDOUT,
		"plugin '%s', is unloaded when this has ended: %s", rq->plugin->name, held);
	request_answer(rq, rc, &err);
}

static void request_done(void *arg)
{
	struct request *rq = arg;
	struct confab_error none = {0};
	timer_stop(&rq->late);
	host_changed(rq->plugin->host);
	request_answer(rq, 0, &none);
	free(rq);
}

/* Why it cannot be unloaded now, or 0. */
static int unload_refusal(const struct host *h, const char *name, const struct confab_plugin *p,
	struct confab_error *err)
{
	char users[256];
	if (p == NULL || atomic_load(&p->state) == PLUGIN_GONE)
		return confab_error_set(err, CONFAB_ENOENT, "plugin '%s', is not loaded", name);
	if (atomic_load(&p->state) != PLUGIN_UP)
		return confab_error_set(err, CONFAB_EBUSY, "plugin '%s', is %s", name,
			plugin_state_name(atomic_load(&p->state)));
	if (plugin_is_provider(p))
		return confab_error_set(err, CONFAB_EBUSY,
			"plugin '%s', is in use by the server as a provider", name);
	if (p->desc.d.codecs.n > 0)
		return confab_error_set(err, CONFAB_EBUSY,
			"plugin '%s', is in use by I/O threads as a codec", name);
	if (service_users(p, users, sizeof(users)))
		return confab_error_set(
			err, CONFAB_EBUSY, "plugin '%s', is in use by %s", name, users);
	return host_settled(h, err);
}

/* ------------------------------------------------------------------------------------------ */

void unload_begin(
	struct confab_plugin *p, enum unload_from from, void (*done)(void *arg), void *arg)
{
	drain(unload_new(p, from, done, arg));
}

void leave_begin(struct confab_plugin *p)
{
	struct unload *u = unload_new(p, UNLOAD_LOADED, NULL, NULL);
	atomic_store(&p->state, PLUGIN_LEAVING);
	timer_start(p->host->loop, &u->leave, LEAVE_US);
	unload_post(u);
}

/* The same, and nobody comes after it. */
static void go_begin(struct confab_plugin *p, void (*done)(void *arg), void *arg)
{
	struct unload *u = unload_new(p, UNLOAD_LOADED, done, arg);
	u->going = true;
	atomic_store(&p->state, PLUGIN_LEAVING);
	register_leave(p);
	timer_start(p->host->loop, &u->leave, GO_US);
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
	if (stop == NULL || stop->over || h->startup != NULL || h->opening || h->swap != NULL)
		return;
	if (h->change != NULL && !h->change_ready)
		return; /* on a worker */
	if (h->change != NULL)
		host_discard(h);
	for (size_t i = 0; i < h->n_leaving; i++)
		if (atomic_load(&h->leaving[i]->state) == PLUGIN_LEAVING)
			drain(h->leaving[i]->unload);
	if (h->n_leaving > 0)
		return; /* their end comes here again */
	for (size_t i = h->n_plugins; i-- > 0;) {
		struct confab_plugin *p = h->plugins[i];
		enum plugin_state state = atomic_load(&p->state);
		if (state == PLUGIN_LEAVING)
			drain(p->unload);
		if (state == PLUGIN_DRAINING || state == PLUGIN_LEAVING)
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
	swap_cancel(h);
	stop_step(h);
}

void host_unload(struct host *h, const char *name, host_done_fn done, void *arg)
{
	struct confab_plugin *p = host_find(h, name);
	struct confab_error err = {0};
	int rc = unload_refusal(h, name, p, &err);
	if (rc != 0) {
		done(arg, rc, &err);
		return;
	}
	struct request *rq = alloc_zero(1, sizeof(*rq));
	rq->plugin = p;
	rq->done = done;
	rq->arg = arg;
	timer_init(&rq->late, request_late, rq);
	timer_start(h->loop, &rq->late, NAG_US);
	go_begin(p, request_done, rq);
}

static void asked_unloaded(void *arg, int rc, const struct confab_error *err)
{
	(void)arg;
	(void)rc;
	if (err->code != 0)
		log_warning("%s", err->text);
}

/* A plugin asks to go. At the loop's top, when nothing else changes. */
struct farewell {
	struct mail mail;
	struct timer again;
	struct confab_plugin *plugin;
};

static void farewell_end(struct farewell *f)
{
	struct confab_plugin *p = f->plugin;
	free(f);
	plugin_flight_ended(p, FLIGHT_POST);
}

static void farewell_top(struct mail *m)
{
	struct farewell *f = (struct farewell *)m;
	struct confab_plugin *p = f->plugin;
	struct confab_error err = {0};
	if (atomic_load(&p->state) != PLUGIN_UP || host_find(p->host, p->name) != p) {
		farewell_end(f); /* it goes anyway */
		return;
	}
	if (host_settled(p->host, &err) != 0) {
		timer_start(p->host->loop, &f->again, NAG_US / 100);
		return;
	}
	host_unload(p->host, p->name, asked_unloaded, NULL);
	farewell_end(f);
}

static void farewell_again(void *arg)
{
	struct farewell *f = arg;
	farewell_top(&f->mail);
}

void confab_unload(struct confab_plugin *p, const char *why)
{
	plugin_check(p);
	struct farewell *f = alloc_zero(1, sizeof(*f));
	f->mail.run = farewell_top;
	f->plugin = p;
	timer_init(&f->again, farewell_again, f);
	log_warning("plugin '%s', asks to be unloaded (%s)", p->name,
		why != NULL ? why : "it gives no reason");
	ledger_begin(&p->ledger, FLIGHT_POST);
	loop_post(p->host->loop, &f->mail);
}
