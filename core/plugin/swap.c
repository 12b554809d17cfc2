/**
 * One plugin comes to a running server, or its newest file takes the place of the copy that runs.
 *
 *   reading (worker) ─▶ one turn: save(old) ─ load(new) ─ restore(new) ─ what is registered changes hands
 *                         │ too long, or a failure: the new copy goes, the old one is as it was
 *                         ▼
 *                       old: LEAVING, until it has ended what it began
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "plugin/reading.h"

/* One change of one plugin: host_load or host_reload. */
struct swap {
	struct reading reading;
	struct confab_plugin *old, *fresh;
	bool loaded;           /* load() of the new one succeeded */
	struct timer deadline; /* of a provider that connects first */
	int64_t save_us, load_us, restore_us;
	host_done_fn done;
	void *arg;
};

static void swap_free(struct swap *sw)
{
	timer_stop(&sw->deadline);
	reading_fini(&sw->reading);
	free(sw);
}

static void swap_end(struct swap *sw, int rc, const struct confab_error *err)
{
	struct host *h = sw->reading.host;
	if (rc != 0)
		log_warning("%s", err->text);
	h->swap = NULL;
	sw->done(sw->arg, rc, err);
	swap_free(sw);
	stop_step(h);
}

/* ---- load ---------------------------------------------------------------------------------- */

static void brought_up(void *arg, int rc, const struct confab_error *err)
{
	struct swap *sw = arg;
	struct host *h = sw->reading.host;
	if (rc != 0) {
		host_forget(h, sw->reading.name);
	} else {
		const struct config *former = h->cfg;
		h->cfg = sw->reading.cfg;
		sw->reading.cfg = former;
	}
	swap_end(sw, rc, err);
}

static void read_to_load(struct reading *rd)
{
	struct swap *sw = (struct swap *)rd;
	struct host *h = rd->host;
	int rc = rd->rc;
	if (rc == 0) {
		rc = plugin_add(h, rd->plugin, &rd->err);
		rd->plugin = NULL;
	}
	if (rc != 0)
		swap_end(sw, rc, &rd->err);
	else
		startup_more(h, brought_up, sw);
}

/* ---- reload -------------------------------------------------------------------------------- */

/* The new copy goes; the old one never noticed. */
static void swap_refuse(struct swap *sw, int rc, const char *why)
{
	struct confab_plugin *fresh = sw->fresh;
	struct confab_error err = {0};
	confab_error_set(&err, rc, "plugin '%s', is not reloaded, version %s goes on (%s)",
		sw->old->name, sw->old->version, why);
	sw->reading.host->swap = NULL;
	if (fresh != NULL) {
		host_keep_leaving(sw->reading.host, fresh);
		unload_begin(fresh, sw->loaded ? UNLOAD_LOADED : UNLOAD_FAILED, NULL, NULL);
	}
	swap_end(sw, rc, &err);
}

/* What was counted goes on being counted. */
static void counts_pass(struct confab_plugin *old, struct confab_plugin *fresh)
{
	memcpy(fresh->blame.cells, old->blame.cells, sizeof(fresh->blame.cells));
	memset(old->blame.cells, 0, sizeof(old->blame.cells));
	fresh->breaker = old->breaker;
	fresh->breaker.plugin = fresh->name;
	fresh->emit_second = old->emit_second;
	fresh->emits = old->emits;
	fresh->unanswered = old->unanswered;
	for (unsigned i = 0; i < BOUNDS; i++)
		atomic_store(&fresh->ledger.refused[i], atomic_load(&old->ledger.refused[i]));
}

static void swap_over(struct swap *sw, int64_t began_us)
{
	struct confab_plugin *old = sw->old, *fresh = sw->fresh;
	struct host *h = sw->reading.host;
	const struct config *former = h->cfg;
	struct confab_error none = {0};

	unsigned moved = slot_hand_over(&old->slots, &fresh->slots);
	counts_pass(old, fresh);
	host_replace(h, old, fresh);
	atomic_store(&fresh->state, PLUGIN_UP);
	leave_begin(old);
	h->cfg = sw->reading.cfg;
	sw->reading.cfg = former;
	host_changed(h);
	fresh->swap_us = clock_mono_us() - began_us;
	log_info("plugin '%s', runs version %s instead of %s (in %lld us: save %lld, load %lld, "
		 "restore %lld; %u slots moved)",
		fresh->name, fresh->version, old->version, (long long)fresh->swap_us,
		(long long)sw->save_us, (long long)sw->load_us, (long long)sw->restore_us, moved);
	swap_end(sw, 0, &none);
}

