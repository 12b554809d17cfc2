/**
 * The socket: connections, lines in, lines out.
 *
 * SPDX-License-Identifier: MIT
 */
#include "admin/admin.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/log.h"
#include "loop/loop.h"

#define LINE_MAX_BYTES 65536
#define CONNECTIONS_MAX 32
#define SAY_MAX_BYTES ((size_t)1024 * 1024) /* that wait to be read */

struct admin_conn {
	struct admin_conn *next;
	struct admin *admin;
	struct watch watch;
	struct buf in, out;
	size_t sent;                   /* of out */
	struct admin_request *waiting; /* the line being answered */
	bool ended;                    /* the peer sends no more */
	struct mail later;             /* frees it */
	bool dead;
};

struct admin_request {
	struct admin_conn *conn; /* NULL: it has gone, the answer is dropped */
	void (*gone)(void *arg); /* NULL: does not matter */
	void *gone_arg;
};

struct admin {
	struct admin_env env;
	char *path;
	struct watch watch;
	int fd;
	struct admin_conn *conns;
	unsigned n_conns;
};

static void conn_free(struct mail *m)
{
	struct admin_conn *c =
		(struct admin_conn *)((char *)m - offsetof(struct admin_conn, later));

	buf_fini(&c->in);
	buf_fini(&c->out);
	free(c);
}

/* Forget a connection; its memory goes at the end of the turn, as callers may still be in it. */
static void conn_close(struct admin_conn *c)
{
	struct admin_conn **at = &c->admin->conns;

	if (c->dead)
		return;
	c->dead = true;
	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	c->admin->n_conns--;
	watch_stop(&c->watch);
	close(c->watch.fd);
	if (c->waiting) {
		struct admin_request *rq = c->waiting;

		rq->conn = NULL;
		if (rq->gone)
			rq->gone(rq->gone_arg); /* answers, perhaps at once */
	}
	c->later.run = conn_free;
	loop_later(c->admin->env.loop, &c->later);
}

/* @return false if the connection has gone */
static bool conn_flush(struct admin_conn *c)
{
	while (c->sent < c->out.len) {
		ssize_t n = send(c->watch.fd, c->out.bytes + c->sent, c->out.len - c->sent,
			MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return true;
		if (n <= 0) {
			conn_close(c);
			return false;
		}
		c->sent += (size_t)n;
	}
	buf_clear(&c->out);
	c->sent = 0;
	return true;
}

static void conn_run(struct admin_conn *c, const char *line, size_t len)
{
	struct admin_request *rq = calloc(1, sizeof(*rq));
	struct confab_error err = {0};
	json_t *args;
	const char *name;

	if (!rq)
		abort();
	rq->conn = c;
	c->waiting = rq;
	args = json_parse_bounded(line, len, LINE_MAX_BYTES, &err);
	name = json_str(args, "verb");
	if (!name) {
		admin_refuse(rq, "bad_request", "%s", args ? "verb is missing" : err.text);
		json_decref(args);
		return;
	}
	for (const struct admin_verb *v = admin_verbs; v->name; v++) {
		if (strcmp(v->name, name) == 0) {
			v->run(rq, &c->admin->env, args);
			json_decref(args);
			return;
		}
	}
	admin_refuse(rq, "unknown_verb", "there is no verb '%.60s'", name);
	json_decref(args);
}

/* Answer whole lines one after the other, as long as nothing waits. */
static void conn_work(struct admin_conn *c)
{
	while (!c->dead && !c->waiting) {
		char *end = c->in.len ? memchr(c->in.bytes, '\n', c->in.len) : NULL;
		size_t len, rest;
		char *line;

		if (!end)
			break;
		len = (size_t)(end - c->in.bytes);
		line = malloc(len + 1);
		if (!line)
			abort();
		memcpy(line, c->in.bytes, len);
		rest = c->in.len - len - 1;
		memmove(c->in.bytes, end + 1, rest);
		c->in.len = rest;
		conn_run(c, line, len);
		free(line);
	}
	if (!c->dead && !c->waiting && c->ended && c->out.len == 0)
		conn_close(c);
}

static void conn_ready(void *arg, unsigned what)
{
	struct admin_conn *c = arg;

	if ((what & WATCH_WRITE) && !conn_flush(c))
		return;
	while (!c->dead && !c->ended) {
		char piece[4096];
		ssize_t n = read(c->watch.fd, piece, sizeof(piece));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0 || c->in.len + (size_t)n > LINE_MAX_BYTES) {
			conn_close(c);
			return;
		}
		if (n == 0)
			c->ended = true;
		else
			buf_add(&c->in, piece, (size_t)n);
	}
	if (c->ended && c->waiting && c->waiting->gone)
		conn_close(c); /* whoever listens to a stream has left */
	else
		conn_work(c);
}

