/**
 * A plugin's tables are given to the parts that own them, and taken back.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "pipeline/command.h"
#include "pipeline/hook.h"
#include "pipeline/kind.h"
#include "pipeline/pipeline.h"
#include "plugin/host_internal.h"
#include "plugin/metric.h"
#include "wire/exchange.h"
#include "wire/op_table.h"

/* Hooks that a plugin may have added at run time. */
#define HOOKS_ADDED_MAX 64

/* The pipeline asks for the settings of the hook it calls. */
static const struct confab_settings *settings_for(
	const void *owner, const char *type, const struct channel *ch)
{
	return channel_settings(owner, type, ch);
}

static struct confab_plugin *of_owner(const void *owner)
{
	return plugin_check((struct confab_plugin *)(uintptr_t)owner);
}

static bool defer_begin(const void *owner)
{
	return plugin_flight_begin(of_owner(owner), FLIGHT_TICKET) == 0;
}

static void defer_end(const void *owner)
{
	plugin_flight_ended(of_owner(owner), FLIGHT_TICKET);
}

static struct hook hook_of(struct confab_plugin *p, const struct confab_hook_row *row)
{
	return (struct hook){
		.row = *row,
		.ctx = p->ctx,
		.owner = p,
		.plugin = p->name,
		.blame = &p->blame,
		.breaker = &p->breaker,
		.before = p->desc.d.before,
		.after = p->desc.d.after,
		.settings = settings_for,
		.defer_begin = defer_begin,
		.defer_end = defer_end,
	};
}

static int hooks_register(struct confab_plugin *p, struct pipeline *pl, struct confab_error *err)
{
	int rc = 0;
	for (uint32_t i = 0; i < p->desc.d.hooks.n && rc == 0; i++) {
		struct hook hook = hook_of(p, &p->desc.hooks[i]);
		rc = hook_add(pl->hooks, &hook, err);
	}
	return rc;
}

/* A hook that a plugin added itself. */
struct confab_hook {
	struct holding holding;
	struct confab_plugin *plugin;
	uint64_t id;
};

static void hook_sweep(struct holding *h)
{
	confab_hook_remove((struct confab_hook *)h);
}

/* ------------------------------------------------------------------------------------------ */

/* All but hooks: what has a name that nobody else may have. */
static int names_register(struct confab_plugin *p, struct confab_error *err)
{
	struct pipeline *pl = p->host->pipeline;
	struct op_table *ops = p->host->ops;
	int rc = 0;
	for (uint32_t i = 0; pl != NULL && i < p->desc.d.kinds.n && rc == 0; i++)
		rc = kind_add(pl->kinds, &p->desc.kinds[i], p->ctx, p, p->name, err);
	for (uint32_t i = 0; ops != NULL && i < p->desc.d.ops.n && rc == 0; i++)
		rc = op_add(ops, &p->desc.ops[i], p->ctx, p, p->name, err);
	for (uint32_t i = 0; pl != NULL && i < p->desc.d.commands.n && rc == 0; i++)
		rc = command_add(pl->commands, &p->desc.commands[i], p->ctx, p, p->name, err);
	if (rc == 0)
		rc = routes_register(p, err);
	if (rc == 0)
		rc = metrics_register(p, err);
	return rc;
}

static void names_leave(struct confab_plugin *p)
{
	if (p->host->ops != NULL)
		op_remove_all(p->host->ops, p);
	if (p->host->exchanges != NULL)
		exchanges_close(p->host->exchanges, p);
	if (p->host->pipeline != NULL) {
		kind_remove_all(p->host->pipeline->kinds, p);
		command_remove_all(p->host->pipeline->commands, p);
	}
}

int register_plugin(struct confab_plugin *p, struct confab_error *err)
{
	struct pipeline *pl = p->host->pipeline;
	int rc = names_register(p, err);
	if (pl != NULL && rc == 0)
		rc = hooks_register(p, pl, err);
	return rc;
}

void register_leave(struct confab_plugin *p)
{
	names_leave(p);
	if (p->host->pipeline != NULL)
		hook_remove_all(p->host->pipeline->hooks, p);
}

void register_remove(struct confab_plugin *p)
{
	register_leave(p);
	if (p->host->exchanges != NULL)
		exchanges_shut(p->host->exchanges, p);
	sandbox_cancel(p);
}

bool register_ended(const struct confab_plugin *p)
{
	const struct pipeline *pl = p->host->pipeline;
	return pl == NULL || kinds_live(pl->kinds, p) == 0;
}

unsigned register_requests(const struct confab_plugin *p)
{
	return p->host->ops != NULL ? op_table_unanswered(p->host->ops, p) : 0;
}

int register_swap(struct confab_plugin *old, struct confab_plugin *fresh, struct confab_error *err)
{
	struct confab_error none = {0};
	names_leave(old);
	int rc = register_plugin(fresh, err);
	if (rc == 0) {
		register_leave(old);
		return 0;
	}
	register_remove(fresh);
	/* Its hooks were never away: those that it added itself nobody else could add again. */
	if (names_register(old, &none) != 0)
		log_error("plugin '%s', cannot be registered as it was (%s)", old->name, none.text);
	return rc;
}

struct confab_hook *confab_hook_add(struct confab_plugin *p, const struct confab_hook_row *row,
	void *arg, struct confab_error *err)
{
	struct pipeline *pl = plugin_check(p)->host->pipeline;
	struct hook hook = hook_of(p, row);

	if (!plugin_open_for_work(p) || pl == NULL || atomic_load(&p->state) == PLUGIN_LEAVING) {
		confab_error_set(err, CONFAB_ECLOSED, "plugin '%s' is being unloaded", p->name);
		return NULL;
	}
	if (p->hooks_added == HOOKS_ADDED_MAX) {
		confab_error_set(err, CONFAB_ELIMIT, "plugin '%s' has added %d hooks already",
			p->name, HOOKS_ADDED_MAX);
		return NULL;
	}
	hook.ctx = arg;
	hook.id = ++p->hook_last;
	if (hook_add(pl->hooks, &hook, err) != 0)
		return NULL;
	struct confab_hook *added = alloc_zero(1, sizeof(*added));

	added->plugin = p;
	added->id = hook.id;
	p->hooks_added++;
	ledger_add(&p->ledger, &added->holding, "added hook", hook_sweep);
	return added;
}

void confab_hook_remove(struct confab_hook *hook)
{
	if (hook == NULL)
		return;
	struct confab_plugin *p = plugin_check(hook->plugin);

	hook_remove(p->host->pipeline->hooks, p, hook->id);
	p->hooks_added--;
	ledger_remove(&hook->holding);
	free(hook);
}
