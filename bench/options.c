/**
 * The command line: one table of options, read once.
 *
 * SPDX-License-Identifier: MIT
 */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { KIND_TEXT, KIND_COUNT, KIND_REAL, KIND_YES, KIND_NO, KIND_PID, KIND_HELP };

struct row {
	const char *name;
	enum kind kind;
	size_t offset; /* in struct options */
	const char *argument;
	const char *help;
};

#define AT(field) offsetof(struct options, field)

static const struct row rows[] = {
	{"host", KIND_TEXT, AT(host), "ADDR", "server's address (127.0.0.1)"},
	{"port", KIND_TEXT, AT(port), "N", "server's port (8080)"},
	{"path", KIND_TEXT, AT(path), "PATH", "of the WebSocket (/v1/ws; echo: /echo)"},
	{"subprotocol", KIND_TEXT, AT(subprotocol), "NAME", "(confab.v1; echo: echo)"},
	{"tls", KIND_YES, AT(tls), NULL, "speak TLS"},
	{"ca-file", KIND_TEXT, AT(ca_file), "FILE", "certificates to trust (the system's)"},
	{"insecure", KIND_YES, AT(insecure), NULL, "accept any certificate"},
	{"no-hello", KIND_NO, AT(hello), NULL, "do not send hello after the upgrade"},
	{"token", KIND_TEXT, AT(token), "TOKEN", "access token for every connection"},
	{"token-file", KIND_TEXT, AT(token_file), "FILE", "one token per line, used in turn"},
	{"jwt-secret-file", KIND_TEXT, AT(jwt_secret_file), "FILE",
		"make HS256 tokens for the users with this secret"},
	{"user", KIND_TEXT, AT(user), "NAME", "name, or prefix of names with --users (bench)"},
	{"users", KIND_COUNT, AT(users), "N", "different users, used in turn (1)"},
	{"password", KIND_TEXT, AT(password), "TEXT", "log in over HTTP with this password"},
	{"register", KIND_YES, AT(enroll), NULL, "register the users first"},
	{"channel", KIND_TEXT, AT(channel), "ID", "channel to talk in (general)"},
	{"join", KIND_YES, AT(join), NULL, "join the channel before anything is sent"},
	{"resume", KIND_YES, AT(resume), NULL, "connect: name the session of the hello before"},
	{"from", KIND_COUNT, AT(from), "N", "idle: connections at the first reading (N/8)"},
	{"senders", KIND_COUNT, AT(senders), "N", "fanout, saturate: sending connections (8)"},
	{"watchers", KIND_COUNT, AT(watchers), "N", "send: checking subscribers (1)"},
	{"rate", KIND_REAL, AT(rate), "R", "messages per second (fanout: 50; saturate: search)"},
	{"body", KIND_COUNT, AT(body), "BYTES", "length of a message's text (200)"},
	{"warmup", KIND_REAL, AT(warmup_s), "SECONDS", "before anything counts (1)"},
	{"duration", KIND_REAL, AT(duration_s), "SECONDS", "that count (10; saturate: 3 a step)"},
	{"drain", KIND_REAL, AT(drain_s), "SECONDS", "to wait for what is under way (10)"},
	{"limit", KIND_REAL, AT(limit_ms), "MS", "saturate: highest p99 that is good (100)"},
	{"concurrency", KIND_COUNT, AT(concurrency), "N", "connections in the making (64)"},
	{"sources", KIND_COUNT, AT(sources), "N", "loopback addresses to come from (as needed)"},
	{"pid", KIND_PID, AT(pid), "PID", "of the server, to read its CPU time and memory"},
	{"json", KIND_YES, AT(json), NULL, "print the result as one JSON object"},
	{"help", KIND_HELP, 0, NULL, "print this"},
};

#define ROWS (sizeof rows / sizeof rows[0])

static const struct {
	const char *name;
	const char *help;
} modes[] = {
	[MODE_IDLE] = {"idle", "N authenticated connections, one subscription each: memory"},
	[MODE_FANOUT] = {"fanout", "N subscribers at a constant rate: latency, CPU per delivery"},
	[MODE_SATURATE] = {"saturate", "N subscribers, rising rate: most deliveries in time"},
	[MODE_ECHO] = {"echo", "N connections, one message in flight each"},
	[MODE_SEND] = {"send", "N senders, one request in flight each: acknowledgements"},
	[MODE_CONNECT] = {"connect", "N times connect, upgrade, hello, close"},
};

#define MODES (sizeof modes / sizeof modes[0])

