/**
 * Everything that is counted, as OpenMetrics text (OpenMetrics 1.0, section "Text format").
 *
 * SPDX-License-Identifier: MIT
 */
#include "admin/admin.h"
#include "admin/plugins.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "chat/chat.h"
#include "loop/loop.h"
#include "net/net.h"
#include "net/net_start.h"
#include "net/reason.h"
#include "pipeline/kind.h"
#include "pipeline/pipeline.h"
#include "store/store.h"

static void family(struct buf *b, const char *name, const char *type, const char *help)
{
	buf_fmt(b, "# TYPE confab_%s %s\n# HELP confab_%s %s\n", name, type, name, help);
}

static void counter(struct buf *b, const char *name, const char *help, uint64_t n)
{
	family(b, name, "counter", help);
	buf_fmt(b, "confab_%s_total %llu\n", name, (unsigned long long)n);
}

static void gauge(struct buf *b, const char *name, const char *help, uint64_t n)
{
	family(b, name, "gauge", help);
	buf_fmt(b, "confab_%s %llu\n", name, (unsigned long long)n);
}

static void labelled(
	struct buf *b, const char *name, const char *label, const char *value, uint64_t n)
{
	buf_fmt(b, "confab_%s{%s=\"%s\"} %llu\n", name, label, value, (unsigned long long)n);
}

/* Times are seconds with six digits, as the format asks for base units. */
static void seconds(struct buf *b, const char *line, uint64_t us)
{
	buf_fmt(b, "confab_%s %llu.%06llu\n", line, (unsigned long long)(us / 1000000),
		(unsigned long long)(us % 1000000));
}

/* A number, or microseconds as seconds. */
static void amount(struct buf *b, uint64_t n, bool us)
{
	if (us)
		buf_fmt(b, "%llu.%06llu", (unsigned long long)(n / 1000000),
			(unsigned long long)(n % 1000000));
	else
		buf_fmt(b, "%llu", (unsigned long long)n);
}

/* The buckets 2^from … 2^to of a histogram. loop: its label, or NULL. */
static void buckets(struct buf *b, const char *name, const char *loop, const struct histogram *h,
	unsigned from, unsigned to, bool us)
{
	char label[48] = "", alone[48] = "";

	if (loop) {
		snprintf(label, sizeof(label), "loop=\"%s\",", loop);
		snprintf(alone, sizeof(alone), "{loop=\"%s\"}", loop);
	}
	for (unsigned i = from; i <= to; i++) {
		buf_fmt(b, "confab_%s_bucket{%sle=\"", name, label);
		amount(b, UINT64_C(1) << i, us);
		buf_fmt(b, "%s\"} %llu\n", us ? "" : ".0",
			(unsigned long long)histogram_upto(h, i));
	}
	buf_fmt(b, "confab_%s_bucket{%sle=\"+Inf\"} %llu\n", name, label,
		(unsigned long long)h->count);
	buf_fmt(b, "confab_%s_count%s %llu\n", name, alone, (unsigned long long)h->count);
	buf_fmt(b, "confab_%s_sum%s ", name, alone);
	amount(b, h->sum, us);
	buf_char(b, '\n');
}

/* Microseconds are told as seconds. */
static void histogram(struct buf *b, const char *name, const char *help, const struct histogram *h,
	unsigned from, unsigned to, bool us)
{
	family(b, name, "histogram", help);
	buckets(b, name, NULL, h, from, to, us);
}

static void net_metrics(struct buf *b, const struct net *net)
{
	struct net_stats s;

	net_stats(net, &s);
	family(b, "connections", "gauge", "Connections now, by state.");
	labelled(b, "connections", "state", "handshaking", s.handshaking);
	labelled(b, "connections", "state", "http", s.http);
	labelled(b, "connections", "state", "websocket", s.websocket);
	labelled(b, "connections", "state", "closing", s.closing);
	gauge(b, "tls_connections", "Connections with TLS now.", s.tls);
	counter(b, "accepted", "Connections accepted.", s.accepted);
	family(b, "refused", "counter", "Sockets refused before they were connections.");
	for (int i = 0; i < NET_REFUSAL_COUNT; i++)
		labelled(b, "refused_total", "reason", net_refusal_name(i), s.refused[i]);
	family(b, "closed", "counter", "Connections ended, by reason.");
	for (int i = 0; i < NET_REASON_COUNT; i++)
		labelled(b, "closed_total", "reason", net_reason_row(i)->name, s.closed[i]);
	counter(b, "received_bytes", "Bytes read from peers.", s.bytes_in);
	counter(b, "sent_bytes", "Bytes written to peers.", s.bytes_out);
	counter(b, "received_frames", "WebSocket frames read.", s.frames_in);
	counter(b, "sent_frames", "WebSocket frames written.", s.frames_out);
	counter(b, "http_requests", "HTTP requests.", s.requests);
	counter(b, "upgrades", "WebSocket upgrades.", s.upgrades);
	counter(b, "dropped_events", "Events dropped for slow readers.", s.events_dropped);
	counter(b, "writes", "Write calls on sockets.", s.writes);
	counter(b, "deliveries", "Events queued for subscribers.", s.deliveries);
	gauge(b, "queue_bytes", "Bytes waiting in output queues.", s.queue_bytes);
	gauge(b, "requests_in_flight", "Requests without an answer.", s.in_flight);
	gauge(b, "subscriptions", "Subscriptions of connections.", s.subscriptions);
	histogram(b, "delivery_seconds",
		"From the arrival of a change to the write to each of its readers.", &s.delivery_us,
		6, 24, true);
}

