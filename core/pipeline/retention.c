/**
 * The walk: what is in force per type (documents) → all logs → per channel its row, then the lowest
 * message that is young enough, by halving → an entry that raises `first`; its todo purges.
 *
 * SPDX-License-Identifier: MIT
 */
#include "pipeline/retention.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <confab/provider/store.h>
#include "base/clock.h"
#include "base/ids.h"
#include "base/json.h"
#include "base/json_read.h"
#include "base/log.h"
#include "config/config.h"
#include "pipeline/event_internal.h"
#include "pipeline/pipeline.h"
#include "store/store.h"

#define COLLECTION "core.retention"
#define FIRST_US 60000000
#define EVERY_US 3600000000LL
#define LEASE_MS 600000

/** A channel type, as configured and as it was applied. */
struct rule {
	char name[33];
	int64_t configured_ms, in_force_ms; /* 0: for ever */
	bool waits;                         /* it keeps less than what was applied */
	uint64_t channels, messages;        /* that go, or have gone */
};

struct walk {
	struct retention *r;
	enum retention_walk what;
	void (*done)(void *arg, int rc, json_t *report);
	void *arg;
	struct rule *rules;
	size_t n_rules, rule; /* the one whose document is asked for */
	struct confab_changed *logs;
	size_t at; /* of logs */
	/* the channel that is looked at */
	struct rule *of;
	int64_t cutoff_ms;
	uint64_t first, low, high; /* first to keep lies in low … high */
};

struct retention {
	struct pipeline *pl;
	struct timer timer;
	struct walk *walk; /* under way, or NULL */
	unsigned calls;    /* of the timer's own, under way */
	bool stopped;
	char holder[28];
};

static void next_log(struct walk *w);
static void rule_next(struct walk *w);

static void retention_free(struct retention *r)
{
	if (r->stopped && !r->walk && !r->calls) {
		free(r);
	}
}

/* --- the end of a walk ----------------------------------------------------------------------------------- */

static json_t *report(const struct walk *w)
{
	json_t *types = json_array();

	for (size_t i = 0; i < w->n_rules; i++) {
		const struct rule *rule = &w->rules[i];

		json_array_append_new(types,
			json_pack("{s:s,s:I,s:I,s:b,s:I,s:I}", "type", rule->name, "retention_ms",
				(json_int_t)rule->configured_ms, "in_force_ms",
				(json_int_t)rule->in_force_ms, "waits", (int)rule->waits,
				"channels", (json_int_t)rule->channels, "messages",
				(json_int_t)rule->messages));
	}
	return json_pack("{s:o}", "types", types);
}

static void walk_over(struct walk *w, int rc)
{
	struct retention *r = w->r;
	json_t *out = rc ? NULL : report(w);

	r->walk = NULL;
	if (w->done) {
		w->done(w->arg, rc, out);
	}
	json_decref(out);
	if (w->logs) {
		store_call_free(&w->logs->call);
	}
	free(w->rules);
	free(w);
	retention_free(r);
}

/** Is it no use to go on? Then the walk is over. */
static bool walk_ends(struct walk *w, int rc)
{
	if (rc || w->r->stopped) {
		walk_over(w, rc ? CONFAB_EBUSY : CONFAB_ECLOSED);
		return true;
	}
	return false;
}

/* --- what is in force --------------------------------------------------------------------------------------- */

static void rule_written(struct confab_doc_call *call, void *arg)
{
	(void)arg;
	if (call->call.rc) {
		log_warning("retention of '%s', could not be noted (%s)", call->doc.key,
			confab_code_text(call->call.rc));
	}
}

/** From now on this is in force. */
static void rule_write(struct store *store, const struct rule *rule)
{
	struct confab_doc_call *call = store_doc_new(store);
	char body[64];

	snprintf(body, sizeof(body), "{\"ms\":%lld}", (long long)rule->configured_ms);
	call->verb = CONFAB_DOC_PUT;
	call->doc.coll = COLLECTION;
	call->doc.key = confab_arena_dup(call->call.arena, rule->name, strlen(rule->name));
	call->doc.body = confab_arena_dup(call->call.arena, body, strlen(body));
	call->if_version = UINT64_MAX;
	store_doc(store, call, rule_written, NULL);
}

/** Keeps a less than b? */
static bool shorter(int64_t a_ms, int64_t b_ms)
{
	return a_ms && (!b_ms || a_ms < b_ms);
}

