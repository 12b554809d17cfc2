/**
 * Messages at a constant rate, or one in flight per sender, read by all subscribers.
 *
 * SPDX-License-Identifier: MIT
 */
#include "load.h"
#include "report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* More than this queued on a sender's connection and the message counts as not offered. */
#define BACKLOG_MAX (1u << 20)
#define TURN_NS 10000000u
/* Request ids: 1 is hello's; message number n is n + ID_BASE, so that a reply finds its message. */
#define ID_BASE 16u

static uint64_t seconds(double s)
{
	return (uint64_t)(s * 1e9);
}

static bool in_window(const struct load *l, uint64_t ns)
{
	return ns >= l->window_from_ns && ns < l->window_to_ns;
}

static struct conn *sender(struct load *l, uint32_t i)
{
	return &l->fleet.conns[l->readers + i];
}

/* {"op":"message.send",…} with a text that begins with the message's number. */
static void send_message(struct load *l, struct conn *c, uint64_t due, uint64_t now)
{
	char cid[LEDGER_CID_LEN + 1], digits[8];

	uint32_t number = ledger_add(&l->ledger, 0, c->index - l->readers, due);
	if (number == LEDGER_NONE)
		return;
	ledger_cid(&l->ledger, number, cid);
	ledger_hex(digits, number);
	int n = sprintf(l->request,
		"{\"op\":\"message.send\",\"id\":%u,\"channel\":\"%s\",\"cid\":\"%s\",\"text\":\"",
		number + ID_BASE, l->o->channel, cid);
	char *p = l->request + n;
	memset(p, 'x', l->o->body);
	memcpy(p, digits, l->o->body < 8 ? l->o->body : 8);
	memcpy(p + l->o->body, "\"}", 2);
	c->number = number;
	conn_send(&l->fleet, c, WS_TEXT, l->request, (size_t)n + l->o->body + 2);
	hist_add(&l->late, now - due, 1);
}

/* The number behind a key, found without parsing. 0: not there */
static uint64_t scan_number(const char *text, size_t len, const char *key)
{
	const char *at = memmem(text, len, key, strlen(key));
	uint64_t v = 0;
	if (at == NULL)
		return 0;
	for (at += strlen(key); at < text + len && *at >= '0' && *at <= '9'; at++)
		v = v * 10 + (uint64_t)(*at - '0');
	return v;
}

static void count_refusal(struct load *l, const char *text, size_t len)
{
	char code[40] = "unknown";
	json_t *reply = json_loadb(text, len, 0, NULL);
	const char *found = json_string_value(
		json_object_get(json_object_get(reply, "error"), "code"));

	if (found != NULL)
		(void)snprintf(code, sizeof code, "%s", found);
	json_decref(reply);
	json_int_t n = json_integer_value(json_object_get(l->refusals, code));
	(void)json_object_set_new(l->refusals, code, json_integer(n + 1));
	l->refused++;
}

static void take_reply(struct load *l, struct conn *c, const char *text, size_t len, uint64_t now)
{
	uint64_t re = scan_number(text, len, "\"re\":");
	if (re < ID_BASE)
		return;
	uint32_t number = (uint32_t)(re - ID_BASE);
	if (number >= l->ledger.count) {
		l->stream.faults.malformed++;
		return;
	}
	uint64_t due = l->ledger.sent[number].intended_ns;
	uint64_t seq = memmem(text, len, "\"ok\":", 5) != NULL ? scan_number(text, len, "\"seq\":")
							       : 0;
	if (seq == 0) {
		count_refusal(l, text, len);
	} else {
		stream_ack(&l->stream, number, seq);
		l->acked += number >= l->first;
		l->window_acked += in_window(l, now);
		if (in_window(l, due))
			hist_add(&l->ack, now - due, 1);
	}
	if (l->closed_loop && l->sending)
		send_message(l, c, now, now);
}