static void event_metrics(struct buf *b, const struct kinds *kinds)
{
	const struct kind *kind;
	size_t pos = 0;

	family(b, "events", "counter", "Events that ended, by kind and verdict.");
	while ((kind = kind_next(kinds, &pos)) != NULL) {
		for (int i = 0; i < KIND_ENDS; i++) {
			if (kind->ends[i])
				buf_fmt(b, "confab_events_total{kind=\"%s\",verdict=\"%s\"} %llu\n",
					kind->row->name, kind_end_name((enum kind_end)i),
					(unsigned long long)kind->ends[i]);
		}
	}
}

static void pipeline_metrics(struct buf *b, const struct admin_env *env)
{
	const struct pipeline_stats *p = &env->pipeline->stats;

	event_metrics(b, env->pipeline->kinds);
	counter(b, "events_begun", "Events that entered the pipeline.", p->events);
	gauge(b, "events_live", "Events under way.", p->live);
	counter(b, "repeats", "Changes that were resent and got their first answer.", p->repeats);
	counter(b, "conflicts", "Changes resent with another content.", p->conflicts);
	counter(b, "commits", "Batches committed.", p->commits);
	counter(b, "entries", "Entries committed.", p->entries);
	histogram(b, "commit_entries", "Entries of a commit.", &p->commit_entries, 0, 8, false);
	histogram(b, "commit_seconds", "Time of a commit, as its events waited for it.",
		&p->commit_us, 6, 24, true);
	counter(b, "moved", "Batches built again, as another node was faster.", p->moved);
	counter(b, "fanout_frames", "Frames encoded for fan-out.", p->frames);
	gauge(b, "sessions", "Sessions in memory.", strmap_count(env->chat->sessions));
	gauge(b, "logs", "Logs of channels and users in memory.", strmap_count(env->chat->logs));
}

static void store_metrics(struct buf *b, struct store *store)
{
	struct confab_store_stats s = {0};
	struct store_count counts[STORE_VERBS];

	store_stats(store, &s);
	for (int v = 0; v < STORE_VERBS; v++)
		store_count(store, (enum store_verb)v, &counts[v]);
	gauge(b, "store_bytes", "Size of the store, if it knows.", s.bytes);
	gauge(b, "store_pending", "Calls under way.", store_pending(store));
	family(b, "store_failures", "counter", "Calls to the store that failed, by verb.");
	for (int v = 0; v < STORE_VERBS; v++)
		labelled(b, "store_failures_total", "verb", store_verb_name((enum store_verb)v),
			counts[v].failed);
	/* slower[i]: answers that took at least 2^i us; so count - slower[i] took less. */
	family(b, "store_seconds", "histogram", "Time of calls to the store, by verb.");
	for (int v = 0; v < STORE_VERBS; v++) {
		const char *name = store_verb_name((enum store_verb)v);
		const struct store_count *c = &counts[v];
		char line[80];

		if (!c->calls)
			continue;
		for (unsigned i = 6; i < 24; i += 2)
			buf_fmt(b, "confab_store_seconds_bucket{verb=\"%s\",le=\"%u.%06u\"} %llu\n",
				name, (1u << i) / 1000000, (1u << i) % 1000000,
				(unsigned long long)(c->calls - c->slower[i]));
		buf_fmt(b, "confab_store_seconds_bucket{verb=\"%s\",le=\"+Inf\"} %llu\n", name,
			(unsigned long long)c->calls);
		labelled(b, "store_seconds_count", "verb", name, c->calls);
		snprintf(line, sizeof(line), "store_seconds_sum{verb=\"%s\"}", name);
		seconds(b, line, (uint64_t)c->total_us);
	}
}

/* Of one loop, or of the I/O loops by their name. */
static void loop_metrics(struct buf *b, const struct admin_env *env)
{
	static const char *const rows[][3] = {
		{"turns", "counter", "Turns of loops."},
		{"loop_busy_seconds", "counter", "Time inside turns."},
		{"turn_p99_seconds", "gauge", "99th percentile of recent turns."},
	};

	for (unsigned r = 0; r < 3; r++) {
		family(b, rows[r][0], rows[r][1], rows[r][2]);
		for (unsigned i = 0; i <= env->n_io; i++) {
			struct loop *loop = i ? env->io[i - 1] : env->loop;
			struct loop_stats s;
			char line[80];

			loop_stats(loop, &s);
			snprintf(line, sizeof(line), "%s%s{loop=\"%s\"}", rows[r][0],
				r < 2 ? "_total" : "", loop_name(loop));
			if (r == 0)
				buf_fmt(b, "confab_%s %llu\n", line, (unsigned long long)s.turns);
			else
				seconds(b, line, (uint64_t)(r == 1 ? s.busy_us : s.turn_p99_us));
		}
	}
	family(b, "turn_seconds", "histogram", "Time of turns.");
	for (unsigned i = 0; i <= env->n_io; i++) {
		struct loop *loop = i ? env->io[i - 1] : env->loop;

		buckets(b, "turn_seconds", loop_name(loop), loop_turns(loop), 4, 20, true);
	}
}

/* ------------------------------------------------------------------------------------------- */

void admin_metrics(const struct admin_env *env, struct buf *out)
{
	gauge(out, "uptime_seconds", "Time since the start.",
		(uint64_t)(clock_mono_us() - env->started_us) / 1000000);
	counter(out, "log_dropped", "Lines of the log that were dropped.", log_dropped());
	loop_metrics(out, env);
	if (env->net)
		net_metrics(out, env->net);
	if (env->pipeline && env->chat)
		pipeline_metrics(out, env);
	if (env->store)
		store_metrics(out, env->store);
	if (env->host)
		admin_plugin_metrics(env->host, out);
	buf_str(out, "# EOF\n");
}