static void rule_read(struct confab_doc_call *call, void *arg)
{
	struct walk *w = arg;
	struct rule *rule = &w->rules[w->rule];
	json_t *doc;

	if (walk_ends(w, call->call.rc == CONFAB_ENOENT ? 0 : call->call.rc)) {
		return;
	}
	rule->in_force_ms = rule->configured_ms;
	if (call->doc.version) {
		doc = json_loads(call->doc.body, 0, NULL);
		rule->in_force_ms = json_int(doc, "ms", 0);
		json_decref(doc);
	}
	rule->waits = shorter(rule->configured_ms, rule->in_force_ms);
	if (!call->doc.version || (!rule->waits && rule->in_force_ms != rule->configured_ms)) {
		/* a type seen for the first time, or one that keeps more than before */
		rule->in_force_ms = rule->configured_ms;
		rule_write(w->r->pl->chat->store, rule);
	}
	w->rule++;
	rule_next(w);
}

static void logs_read(struct confab_changed *call, void *arg)
{
	struct walk *w = arg;

	if (walk_ends(w, call->call.rc)) {
		return;
	}
	store_call_keep(&call->call);
	w->logs = call;
	next_log(w);
}

static void rule_next(struct walk *w)
{
	struct store *store = w->r->pl->chat->store;
	struct confab_doc_call *call;
	struct confab_changed *logs;

	if (w->rule == w->n_rules) {
		logs = store_changed_new(store);
		logs->from_ms = -1; /* ever */
		store_changed(store, logs, logs_read, w);
		return;
	}
	call = store_doc_new(store);
	call->verb = CONFAB_DOC_GET;
	call->doc.coll = COLLECTION;
	call->doc.key = w->rules[w->rule].name;
	store_doc(store, call, rule_read, w);
}

/* --- one channel ---------------------------------------------------------------------------------------------- */

static const char *log_name(const struct walk *w)
{
	return w->logs->heads[w->at].log;
}

static void trimmed(struct confab_event *ev, void *arg)
{
	struct walk *w = arg;

	if (ev->out.is != OUTCOME_OK) {
		log_warning("log '%s', retention was not applied (%s)", log_name(w), ev->out.code);
		w->of->channels--;
		w->of->messages -= w->low - w->first;
	}
	if (!walk_ends(w, 0)) {
		w->at++;
		next_log(w);
	}
}

/** The lowest message to keep is found: low. */
static void found(struct walk *w)
{
	if (w->low > w->first) {
		w->of->channels++;
		w->of->messages += w->low - w->first;
		if (w->what != RETENTION_SHOW) {
			pipeline_system(w->r->pl, "channel.trim", NULL, log_name(w),
				json_pack("{s:I}", "first", (json_int_t)w->low), trimmed, w);
			return;
		}
	}
	w->at++;
	next_log(w);
}

static void search(struct walk *w);

static void message_read(struct confab_page *call, void *arg)
{
	struct walk *w = arg;
	uint64_t middle = w->low + (w->high - w->low) / 2;
	json_t *message;
	int64_t ts = 0;

	if (walk_ends(w, call->call.rc)) {
		return;
	}
	if (call->n) {
		message = json_read(call->rows[0].body, call->rows[0].body_len);
		ts = json_int(message, "ts", 0);
		json_decref(message);
	}
	if (ts < w->cutoff_ms) {
		w->low = middle + 1;
	} else {
		w->high = middle;
	}
	search(w);
}

/** Times never go back with seq, so halving finds the first that is young enough. */
static void search(struct walk *w)
{
	struct store *store = w->r->pl->chat->store;
	struct confab_page *call;

	if (w->low >= w->high) {
		found(w);
		return;
	}
	call = store_page_new(store);
	call->log = log_name(w);
	call->from_seq = call->to_seq = w->low + (w->high - w->low) / 2;
	store_page(store, call, message_read, w);
}

static struct rule *rule_of(struct walk *w, const json_t *channel)
{
	const char *type = json_str(channel, "type");

	for (size_t i = 0; type && i < w->n_rules; i++) {
		if (strcmp(w->rules[i].name, type) == 0) {
			return &w->rules[i];
		}
	}
	return NULL;
}

