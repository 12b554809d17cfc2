/**
 * One plugin's record: what the core asks it, what the plugin asks its host, and the frame around
 * every call into its code.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <confab/log.h>

#include "pipeline/hook.h"
#include "pipeline/pipeline.h"
#include "plugin/host_internal.h"

/* A line of a plugin is cut here [bytes]. */
#define LINE_MAX_BYTES 1024

static const char *const state_names[] = {
	[0] = "none",
	[PLUGIN_OPENED] = "opened",
	[PLUGIN_STARTING] = "starting",
	[PLUGIN_UP] = "up",
	[PLUGIN_DRAINING] = "draining",
	[PLUGIN_GONE] = "gone",
	[PLUGIN_FAILED] = "failed",
};

/* The public level has the numbers of the logger's. */
_Static_assert((int)CONFAB_LOG_ERROR == (int)LOG_LEVEL_ERROR &&
		(int)CONFAB_LOG_DEBUG == (int)LOG_LEVEL_DEBUG,
	"levels of logging have one numbering");

/* ------------------------------------------------------------------------------------------ */

struct confab_plugin *plugin_check(struct confab_plugin *p)
{
	if (p == NULL || p->magic != PLUGIN_MAGIC) {
		log_error("plugin, gave a wrong plugin pointer to the core");
		abort();
	}
	return p;
}

struct blame_call plugin_enter(struct confab_plugin *p, enum blame_place place)
{
	return blame_enter(&p->blame, place);
}

void plugin_leave(
	struct confab_plugin *p, const struct blame_call *call, enum blame_place place, bool failed)
{
	blame_leave(&p->blame, call, place, failed);
}

bool plugin_open_for_work(const struct confab_plugin *p)
{
	enum plugin_state state = atomic_load(&p->state);
	return state == PLUGIN_OPENED || state == PLUGIN_STARTING || state == PLUGIN_UP;
}

void plugin_flight_ended(struct confab_plugin *p, enum flight kind)
{
	ledger_end(&p->ledger, kind);
	if (atomic_load(&p->state) == PLUGIN_DRAINING)
		unload_check(p);
}

bool plugin_is_provider(const struct confab_plugin *p)
{
	return descriptor_provides(&p->desc, "store") || descriptor_provides(&p->desc, "bus") ||
		descriptor_provides(&p->desc, "auth");
}

enum plugin_state plugin_state(const struct confab_plugin *p)
{
	return atomic_load(&p->state);
}

const char *plugin_state_name(enum plugin_state state)
{
	return state_names[state <= PLUGIN_FAILED ? state : 0];
}

const char *plugin_version(const struct confab_plugin *p)
{
	return p->version;
}

const struct confab_descriptor *plugin_descriptor(const struct confab_plugin *p)
{
	return &p->desc.d;
}

struct blame *plugin_blame(struct confab_plugin *p)
{
	return &p->blame;
}

void plugin_figures(const struct confab_plugin *p, enum blame_place place, struct blame_cell *out)
{
	if (place <= BLAME_OBSERVE && p->host->pipeline != NULL)
		hooks_figures(
			p->host->pipeline->hooks, p, &p->blame, (enum confab_stage)place, out);
	else
		*out = p->blame.cells[place];
}

struct breaker *plugin_breaker(const struct confab_plugin *p)
{
	return (struct breaker *)&p->breaker;
}

const struct account *plugin_account(const struct confab_plugin *p)
{
	return p->account;
}

unsigned plugin_held(const struct confab_plugin *p, unsigned n, const char **what)
{
	return ledger_sort(&p->ledger, n, what);
}

void plugin_holdings(const struct confab_plugin *p, char *text, size_t size)
{
	ledger_describe(&p->ledger, text, size);
}

const struct confab_settings *plugin_settings(const struct confab_plugin *p, const char *type)
{
	return snapshots_find(p->snapshots, type);
}

const struct confab_settings *confab_plugin_settings(const struct confab_plugin *p)
{
	return snapshots_find(p->snapshots, NULL);
}

void *confab_plugin_built(const struct confab_plugin *p)
{
	const struct confab_settings *s = snapshots_find(p->snapshots, NULL);
	return s != NULL ? confab_settings_built(s) : NULL;
}

void *confab_plugin_ctx(const struct confab_plugin *p)
{
	return p->ctx;
}

const char *confab_plugin_name(const struct confab_plugin *p)
{
	return p->name;
}

const char *confab_data_dir(const struct confab_plugin *p)
{
	return p->host->data_dir;
}

void confab_log(struct confab_plugin *p, enum confab_log_level level, const char *fmt, ...)
{
	char line[LINE_MAX_BYTES];
	if ((int)level < 0 || level > CONFAB_LOG_DEBUG)
		level = CONFAB_LOG_ERROR;
	if ((int)level > (int)log_level())
		return;
	va_list args;
	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	/* On threads of its own nobody has said who speaks. */
	struct log_who former = log_who_plugin(p->name);
	log_line((enum log_level)level, "%s", line);
	log_who_set(former);
}
