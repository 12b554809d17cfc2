/**
 * The list of plugins, opening them, their order, and questions about them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "plugin/host.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "config/config.h"
#include "pipeline/pipeline.h"
#include "plugin/host_internal.h"
#include "plugin/memory.h"
#include "plugin/metric.h"
#include "plugin/order.h"

#define READY_MS 30000
#define SWAP_MAX_US 10000
#define PLUGINS_MAX 256

void plugin_free(struct confab_plugin *p)
{
	if (p == NULL)
		return;
	metrics_free(p);
	snapshots_free(p->snapshots);
	descriptor_fini(&p->desc);
	if (!(p->image.descriptor != NULL && p->image.descriptor->flags & CONFAB_RESIDENT))
		image_close(&p->image);
	free(p->slots);
	p->magic = 0;
	free(p);
}

static void plugin_remove(struct host *h, size_t at)
{
	struct confab_plugin *p = h->plugins[at];
	h->n_plugins--;
	memmove(&h->plugins[at], &h->plugins[at + 1],
		(h->n_plugins - at) * sizeof(struct confab_plugin *));
	plugin_free(p);
}

static bool plugin_over(const struct confab_plugin *p)
{
	enum plugin_state state = atomic_load(&p->state);
	return state == PLUGIN_GONE || state == PLUGIN_FAILED;
}

int plugin_add(struct host *h, struct confab_plugin *p, struct confab_error *err)
{
	for (size_t i = 0; i < h->n_plugins; i++)
		if (strcmp(h->plugins[i]->name, p->name) == 0 && plugin_over(h->plugins[i]))
			plugin_remove(h, i--);
	bool there = host_find(h, p->name) != NULL;
	if (there || h->n_plugins == PLUGINS_MAX) {
		int rc = confab_error_set(err, there ? CONFAB_EEXIST : CONFAB_ELIMIT,
			"plugin '%s', cannot be opened (%s)", p->name,
			there ? "it is there already" : "there are too many");
		plugin_free(p);
		return rc;
	}
	h->plugins = alloc_resize(h->plugins, (h->n_plugins + 1) * sizeof(struct confab_plugin *));
	h->plugins[h->n_plugins++] = p;
	return 0;
}

static struct confab_plugin *plugin_new(struct host *h, const char *name)
{
	struct confab_plugin *p = alloc_zero(1, sizeof(*p));
	p->magic = PLUGIN_MAGIC;
	p->host = h;
	snprintf(p->name, sizeof(p->name), "%s", name);
	ledger_init(&p->ledger);
	blame_init(&p->blame, p->name);
	p->breaker.plugin = p->name;
	p->account = account_of(p->name);
	p->slots = alloc_zero(1, sizeof(*p->slots));
	p->generation = 1;
	atomic_init(&p->state, PLUGIN_OPENED);
	return p;
}

static int descriptor_take(
	struct confab_plugin *p, const struct confab_descriptor *d, struct confab_error *err)
{
	int rc = descriptor_read(d, &p->desc, err);
	if (rc == 0 && p->image.handle != NULL &&
		(strcmp(d->name, p->image.manifest.name) != 0 ||
			strcmp(d->version, p->image.manifest.version) != 0))
		rc = confab_error_set(err, CONFAB_EPROTO,
			"its note says %s %s, its descriptor %s %s", p->image.manifest.name,
			p->image.manifest.version, d->name, d->version);
	if (rc == 0) {
		snprintf(p->version, sizeof(p->version), "%s", d->version);
		p->slots->rows = p->desc.slots;
		p->slots->n_rows = p->desc.d.slots.n;
	}
	return rc;
}

/* What p must come after: the names it gives, and whoever is or provides what it requires. */
static char *needs_of(const struct host *h, const struct confab_plugin *p)
{
	const struct confab_descriptor *d = &p->desc.d;
	struct buf needs;
	buf_init(&needs);
	buf_fmt(&needs, "%s %s", d->after != NULL ? d->after : "",
		d->requires_ != NULL ? d->requires_ : "");
	for (size_t i = 0; i < h->n_plugins; i++) {
		const struct descriptor *other = &h->plugins[i]->desc;
		for (uint32_t k = 0; k < other->d.provides.n; k++)
			if (order_names_has(d->requires_, other->provides[k].service))
				buf_fmt(&needs, " %s", h->plugins[i]->name);
	}
	return buf_take(&needs, NULL);
}