static void print_help(void)
{
	puts("usage: confab-bench [options] MODE N\n\nmodes:");
	for (size_t i = 0; i < MODES; i++)
		printf("  %-10s %s\n", modes[i].name, modes[i].help);
	puts("\noptions:");
	for (size_t i = 0; i < ROWS; i++) {
		char left[64];
		(void)snprintf(left, sizeof left, "--%s%s%s", rows[i].name,
			rows[i].argument ? " " : "", rows[i].argument ? rows[i].argument : "");
		printf("  %-24s %s\n", left, rows[i].help);
	}
	puts("\nexit status: 0 all as promised, 1 the server broke a promise, 2 could not run");
}

static int read_count(const char *text, uint32_t *out)
{
	char *end;
	errno = 0;
	unsigned long v = strtoul(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || text[0] == '-' || v > 10000000)
		return -1;
	*out = (uint32_t)v;
	return 0;
}

static int read_real(const char *text, double *out)
{
	char *end;
	double v = strtod(text, &end);
	if (end == text || *end != '\0' || !isfinite(v) || v < 0 || v > 1e7)
		return -1;
	*out = v;
	return 0;
}

/* Put one option's value where its row says. @return 0 or -1 */
static int take(struct options *o, const struct row *row, const char *text)
{
	char *at = (char *)o + row->offset;
	uint32_t n;

	switch (row->kind) {
	case KIND_TEXT:
		*(const char **)(void *)at = text;
		return 0;
	case KIND_COUNT:
		return read_count(text, (uint32_t *)(void *)at);
	case KIND_REAL:
		return read_real(text, (double *)(void *)at);
	case KIND_YES:
	case KIND_NO:
		*(bool *)at = row->kind == KIND_YES;
		return 0;
	case KIND_PID:
		if (read_count(text, &n) != 0 || n == 0)
			return -1;
		*(pid_t *)(void *)at = (pid_t)n;
		return 0;
	case KIND_HELP:
		break;
	}
	print_help();
	return 1;
}

static int take_mode(struct options *o, int argc, char **argv, int at)
{
	if (argc - at != 2) {
		(void)fputs("confab-bench: a mode and a number are needed; see --help\n", stderr);
		return -1;
	}
	for (size_t i = 0; i < MODES; i++) {
		if (strcmp(argv[at], modes[i].name) != 0)
			continue;
		o->mode = (enum mode)i;
		if (read_count(argv[at + 1], &o->count) == 0 && o->count > 0)
			return 0;
		(void)fprintf(stderr, "confab-bench: '%s' is no count\n", argv[at + 1]);
		return -1;
	}
	(void)fprintf(stderr, "confab-bench: no mode '%s'; see --help\n", argv[at]);
	return -1;
}

/* What was not said depends on the mode. */
static void fill_defaults(struct options *o)
{
	bool echo = o->mode == MODE_ECHO;
	if (o->path == NULL)
		o->path = echo ? "/echo" : "/v1/ws";
	if (o->subprotocol == NULL)
		o->subprotocol = echo ? "echo" : "confab.v1";
	if (echo)
		o->hello = false;
	if (o->rate <= 0 && o->mode == MODE_FANOUT)
		o->rate = 50;
	if (o->duration_s <= 0)
		o->duration_s = o->mode == MODE_SATURATE ? 3 : 10;
	if (o->from == 0 || o->from >= o->count)
		o->from = o->count / 8;
	if (o->users == 0)
		o->users = 1;
	if (o->senders == 0)
		o->senders = 1;
	if (o->concurrency == 0)
		o->concurrency = 1;
	if (o->sources == 0)
		o->sources = 1 + o->count / 20000;
}

/* ---------------------------------------------------------------------------------------- */

int options_read(struct options *o, int argc, char **argv)
{
	struct option longs[ROWS + 1] = {0};

	*o = (struct options){.host = "127.0.0.1",
		.port = "8080",
		.hello = true,
		.user = "bench",
		.channel = "general",
		.users = 1,
		.senders = 8,
		.watchers = 1,
		.body = 200,
		.warmup_s = 1,
		.drain_s = 10,
		.limit_ms = 100,
		.concurrency = 64};
	for (size_t i = 0; i < ROWS; i++)
		longs[i] = (struct option){rows[i].name,
			rows[i].argument ? required_argument : no_argument, NULL, (int)i + 1};
	for (int got; (got = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
		if (got == '?')
			return -1;
		const struct row *row = &rows[got - 1];
		int err = take(o, row, optarg);
		if (err > 0)
			return 1;
		if (err < 0) {
			(void)fprintf(stderr, "confab-bench: --%s: '%s' is not a good %s\n",
				row->name, optarg, row->argument);
			return -1;
		}
	}
	if (take_mode(o, argc, argv, optind) != 0)
		return -1;
	fill_defaults(o);
	return 0;
}

const char *mode_name(enum mode mode)
{
	return modes[mode].name;
}
