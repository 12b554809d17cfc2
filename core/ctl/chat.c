/**
 * confabctl chat: log in, list, talk, history. With a terminal it edits lines by readline; without
 * one it reads lines and writes "#channel user: text", for pipes and tests.
 *
 * SPDX-License-Identifier: MIT
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include <readline/history.h>
#include <readline/readline.h>

#include "base/clock.h"
#include "base/ids.h"
#include "base/json.h"
#include "ctl/chat_link.h"
#include "ctl/ctl.h"
#include "ctl/present.h"

#define DEFAULT_URL "http://127.0.0.1:8080"
/* How long the own last message is awaited after the end of input. */
#define LINGER_US 2000000

struct chat_screen {
	struct chat_link link;
	struct ctl *ctl;
	char current[65]; /* channel that plain lines go to; "": none */
	bool terminal, quit;
	int status;
};

/* readline's callback has no argument: the one screen of this program. */
static struct chat_screen *screen;

/* One line of output, above what is being typed; nothing in it moves the cursor. */
static void print_line(const struct chat_screen *s, const char *text)
{
	if (s->terminal)
		fputs("\r\033[K", stdout);
	for (const char *p = text; *p; p++)
		putchar((unsigned char)*p < 0x20 && *p != '\t' ? ' ' : *p == 0x7F ? '?' : *p);
	putchar('\n');
	fflush(stdout);
	if (s->terminal)
		rl_forced_update_display();
}

static void on_say(void *ctx, const char *text)
{
	struct chat_screen *s = ctx;

	if (!s->ctl->json)
		print_line(s, text);
}

static void on_row(void *ctx, const char *log, const json_t *row)
{
	struct chat_screen *s = ctx;
	const char *user = json_str(row, "user"), *text = json_str(row, "text");
	size_t size;
	char *line;

	if (s->ctl->json) {
		present_json(json_pack("{s:s, s:O}", "channel", log, "row", row));
		fflush(stdout);
		return;
	}
	if (!text)
		text = json_bool(row, "deleted") || json_bool(row, "gone") ? "(deleted)" : "(…)";
	size = strlen(log) + strlen(user ? user : "-") + strlen(text) + 8;
	line = malloc(size);
	if (!line)
		abort();
	if (json_str(row, "command") && strcmp(json_str(row, "command"), "me") == 0)
		snprintf(line, size, "#%s * %s %s", log, user ? user : "-", text);
	else
		snprintf(line, size, "#%s %s: %s", log, user ? user : "-", text);
	print_line(s, line);
	free(line);
}

static void show_list(struct chat_screen *s, const json_t *list, const char *log)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		const char *kind = json_str(item, "kind");
		const char *id = json_is_string(item) ? json_string_value(item)
						      : json_str(item, "id");
		char line[256];

		if (kind && strcmp(kind, "message") == 0) {
			on_row(s, log, item);
			continue;
		}
		snprintf(line, sizeof(line), "%.64s  %.32s  %.100s", id ? id : "?",
			json_str(item, "type")           ? json_str(item, "type")
				: json_str(item, "role") ? json_str(item, "role")
							 : "",
			json_str(item, "name") ? json_str(item, "name") : "");
		print_line(s, line);
	}
}

static void watch(struct chat_screen *s, const char *channel)
{
	link_ask(&s->link,
		json_pack("{s:s, s:s, s:s}", "op", "channel.watch", "channel", channel, "level",
			"watch"));
}

static void on_answer(void *ctx, const json_t *asked, const json_t *ok, const json_t *error)
{
	struct chat_screen *s = ctx;
	const char *op = json_str(asked, "op"), *channel = json_str(asked, "channel");
	char line[400];

	if (error) {
		snprintf(line, sizeof(line), "%s: %s (%s)", op,
			json_str(error, "text") ? json_str(error, "text") : "refused",
			json_str(error, "code") ? json_str(error, "code") : "?");
		if (s->terminal || strcmp(op, "hello") == 0)
			print_line(s, line);
		else
			fprintf(stderr, "confabctl: %s\n", line);
		s->status = CTL_FAILED;
		return;
	}
	if (strcmp(op, "hello") == 0) {
		on_say(s,
			"connected; /list, /join CHANNEL, /create CHANNEL, /open CHANNEL, "
			"/history, /who, /help, /quit");
	} else if (strcmp(op, "channel.watch") == 0) {
		snprintf(s->current, sizeof(s->current), "%s", channel);
		link_follow(&s->link, channel, ok);
		snprintf(line, sizeof(line), "#%s is open; what you type is said there", channel);
		on_say(s, line);
	} else if (strcmp(op, "channel.join") == 0 || strcmp(op, "channel.create") == 0) {
		const char *id = json_str(ok, "channel") ? json_str(ok, "channel") : channel;

		watch(s, id ? id : json_str(asked, "name"));
	} else if (json_object_get(ok, "channels") && strcmp(op, "sync") != 0) {
		show_list(s, json_object_get(ok, "channels"), NULL);
	} else if (json_object_get(ok, "rows") || json_object_get(ok, "members")) {
		const json_t *rows = json_object_get(ok, "rows");

		show_list(s, rows ? rows : json_object_get(ok, "members"), channel);
	}
}

