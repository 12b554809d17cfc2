/**
 * Plugins, for people and for machines.
 *
 * SPDX-License-Identifier: MIT
 */
#include "admin/plugins.h"

#include <stdio.h>
#include <string.h>

#include "admin/plugin_life.h"
#include "base/blame.h"
#include "base/buf.h"
#include "base/json.h"
#include "pipeline/breaker.h"
#include "pipeline/hook.h"
#include "pipeline/pipeline.h"
#include "plugin/host.h"
#include "plugin/memory.h"
#include "plugin/metric.h"

static void set_int(json_t *o, const char *key, uint64_t n)
{
	json_object_set_new(o, key, json_integer((json_int_t)n));
}

/* All places of a plugin in one cell. */
static void sum_of(const struct confab_plugin *p, struct blame_cell *sum)
{
	struct blame_cell cell;

	memset(sum, 0, sizeof(*sum));
	for (unsigned i = 1; i < BLAME_PLACES; i++) {
		plugin_figures(p, (enum blame_place)i, &cell);
		blame_merge(sum, &cell);
	}
}

static json_t *plugin_line(const struct confab_plugin *p)
{
	const struct breaker *b = plugin_breaker(p);
	const struct account *a = plugin_account(p);
	char holdings[200] = "";
	struct blame_cell sum;
	json_t *o;

	sum_of(p, &sum);
	plugin_holdings(p, holdings, sizeof(holdings));
	o = json_pack("{s:s, s:s, s:s, s:s}", "name", confab_plugin_name(p), "version",
		plugin_version(p), "state", plugin_state_name(plugin_state(p)), "breaker",
		breaker_state_name(b->state));
	set_int(o, "calls", sum.calls);
	set_int(o, "failures", sum.failures);
	set_int(o, "us", sum.us_total);
	set_int(o, "memory", atomic_load(&a->bytes));
	json_object_set_new(o, "holds", json_string(holdings));
	return o;
}

static void cell_json(json_t *o, const struct blame_cell *cell)
{
	set_int(o, "calls", cell->calls);
	set_int(o, "failures", cell->failures);
	set_int(o, "timeouts", cell->timeouts);
	set_int(o, "rejects", cell->verdicts[CONFAB_REJECT]);
	set_int(o, "holds", cell->verdicts[CONFAB_HOLD]);
	set_int(o, "defers", cell->verdicts[CONFAB_DEFER]);
	set_int(o, "us", cell->us_total);
	set_int(o, "p99_us", blame_quantile(cell, 0.99));
	set_int(o, "max_us", cell->us_max);
}

