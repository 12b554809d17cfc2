/**
 * Bringing plugins to life, one after the other: prepare all, then load, wait for providers, register.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "plugin/host_internal.h"
#include "plugin/order.h"
#include "store/store.h"

struct startup {
	struct host *host;
	struct preparation prep;
	bool preparing, cancelled;
	bool more;                     /* the server runs already */
	size_t next;                   /* plugins below it have been loaded */
	struct confab_plugin *waiting; /* for this provider; or for this one to be swept */
	struct timer deadline;
	int rc;
	struct confab_error err;
	host_done_fn done;
	void *arg;
};

static void startup_end(struct startup *st)
{
	struct host *h = st->host;
	struct confab_error err = st->err;
	host_done_fn done = st->done;
	void *arg = st->arg;
	int rc = st->rc;

	timer_stop(&st->deadline);
	preparation_fini(&st->prep);
	bool more = st->more;
	h->startup = NULL;
	free(st);
	if (more)
		host_changed(h);
	done(arg, rc, &err);
	stop_step(h);
}

static int startup_fail(struct startup *st, const struct confab_plugin *p, int rc, const char *why)
{
	if (st->rc == 0)
		st->rc = confab_error_set(&st->err, rc, "plugin '%s', %s", p->name, why);
	return st->rc;
}

/* A failed plugin has been swept: nothing of it is left. */
static void swept(void *arg)
{
	startup_end(arg);
}

/* The provider of the store is up: documents go through it from now on. */
static int store_begin(struct confab_plugin *p, struct confab_error *err)
{
	struct host *h = p->host;
	void *ctx;
	if (h->store != NULL || !descriptor_provides(&p->desc, "store"))
		return 0;
	const struct confab_store *vtable = host_service(
		h, p->name, "store", 1, sizeof(size_t), &ctx);
	if (vtable == NULL)
		return confab_error_set(
			err, CONFAB_EABI, "provides another major of 'store' than 1");
	h->store = store_new(vtable, ctx, err);
	return h->store != NULL ? 0 : err->code;
}

/* It may be used now. */
static int plugin_up(struct startup *st, struct confab_plugin *p)
{
	struct confab_error err = {0};
	int rc = store_begin(p, &err);
	if (rc == 0)
		rc = register_plugin(p, &err);
	if (rc != 0)
		return startup_fail(st, p, rc, err.text);
	atomic_store(&p->state, PLUGIN_UP);
	log_info("plugin '%s', is up (version %s)", p->name, p->version);
	return 0;
}

/* On failure from says how far it came. */
static int startup_load(struct startup *st, struct confab_plugin *p, enum unload_from *from)
{
	struct confab_error err = {0};
	int rc = plugin_load(p, &err);
	*from = rc != 0 ? UNLOAD_FAILED : UNLOAD_LOADED;
	if (rc != 0)
		return startup_fail(st, p, rc, err.text);
	atomic_store(&p->state, PLUGIN_STARTING);
	if (plugin_is_provider(p) && !p->ready)
		return 0;
	return plugin_up(st, p);
}

static void sweep_failed(struct startup *st, struct confab_plugin *p, enum unload_from from)
{
	timer_stop(&st->deadline);
	st->waiting = p;
	unload_begin(p, from, swept, st);
}

static void load_step(struct startup *st)
{
	struct host *h = st->host;
	while (st->next < h->n_plugins) {
		struct confab_plugin *p = h->plugins[st->next];
		enum unload_from from;
		if (atomic_load(&p->state) != PLUGIN_OPENED) {
			st->next++;
			continue;
		}
		if (startup_load(st, p, &from) != 0) {
			sweep_failed(st, p, from);
			return;
		}
		st->next++;
		if (atomic_load(&p->state) == PLUGIN_STARTING) {
			st->waiting = p;
			timer_start(h->loop, &st->deadline, (int64_t)h->ready_ms * 1000);
			return;
		}
	}
	startup_end(st);
}

static void deadline_passed(void *arg)
{
	struct startup *st = arg;
	startup_fail(st, st->waiting, CONFAB_ETIMEDOUT, "did not become ready in time");
	sweep_failed(st, st->waiting, UNLOAD_LOADED);
}

static struct startup *startup_new(struct host *h, host_done_fn done, void *arg)
{
	struct startup *st = alloc_zero(1, sizeof(*st));
	st->host = h;
	st->done = done;
	st->arg = arg;
	timer_init(&st->deadline, deadline_passed, st);
	h->startup = st;
	return st;
}

/* Nobody is there that p names in its conflicts. */
static int conflicts_check(
	const struct host *h, const struct confab_plugin *p, struct confab_error *err)
{
	for (size_t i = 0; i < h->n_plugins; i++) {
		enum plugin_state state = atomic_load(&h->plugins[i]->state);
		if (state != PLUGIN_GONE && state != PLUGIN_FAILED && h->plugins[i] != p &&
			order_names_has(p->desc.d.conflicts, h->plugins[i]->name))
			return confab_error_set(err, CONFAB_EEXIST,
				"plugin '%s', cannot be beside '%s' (it says so); "
				"enable only one of them under plugins:",
				p->name, h->plugins[i]->name);
	}
	return 0;
}

