/**
 * What is in force of all that protects this server, asked of the kernel and not of our memory.
 *
 * SPDX-License-Identifier: MIT
 */
#include "server/server_internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/quarantine.h"
#include "config/config.h"
#include "loop/watchdog.h"
#include "net/net_start.h"
#include "pipeline/breaker.h"
#include "plugin/host.h"

/** One finding: ok, or someone should look. */
static void found(json_t *list, const char *what, bool ok, const char *fmt, ...)
	CONFAB_PRINTF(4, 5);

static void found(json_t *list, const char *what, bool ok, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap); /* cut is fine */
	va_end(ap);
	json_array_append_new(list, json_pack("{s:s,s:b,s:s}", "what", what, "ok", ok, "is", text));
}

/** A line of /proc/self/status (proc(5)), without its name; "" if there is none. */
static void status_line(const char *name, char *out, size_t size)
{
	FILE *f = fopen("/proc/self/status", "re");
	char line[512];
	size_t len = strlen(name);

	out[0] = '\0';
	while (f && fgets(line, sizeof(line), f)) {
		if (strncmp(line, name, len) == 0 && line[len] == ':') {
			(void)snprintf(
				out, size, "%s", line + len + 1 + strspn(line + len + 1, " \t"));
			out[strcspn(out, "\n")] = '\0';
			break;
		}
	}
	if (f) {
		fclose(f);
	}
}

static void who_we_are(json_t *list)
{
	char groups[256], effective[64], bounding[64];
	uint64_t caps;

	status_line("Groups", groups, sizeof(groups));
	found(list, "user", geteuid() != 0, "uid %u, gid %u, further groups %s%s",
		(unsigned)geteuid(), (unsigned)getegid(), groups[0] ? groups : "none",
		geteuid() == 0 ? "; set server.user" : "");
	status_line("CapEff", effective, sizeof(effective));
	status_line("CapBnd", bounding, sizeof(bounding));
	caps = strtoull(effective, NULL, 16);
	found(list, "capabilities", caps == 0, "effective %s, bounding %s", effective, bounding);
}

static void walls_that_stand(const struct server *s, json_t *list)
{
	char gain[16], mode[16];

	status_line("NoNewPrivs", gain, sizeof(gain));
	found(list, "no_new_privs", gain[0] == '1', "%s", gain[0] == '1' ? "yes" : "no");
	status_line("Seccomp", mode, sizeof(mode));
	found(list, "seccomp", mode[0] == '2', "%s, %u calls are refused by us",
		mode[0] == '2' ? "filter" : "none", s->walls.denied);
	if (s->walls.landlock) {
		found(list, "landlock", true,
			"ABI %d, files are changed below %zu directories only", s->walls.landlock,
			s->walls.n_writable);
	} else {
		found(list, "landlock", false, "%s",
			config_server(s->config)->sandbox ? "this kernel has none"
							  : "server.sandbox is false");
	}
}

static void limits(const struct server *s, json_t *list)
{
	int64_t connections = config_limits(s->config)->connections;
	struct rlimit files = {0}, core = {0};

	(void)getrlimit(RLIMIT_NOFILE, &files);
	(void)getrlimit(RLIMIT_CORE, &core);
	found(list, "descriptors", files.rlim_cur > (uint64_t)connections,
		"%" PRIu64 " for limits.connections %" PRId64, (uint64_t)files.rlim_cur,
		connections);
	found(list, "core dumps", core.rlim_cur == 0, "%s", core.rlim_cur == 0 ? "none" : "yes");
}

static void files(const struct server *s, json_t *list)
{
	const char *data = config_server(s->config)->data, *file = config_log(s->config)->file;
	struct stat st;

	if (stat(data, &st) != 0) {
		found(list, "data", false, "%s is not there", data);
	} else {
		found(list, "data", (st.st_mode & 0077) == 0 && st.st_uid == geteuid(),
			"%s, mode %04o, of uid %u", data, (unsigned)st.st_mode & 07777,
			(unsigned)st.st_uid);
	}
	found(list, "log", log_dropped() == 0, "%s, level %s, %" PRIu64 " lines dropped",
		file[0] ? file : "standard error", log_level_name(log_level()), log_dropped());
}

static void service(struct server *s, json_t *list)
{
	found(list, "helpers", s->helpers != NULL, "%s",
		s->helpers ? "a spawner waits" : "none: what strangers made is not decoded");
	found(list, "loops", watchdog_all_turn(s->watchdog), "%s, %" PRIu64 " stalls so far",
		watchdog_all_turn(s->watchdog) ? "all turn" : "one does not come back",
		watchdog_stalls(s->watchdog));
	found(list, "phase", atomic_load(&s->phase) == SERVER_READY, "%s",
		atomic_load(&s->phase) == SERVER_READY ? "ready" : "draining or stopping");
}

/** Plugins that are out of order, and crashes. */
static void plugins(const struct server *s, json_t *list)
{
	struct quarantine now;
	const char *name, *why;
	struct confab_plugin *p;
	unsigned open = 0;

	for (size_t i = 0; (name = host_quarantined(s->host, i, &why)) != NULL; i++) {
		found(list, "quarantine", false,
			"plugin '%s' is not loaded (%s); confabctl plugin release %s", name, why,
			name);
	}
	if (!host_quarantined(s->host, 0, NULL)) {
		found(list, "quarantine", true, "%s",
			config_server(s->config)->quarantine ? "empty"
							     : "server.quarantine is false");
	}
	for (size_t i = 0; (p = host_at(s->host, i)) != NULL; i++) {
		const struct breaker *b = plugin_breaker(p);

		if (b->state != BREAKER_CLOSED) {
			open++;
			found(list, "breaker", false,
				"plugin '%s' is not called (%s); confabctl plugin reset %s",
				b->plugin, b->why, b->plugin);
		}
	}
	if (!open) {
		found(list, "breaker", true, "all are closed");
	}
	quarantine_read(config_server(s->config)->data, &now);
	found(list, "crashes", now.recent == 0, "%u within the last hour", now.recent);
}

/** Without TLS nobody but this machine should get in, or a proxy that encrypts. */
static void doors(const struct server *s, json_t *list)
{
	const struct config_listen *listen;
	const char *name;

	for (size_t i = 0; (listen = config_listen(s->config, i)) != NULL &&
		(name = net_listener_name(s->net, i)) != NULL;
		i++) {
		bool near = strncmp(name, "127.", 4) == 0 || strncmp(name, "[::1]", 5) == 0 ||
			strncmp(name, "unix:", 5) == 0;

		found(list, "listener", listen->tls || near, "%s, %s", name,
			listen->tls    ? "TLS"
				: near ? "plain, on this machine"
				       : "plain: passwords can be read on the way");
	}
}

/* -------------------------------------------------------------------------------------------- */

json_t *server_doctor(void *ctx)
{
	struct server *s = ctx;
	json_t *list = json_array();

	who_we_are(list);
	walls_that_stand(s, list);
	limits(s, list);
	files(s, list);
	service(s, list);
	doors(s, list);
	plugins(s, list);
	return json_pack("{s:o}", "checks", list);
}