static void accept_ready(void *arg, unsigned what)
{
	struct admin *a = arg;
	struct confab_error err = {0};
	int fd;

	(void)what;
	while ((fd = accept4(a->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		struct admin_conn *c = a->n_conns < CONNECTIONS_MAX ? calloc(1, sizeof(*c)) : NULL;

		if (!c) {
			close(fd);
			continue;
		}
		c->admin = a;
		buf_init(&c->in);
		buf_init(&c->out);
		watch_init(&c->watch, conn_ready, c);
		if (watch_start(a->env.loop, &c->watch, fd, WATCH_READ | WATCH_WRITE, &err)) {
			close(fd);
			free(c);
			continue;
		}
		c->next = a->conns;
		a->conns = c;
		a->n_conns++;
	}
}

/* Remove a socket that nobody listens on. */
static int clear_place(const struct sockaddr_un *sa, struct confab_error *err)
{
	struct stat st;
	int fd, rc;

	if (lstat(sa->sun_path, &st))
		return CONFAB_OK;
	if (!S_ISSOCK(st.st_mode))
		return confab_error_set(err, CONFAB_EEXIST,
			"admin socket %s: something else is in its place", sa->sun_path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return confab_error_set(err, CONFAB_EIO, "admin socket: %m");
	rc = connect(fd, (const struct sockaddr *)sa, sizeof(*sa));
	close(fd);
	if (rc == 0)
		return confab_error_set(err, CONFAB_EEXIST,
			"admin socket %s: another server listens there", sa->sun_path);
	unlink(sa->sun_path);
	return CONFAB_OK;
}

/* @return a listening socket, or -1 with err filled */
static int listen_at(const char *path, unsigned mode, struct confab_error *err)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof(sa.sun_path)) {
		confab_error_set(err, CONFAB_EINVAL, "admin socket %s: longer than %zu bytes", path,
			sizeof(sa.sun_path) - 1);
		return -1;
	}
	memcpy(sa.sun_path, path, strlen(path));
	if (clear_place(&sa, err))
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* fchmod on the unbound socket narrows the mode it is born with: no moment for strangers. */
	if (fd < 0 || fchmod(fd, 0600) || bind(fd, (struct sockaddr *)&sa, sizeof(sa)) ||
		chmod(path, mode) || listen(fd, 16)) {
		confab_error_set(err, CONFAB_EIO, "admin socket %s: %m", path);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

/* ------------------------------------------------------------------------------------------- */

struct admin *admin_open(const struct admin_env *env, struct confab_error *err)
{
	struct admin *a = calloc(1, sizeof(*a));

	if (!a)
		abort();
	a->env = *env;
	a->fd = listen_at(env->path, env->mode ? env->mode : 0600, err);
	if (a->fd < 0) {
		free(a);
		return NULL;
	}
	a->path = strdup(env->path);
	if (!a->path)
		abort();
	a->env.path = a->path;
	watch_init(&a->watch, accept_ready, a);
	if (watch_start(env->loop, &a->watch, a->fd, WATCH_READ, err)) {
		admin_close(a);
		return NULL;
	}
	return a;
}

void admin_close(struct admin *a)
{
	if (!a)
		return;
	while (a->conns) {
		conn_flush(a->conns);
		if (a->conns)
			conn_close(a->conns);
	}
	watch_stop(&a->watch);
	close(a->fd);
	unlink(a->path);
	free(a->path);
	free(a);
}

static void answer(struct admin_request *rq, json_t *whole)
{
	struct admin_conn *c = rq->conn;

	free(rq);
	if (c) {
		c->waiting = NULL;
		json_write(&c->out, whole);
		buf_char(&c->out, '\n');
		if (conn_flush(c))
			watch_again(&c->watch, WATCH_READ);
	}
	json_decref(whole);
}

bool admin_say(struct admin_request *rq, json_t *line)
{
	struct admin_conn *c = rq->conn;
	json_t *whole = json_pack("{s:o}", "say", line);
	bool room = c != NULL && c->out.len - c->sent < SAY_MAX_BYTES;

	if (room) {
		json_write(&c->out, whole);
		buf_char(&c->out, '\n');
		watch_again(
			&c->watch, WATCH_WRITE); /* sent from a turn of its own: it may end there */
	}
	json_decref(whole);
	return room;
}

void admin_on_gone(struct admin_request *rq, void (*gone)(void *arg), void *arg)
{
	rq->gone = gone;
	rq->gone_arg = arg;
}

void admin_reply(struct admin_request *rq, json_t *ok)
{
	answer(rq, json_pack("{s:o}", "ok", ok));
}

void admin_refuse(struct admin_request *rq, const char *code, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		abort();
	va_end(ap);
	answer(rq, json_pack("{s:{s:s, s:s}}", "error", "code", code, "text", text));
	free(text);
}
