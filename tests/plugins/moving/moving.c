/**
 * moving: descriptors that are watched and hooks that come and go while the server runs, by verbs.
 *
 * SPDX-License-Identifier: MIT
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <confab/admin.h>
#include <confab/event.h>
#include <confab/plugin.h>
#include <confab/task.h>

struct moving {
	struct confab_plugin *plugin;
	int ends[2];
	struct confab_fd *fd;
	json_int_t bytes, calls;
	struct confab_hook *hook;
};

/* Reads all there is; an "x" among it ends the watch. */
static void readable(void *arg, unsigned what)
{
	struct moving *m = arg;
	char bytes[100];
	ssize_t n;

	m->calls++;
	while ((what & CONFAB_FD_READ) && (n = read(m->ends[0], bytes, sizeof(bytes))) > 0) {
		m->bytes += n;
		if (memchr(bytes, 'x', (size_t)n)) {
			confab_fd_stop(m->fd);
			m->fd = NULL;
			return;
		}
	}
}

static void feed(struct confab_verb *v, const json_t *args, void *ctx)
{
	struct moving *m = ctx;
	const char *text = json_string_value(json_object_get(args, "text"));

	if (write(m->ends[1], text, strlen(text)) < 0)
		confab_verb_refuse(v, "full", "the pipe is full");
	else
		confab_verb_reply(v, NULL);
}

static void fed(struct confab_verb *v, const json_t *args, void *ctx)
{
	struct moving *m = ctx;

	(void)args;
	confab_verb_reply(v,
		json_pack("{s:I, s:I, s:b}", "bytes", m->bytes, "calls", m->calls, "watched",
			m->fd != NULL));
}

static void file(struct confab_verb *v, const json_t *args, void *ctx)
{
	struct moving *m = ctx;
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct confab_fd *watched = confab_fd_start(m->plugin, fd, CONFAB_FD_READ, readable, m);

	(void)args;
	(void)close(fd);
	confab_verb_reply(v, json_pack("{s:b}", "watched", watched != NULL));
}

static enum confab_verdict refuse(struct confab_event *ev, void *ctx)
{
	(void)ctx;
	return confab_reject(ev, "not_now", "a hook that was added says no");
}

/* Says no once: it is gone when it returns. */
static enum confab_verdict refuse_once(struct confab_event *ev, void *ctx)
{
	struct moving *m = ctx;

	confab_hook_remove(m->hook);
	m->hook = NULL;
	return refuse(ev, ctx);
}

static void hook(struct confab_verb *v, const json_t *args, void *ctx)
{
	struct moving *m = ctx;
	bool once = json_is_true(json_object_get(args, "once"));
	const struct confab_hook_row row = CONFAB_DECIDE(CONFAB_MODERATE, "message.send",
		once ? refuse_once : refuse, "refuses while it is there");
	struct confab_error err = {0};

	m->hook = confab_hook_add(m->plugin, &row, m, &err);
	if (m->hook)
		confab_verb_reply(v, NULL);
	else
		confab_verb_refuse(v, "failed", "%s", err.text);
}

static void unhook(struct confab_verb *v, const json_t *args, void *ctx)
{
	struct moving *m = ctx;

	(void)args;
	confab_hook_remove(m->hook);
	m->hook = NULL;
	confab_verb_reply(v, NULL);
}

/* As many as there may be, and one at a stage it does not fit. */
static void many(struct confab_verb *v, const json_t *args, void *ctx)
{
	const struct confab_hook_row row = {.stage = CONFAB_OBSERVE, .kinds = "typing"};
	const struct confab_hook_row good = CONFAB_DECIDE(CONFAB_MODERATE, "typing", refuse, NULL);
	struct moving *m = ctx;
	struct confab_error wrong = {0}, full = {0};
	int n = 0;

	(void)args;
	(void)confab_hook_add(m->plugin, &row, m, &wrong);
	while (confab_hook_add(m->plugin, &good, m, &full))
		n++;
	confab_verb_reply(v,
		json_pack("{s:i, s:s, s:s}", "hooks", n, "wrong", wrong.text, "full", full.text));
}

static const struct confab_field feed_args[] = {
	{.name = "text", .type = CONFAB_FIELD_STRING, .required = true},
	{0},
};
static const struct confab_field hook_args[] = {
	{.name = "once", .type = CONFAB_FIELD_BOOL},
	{0},
};
static const struct confab_verb_row verbs[] = {
	{"feed", feed_args, "Write to the watched pipe.", feed},
	{"fed", NULL, "What was read from it.", fed},
	{"file", NULL, "Try to watch a regular file.", file},
	{"hook", hook_args, "Add a hook that says no.", hook},
	{"unhook", NULL, "Take it back.", unhook},
	{"many", NULL, "Add as many hooks as there may be.", many},
};

static int moving_load(struct confab_plugin *p, void **ctx, struct confab_error *err)
{
	struct moving *m = calloc(1, sizeof(*m));

	if (!m || pipe2(m->ends, O_NONBLOCK | O_CLOEXEC) != 0) {
		free(m);
		return confab_error_set(err, CONFAB_EIO, "no pipe");
	}
	m->plugin = p;
	m->fd = confab_fd_start(p, m->ends[0], CONFAB_FD_READ, readable, m);
	*ctx = m;
	return m->fd ? 0 : confab_error_set(err, CONFAB_EIO, "the pipe cannot be watched");
}

static void moving_unload(void *ctx)
{
	struct moving *m = ctx;

	confab_fd_stop(m->fd);
	(void)close(m->ends[0]);
	(void)close(m->ends[1]);
	free(m);
}

CONFAB_PLUGIN("moving", "1.0") = {
	CONFAB_HEAD("moving", "1.0", "MIT"),
	.summary = "Watches and hooks at run time.",
	CONFAB_ROWS(verbs, verbs),
	.load = moving_load,
	.unload = moving_unload,
};