/* Providers come first: everybody else may use them while loading. */
static unsigned group_of(const struct confab_plugin *p)
{
	static const char *const services[] = {"store", "bus", "auth"};
	unsigned group = 0;
	while (group < 3 && !descriptor_provides(&p->desc, services[group]))
		group++;
	return group;
}

struct confab_plugin *plugin_read(struct host *h, const char *name, struct confab_error *err)
{
	struct confab_error why = {0};
	struct confab_plugin *p = plugin_new(h, name);
	int rc = image_open((const char *const *)h->dirs, h->n_dirs, name, &p->image, &why);
	if (rc == 0)
		rc = descriptor_take(p, p->image.descriptor, &why);
	if (rc == 0)
		return p;
	confab_error_set(err, rc, "plugin '%s', %s", name, why.text);
	plugin_free(p);
	return NULL;
}

struct confab_plugin *plugin_read_static(
	struct host *h, const struct confab_descriptor *d, struct confab_error *err)
{
	struct confab_error why = {0};
	struct confab_plugin *p = plugin_new(h, d->name != NULL ? d->name : "?");
	int rc = descriptor_take(p, d, &why);
	if (rc == 0)
		return p;
	confab_error_set(err, rc, "plugin '%s', %s", p->name, why.text);
	plugin_free(p);
	return NULL;
}

/* Plugins being opened on a worker. */
struct opening {
	struct work work;
	struct host *host;
	char **names;
	struct confab_plugin **plugins;
	size_t n;
	struct quarantine quarantine;
	struct confab_error err;
	host_done_fn done;
	void *arg;
};

static int opening_run(struct work *w)
{
	struct opening *o = (struct opening *)w;
	if (o->host->quarantine)
		quarantine_read(o->host->data_dir, &o->quarantine);
	for (size_t i = 0; i < o->n && o->err.code == 0; i++)
		if (quarantine_find(&o->quarantine, o->names[i]) == NULL)
			o->plugins[i] = plugin_read(o->host, o->names[i], &o->err);
	return o->err.code;
}

/* Keep all of them, or none. */
static void opening_end(struct opening *o, int rc)
{
	struct host *h = o->host;
	for (size_t i = 0; i < o->n; i++) {
		(void)host_pass_over(h, &o->quarantine, o->names[i]);
		if (o->plugins[i] != NULL && rc == 0)
			rc = plugin_add(h, o->plugins[i], &o->err);
		else if (o->plugins[i] != NULL)
			plugin_free(o->plugins[i]);
		free(o->names[i]);
	}
	free(o->names);
	free(o->plugins);
	h->opening = false;
	if (rc != 0) {
		confab_error_set(&o->err, rc, "plugins were not opened (%s)", confab_code_text(rc));
		host_drop_opened(h);
	}
	o->done(o->arg, rc, &o->err);
	free(o);
	stop_step(h);
}

static void opening_done(struct work *w, int rc)
{
	opening_end((struct opening *)w, rc);
}

/* The pipeline and ops know an owner only as a pointer. */
static struct blame *blame_of(const void *owner)
{
	return plugin_blame((struct confab_plugin *)(uintptr_t)owner);
}

static bool off_in(const void *owner, const struct config_type *type, const struct channel *ch)
{
	const struct confab_plugin *p = owner;
	size_t i;
	json_t *name;
	if (ch != NULL && ch->off != NULL)
		json_array_foreach(ch->off, i,
			name) if (strcmp(json_string_value(name), p->name) == 0) return true;
	return snapshots_off(p->snapshots, type);
}

/* ------------------------------------------------------------------------------------------ */

struct host *host_new(const struct host_options *options)
{
	struct host *h = alloc_zero(1, sizeof(*h));
	h->dirs = alloc_zero(options->n_dirs + 1, sizeof(char *));
	for (size_t i = 0; i < options->n_dirs; i++)
		h->dirs[h->n_dirs++] = alloc_str(options->dirs[i]);
	h->data_dir = alloc_str(options->data_dir != NULL ? options->data_dir : ".");
	h->ready_ms = options->ready_ms != 0 ? options->ready_ms : READY_MS;
	h->swap_max_us = options->swap_max_us != 0 ? options->swap_max_us : SWAP_MAX_US;
	h->quarantine = options->quarantine;
	return h;
}

