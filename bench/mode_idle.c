/**
 * idle: the memory that a server spends per connection, as a slope between two counts.
 *
 * One process may not hold enough descriptors, so the connections beyond the first are shared out
 * among child processes, which are made before anything is opened.
 *
 * SPDX-License-Identifier: MIT
 */
#include "fleet.h"
#include "modes.h"
#include "proc.h"
#include "report.h"
#include "tokens.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define HELPERS_MAX 64u
/* Descriptors that are no connections. */
#define SPARE_FDS 64u
/* Allocators and mailboxes settle before memory is read. */
#define SETTLE_NS 1500000000u
/* How long joins may take, all together. */
#define JOIN_NS 60000000000u

struct helper {
	pid_t pid;
	int to;   /* one byte: begin; closed: end */
	int from; /* one byte: all open */
};

/* With --join everybody becomes a member of the channel once it is connected. */
struct joins {
	uint32_t asked;
	uint32_t answered;
};

static void ask_join(struct fleet *f, struct conn *c, uint64_t now)
{
	struct joins *j = f->arg;
	char text[256];

	if (!f->o->join)
		return;
	int n = snprintf(text, sizeof text,
		"{\"op\":\"channel.join\",\"id\":2,\"channel\":\"%.64s\",\"cid\":"
		"\"idle-%08x-%016llx\"}",
		f->o->channel, c->index, (unsigned long long)now);
	j->asked++;
	conn_send(f, c, WS_TEXT, text, (size_t)n);
}

static void take_join(struct fleet *f, struct conn *c, const char *bytes, size_t len, uint64_t now)
{
	struct joins *j = f->arg;

	(void)now;
	if (memmem(bytes, len, "{\"re\":2,\"ok\"", 12) != NULL)
		j->answered++;
	else if (memmem(bytes, len, "{\"re\":2,", 8) != NULL)
		conn_close(f, c, "a join was refused");
}

static const struct fleet_events idle_events = {.open = ask_join, .frame = take_join};

static uint32_t share_max(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > 1000000)
		return 1000000;
	return limit.rlim_cur > 2 * SPARE_FDS ? (uint32_t)limit.rlim_cur - SPARE_FDS : SPARE_FDS;
}

static void rest(struct fleet *f, uint64_t ns)
{
	for (uint64_t end = now_ns() + ns; now_ns() < end;)
		fleet_turn(f, 50000000);
}

static int prepare(struct fleet *f, const struct options *o, const struct tokens *t, uint32_t n,
	struct joins *j)
{
	memset(j, 0, sizeof *j);
	if (fleet_init(f, o, n, &idle_events, j) != 0)
		return -1;
	fleet_tokens(f, t->list, t->count);
	for (uint32_t i = 0; i < n; i++)
		f->conns[i].watch = !o->join; /* else every join would be told to all before */
	return 0;
}

static int open_all(struct fleet *f, uint32_t first, uint32_t n)
{
	const struct joins *j = f->arg;

	if (fleet_open(f, first, n) != 0)
		return -1;
	for (uint64_t end = now_ns() + JOIN_NS; j->answered < j->asked && f->lost == 0;) {
		if (now_ns() > end) {
			(void)fprintf(stderr, "confab-bench: joins were not answered\n");
			return -1;
		}
		fleet_turn(f, 50000000);
	}
	return f->lost == 0 ? 0 : -1;
}

/* A child's life: wait for the word, open, say so, hold until the parent's end closes. */
static _Noreturn void helper_main(
	const struct options *o, const struct tokens *t, uint32_t n, int to, int from)
{
	struct joins joins;
	struct fleet f;
	char byte = 0;

	if (read(to, &byte, 1) != 1 || prepare(&f, o, t, n, &joins) != 0 ||
		open_all(&f, 0, n) != 0 || write(from, &byte, 1) != 1)
		_exit(OUTCOME_FAILED);
	/* pings want an answer until the parent is done */
	if (fcntl(to, F_SETFL, O_NONBLOCK) == 0)
		while (read(to, &byte, 1) < 0)
			fleet_turn(&f, 50000000);
	_exit(f.lost > 0 ? OUTCOME_VIOLATION : OUTCOME_GOOD);
}