static void take_delivery(
	struct load *l, struct conn *c, const char *text, size_t len, uint64_t now)
{
	const struct change *change = stream_read(&l->stream, &c->reader, text, len);
	if (change == NULL)
		return;
	bool counts = in_window(l, now);
	for (uint32_t i = 0; i < change->count; i++) {
		uint32_t number = change->numbers[i];
		if (number == LEDGER_NONE || number < l->first)
			continue;
		uint64_t due = l->ledger.sent[number].intended_ns;
		c->reader.messages++;
		l->delivered++;
		l->arrived += counts;
		if (in_window(l, due))
			hist_add(&l->latency, now - due, 1);
	}
}

static void on_frame(struct fleet *f, struct conn *c, const char *text, size_t len, uint64_t now)
{
	struct load *l = f->arg;
	if (c->index < l->readers)
		take_delivery(l, c, text, len, now);
	else
		take_reply(l, c, text, len, now);
}

static const struct fleet_events load_events = {.frame = on_frame};

static void begin_step(struct load *l, uint64_t from, uint64_t to)
{
	l->first = l->ledger.count;
	l->window_from_ns = from;
	l->window_to_ns = to;
	l->arrived = l->delivered = l->acked = l->window_acked = l->refused = l->unsent = 0;
	hist_clear(&l->latency);
	hist_clear(&l->ack);
	hist_clear(&l->late);
	(void)json_object_clear(l->refusals);
	for (uint32_t i = 0; i < l->readers; i++)
		l->fleet.conns[i].reader.messages = 0;
}

/* CPU times at both ends of the window. */
static void read_cpus(struct load *l, struct proc_cpu *server, struct proc_cpu *self)
{
	if (l->o->pid != 0)
		(void)proc_cpu(l->o->pid, server);
	(void)proc_cpu(getpid(), self);
}

/* Queue what is due. @return when the next one is, as its number since the start */
static uint64_t send_due(struct load *l, uint64_t sent, uint64_t start, double gap_ns, uint64_t now)
{
	for (;; sent++) {
		uint64_t due = start + (uint64_t)((double)sent * gap_ns);
		if (due > now)
			return sent;
		struct conn *c = sender(l, (uint32_t)(sent % l->senders));
		if (c->state == CONN_OPEN && conn_backlog(c) < BACKLOG_MAX)
			send_message(l, c, due, now);
		else
			l->unsent++;
	}
}

/* Everything acknowledged has arrived at everybody, and everything sent was answered. */
static bool all_arrived(const struct load *l)
{
	uint64_t asked = l->ledger.count - l->first;
	return l->acked + l->refused >= asked && l->delivered >= l->acked * l->readers;
}

static bool drain(struct load *l, double drain_s)
{
	uint64_t deadline = now_ns() + seconds(drain_s);
	uint64_t patience = seconds(drain_s / 4), quiet = now_ns() + patience;
	uint64_t seen = l->delivered + l->acked;

	for (uint64_t now = now_ns(); !all_arrived(l); now = now_ns()) {
		if (l->delivered + l->acked > seen) {
			seen = l->delivered + l->acked;
			quiet = now + patience;
		}
		if (now > deadline || now > quiet)
			return false;
		fleet_turn(&l->fleet, TURN_NS);
	}
	return true;
}

/* ---------------------------------------------------------------------------------------- */

int load_init(struct load *l, const struct options *o, uint32_t readers, uint32_t senders)
{
	memset(l, 0, sizeof *l);
	l->o = o;
	l->readers = readers;
	l->senders = senders;
	l->refusals = json_object();
	l->request = malloc(strlen(o->channel) + o->body + 256);
	if (l->request == NULL)
		abort();
	ledger_init(&l->ledger);
	stream_init(&l->stream, o->channel, &l->ledger, senders, o->body);
	if (fleet_init(&l->fleet, o, readers + senders, &load_events, l) != 0 ||
		tokens_init(&l->tokens, o) != 0)
		return -1;
	fleet_tokens(&l->fleet, l->tokens.list, l->tokens.count);
	for (uint32_t i = 0; i < readers; i++)
		l->fleet.conns[i].watch = true;
	return 0;
}