static json_t *places_json(const struct confab_plugin *p)
{
	json_t *list = json_array();

	for (unsigned i = 1; i < BLAME_PLACES; i++) {
		struct blame_cell cell;
		json_t *o;

		plugin_figures(p, (enum blame_place)i, &cell);
		if (!cell.calls)
			continue;
		o = json_pack("{s:s}", "stage", blame_place_name((enum blame_place)i));
		cell_json(o, &cell);
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *hooks_json(const struct admin_env *env, const struct confab_plugin *p)
{
	json_t *list = json_array();

	for (int stage = CONFAB_ACCEPT; env->pipeline && stage <= CONFAB_OBSERVE; stage++) {
		const struct hook_list *all = hooks_take(
			env->pipeline->hooks, (enum confab_stage)stage);

		for (uint32_t i = 0; all && i < all->n; i++) {
			const struct hook *hk = all->items[i];
			json_t *o;

			if (hk->owner != p)
				continue;
			o = json_pack("{s:s, s:s}", "stage",
				blame_place_name((enum blame_place)stage), "kinds", hk->row.kinds);
			cell_json(o, &hk->figures);
			set_int(o, "slow", hk->slow);
			json_array_append_new(list, o);
		}
		if (all)
			hooks_release(all);
	}
	return list;
}

static json_t *held_json(const struct confab_plugin *p)
{
	json_t *o = json_object();
	const char *what;
	unsigned n;

	for (unsigned i = 0; (n = plugin_held(p, i, &what)) > 0; i++)
		set_int(o, what, n);
	return o;
}

static json_t *breaker_json(const struct breaker *b)
{
	json_t *o = json_pack("{s:s}", "state", breaker_state_name(b->state));

	set_int(o, "opened", b->opened);
	set_int(o, "skipped", b->skipped);
	json_object_set_new(o, "why", json_string(b->opened ? b->why : ""));
	return o;
}

static json_t *plugin_whole(const struct admin_env *env, const struct confab_plugin *p)
{
	const struct account *a = plugin_account(p);
	json_t *memory = json_object(), *o = plugin_line(p);

	set_int(memory, "bytes", atomic_load(&a->bytes));
	set_int(memory, "blocks", atomic_load(&a->blocks));
	set_int(memory, "most", atomic_load(&a->most));
	json_object_set_new(o, "memory", memory);
	json_object_set_new(o, "breaker", breaker_json(plugin_breaker(p)));
	json_object_set_new(o, "holds", held_json(p));
	set_int(o, "generation", plugin_generation(p));
	set_int(o, "unanswered", plugin_unanswered(p));
	json_object_set_new(o, "refused", admin_plugin_refused(p));
	json_object_set_new(o, "brings", plugin_brings(p));
	json_object_set_new(o, "stages", places_json(p));
	json_object_set_new(o, "hooks", hooks_json(env, p));
	return o;
}

static struct confab_plugin *plugin_named(
	struct admin_request *rq, const struct admin_env *env, const json_t *args)
{
	const char *name = json_str(args, "name");
	struct confab_plugin *p = env->host && name ? host_find(env->host, name) : NULL;

	if (!p)
		admin_refuse(rq, "not_found", "there is no plugin '%.32s' (confabctl plugins)",
			name ? name : "");
	return p;
}

/* ---- metrics -------------------------------------------------------------------------------- */

struct family {
	const char *name, *type, *help;
	/* Samples of one plugin. */
	void (*add)(struct buf *b, const char *family, const struct confab_plugin *p);
};

/* A counter of each place that was called. */
static void cells_add(struct buf *b, const char *family, const struct confab_plugin *p,
	uint64_t (*of)(const struct blame_cell *cell))
{
	for (unsigned i = 1; i < BLAME_PLACES; i++) {
		struct blame_cell cell;

		plugin_figures(p, (enum blame_place)i, &cell);
		if (cell.calls)
			buf_fmt(b, "confab_%s_total{plugin=\"%s\",stage=\"%s\"} %llu\n", family,
				confab_plugin_name(p), blame_place_name((enum blame_place)i),
				(unsigned long long)of(&cell));
	}
}

static uint64_t calls_of(const struct blame_cell *cell)
{
	return cell->calls;
}

static uint64_t failures_of(const struct blame_cell *cell)
{
	return cell->failures;
}

static uint64_t timeouts_of(const struct blame_cell *cell)
{
	return cell->timeouts;
}

static void calls_add(struct buf *b, const char *family, const struct confab_plugin *p)
{
	cells_add(b, family, p, calls_of);
}

static void failures_add(struct buf *b, const char *family, const struct confab_plugin *p)
{
	cells_add(b, family, p, failures_of);
}

static void timeouts_add(struct buf *b, const char *family, const struct confab_plugin *p)
{
	cells_add(b, family, p, timeouts_of);
}

static void verdicts_add(struct buf *b, const char *family, const struct confab_plugin *p)
{
	static const char *const names[BLAME_VERDICTS] = {
		"pass", "stop", "reject", "hold", "defer"};

	for (unsigned i = BLAME_ACCEPT; i < BLAME_OBSERVE; i++) {
		struct blame_cell cell;

		plugin_figures(p, (enum blame_place)i, &cell);
		for (unsigned v = 0; v < BLAME_VERDICTS && cell.calls; v++)
			buf_fmt(b,
				"confab_%s_total{plugin=\"%s\",stage=\"%s\",verdict=\"%s\"} %llu\n",
				family, confab_plugin_name(p),
				blame_place_name((enum blame_place)i), names[v],
				(unsigned long long)cell.verdicts[v]);
	}
}

static void seconds_add(struct buf *b, const char *family, const struct confab_plugin *p)
{
	for (unsigned i = 1; i < BLAME_PLACES; i++) {
		struct blame_cell cell;
		uint64_t upto = 0;
		char labels[80];

		plugin_figures(p, (enum blame_place)i, &cell);
		if (!cell.calls)
			continue;
		snprintf(labels, sizeof(labels), "plugin=\"%s\",stage=\"%s\"",
			confab_plugin_name(p), blame_place_name((enum blame_place)i));
		for (unsigned k = 0; k < BLAME_BUCKETS - 1; k++) {
			upto += cell.buckets[k];
			if (k % 2 == 0)
				buf_fmt(b, "confab_%s_bucket{%s,le=\"0.%06u\"} %llu\n", family,
					labels, 1u << k, (unsigned long long)upto);
		}
		buf_fmt(b, "confab_%s_bucket{%s,le=\"+Inf\"} %llu\n", family, labels,
			(unsigned long long)cell.calls);
		buf_fmt(b, "confab_%s_count{%s} %llu\nconfab_%s_sum{%s} %llu.%06llu\n", family,
			labels, (unsigned long long)cell.calls, family, labels,
			(unsigned long long)(cell.us_total / 1000000),
			(unsigned long long)(cell.us_total % 1000000));
	}
}

static void one_add(struct buf *b, const char *family, const char *suffix,
	const struct confab_plugin *p, uint64_t n)
{
	buf_fmt(b, "confab_%s%s{plugin=\"%s\"} %llu\n", family, suffix, confab_plugin_name(p),
		(unsigned long long)n);
}

static void open_add(struct buf *b, const char *family, const struct confab_plugin *p)
{
	one_add(b, family, "", p, plugin_breaker(p)->state != BREAKER_CLOSED);
}

static void opened_add(struct buf *b, const char *family, const struct confab_plugin *p)
{
	one_add(b, family, "_total", p, plugin_breaker(p)->opened);
}

static void skipped_add(struct buf *b, const char *family, const struct confab_plugin *p)
{
	one_add(b, family, "_total", p, plugin_breaker(p)->skipped);
}

static void bytes_add(struct buf *b, const char *family, const struct confab_plugin *p)
{
	one_add(b, family, "", p, atomic_load(&plugin_account(p)->bytes));
}

static void held_add(struct buf *b, const char *family, const struct confab_plugin *p)
{
	const char *what;
	unsigned n;

	for (unsigned i = 0; (n = plugin_held(p, i, &what)) > 0; i++)
		buf_fmt(b, "confab_%s{plugin=\"%s\",what=\"%s\"} %u\n", family,
			confab_plugin_name(p), what, n);
}

static void refused_add(struct buf *b, const char *family, const struct confab_plugin *p)
{
	const char *what;
	uint64_t times;

	for (unsigned i = 0; plugin_refused(p, i, &what, &times); i++)
		if (times)
			buf_fmt(b, "confab_%s_total{plugin=\"%s\",what=\"%s\"} %llu\n", family,
				confab_plugin_name(p), what, (unsigned long long)times);
}

static void unanswered_add(struct buf *b, const char *family, const struct confab_plugin *p)
{
	one_add(b, family, "_total", p, plugin_unanswered(p));
}

static const struct family families[] = {
	{"plugin_calls", "counter", "Calls into plugins, by stage of hooks or sort of code.",
		calls_add},
	{"plugin_failures", "counter", "Calls into plugins that failed.", failures_add},
	{"plugin_timeouts", "counter", "Deferrals of hooks that were not answered in time.",
		timeouts_add},
	{"plugin_verdicts", "counter", "What hooks answered.", verdicts_add},
	{"plugin_seconds", "histogram", "Time of calls into plugins.", seconds_add},
	{"plugin_breaker_open", "gauge", "1: its hooks are not called, or on trial.", open_add},
	{"plugin_breaker_opened", "counter", "How often the breaker opened.", opened_add},
	{"plugin_skipped", "counter", "Calls of hooks that were not made, as the breaker was open.",
		skipped_add},
	{"plugin_memory_bytes", "gauge", "Memory that a plugin counts.", bytes_add},
	{"plugin_refused", "counter", "What was refused to a plugin beyond a bound.", refused_add},
	{"plugin_unanswered", "counter", "Requests that a plugin never answered.", unanswered_add},
	{"plugin_held", "gauge", "Things a plugin holds, or that are in flight for it.", held_add},
};

/* ------------------------------------------------------------------------------------------- */

void admin_plugins(struct admin_request *rq, const struct admin_env *env, const json_t *args)
{
	const char *name, *why;
	struct confab_plugin *p;
	json_t *list;

	if (json_str(args, "name")) {
		p = plugin_named(rq, env, args);
		if (p)
			admin_reply(rq, plugin_whole(env, p));
		return;
	}
	list = json_array();
	for (size_t i = 0; env->host && (p = host_at(env->host, i)); i++)
		json_array_append_new(list, plugin_line(p));
	for (size_t i = 0; env->host && (p = host_leaving_at(env->host, i)); i++)
		json_array_append_new(list, plugin_line(p));
	for (size_t i = 0; env->host && (name = host_quarantined(env->host, i, &why)); i++)
		json_array_append_new(list,
			json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", name, "version", "", "state",
				"quarantine", "breaker", "closed", "holds", why));
	admin_reply(rq, json_pack("{s:o}", "plugins", list));
}

void admin_plugin_reset(struct admin_request *rq, const struct admin_env *env, const json_t *args)
{
	struct confab_plugin *p = plugin_named(rq, env, args);

	if (p)
		admin_reply(rq,
			json_pack("{s:s, s:b}", "plugin", confab_plugin_name(p), "was_open",
				breaker_close(plugin_breaker(p))));
}

void admin_plugin_metrics(const struct host *host, struct buf *out)
{
	for (size_t f = 0; f < sizeof(families) / sizeof(families[0]); f++) {
		const struct family *row = &families[f];
		struct confab_plugin *p;

		buf_fmt(out, "# TYPE confab_%s %s\n# HELP confab_%s %s\n", row->name, row->type,
			row->name, row->help);
		for (size_t i = 0; (p = host_at(host, i)); i++)
			row->add(out, row->name, p);
	}
	for (size_t i = 0; host_at(host, i); i++)
		plugin_metrics_write(host_at(host, i), out);
}