static json_t *save_old(struct swap *sw)
{
	struct confab_plugin *p = sw->old;
	if (p->desc.d.save == NULL)
		return NULL;
	struct blame_call call = plugin_enter(p, BLAME_LIFE);
	json_t *saved = p->desc.d.save(p->ctx);
	plugin_leave(p, &call, BLAME_LIFE, false);
	sw->save_us = clock_mono_us() - call.began_us;
	return saved;
}

static int load_fresh(struct swap *sw, struct confab_error *err)
{
	if (sw->loaded)
		return 0;
	int64_t began_us = clock_mono_us();
	int rc = plugin_load(sw->fresh, err);
	sw->load_us = clock_mono_us() - began_us;
	sw->loaded = rc == 0;
	if (rc == 0)
		atomic_store(&sw->fresh->state, PLUGIN_STARTING);
	return rc;
}

static int restore_fresh(struct swap *sw, const json_t *saved, struct confab_error *err)
{
	struct confab_plugin *p = sw->fresh;
	if (saved == NULL)
		return 0;
	if (p->desc.d.restore == NULL) {
		log_warning("plugin '%s', version %s takes no state: what was saved is dropped",
			p->name, p->version);
		return 0;
	}
	struct blame_call call = plugin_enter(p, BLAME_LIFE);
	int rc = p->desc.d.restore(p->ctx, saved);
	plugin_leave(p, &call, BLAME_LIFE, rc != 0);
	sw->restore_us = clock_mono_us() - call.began_us;
	if (rc != 0)
		confab_error_set(err, rc, "version %s refuses the state of version %s (%s)",
			p->version, sw->old->version, confab_code_text(rc));
	return rc;
}

/* All of it in one turn. */
static void swap_turn(struct swap *sw)
{
	int64_t max_us = sw->reading.host->swap_max_us;
	int64_t began_us = clock_mono_us();
	struct confab_error err = {0};
	json_t *saved = save_old(sw);
	int rc = 0;

	if (sw->save_us <= max_us)
		rc = load_fresh(sw, &err);
	if (rc == 0 && sw->save_us <= max_us)
		rc = restore_fresh(sw, saved, &err);
	json_decref(saved);
	int64_t took_us = clock_mono_us() - began_us;
	if (rc == 0 && took_us > max_us)
		rc = confab_error_set(&err, CONFAB_ETIMEDOUT,
			"it took %lld us, and %lld are allowed: save %lld, load %lld, restore %lld",
			(long long)took_us, (long long)max_us, (long long)sw->save_us,
			(long long)sw->load_us, (long long)sw->restore_us);
	if (rc == 0)
		rc = register_swap(sw->old, sw->fresh, &err);
	if (rc != 0)
		swap_refuse(sw, rc, err.text);
	else
		swap_over(sw, began_us);
}

/* Why no new copy can take its place, or 0. */
static int reload_refusal(const struct confab_plugin *p, struct confab_error *err)
{
	char names[256];
	if (p->desc.d.flags & CONFAB_RESIDENT)
		return confab_error_set(err, CONFAB_EUNSUPPORTED,
			"it is resident: its libraries cannot be unloaded; restart the server");
	if (descriptor_provides(&p->desc, "store") || descriptor_provides(&p->desc, "bus"))
		return confab_error_set(err, CONFAB_EUNSUPPORTED,
			"it provides the server's %s, which cannot change hands while it is open; "
			"restart the server",
			descriptor_provides(&p->desc, "store") ? "store" : "bus");
	if (p->desc.d.codecs.n > 0)
		return confab_error_set(err, CONFAB_EUNSUPPORTED,
			"connections speak by its codec; restart the server");
	if (service_users(p, names, sizeof(names)))
		return confab_error_set(err, CONFAB_EBUSY, "its services are in use by %s", names);
	return 0;
}

/* A copy before this one has not come to its end yet. */
static int former_refusal(
	const struct host *h, const struct confab_plugin *p, struct confab_error *err)
{
	char held[256];
	for (size_t i = 0; i < h->n_leaving; i++) {
		const struct confab_plugin *former = h->leaving[i];
		if (strcmp(former->name, p->name) != 0)
			continue;
		plugin_holdings(former, held, sizeof(held));
		return confab_error_set(err, CONFAB_EBUSY,
			"the copy before it (version %s) is still leaving: %s; try again",
			former->version, held);
	}
	return 0;
}