void load_fini(struct load *l)
{
	fleet_fini(&l->fleet);
	tokens_fini(&l->tokens);
	stream_fini(&l->stream);
	ledger_fini(&l->ledger);
	json_decref(l->refusals);
	free(l->request);
}

int load_connect(struct load *l)
{
	for (uint32_t i = 0; i < l->fleet.count; i++)
		conn_close(&l->fleet, &l->fleet.conns[i], NULL);
	return fleet_open(&l->fleet, 0, l->fleet.count);
}

bool load_step(struct load *l, double rate, double warmup_s, double duration_s, double drain_s)
{
	uint64_t start = now_ns(), sent = 0;
	double gap_ns = rate > 0 ? 1e9 / rate : 0;
	bool warm = false;

	begin_step(l, start + seconds(warmup_s), start + seconds(warmup_s + duration_s));
	l->sending = true;
	l->closed_loop = rate <= 0;
	for (uint32_t i = 0; l->closed_loop && i < l->senders; i++)
		send_message(l, sender(l, i), start, start);
	for (uint64_t now = start; now < l->window_to_ns; now = now_ns()) {
		if (!warm && now >= l->window_from_ns) {
			warm = true;
			read_cpus(l, &l->cpu_from, &l->self_from);
		}
		uint64_t wait = TURN_NS;
		if (!l->closed_loop) {
			sent = send_due(l, sent, start, gap_ns, now);
			uint64_t due = start + (uint64_t)((double)sent * gap_ns);
			if (due - now < wait)
				wait = due - now;
		}
		fleet_turn(&l->fleet, wait);
	}
	read_cpus(l, &l->cpu_to, &l->self_to);
	l->sending = false;
	return drain(l, drain_s);
}

void load_report(const struct load *l, json_t *result)
{
	double s = (double)(l->window_to_ns - l->window_from_ns) / 1e9;
	const struct faults *faults = &l->stream.faults;
	uint64_t want = l->acked * l->readers;

	report_count(result, "sent", l->ledger.count - l->first);
	report_count(result, "acked", l->acked);
	report_count(result, "delivered", l->delivered);
	report_count(result, "undelivered", want > l->delivered ? want - l->delivered : 0);
	report_count(result, "unsent", l->unsent);
	report_real(result, "acks_per_s", (double)l->window_acked / s);
	report_real(result, "deliveries_per_s", (double)l->arrived / s);
	(void)json_object_set_new(result, "latency_us", report_hist(&l->latency));
	(void)json_object_set_new(result, "ack_us", report_hist(&l->ack));
	(void)json_object_set_new(result, "tool_late_us", report_hist(&l->late));
	report_real(result, "tool_cpu_share", (double)(l->self_to.ns - l->self_from.ns) / 1e9 / s);
	if (l->o->pid != 0) {
		double cpu = (double)(l->cpu_to.ns - l->cpu_from.ns) / 1e9;
		report_real(result, "server_cpu_share", cpu / s);
		report_real(result, "deliveries_per_cpu_s", (double)l->arrived / cpu);
		report_real(result, "acks_per_cpu_s", (double)l->window_acked / cpu);
		report_cpu(result, l->o, &l->cpu_from, &l->cpu_to, (double)l->arrived);
	}
	(void)json_object_set_new(result, "refused", json_deep_copy(l->refusals));
	(void)json_object_set_new(result, "faults", faults_json(faults));
	report_count(result, "lost_connections", l->fleet.lost);
	if (l->fleet.failure[0] != '\0')
		(void)json_object_set_new(result, "failure", json_string(l->fleet.failure));
}

uint64_t load_violations(const struct load *l)
{
	return faults_total(&l->stream.faults) + l->fleet.lost;
}