static void prepared(struct preparation *prep)
{
	struct startup *st = (struct startup *)((char *)prep - offsetof(struct startup, prep));
	st->preparing = false;
	if (st->rc == 0 && prep->rc != 0)
		st->rc = confab_error_set(&st->err, prep->rc, "%s", prep->err.text);
	if (st->cancelled && st->rc == 0)
		st->rc = confab_error_set(&st->err, CONFAB_ECLOSED, "stopped while starting");
	if (st->rc != 0) {
		startup_end(st);
		return;
	}
	preparation_commit(prep);
	load_step(st);
}

/* ------------------------------------------------------------------------------------------ */

int requires_check(const struct host *h, const struct confab_plugin *p, struct confab_error *err)
{
	const char *at = p->desc.d.requires_;
	while (at != NULL && *(at += strspn(at, " ")) != '\0') {
		char name[64];
		size_t len = strcspn(at, " ");
		if (len >= sizeof(name))
			return confab_error_set(err, CONFAB_EINVAL,
				"plugin '%s', requires a name that is too long", p->name);
		memcpy(name, at, len);
		name[len] = '\0';
		bool found = false;
		for (size_t i = 0; i < h->n_plugins && !found; i++)
			found = strcmp(h->plugins[i]->name, name) == 0 ||
				descriptor_provides(&h->plugins[i]->desc, name);
		if (!found)
			return confab_error_set(err, CONFAB_ENOENT,
				"plugin '%s', requires '%s', which is not enabled", p->name, name);
		at += len;
	}
	int rc = conflicts_check(h, p, err);
	return rc != 0 ? rc : owners_check(h, p, err);
}

/* Everything has what it requires. What lacks something while a plugin is in quarantine goes too: perhaps
 * that would have brought it, and the rest of the server can do without both. */
static int requires_settle(struct host *h, struct confab_error *err)
{
	for (size_t i = 0; i < h->n_plugins; i++) {
		struct confab_error why = {0};
		int rc = requires_check(h, h->plugins[i], &why);
		if (rc == 0)
			continue;
		if (rc != CONFAB_ENOENT || h->passed_over.n == 0 ||
			atomic_load(&h->plugins[i]->state) != PLUGIN_OPENED)
			return confab_error_set(err, rc, "%s", why.text);
		log_error("%s (perhaps a plugin in quarantine): it is not loaded either", why.text);
		host_forget(h, h->plugins[i]->name);
		i = SIZE_MAX; /* others may have required it */
	}
	return 0;
}

int plugin_load(struct confab_plugin *p, struct confab_error *err)
{
	int rc = 0;
	if (p->desc.d.load == NULL)
		return 0;
	struct blame_call call = plugin_enter(p, BLAME_LIFE);
	rc = p->desc.d.load(p, &p->ctx, err);
	plugin_leave(p, &call, BLAME_LIFE, rc != 0);
	if (rc != 0 && err->text[0] == '\0')
		confab_error_set(err, rc, "failed to load (no reason given)");
	return rc;
}

void host_start(struct host *h, const struct config *cfg, struct loop *loop, struct pool *pool,
	host_done_fn done, void *arg)
{
	struct startup *st = startup_new(h, done, arg);
	h->loop = loop;
	h->pool = pool;
	overdue_start(h);
	st->rc = host_order(h, &st->err);
	if (st->rc == 0)
		st->rc = requires_settle(h, &st->err);
	st->preparing = true;
	preparation_start(&st->prep, h, st->rc == 0 ? cfg : NULL, prepared);
}

void startup_logged(void *arg, int rc, const struct confab_error *err)
{
	(void)arg;
	if (rc != 0)
		log_error("%s", err->text);
}

void startup_more(struct host *h, host_done_fn done, void *arg)
{
	bool any = false;
	for (size_t i = 0; i < h->n_plugins; i++)
		any = any || atomic_load(&h->plugins[i]->state) == PLUGIN_OPENED;
	if (!any || h->startup != NULL || h->stop != NULL) {
		struct confab_error none = {0};
		done(arg, 0, &none);
		return;
	}
	struct startup *st = startup_new(h, done, arg);
	st->more = true;
	st->rc = host_order(h, &st->err);
	if (st->rc == 0)
		st->rc = requires_settle(h, &st->err);
	if (st->rc != 0)
		startup_end(st);
	else
		load_step(st);
}

void startup_ready(struct confab_plugin *p, int rc, const char *why)
{
	struct startup *st = p->host->startup;
	p->ready = rc == 0;
	if (rc != 0)
		log_error("plugin '%s', cannot be used (%s)", p->name, why);
	swap_ready(p, rc, why);
	if (st == NULL || st->waiting != p || atomic_load(&p->state) != PLUGIN_STARTING)
		return;
	timer_stop(&st->deadline);
	if (rc != 0)
		rc = startup_fail(st, p, rc, why);
	else
		rc = plugin_up(st, p);
	st->waiting = NULL;
	if (rc != 0)
		sweep_failed(st, p, UNLOAD_LOADED);
	else
		load_step(st);
}

void startup_cancel(struct host *h)
{
	struct startup *st = h->startup;
	if (st == NULL || st->cancelled)
		return;
	st->cancelled = true;
	/* On a worker, or being swept: its end will be seen. */
	if (st->preparing || !timer_running(&st->deadline))
		return;
	st->rc = confab_error_set(&st->err, CONFAB_ECLOSED, "stopped while starting");
	sweep_failed(st, st->waiting, UNLOAD_LOADED);
}
