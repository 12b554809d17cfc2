/**
 * A node's life: configuration, loops, plugins opened, network bound (main); then on the logic thread
 * plugins up, store, chat, pipeline, ops; then the doors open. Stop is the reverse.
 *
 * SPDX-License-Identifier: MIT
 */
#include "server/server_internal.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/crash.h"
#include "base/log.h"
#include "chat/chat.h"
#include "config/config.h"
#include "loop/helper_spawner.h"
#include "loop/log_writer.h"
#include "loop/watchdog.h"
#include "loop/work.h"
#include "net/net_start.h"
#include "pipeline/pipeline.h"
#include "plugin/host.h"
#include "wire/wire.h"

/** Everybody waits for the logic thread's turns: they are short. */
#define LOGIC_MAIL_US 1000

static bool make_loops(struct server *s, struct confab_error *err)
{
	int64_t n = config_server(s->config)->io_threads;
	char name[16];

	if (n <= 0) {
		n = sysconf(_SC_NPROCESSORS_ONLN);
	}
	s->n_io = (unsigned)(n < 1 ? 1 : n > SERVER_IO_MAX ? SERVER_IO_MAX : n);
	s->main = loop_new("confabd", err);
	s->logic = loop_new("logic", err);
	for (unsigned i = 0; i < s->n_io; i++) {
		snprintf(name, sizeof(name), "io%u", i);
		s->io[i] = loop_new(name, err);
	}
	if (!err->code) {
		loop_mail_time(s->logic, LOGIC_MAIL_US);
	}
	return !err->code;
}

static void reload_now(struct mail *m)
{
	struct server *s = SERVER_OF(to_reload, m);

	atomic_flag_clear(&s->reload_asked);
	server_reload(s, NULL, NULL);
}

static void ask_reload(struct server *s)
{
	if (s->up && !atomic_flag_test_and_set(&s->reload_asked)) {
		s->to_reload.run = reload_now;
		loop_post(s->logic, &s->to_reload);
	}
}

static void signalled(void *arg, unsigned what)
{
	struct server *s = arg;
	struct signalfd_siginfo info;

	(void)what;
	while (read(s->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGUSR1) {
			log_reopen();
		} else if (info.ssi_signo == SIGHUP) {
			ask_reload(s);
		} else {
			server_down(s);
		}
	}
}

static bool watch_signals(struct server *s, struct confab_error *err)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGHUP);
	(void)pthread_sigmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	s->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	watch_init(&s->signals, signalled, s);
	return watch_start(s->main, &s->signals, s->signal_fd, WATCH_READ, err) == 0;
}

/** From here on: the data directory is there, and nothing of a plugin has run. */
static bool watch_crashes(const struct server *s)
{
	crash_install(PACKAGE_VERSION, config_server(s->config)->data);
	return true;
}

/* -------------------------------------------------------------------------------------------- */

struct server *server_start(const char *file)
{
	struct server *s = calloc(1, sizeof(*s));
	struct confab_error err = {0};

	assert(s);
	s->signal_fd = -1;
	s->file = file ? alloc_str(file) : NULL;
	if (!server_configure(s)) {
		server_free(s);
		return NULL;
	}
	log_level_set((enum log_level)config_log(s->config)->level);
	if (!make_loops(s, &err) || !watch_signals(s, &err) || !server_doors_make(s, &err) ||
		!server_lock(s, &err) || !watch_crashes(s) || !server_plugins_open(s) ||
		!server_threads(s, &err)) {
		if (err.code) {
			fprintf(stderr, "confabd: %s\n", err.text);
		}
		server_free(s);
		return NULL;
	}
	for (unsigned i = 0; i < s->n_io; i++) {
		if (loop_start(s->io[i], &err)) {
			fprintf(stderr, "confabd: %s\n", err.text);
			_exit(1);
		}
	}
	if (loop_start(s->logic, &err)) {
		fprintf(stderr, "confabd: %s\n", err.text);
		_exit(1);
	}
	s->logic_runs = true;
	server_up(s);
	return s;
}

int server_run(struct server *s)
{
	loop_run(s->main);
	return s->status;
}

void server_stop(struct server *s)
{
	(void)s;
	(void)kill(getpid(), SIGTERM); /* the process: raise() would tell only this thread */
}

void server_free(struct server *s)
{
	if (!s) {
		return;
	}
	watchdog_stop(s->watchdog);
	if (s->logic_runs) {
		loop_stop(s->logic);
		loop_join(s->logic);
		for (unsigned i = 0; i < s->n_io; i++) {
			loop_stop(s->io[i]);
			loop_join(s->io[i]);
		}
	}
	if (s->main) {
		watch_stop(&s->signals);
	}
	wire_settle(s->wire);
	net_free(s->net);
	pipeline_free(s->pipeline);
	chat_free(s->chat);
	ops_fini(&s->ops);
	wire_free(s->wire);
	server_doors_free(s);
	pool_free(s->pool);
	helper_spawner_free(s->helpers);
	for (unsigned i = 0; i < s->n_io; i++) {
		loop_free(s->io[i]);
	}
	loop_free(s->logic);
	loop_free(s->main);
	host_free(s->host);
	config_unref(s->config);
	log_writer_stop(s->log_writer);
	if (s->signal_fd >= 0) {
		close(s->signal_fd);
	}
	free(s->file);
	free(s);
	crash_disarm();
}