void host_free(struct host *h)
{
	if (h == NULL)
		return;
	assert(h->startup == NULL && h->stop == NULL && h->change == NULL && h->n_leaving == 0);
	while (h->n_plugins > 0) {
		struct confab_plugin *p = h->plugins[--h->n_plugins];
		assert(p->state != PLUGIN_UP && p->state != PLUGIN_STARTING &&
			p->state != PLUGIN_DRAINING);
		plugin_free(p);
	}
	config_unref(h->cfg);
	for (size_t i = 0; i < h->n_dirs; i++)
		free(h->dirs[i]);
	free(h->dirs);
	free(h->data_dir);
	free(h->plugins);
	free(h->leaving);
	free(h);
}

int host_open(struct host *h, const char *name, struct confab_error *err)
{
	struct quarantine q = {0};
	if (h->quarantine)
		quarantine_read(h->data_dir, &q);
	if (host_pass_over(h, &q, name))
		return 0;
	struct confab_plugin *p = plugin_read(h, name, err);
	return p != NULL ? plugin_add(h, p, err) : err->code;
}

void host_open_more(
	struct host *h, const char *const *names, size_t n, host_done_fn done, void *arg)
{
	struct confab_error err = {0};
	if (host_quiet(h, &err) != 0) {
		done(arg, CONFAB_EBUSY, &err);
		return;
	}
	struct opening *o = alloc_zero(1, sizeof(*o));
	o->work.run = opening_run;
	o->work.done = opening_done;
	o->host = h;
	o->done = done;
	o->arg = arg;
	o->names = alloc_zero(n + 1, sizeof(char *));
	o->plugins = alloc_zero(n + 1, sizeof(struct confab_plugin *));
	for (size_t i = 0; i < n; i++) {
		const struct confab_plugin *p = host_find(h, names[i]);
		if (p == NULL || plugin_over(p))
			o->names[o->n++] = alloc_str(names[i]);
	}
	h->opening = true;
	if (pool_submit(h->pool, &o->work) != 0)
		opening_end(o, confab_error_set(&o->err, CONFAB_EBUSY, "all workers are busy"));
}

void host_drop_opened(struct host *h)
{
	for (size_t i = h->n_plugins; i-- > 0;)
		if (atomic_load(&h->plugins[i]->state) == PLUGIN_OPENED)
			plugin_remove(h, i);
}

void host_drop(struct host *h)
{
	h->lent = false;
	if (h->startup == NULL && h->change == NULL && !h->opening)
		host_drop_opened(h);
}

int host_open_static(struct host *h, const struct confab_descriptor *d, struct confab_error *err)
{
	struct confab_plugin *p = plugin_read_static(h, d, err);
	return p != NULL ? plugin_add(h, p, err) : err->code;
}

struct config_plugin_table *host_tables(const struct host *h, size_t *n)
{
	struct config_plugin_table *tables = alloc_zero(h->n_plugins + 1, sizeof(*tables));
	*n = 0;
	for (size_t i = 0; i < h->n_plugins; i++) {
		const struct confab_plugin *p = h->plugins[i];
		if (!plugin_over(p))
			tables[(*n)++] = (struct config_plugin_table){
				.name = p->name, .settings = p->desc.d.settings};
	}
	return tables;
}

struct config_plugin_table *host_lend_tables(struct host *h, size_t *n)
{
	h->lent = true;
	return host_tables(h, n);
}

const struct config *host_config(const struct host *h)
{
	return h->cfg;
}

int host_settled(const struct host *h, struct confab_error *err)
{
	if (h->stop != NULL)
		return confab_error_set(err, CONFAB_EBUSY, "the server stops");
	if (h->change != NULL || h->lent)
		return confab_error_set(
			err, CONFAB_EBUSY, "the configuration is being reloaded; try again");
	if (h->opening || h->swap != NULL || h->startup != NULL)
		return confab_error_set(
			err, CONFAB_EBUSY, "another plugin is being loaded; try again");
	return 0;
}