static void channel_read(struct confab_row_get *call, void *arg)
{
	struct walk *w = arg;
	const struct confab_row *row = call->rows;
	int64_t keeps_ms;
	json_t *channel;

	if (walk_ends(w, call->call.rc)) {
		return;
	}
	channel = row->kind && row->body_len ? json_read(row->body, row->body_len) : NULL;
	w->of = json_bool(channel, "deleted") ? NULL : rule_of(w, channel);
	json_decref(channel);
	keeps_ms = !w->of                   ? 0
		: w->what == RETENTION_KEEP ? w->of->in_force_ms
					    : w->of->configured_ms;
	if (!keeps_ms) {
		w->at++;
		next_log(w);
		return;
	}
	w->cutoff_ms = clock_real_ms() - keeps_ms;
	w->first = w->low = call->head.first ? call->head.first : 1;
	w->high = call->head.seq + 1;
	search(w);
}

static void next_log(struct walk *w)
{
	struct store *store = w->r->pl->chat->store;
	struct confab_row_get *call;
	const char **names;

	while (w->at < w->logs->n && log_name(w)[0] == '@') {
		w->at++;
	}
	if (w->at < w->logs->n) {
		call = store_row_get_new(store);
		names = confab_arena_alloc(call->call.arena, 2 * sizeof(char *));
		names[0] = "channel";
		names[1] = call->log = log_name(w);
		call->kinds = names;
		call->ids = names + 1;
		call->n = 1;
		store_row_get(store, call, channel_read, w);
		return;
	}
	for (size_t i = 0; w->what == RETENTION_APPLY && i < w->n_rules; i++) {
		if (w->rules[i].waits) {
			w->rules[i].waits = false;
			w->rules[i].in_force_ms = w->rules[i].configured_ms;
			rule_write(store, &w->rules[i]);
		}
	}
	walk_over(w, 0);
}

/* --- every hour -------------------------------------------------------------------------------------------------- */

static void hour(void *arg);

static void kept(void *arg, int rc, json_t *out)
{
	struct retention *r = arg;

	(void)rc;
	(void)out;
	r->calls--;
	if (!r->stopped) {
		timer_start(r->pl->chat->loop, &r->timer, EVERY_US);
	}
}

static void lease_read(struct confab_lease *call, void *arg)
{
	struct retention *r = arg;

	if (!call->call.rc && call->held && !r->stopped) {
		retention_walk(r, RETENTION_KEEP, kept, r);
		return;
	}
	kept(r, 0, NULL);
	retention_free(r);
}

static void hour(void *arg)
{
	struct retention *r = arg;
	struct confab_lease *call = store_lease_new(r->pl->chat->store);

	r->calls++;
	call->name = COLLECTION;
	call->holder = confab_arena_dup(call->call.arena, r->holder, strlen(r->holder));
	call->ttl_ms = LEASE_MS;
	store_lease(r->pl->chat->store, call, lease_read, r);
}

/* -------------------------------------------------------------------------------------------- */

struct retention *retention_start(struct pipeline *pl)
{
	struct retention *r = calloc(1, sizeof(*r));

	assert(r);
	r->pl = pl;
	id_random(r->holder, 26);
	timer_init(&r->timer, hour, r);
	timer_start(pl->chat->loop, &r->timer, FIRST_US);
	return r;
}

void retention_stop(struct retention *r)
{
	if (!r) {
		return;
	}
	timer_stop(&r->timer);
	r->stopped = true;
	retention_free(r);
}

void retention_walk(struct retention *r, enum retention_walk what,
	void (*done)(void *arg, int rc, json_t *report), void *arg)
{
	const struct config *cfg = r->pl->chat->config;
	const struct config_type *type;
	struct walk *w;

	if (r->walk || r->stopped) {
		done(arg, CONFAB_EBUSY, NULL);
		return;
	}
	w = calloc(1, sizeof(*w));
	assert(w);
	*w = (struct walk){.r = r, .what = what, .done = done, .arg = arg};
	while (config_type_at(cfg, w->n_rules)) {
		w->n_rules++;
	}
	w->rules = calloc(w->n_rules, sizeof(*w->rules));
	assert(w->rules);
	for (size_t i = 0; (type = config_type_at(cfg, i)) != NULL; i++) {
		snprintf(w->rules[i].name, sizeof(w->rules[i].name), "%s", type->name);
		w->rules[i].configured_ms = type->retention_ms;
	}
	r->walk = w;
	rule_next(w);
}
