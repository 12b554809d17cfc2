/**
 * Services: who provides what, who uses it, and providers that say they are ready.
 *
 * SPDX-License-Identifier: MIT
 */
#include <confab/service.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "plugin/host_internal.h"

/* A plugin uses a service of another. */
struct use {
	struct holding holding;
	struct confab_plugin *provider;
	char service[65];
	unsigned count;
};

struct readiness {
	struct mail mail;
	struct confab_plugin *plugin;
	int rc;
	char why[256];
};

static void use_sweep(struct holding *h)
{
	struct use *use = (struct use *)h;
	ledger_remove(h);
	free(use);
}

static struct use *use_find(const struct confab_plugin *p, const char *service)
{
	for (struct holding *h = p->ledger.head.next; h != &p->ledger.head; h = h->next)
		if (h->sweep == use_sweep && strcmp(((struct use *)h)->service, service) == 0)
			return (struct use *)h;
	return NULL;
}

static const struct confab_provide_row *row_find(
	const struct confab_plugin *p, const char *service, unsigned major, size_t min_size)
{
	enum plugin_state state = atomic_load(&p->state);
	if (state != PLUGIN_STARTING && state != PLUGIN_UP)
		return NULL;
	for (uint32_t i = 0; i < p->desc.d.provides.n; i++) {
		const struct confab_provide_row *row = &p->desc.provides[i];
		if (row->major == major && row->size >= min_size &&
			strcmp(row->service, service) == 0)
			return row;
	}
	return NULL;
}

static struct confab_plugin *provider_find(const struct host *h, const char *service,
	unsigned major, size_t min_size, const struct confab_provide_row **row)
{
	for (size_t i = 0; i < h->n_plugins; i++) {
		*row = row_find(h->plugins[i], service, major, min_size);
		if (*row != NULL)
			return h->plugins[i];
	}
	return NULL;
}

static void readiness_run(struct mail *m)
{
	struct readiness *r = (struct readiness *)m;
	struct confab_plugin *p = r->plugin;
	startup_ready(p, r->rc, r->why);
	free(r);
	plugin_flight_ended(p, FLIGHT_POST);
}

/* ------------------------------------------------------------------------------------------ */

const void *confab_service_use(
	struct confab_plugin *p, const char *name, unsigned major, size_t min_size, void **ctx)
{
	plugin_check(p);
	const struct confab_provide_row *row;
	struct confab_plugin *provider = provider_find(p->host, name, major, min_size, &row);
	if (provider == NULL || !plugin_open_for_work(p))
		return NULL;
	struct use *use = use_find(p, name);
	if (use == NULL) {
		use = alloc_zero(1, sizeof(*use));
		snprintf(use->service, sizeof(use->service), "%s", name);
		use->provider = provider;
		ledger_add(&p->ledger, &use->holding, "use of a service", use_sweep);
	}
	use->count++;
	if (ctx != NULL)
		*ctx = use->provider->ctx;
	return row->vtable;
}

void confab_service_drop(struct confab_plugin *p, const char *name)
{
	struct use *use = use_find(plugin_check(p), name);
	if (use != NULL && --use->count == 0)
		use_sweep(&use->holding);
}

bool service_users(const struct confab_plugin *p, char *names, size_t size)
{
	size_t len = 0;
	names[0] = '\0';
	for (size_t i = 0; i < p->host->n_plugins; i++) {
		const struct confab_plugin *other = p->host->plugins[i];
		bool uses = false;
		for (struct holding *h = other->ledger.head.next; h != &other->ledger.head;
			h = h->next)
			uses = uses || (h->sweep == use_sweep && ((struct use *)h)->provider == p);
		if (uses && other != p && len < size)
			len += (size_t)snprintf(names + len, size - len, "%s'%s'",
				len > 0 ? ", " : "", other->name);
	}
	return len > 0;
}

const void *host_service(const struct host *h, const char *provider, const char *service,
	unsigned major, size_t min_size, void **ctx)
{
	const struct confab_provide_row *row = NULL;
	struct confab_plugin *p = provider != NULL
		? host_find(h, provider)
		: provider_find(h, service, major, min_size, &row);
	if (p != NULL && provider != NULL)
		row = row_find(p, service, major, min_size);
	if (row == NULL)
		return NULL;
	if (ctx != NULL)
		*ctx = p->ctx;
	return row->vtable;
}

void confab_ready(struct confab_plugin *p, int err, const char *why)
{
	plugin_check(p);
	struct readiness *r = alloc_zero(1, sizeof(*r));
	r->mail.run = readiness_run;
	r->plugin = p;
	r->rc = err;
	snprintf(r->why, sizeof(r->why), "%s", why != NULL ? why : confab_code_text(err));
	/* Also while it is being unloaded: the count keeps the record until it was heard. */
	ledger_begin(&p->ledger, FLIGHT_POST);
	loop_post(p->host->loop, &r->mail);
}