/* ---- what is typed ---------------------------------------------------------------------------- */

/* A request on the current channel, with a cid where it changes something. */
static void ask_channel(struct chat_screen *s, const char *op, const char *channel, bool changes)
{
	json_t *request = json_pack("{s:s, s:s}", "op", op, "channel", channel);
	char cid[33];

	if (changes) {
		id_random(cid, sizeof(cid) - 1);
		json_object_set_new(request, "cid", json_string(cid));
	}
	link_ask(&s->link, request);
}

static void send_text(struct chat_screen *s, const char *text)
{
	json_t *request = json_pack(
		"{s:s, s:s, s:s}", "op", "message.send", "channel", s->current, "text", text);
	char cid[33];

	if (!request) {
		on_say(s, "this is not UTF-8 and was not sent");
		return;
	}
	id_random(cid, sizeof(cid) - 1);
	json_object_set_new(request, "cid", json_string(cid));
	link_ask(&s->link, request);
}

/* @return false: it is none of these, and line is spoilt */
static bool take_command(struct chat_screen *s, char *line)
{
	char *word = strtok(line, " \t"), *arg = strtok(NULL, " \t");
	json_t *create;

	if (arg && arg[0] == '#')
		arg++;
	if (strcmp(word, "/quit") == 0) {
		s->quit = true;
	} else if (strcmp(word, "/list") == 0) {
		link_ask(&s->link, json_pack("{s:s}", "op", "channel.find"));
	} else if (arg && strcmp(word, "/join") == 0) {
		ask_channel(s, "channel.join", arg, true);
	} else if (arg && strcmp(word, "/open") == 0) {
		watch(s, arg);
	} else if (arg && strcmp(word, "/create") == 0) {
		char cid[33];

		id_random(cid, sizeof(cid) - 1);
		create = json_pack("{s:s, s:s, s:s, s:s, s:s}", "op", "channel.create", "channel",
			arg, "type", "open", "name", arg, "cid", cid);
		link_ask(&s->link, create);
	} else if (s->current[0] && strcmp(word, "/history") == 0) {
		ask_channel(s, "history", s->current, false);
	} else if (s->current[0] && strcmp(word, "/who") == 0) {
		ask_channel(s, "member.list", s->current, false);
	} else {
		return false;
	}
	return true;
}

/* What is no command of ours is one of the server's, where a channel is open. */
static void take_slash(struct chat_screen *s, const char *line)
{
	char *copy = strdup(line);

	if (!copy)
		abort();
	if (take_command(s, copy)) {
		free(copy);
		return;
	}
	free(copy);
	if (s->current[0]) {
		send_text(s, line);
		return;
	}
	on_say(s,
		"not so: /list, /join CHANNEL, /create CHANNEL, /open CHANNEL, and in an open one "
		"/history, /who, /help; /quit");
	s->status = s->terminal ? s->status : CTL_USAGE;
}

static void take_line(char *line)
{
	struct chat_screen *s = screen;

	if (!line) {
		s->quit = true;
		return;
	}
	if (line[0] && s->terminal)
		add_history(line);
	if (line[0] == '/')
		take_slash(s, line);
	else if (line[0] && s->current[0])
		send_text(s, line);
	else if (line[0])
		on_say(s, "no channel is open: /join CHANNEL or /open CHANNEL first");
	if (s->terminal)
		free(line);
}

/* ---- logging in --------------------------------------------------------------------------------- */

/* @return false at the end of input */
static bool ask_hidden(const char *prompt, char *out, size_t size)
{
	struct termios was, quiet;
	bool got;

	if (tcgetattr(STDIN_FILENO, &was))
		return false;
	quiet = was;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	fputs(prompt, stderr);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	got = fgets(out, (int)size, stdin) != NULL;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &was);
	fputc('\n', stderr);
	out[strcspn(out, "\n")] = '\0';
	return got;
}

