/**
 * Verbs that ask the running server: each becomes one line of JSON, and one line comes back.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ctl/remote.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "config/config.h"
#include "config/units.h"
#include "ctl/ctl.h"
#include "ctl/present.h"
#include "ctl/stream.h"

/* Longest answer; the server's lists are shorter [bytes]. */
#define ANSWER_MAX ((size_t)64 << 20)

/* @return a connected socket, or -1 and why not was said */
static int connect_to(struct ctl *ctl, const char *path)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof(sa.sun_path)) {
		ctl_fail(ctl, CTL_FAILED, "admin socket %s: the path is longer than %zu bytes",
			path, sizeof(sa.sun_path) - 1);
		return -1;
	}
	strcpy(sa.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0)
		return fd;
	if (errno == ENOENT || errno == ECONNREFUSED)
		ctl_fail(ctl, CTL_FAILED,
			"no server listens at %s (is confabd running with this configuration?)",
			path);
	else
		ctl_fail(ctl, CTL_FAILED, "admin socket %s: %m", path);
	if (fd >= 0)
		close(fd);
	return -1;
}

/* The "ok" of an answer, or NULL and why not was said. */
static json_t *take_answer(struct ctl *ctl, const char *line, size_t len)
{
	json_t *answer = json_loadb(line, len, JSON_DECODE_ANY, NULL);
	json_t *ok = json_object_get(answer, "ok");
	const json_t *error = json_object_get(answer, "error");

	if (ok) {
		json_incref(ok);
	} else if (error && ctl->json) {
		present_json(json_pack("{s:O}", "error", error));
	} else if (error) {
		const char *text = json_str(error, "text"), *code = json_str(error, "code");

		ctl_fail(ctl, CTL_FAILED, "%s (%s)", text ? text : "refused", code ? code : "?");
	} else {
		ctl_fail(ctl, CTL_FAILED, "the server's answer is no JSON of this protocol");
	}
	json_decref(answer);
	return ok;
}

char *remote_socket(struct ctl *ctl)
{
	struct config *cfg;
	char *path;

	if (ctl->socket)
		return strdup(ctl->socket);
	cfg = ctl_config_load(ctl);
	if (!cfg)
		return NULL;
	path = config_path(cfg, config_admin(cfg)->socket);
	config_unref(cfg);
	return path;
}

/* Read lines up to the one that is no {"say":…}. @return its "ok", or NULL and why not was said */
static json_t *read_answers(
	struct ctl *ctl, int fd, struct buf *b, void (*said)(struct ctl *ctl, const json_t *line))
{
	json_t *ok = NULL;
	bool more = true;

	while (more) {
		size_t len = stream_read_until(fd, b, "\n", ANSWER_MAX);
		json_t *line = len && said ? json_loadb(b->bytes, len, 0, NULL) : NULL;
		const json_t *say = json_object_get(line, "say");

		more = say != NULL;
		if (say)
			said(ctl, say);
		else if (len)
			ok = take_answer(ctl, b->bytes, len);
		else
			ctl_fail(ctl, CTL_FAILED, "the server closed without an answer");
		json_decref(line);
		memmove(b->bytes, b->bytes + len, b->len - len);
		b->len -= len;
	}
	return ok;
}

json_t *remote_follow(
	struct ctl *ctl, json_t *request, void (*said)(struct ctl *ctl, const json_t *line))
{
	char *path = remote_socket(ctl);
	int fd = path ? connect_to(ctl, path) : -1;
	json_t *ok = NULL;
	struct buf b;

	free(path);
	buf_init(&b);
	if (fd >= 0) {
		json_write(&b, request);
		buf_char(&b, '\n');
		if (stream_send(fd, b.bytes, b.len)) {
			buf_clear(&b);
			ok = read_answers(ctl, fd, &b, said);
		} else {
			ctl_fail(ctl, CTL_FAILED, "the server closed its admin socket");
		}
		close(fd);
	}
	json_decref(request);
	buf_fini(&b);
	return ok;
}

json_t *remote_ask(struct ctl *ctl, json_t *request)
{
	return remote_follow(ctl, request, NULL);
}

static int show(struct ctl *ctl, json_t *request)
{
	return remote_show(ctl, remote_ask(ctl, request));
}

int remote_show(struct ctl *ctl, json_t *ok)
{
	if (!ok)
		return CTL_FAILED;
	if (ctl->json) {
		present_json(ok);
		return CTL_OK;
	}
	if (json_is_object(ok) && json_object_size(ok) == 0)
		puts("done");
	else
		present_text(ok);
	json_decref(ok);
	return CTL_OK;
}

/* ---- verbs ---------------------------------------------------------------------------------- */

