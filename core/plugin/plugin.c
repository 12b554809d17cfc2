/**
 * One plugin's record: what the core asks it, what the plugin asks its host, and the frame around
 * every call into its code.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <confab/log.h>

#include "config/config.h"
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
	[PLUGIN_LEAVING] = "leaving",
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
	return state == PLUGIN_OPENED || state == PLUGIN_STARTING || state == PLUGIN_UP ||
		state == PLUGIN_LEAVING;
}

int plugin_refuse(struct confab_plugin *p, unsigned bound)
{
	unsigned long n = atomic_fetch_add(&p->ledger.refused[bound], 1) + 1;
	/* The first one is logged, then each tenfold: who runs into a bound does it often. */
	unsigned long tenfold = 1;
	while (tenfold < n)
		tenfold *= 10;
	if (tenfold == n)
		log_warning("plugin '%s', wants too much and is refused (%s, %lu times)", p->name,
			bound_name(bound), n);
	return CONFAB_ELIMIT;
}

int plugin_flight_begin(struct confab_plugin *p, enum flight kind)
{
	return ledger_try(&p->ledger, kind) ? 0 : plugin_refuse(p, kind);
}

int plugin_hold_more(struct confab_plugin *p)
{
	return p->ledger.n < LEDGER_HOLDINGS_MAX ? 0 : plugin_refuse(p, BOUND_HOLDING);
}

void plugin_flight_ended(struct confab_plugin *p, enum flight kind)
{
	ledger_end(&p->ledger, kind);
	enum plugin_state state = atomic_load(&p->state);
	if (state == PLUGIN_DRAINING || state == PLUGIN_LEAVING)
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
	unsigned requests = register_requests(p);
	ledger_describe(&p->ledger, text, size);
	size_t len = strlen(text);
	if (requests > 0)
		len += (size_t)snprintf(text + len, size - len, ", %u unanswered request%s",
			requests, requests > 1 ? "s" : "");
	if (!register_ended(p) && len < size)
		snprintf(text + len, size - len, ", events of its kinds");
}

unsigned plugin_generation(const struct confab_plugin *p)
{
	return p->generation;
}

int64_t plugin_swap_us(const struct confab_plugin *p)
{
	return p->swap_us;
}

bool plugin_by_hand(const struct confab_plugin *p)
{
	const struct config_plugin *cp = p->host->cfg != NULL ? config_plugin(p->host->cfg, p->name)
							      : NULL;
	return cp != NULL && cp->by_hand;
}

bool plugin_refused(const struct confab_plugin *p, unsigned n, const char **name, uint64_t *times)
{
	if (n >= BOUNDS)
		return false;
	*name = bound_name(n);
	*times = atomic_load(&p->ledger.refused[n]);
	return true;
}

uint64_t plugin_unanswered(const struct confab_plugin *p)
{
	return p->unanswered;
}

void plugin_call_begin(struct confab_plugin *p)
{
	ledger_begin(&p->ledger, FLIGHT_CALL);
}

void plugin_call_end(struct confab_plugin *p)
{
	plugin_flight_ended(p, FLIGHT_CALL);
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