/* @return the access token, to free(), or NULL and why not was said */
static char *log_in(struct chat_screen *s, bool make)
{
	const char *secret = getenv("CONFAB_PASSWORD");
	struct confab_error err = {0};
	char typed[256] = "";
	json_t *body, *answer;
	const json_t *error;
	char *token = NULL;
	int status = 0;

	if (!secret && !ask_hidden("Password: ", typed, sizeof(typed))) {
		ctl_fail(s->ctl, CTL_USAGE, "no password: set CONFAB_PASSWORD, or use a terminal");
		return NULL;
	}
	body = json_pack("{s:s, s:s}", "user", s->link.user, "password", secret ? secret : typed);
	explicit_bzero(typed, sizeof(typed));
	answer = ws_post(
		&s->link.place, make ? "/v1/auth/register" : "/v1/auth/login", body, &status, &err);
	json_decref(body);
	error = json_object_get(answer, "error");
	if (!answer)
		ctl_fail(s->ctl, CTL_FAILED, "%s", err.text);
	else if (json_str(answer, "access"))
		token = strdup(json_str(answer, "access"));
	else
		ctl_fail(s->ctl, CTL_FAILED, "%s (%s)",
			json_str(error, "text") ? json_str(error, "text") : "refused",
			json_str(error, "code") ? json_str(error, "code") : "?");
	json_decref(answer);
	return token;
}

/* ---- the loop ----------------------------------------------------------------------------------- */

static void run_terminal(struct chat_screen *s)
{
	rl_callback_handler_install("> ", take_line);
	while (!s->quit && !s->link.refused) {
		struct pollfd fds[2] = {{STDIN_FILENO, POLLIN, 0}, {s->link.ws.fd, POLLIN, 0}};

		poll(fds, 2, s->link.ws.fd < 0 ? 100 : 1000);
		if (fds[0].revents)
			rl_callback_read_char();
		link_turn(&s->link);
	}
	rl_callback_handler_remove();
}

/* One line at a time: the next is read when the one before it was answered. After the end of input
 * what was asked is still answered. */
static void run_pipe(struct chat_screen *s)
{
	struct buf in;
	int64_t until_us = 0;
	bool ended = false;

	buf_init(&in);
	while (!s->quit && !s->link.refused) {
		bool busy = link_busy(&s->link);
		char *end = in.len ? memchr(in.bytes, '\n', in.len) : NULL;
		struct pollfd fds[2] = {{busy || end || ended ? -1 : STDIN_FILENO, POLLIN, 0},
			{s->link.ws.fd, POLLIN, 0}};

		if (!busy && end) {
			size_t used = (size_t)(end - in.bytes) + 1;

			*end = '\0';
			take_line(in.bytes);
			in.len -= used;
			memmove(in.bytes, in.bytes + used, in.len);
			continue;
		}
		if (!busy && ended && (!link_behind(&s->link) || clock_mono_us() > until_us))
			break;
		poll(fds, 2, 100);
		if (fds[0].revents) {
			char piece[4096];
			ssize_t n = read(STDIN_FILENO, piece, sizeof(piece));

			ended = n == 0 || (n < 0 && errno != EINTR);
			until_us = clock_mono_us() + LINGER_US;
			if (n > 0)
				buf_add(&in, piece, (size_t)n);
		}
		link_turn(&s->link);
	}
	buf_fini(&in);
}

static int run_chat(struct chat_screen *s, bool make)
{
	char *token = log_in(s, make);

	if (!token)
		return CTL_FAILED;
	s->terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && !s->ctl->json;
	s->link.row = on_row;
	s->link.say = on_say;
	s->link.answered = on_answer;
	s->link.ctx = s;
	link_init(&s->link, token);
	free(token);
	screen = s;
	if (s->terminal)
		run_terminal(s);
	else
		run_pipe(s);
	if (s->link.refused)
		s->status = ctl_fail(s->ctl, CTL_FAILED, "the server ended this session");
	link_fini(&s->link);
	screen = NULL;
	return s->status;
}

/* ------------------------------------------------------------------------------------------- */

int ctl_chat(struct ctl *ctl, const struct ctl_verb *verb, int argc, char **argv)
{
	struct chat_screen s = {.ctl = ctl};
	const char *url = DEFAULT_URL, *user = getenv("USER");
	struct confab_error err = {0};
	bool make = false;

	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--register") == 0)
			make = true;
		else if (strcmp(argv[i], "--user") == 0 && i + 1 < argc)
			user = argv[++i];
		else if (argv[i][0] != '-')
			url = argv[i];
		else
			return ctl_fail(ctl, CTL_USAGE, "usage: confabctl chat %s", verb->args);
	}
	if (!user || !id_valid(user))
		return ctl_fail(ctl, CTL_USAGE, "'%.64s' is no name of a user: say --user NAME",
			user ? user : "");
	snprintf(s.link.user, sizeof(s.link.user), "%s", user);
	if (ws_place_parse(&s.link.place, url, &err))
		return ctl_fail(ctl, CTL_USAGE, "%s", err.text);
	return run_chat(&s, make);
}