/* Without arguments: the name is the verb ("sessions list" → "sessions.list"). */
static json_t *request_of(const struct ctl_verb *verb)
{
	char name[64];

	snprintf(name, sizeof(name), "%s", verb->name);
	for (char *p = name; *p; p++) {
		if (*p == ' ')
			*p = '.';
	}
	return json_pack("{s:s}", "verb", name);
}

static int run_plain(struct ctl *ctl, const struct ctl_verb *verb, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return show(ctl, request_of(verb));
}

/* With arguments: what each of them is called in the request. */
static int show_with(struct ctl *ctl, const struct ctl_verb *verb, int argc, char **argv,
	const char *const names[])
{
	json_t *request = request_of(verb);

	for (int i = 0; i < argc; i++)
		json_object_set_new(request, names[i], json_string(argv[i]));
	return show(ctl, request);
}

static int run_list(struct ctl *ctl, const struct ctl_verb *verb, int argc, char **argv)
{
	return show_with(ctl, verb, argc, argv, (const char *const[]){"like"});
}

static int run_named(struct ctl *ctl, const struct ctl_verb *verb, int argc, char **argv)
{
	return show_with(ctl, verb, argc, argv, (const char *const[]){"name"});
}

static int run_revoke(struct ctl *ctl, const struct ctl_verb *verb, int argc, char **argv)
{
	return show_with(ctl, verb, argc, argv, (const char *const[]){"user", "session"});
}

static int run_user(struct ctl *ctl, const struct ctl_verb *verb, int argc, char **argv)
{
	return show_with(ctl, verb, argc, argv, (const char *const[]){"user"});
}

static int run_users_role(struct ctl *ctl, const struct ctl_verb *verb, int argc, char **argv)
{
	return show_with(ctl, verb, argc, argv, (const char *const[]){"user", "role"});
}

static int run_users_disable(struct ctl *ctl, const struct ctl_verb *verb, int argc, char **argv)
{
	json_t *request = request_of(verb);
	int64_t ms = 0;

	if (argc > 1 && (units_duration(argv[1], &ms) != UNITS_OK || ms <= 0)) {
		json_decref(request);
		return ctl_fail(ctl, CTL_USAGE,
			"'%.40s' is no time; say 30m, 12h, 7d, or nothing: for ever", argv[1]);
	}
	json_object_set_new(request, "user", json_string(argv[0]));
	if (ms)
		json_object_set_new(
			request, "until", json_integer((json_int_t)(clock_real_ms() + ms)));
	return show(ctl, request);
}

static int run_log_level(struct ctl *ctl, const struct ctl_verb *verb, int argc, char **argv)
{
	return show_with(ctl, verb, argc, argv, (const char *const[]){"level"});
}

/* The link alone on standard output, so that it can be piped; what it is for on standard error. */
static int run_setup(struct ctl *ctl, const struct ctl_verb *verb, int argc, char **argv)
{
	json_t *request = request_of(verb), *ok;
	bool first = argc && strcmp(argv[0], "--first") == 0;
	const char *link;

	if (argc && !first) {
		json_decref(request);
		return ctl_fail(ctl, CTL_USAGE, "setup takes --first, not '%s'", argv[0]);
	}
	json_object_set_new(request, "first", json_boolean(first));
	ok = remote_ask(ctl, request);
	if (!ok)
		return CTL_FAILED;
	if (ctl->json) {
		present_json(ok);
		return CTL_OK;
	}
	link = json_str(ok, "link");
	if (link && *link) {
		fprintf(stderr, "Become an administrator here, once, within one hour:\n");
		puts(link);
	}
	json_decref(ok);
	return CTL_OK;
}

static int run_metrics(struct ctl *ctl, const struct ctl_verb *verb, int argc, char **argv)
{
	json_t *ok = remote_ask(ctl, request_of(verb));

	(void)argc;
	(void)argv;
	if (!ok)
		return CTL_FAILED;
	if (ctl->json) {
		present_json(ok);
		return CTL_OK;
	}
	fputs(json_str(ok, "text") ? json_str(ok, "text") : "", stdout);
	json_decref(ok);
	return CTL_OK;
}

/* Does a report of retention name messages that go? */
static bool report_lets_go(const json_t *report)
{
	json_t *type;
	size_t i;

	json_array_foreach(json_object_get(report, "types"), i, type)
	{
		if (json_int(type, "messages", 0) > 0)
			return true;
	}
	return false;
}

static bool confirmed(void)
{
	char line[16];

	if (!isatty(STDIN_FILENO))
		return false;
	fputs("Delete these messages for good? [y/N] ", stderr);
	return fgets(line, sizeof(line), stdin) && (line[0] == 'y' || line[0] == 'Y');
}

