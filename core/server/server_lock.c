/**
 * The order of start between sockets and threads: log, helper spawner, privileges, sandbox; then the first
 * threads.
 *
 * SPDX-License-Identifier: MIT
 */
#include "server/server_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <systemd/sd-daemon.h>

#include "base/alloc.h"
#include "base/log.h"
#include "config/config.h"
#include "loop/helper_spawner.h"
#include "loop/log_writer.h"
#include "loop/watchdog.h"
#include "loop/work.h"
#include "net/net_start.h"

#define HELPER "confab-helper"
#define HELPERS_PARALLEL 4
#define HELPERS_QUEUE 64
/** Descriptors beside connections: databases, files, pipes. */
#define FILES_BESIDE 512
#define WORKER_QUEUE 1024
#define STALL_MS 2000
#define DIRS_MAX 64

/** Where it was installed, or beside this program in a tree that was only built. */
static bool helper_program(char *out, size_t size)
{
	char self[4096];
	ssize_t n;

	(void)snprintf(out, size, "%s", CONFAB_LIBEXEC_DIR "/" HELPER);
	if (access(out, X_OK) == 0) {
		return true;
	}
	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n <= 0) {
		return false;
	}
	self[n] = '\0';
	*strrchr(self, '/') = '\0';
	return (size_t)snprintf(out, size, "%s/%s", self, HELPER) < size && access(out, X_OK) == 0;
}

static void helpers_fork(struct server *s)
{
	char program[4200];
	const struct helper_options options = {.program = program,
		.parallel = HELPERS_PARALLEL,
		.max_queue = HELPERS_QUEUE,
		.uid = s->identity.changes ? s->identity.uid : 0,
		.gid = s->identity.changes ? s->identity.gid : 0};
	struct confab_error err = {0};

	if (!helper_program(program, sizeof(program))) {
		log_warning(
			"helpers, there are none (%s is not at %s)", HELPER, CONFAB_LIBEXEC_DIR);
		return;
	}
	s->helpers = helper_spawner_fork(&options, &err);
	if (!s->helpers) {
		log_warning("helpers, there are none (%s)", err.text);
	}
}

static char *dir_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir = alloc_str(slash ? path : ".");

	if (slash) {
		dir[slash == path ? 1 : slash - path] = '\0';
	}
	return dir;
}

/** Below which directories files are changed. @return how many, each to free() */
static size_t writable(const struct config *cfg, char *dirs[DIRS_MAX])
{
	char *store = config_path(cfg, config_store(cfg)->path);
	char *admin = config_path(cfg, config_admin(cfg)->socket);
	const struct config_listen *listen;
	size_t n = 0;

	dirs[n++] = alloc_str(config_server(cfg)->data);
	dirs[n++] = dir_of(store);
	dirs[n++] = dir_of(admin);
	if (config_log(cfg)->file[0]) {
		dirs[n++] = dir_of(config_log(cfg)->file);
	}
	for (size_t i = 0; n < DIRS_MAX && (listen = config_listen(cfg, i)) != NULL; i++) {
		if (strncmp(listen->address, "unix:", 5) == 0) {
			dirs[n++] = dir_of(listen->address + 5);
		}
	}
	free(store);
	free(admin);
	return n;
}

static int walls(struct server *s, struct confab_error *err)
{
	char *dirs[DIRS_MAX];
	size_t n = writable(s->config, dirs);
	int rc = walls_enter((const char *const *)dirs, n, &s->walls, err);

	for (size_t i = 0; i < n; i++) {
		free(dirs[i]);
	}
	return rc;
}

static void say_alive(void *arg)
{
	(void)arg;
	(void)sd_notify(0, "WATCHDOG=1");
}

/** Its alive is for the service manager, if that wants to hear. */
static bool watchdog(struct server *s, struct confab_error *err)
{
	struct watchdog_options options = {.stall_ms = STALL_MS, .alive_ms = STALL_MS};
	uint64_t usec = 0;

	if (sd_watchdog_enabled(0, &usec) > 0) {
		options.alive_ms = (int64_t)(usec / 2000) + 1;
		options.alive = say_alive;
	}
	s->watchdog = watchdog_start(&options, err);
	if (!s->watchdog) {
		return false;
	}
	watchdog_add(s->watchdog, s->main);
	watchdog_add(s->watchdog, s->logic);
	for (unsigned i = 0; i < s->n_io; i++) {
		watchdog_add(s->watchdog, s->io[i]);
	}
	return true;
}

/* -------------------------------------------------------------------------------------------- */

bool server_lock(struct server *s, struct confab_error *err)
{
	const struct config_log *log = config_log(s->config);
	uint64_t files = (uint64_t)config_limits(s->config)->connections + FILES_BESIDE;

	if (log_open(log->file[0] ? log->file : NULL, (enum log_format)log->format, err)) {
		return false;
	}
	if (log->file[0] && s->identity.changes) {
		/* Else the reopened one could not be written; a new one is the user's anyway. */
		(void)!chown(log->file, s->identity.uid, s->identity.gid);
	}
	helpers_fork(s);
	s->files = privileges_files(files);
	if (s->files < files) {
		log_warning("server, may have %" PRIu64 " descriptors, but limits.connections "
			    "wants %" PRIu64 " (raise LimitNOFILE)",
			s->files, files);
	}
	if (privileges_drop(&s->identity, err)) {
		return false;
	}
	if (geteuid() == 0) {
		log_warning("server, runs as root (set server.user to a user of its own)");
	}
	return !config_server(s->config)->sandbox || walls(s, err) == 0;
}

bool server_threads(struct server *s, struct confab_error *err)
{
	s->log_writer = log_writer_start(err);
	if (!s->log_writer) {
		return false;
	}
	s->pool = pool_new(
		"worker", (unsigned)config_server(s->config)->workers, WORKER_QUEUE, err);
	if (!s->pool) {
		return false;
	}
	net_pool_set(s->net, s->pool);
	if (s->helpers && helper_spawner_start(s->helpers, err)) {
		return false;
	}
	return watchdog(s, err);
}