static void provider_late(void *arg)
{
	swap_refuse(arg, CONFAB_ETIMEDOUT, "the new copy did not become ready in time");
}

static void read_to_swap(struct reading *rd)
{
	struct swap *sw = (struct swap *)rd;
	struct host *h = rd->host;
	struct confab_error err = {0};
	int rc = rd->rc;
	if (rc != 0) {
		swap_end(sw, rc, &rd->err);
		return;
	}
	sw->fresh = rd->plugin;
	rd->plugin = NULL;
	sw->fresh->generation = sw->old->generation + 1;
	rc = reload_refusal(sw->fresh, &err);
	if (rc == 0)
		rc = reload_refusal(sw->old, &err);
	if (rc == 0)
		rc = requires_check(h, sw->fresh, &err);
	if (rc == 0 && plugin_is_provider(sw->fresh))
		rc = load_fresh(sw, &err);
	if (rc != 0) {
		swap_refuse(sw, rc, err.text);
		return;
	}
	h->swap = sw;
	if (!plugin_is_provider(sw->fresh) || sw->fresh->ready)
		swap_turn(sw);
	else
		timer_start(h->loop, &sw->deadline, (int64_t)h->ready_ms * 1000);
}

static struct swap *swap_new(host_done_fn done, void *arg)
{
	struct swap *sw = alloc_zero(1, sizeof(*sw));
	timer_init(&sw->deadline, provider_late, sw);
	sw->done = done;
	sw->arg = arg;
	return sw;
}

static void load(struct host *h, const char *name, const struct confab_descriptor *d,
	host_done_fn done, void *arg)
{
	const struct confab_plugin *there = host_find(h, name);
	struct confab_error err = {0};
	int rc = host_quiet(h, &err);
	if (rc == 0 && there != NULL && atomic_load(&there->state) == PLUGIN_UP)
		rc = confab_error_set(
			&err, CONFAB_EEXIST, "plugin '%s', is loaded already; reload it", name);
	if (rc != 0)
		done(arg, rc, &err);
	else
		reading_start(&swap_new(done, arg)->reading, h, name, d, read_to_load);
}

static void reload(struct host *h, const char *name, const struct confab_descriptor *d,
	host_done_fn done, void *arg)
{
	struct confab_plugin *p = host_find(h, name);
	struct confab_error err = {0}, why = {0};
	int rc = host_quiet(h, &err);
	if (rc == 0 && (p == NULL || atomic_load(&p->state) != PLUGIN_UP))
		rc = confab_error_set(&err, CONFAB_ENOENT, "plugin '%s', is not loaded", name);
	if (rc == 0)
		rc = reload_refusal(p, &why);
	if (rc == 0)
		rc = former_refusal(h, p, &why);
	if (why.code != 0)
		confab_error_set(&err, rc, "plugin '%s', is not reloaded, version %s goes on (%s)",
			p->name, p->version, why.text);
	if (rc != 0) {
		done(arg, rc, &err);
		return;
	}
	struct swap *sw = swap_new(done, arg);
	sw->old = p;
	reading_start(&sw->reading, h, name, d, read_to_swap);
}

/* ------------------------------------------------------------------------------------------ */

void swap_ready(struct confab_plugin *fresh, int rc, const char *why)
{
	struct swap *sw = fresh->host->swap;
	if (sw == NULL || sw->fresh != fresh || !timer_running(&sw->deadline))
		return;
	timer_stop(&sw->deadline);
	if (rc != 0)
		swap_refuse(sw, rc, why);
	else
		swap_turn(sw);
}

void swap_cancel(struct host *h)
{
	if (h->swap != NULL && timer_running(&h->swap->deadline))
		swap_refuse(h->swap, CONFAB_ECLOSED, "the server stops");
}

void host_load(struct host *h, const char *name, host_done_fn done, void *arg)
{
	load(h, name, NULL, done, arg);
}

void host_reload(struct host *h, const char *name, host_done_fn done, void *arg)
{
	reload(h, name, NULL, done, arg);
}

void host_load_static(
	struct host *h, const struct confab_descriptor *d, host_done_fn done, void *arg)
{
	load(h, d->name, d, done, arg);
}

void host_reload_static(
	struct host *h, const struct confab_descriptor *d, host_done_fn done, void *arg)
{
	reload(h, d->name, d, done, arg);
}