/* What will go is printed first; only then, and if it is wanted, it goes. */
static int run_retention_apply(struct ctl *ctl, const struct ctl_verb *verb, int argc, char **argv)
{
	bool yes = argc && strcmp(argv[0], "--yes") == 0;
	json_t *report;

	if (argc && !yes)
		return ctl_fail(ctl, CTL_USAGE, "retention apply takes --yes, not '%s'", argv[0]);
	if (!ctl->json || !yes) {
		report = remote_ask(ctl, json_pack("{s:s}", "verb", "retention.show"));
		if (!report)
			return CTL_FAILED;
		if (!ctl->json)
			present_text(report);
		yes = yes || !report_lets_go(report) || (!ctl->json && confirmed());
		json_decref(report);
	}
	if (!yes)
		return ctl_fail(ctl, CTL_FAILED, "nothing was deleted; say --yes to delete it");
	return show(ctl, request_of(verb));
}

/* ------------------------------------------------------------------------------------------- */

int remote_plugin(struct ctl *ctl, int argc, char **argv)
{
	char *path = remote_socket(ctl);
	bool there = path && access(path, F_OK) == 0;
	json_t *request, *words;

	free(path);
	if (!there)
		return -1;
	request = json_pack("{s:s, s:s}", "verb", "plugin.verb", "plugin", argv[0]);
	if (argc > 1)
		json_object_set_new(request, "name", json_string(argv[1]));
	words = json_array();
	for (int i = 2; i < argc; i++)
		json_array_append_new(words, json_string(argv[i]));
	json_object_set_new(request, "words", words);
	return show(ctl, request);
}

const struct ctl_verb ctl_remote_verbs[] = {
	{"status", "", "what the server is and how it does", 0, 0, run_plain},
	{"metrics", "", "all counters, as OpenMetrics text", 0, 0, run_metrics},
	{"users list", "[PREFIX]", "users that are in memory now", 0, 1, run_list},
	{"users role", "USER ROLE", "give somebody a server role: admin, user, guest", 2, 2,
		run_users_role},
	{"users disable", "USER [TIME]", "keep somebody out, sessions and all; TIME: 12h, 7d", 1, 2,
		run_users_disable},
	{"users enable", "USER", "let somebody in again", 1, 1, run_user},
	{"users sessions", "USER", "all sessions of somebody, in memory or not", 1, 1, run_user},
	{"channels list", "[PREFIX]", "channels that are in memory now", 0, 1, run_list},
	{"sessions list", "[USER]", "sessions that are in memory now", 0, 1, run_list},
	{"sessions revoke", "USER [SESSION]", "end a session, or all of a user, for good", 1, 2,
		run_revoke},
	{"plugins", "[NAME]", "plugins, their state and what they cost; NAME: all about one", 0, 1,
		run_named},
	{"plugin reset", "NAME", "close a plugin's breaker: its hooks are called again", 1, 1,
		run_named},
	{"plugin load", "NAME", "load a plugin from the configured directories, by its name", 1, 1,
		run_named},
	{"plugin unload", "NAME", "unload a plugin, when what it has begun has ended", 1, 1,
		run_named},
	{"plugin reload", "NAME", "run a plugin's newest file in place of the copy that runs", 1, 1,
		run_named},
	{"hooks", "", "hooks of plugins, in the order in which they run, and why", 0, 0, run_plain},
	{"trace", "NAME [--count N] [--seconds N]",
		"follow events: a kind, channel, user, session, cid, #NUMBER or *", 1, -1,
		ctl_trace},
	{"log level", "[LEVEL]", "show or set: error, warning, info, debug", 0, 1, run_log_level},
	{"log reopen", "", "open the log's file again, after it was moved", 0, 0, run_plain},
	{"reload", "", "read the configuration again: all of it or nothing", 0, 0, run_plain},
	{"doctor", "", "what protects this server: privileges, walls, limits, files", 0, 0,
		run_plain},
	{"drain", "", "send clients elsewhere, accept nobody new", 0, 0, run_plain},
	{"setup", "[--first]",
		"print a link that makes one administrator; --first: if there is none", 0, 1,
		run_setup},
	{"backup", "PATH", "copy the store while it runs; PATH must not exist", 1, 1, ctl_backup},
	{"retention show", "", "what the configured retention would delete", 0, 0, run_plain},
	{"retention apply", "[--yes]",
		"say what will go, ask, delete it, and keep to it from now on", 0, 1,
		run_retention_apply},
	{"stop", "", "end the server", 0, 0, run_plain},
	{NULL, NULL, NULL, 0, 0, NULL},
};
