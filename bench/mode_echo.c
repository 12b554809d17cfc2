/**
 * echo: every connection has one message in flight and wants the same bytes back.
 *
 * SPDX-License-Identifier: MIT
 */
#include "fleet.h"
#include "hist.h"
#include "modes.h"
#include "proc.h"
#include "report.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct echo {
	char *payload;
	size_t len;
	uint64_t from_ns, to_ns;
	bool sending;
	uint64_t waiting; /* messages in flight */
	uint64_t counted; /* echoes in the window */
	uint64_t altered;
	uint64_t *sent_ns; /* per connection */
	struct hist latency;
};

static void send_one(struct fleet *f, struct conn *c, uint64_t now)
{
	struct echo *e = f->arg;
	char digits[8];

	ledger_hex(digits, c->index);
	memcpy(e->payload, digits, e->len < sizeof digits ? e->len : sizeof digits);
	e->sent_ns[c->index] = now;
	e->waiting++;
	conn_send(f, c, WS_TEXT, e->payload, e->len);
}

static void on_frame(struct fleet *f, struct conn *c, const char *bytes, size_t len, uint64_t now)
{
	struct echo *e = f->arg;
	char digits[8];

	ledger_hex(digits, c->index);
	memcpy(e->payload, digits, e->len < sizeof digits ? e->len : sizeof digits);
	if (len != e->len || memcmp(bytes, e->payload, len) != 0)
		e->altered++;
	e->waiting--;
	if (now >= e->from_ns && now < e->to_ns) {
		e->counted++;
		hist_add(&e->latency, now - e->sent_ns[c->index], 1);
	}
	if (e->sending)
		send_one(f, c, now);
}

static const struct fleet_events echo_events = {.frame = on_frame};

static void read_cpu(const struct options *o, struct proc_cpu *server, struct proc_cpu *self)
{
	if (o->pid != 0)
		(void)proc_cpu(o->pid, server);
	(void)proc_cpu(getpid(), self);
}

static void run(struct fleet *f, struct echo *e, json_t *result)
{
	const struct options *o = f->o;
	struct proc_cpu from = {0}, to = {0}, self_from = {0}, self_to = {0};
	uint64_t start = now_ns();
	bool warm = false;

	e->from_ns = start + (uint64_t)(o->warmup_s * 1e9);
	e->to_ns = e->from_ns + (uint64_t)(o->duration_s * 1e9);
	e->sending = true;
	for (uint32_t i = 0; i < f->count; i++)
		send_one(f, &f->conns[i], start);
	for (uint64_t now = start; now < e->to_ns; now = now_ns()) {
		if (!warm && now >= e->from_ns) {
			warm = true;
			read_cpu(o, &from, &self_from);
		}
		fleet_turn(f, 10000000);
	}
	read_cpu(o, &to, &self_to);
	e->sending = false;
	uint64_t deadline = now_ns() + (uint64_t)(o->drain_s * 1e9);
	while (e->waiting > 0 && f->lost == 0 && now_ns() < deadline)
		fleet_turn(f, 10000000);
	report_count(result, "echoes", e->counted);
	report_real(result, "echoes_per_s", (double)e->counted / o->duration_s);
	(void)json_object_set_new(result, "latency_us", report_hist(&e->latency));
	report_cpu(result, o, &from, &to, (double)e->counted);
	report_real(result, "tool_cpu_share",
		(double)(self_to.ns - self_from.ns) / 1e9 / o->duration_s);
	report_count(result, "unanswered", e->waiting);
	report_count(result, "altered", e->altered);
	report_count(result, "lost_connections", f->lost);
}

/* ---------------------------------------------------------------------------------------- */

enum outcome mode_echo(const struct options *o, json_t *result)
{
	struct fleet f;
	enum outcome outcome = OUTCOME_FAILED;
	struct echo *e = calloc(1, sizeof *e);
	if (e == NULL)
		abort();
	e->len = o->body;
	e->payload = malloc(e->len + 1);
	e->sent_ns = calloc(o->count, sizeof *e->sent_ns);
	if (e->payload == NULL || e->sent_ns == NULL)
		abort();
	memset(e->payload, 'x', e->len);
	if (fleet_init(&f, o, o->count, &echo_events, e) == 0) {
		if (fleet_open(&f, 0, o->count) == 0) {
			run(&f, e, result);
			outcome = e->altered + e->waiting + f.lost > 0 ? OUTCOME_VIOLATION
								       : OUTCOME_GOOD;
		}
		fleet_fini(&f);
	}
	free(e->payload);
	free(e->sent_ns);
	free(e);
	return outcome;
}