static int helper_start(
	struct helper *h, const struct options *o, const struct tokens *t, uint32_t n)
{
	int down[2], up[2];

	if (pipe(down) != 0 || pipe(up) != 0)
		return -1;
	h->pid = fork();
	if (h->pid < 0)
		return -1;
	if (h->pid == 0) {
		(void)close(down[1]);
		(void)close(up[0]);
		helper_main(o, t, n, down[0], up[1]);
	}
	(void)close(down[0]);
	(void)close(up[1]);
	h->to = down[1];
	h->from = up[0];
	return 0;
}

static int helpers_open(struct helper *helpers, uint32_t n)
{
	char byte = 1;
	for (uint32_t i = 0; i < n; i++)
		if (write(helpers[i].to, &byte, 1) != 1 || read(helpers[i].from, &byte, 1) != 1)
			return -1;
	return 0;
}

static void helpers_end(struct helper *helpers, uint32_t n)
{
	/* a later child holds copies of an earlier one's pipe: close all before waiting for one */
	for (uint32_t i = 0; i < n; i++) {
		(void)close(helpers[i].to);
		(void)close(helpers[i].from);
	}
	for (uint32_t i = 0; i < n; i++)
		(void)waitpid(helpers[i].pid, NULL, 0);
}

static void reading(const struct options *o, json_t *result, const char *key, uint32_t n,
	struct proc_memory *mem)
{
	json_t *at = json_object();
	memset(mem, 0, sizeof *mem);
	if (o->pid != 0)
		(void)proc_memory(o->pid, mem);
	report_count(at, "connections", n);
	report_count(at, "rss_bytes", mem->rss_bytes);
	report_count(at, "uss_bytes", mem->uss_bytes);
	report_count(at, "anon_bytes", mem->anon_bytes);
	(void)json_object_set_new(result, key, at);
}

static double slope(uint64_t a, uint64_t b, double n)
{
	return ((double)b - (double)a) / n;
}

/* Open from, read, open the rest, read. @return 0 or -1 */
static int measure(struct fleet *f, struct helper *helpers, uint32_t n_helpers, json_t *result)
{
	const struct options *o = f->o;
	struct proc_memory low, high;
	uint32_t from = o->from < f->count ? o->from : f->count;
	double added = (double)(o->count - from);

	if (open_all(f, 0, from) != 0)
		return -1;
	rest(f, SETTLE_NS);
	reading(o, result, "low", from, &low);
	if (open_all(f, from, f->count - from) != 0 || helpers_open(helpers, n_helpers) != 0)
		return -1;
	rest(f, SETTLE_NS);
	reading(o, result, "high", o->count, &high);
	if (o->pid != 0) {
		report_real(
			result, "uss_per_connection", slope(low.uss_bytes, high.uss_bytes, added));
		report_real(
			result, "rss_per_connection", slope(low.rss_bytes, high.rss_bytes, added));
	}
	rest(f, (uint64_t)(o->duration_s * 1e9));
	report_count(result, "lost_connections", f->lost);
	return 0;
}

/* ---------------------------------------------------------------------------------------- */

enum outcome mode_idle(const struct options *o, json_t *result)
{
	struct helper helpers[HELPERS_MAX];
	struct tokens tokens;
	struct joins joins;
	struct fleet f;
	uint32_t share = share_max(), n = 0;
	uint32_t own = o->count < share ? o->count : share;
	enum outcome outcome = OUTCOME_FAILED;

	if (tokens_init(&tokens, o) != 0)
		return OUTCOME_FAILED;
	for (uint32_t left = o->count - own; left > 0 && n < HELPERS_MAX; n++) {
		uint32_t part = left < share ? left : share;
		if (helper_start(&helpers[n], o, &tokens, part) != 0) {
			perror("confab-bench: a helper process");
			goto done;
		}
		left -= part;
	}
	if (prepare(&f, o, &tokens, own, &joins) == 0) {
		if (measure(&f, helpers, n, result) == 0)
			outcome = f.lost > 0 ? OUTCOME_VIOLATION : OUTCOME_GOOD;
		fleet_fini(&f);
	}
done:
	helpers_end(helpers, n);
	tokens_fini(&tokens);
	return outcome;
}