int host_quiet(const struct host *h, struct confab_error *err)
{
	for (size_t i = 0; i < h->n_plugins; i++)
		if (atomic_load(&h->plugins[i]->state) == PLUGIN_DRAINING ||
			atomic_load(&h->plugins[i]->state) == PLUGIN_LEAVING)
			return confab_error_set(err, CONFAB_EBUSY,
				"plugin '%s', is still being unloaded; try again",
				h->plugins[i]->name);
	return host_settled(h, err);
}

void host_forget(struct host *h, const char *name)
{
	for (size_t i = h->n_plugins; i-- > 0;) {
		const struct confab_plugin *p = h->plugins[i];
		if (strcmp(p->name, name) == 0 &&
			(plugin_over(p) || atomic_load(&p->state) == PLUGIN_OPENED))
			plugin_remove(h, i);
	}
}

void host_keep_leaving(struct host *h, struct confab_plugin *p)
{
	h->leaving = alloc_resize(h->leaving, (h->n_leaving + 1) * sizeof(struct confab_plugin *));
	h->leaving[h->n_leaving++] = p;
}

void host_replace(struct host *h, struct confab_plugin *old, struct confab_plugin *fresh)
{
	for (size_t i = 0; i < h->n_plugins; i++)
		if (h->plugins[i] == old)
			h->plugins[i] = fresh;
	host_keep_leaving(h, old);
}

void host_forget_leaving(struct host *h, const struct confab_plugin *p)
{
	for (size_t i = 0; i < h->n_leaving; i++) {
		struct confab_plugin *left = h->leaving[i];
		if (left != p)
			continue;
		h->leaving[i] = h->leaving[--h->n_leaving];
		plugin_free(left);
		return;
	}
}

struct confab_plugin *host_leaving_at(const struct host *h, size_t n)
{
	return n < h->n_leaving ? h->leaving[n] : NULL;
}

int host_order(struct host *h, struct confab_error *err)
{
	size_t n = h->n_plugins;
	struct order_item *items = alloc_zero(n + 1, sizeof(*items));
	struct confab_plugin **sorted = alloc_zero(n + 1, sizeof(struct confab_plugin *));
	char **needs = alloc_zero(n + 1, sizeof(char *));
	size_t *places = alloc_zero(n + 1, sizeof(*places));

	for (size_t i = 0; i < n; i++) {
		const struct confab_plugin *p = h->plugins[i];
		needs[i] = needs_of(h, p);
		items[i] = (struct order_item){p->name, group_of(p), p->desc.d.before, needs[i]};
	}
	int rc = order_sort(items, n, places, err);
	for (size_t i = 0; i < n && rc == 0; i++)
		sorted[i] = h->plugins[places[i]];
	if (rc == 0 && n > 0)
		memcpy(h->plugins, sorted, n * sizeof(struct confab_plugin *));
	for (size_t i = 0; i < n; i++)
		free(needs[i]);
	free(needs);
	free(places);
	free(sorted);
	free(items);
	return rc;
}

void host_doors_set(struct host *h, struct pipeline *pl, struct op_table *ops)
{
	h->pipeline = pl;
	h->ops = ops;
	if (pl == NULL)
		return;
	pl->blame_of = blame_of;
	pl->off_in = off_in;
	channel_settings_open(h);
}

void host_watch(struct host *h, void (*fn)(void *arg), void *arg)
{
	h->changed = fn;
	h->changed_arg = arg;
}

void host_changed(struct host *h)
{
	if (h->changed != NULL && h->stop == NULL)
		h->changed(h->changed_arg);
}

struct store *host_store(const struct host *h)
{
	return h->store;
}

size_t host_count(const struct host *h)
{
	return h->n_plugins;
}

struct confab_plugin *host_at(const struct host *h, size_t n)
{
	return n < h->n_plugins ? h->plugins[n] : NULL;
}

struct confab_plugin *host_find(const struct host *h, const char *name)
{
	for (size_t i = 0; i < h->n_plugins; i++)
		if (strcmp(h->plugins[i]->name, name) == 0)
			return h->plugins[i];
	return NULL;
}
