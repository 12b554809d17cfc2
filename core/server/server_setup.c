/**
 * What administrators ask of the ops: set-up links (what the core made is put behind the address that people
 * reach this server by), and changes of users.
 *
 * SPDX-License-Identifier: MIT
 */
#include "server/server_internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "ops/setup.h"
#include "ops/user.h"

struct linking {
	struct server *server;
	void (*done)(void *arg, int rc, const char *link, int64_t expires_ms);
	void *arg;
};

/** Where people reach it: as configured, else the first listener, by a name that works on this machine. */
static void base_url(const struct config *cfg, char *out, size_t size)
{
	const struct config_listen *door;
	size_t i = 0;

	if (config_server(cfg)->public_url[0]) {
		snprintf(out, size, "%s", config_server(cfg)->public_url);
		return;
	}
	do {
		door = config_listen(cfg, i++);
	} while (door && strncmp(door->address, "unix:", 5) == 0);
	if (door) {
		bool any = door->address[0] == '*';

		snprintf(out, size, "http%s://%s%s", door->tls ? "s" : "", any ? "localhost" : "",
			door->address + any);
	} else {
		snprintf(out, size, "http://localhost");
	}
}

static void link_made(void *arg, int rc, const char *code, int64_t expires_ms)
{
	struct linking *l = arg;
	char link[1024];
	size_t len;

	if (!rc) {
		base_url(l->server->config, link, sizeof(link) - SETUP_CODE_SIZE - 8);
		len = strlen(link);
		snprintf(link + len, sizeof(link) - len, "/setup#%s", code);
	}
	l->done(l->arg, rc, rc ? NULL : link, expires_ms);
	explicit_bzero(link, sizeof(link));
	free(l);
}

/* -------------------------------------------------------------------------------------------- */

void server_setup_link(void *ctx, bool first,
	void (*done)(void *arg, int rc, const char *link, int64_t expires_ms), void *arg)
{
	struct linking *l = calloc(1, sizeof(*l));
	struct server *s = ctx;

	assert(l);
	*l = (struct linking){.server = s, .done = done, .arg = arg};
	setup_link(&s->ops, first, link_made, l);
}

void server_manage(void *ctx, const char *kind, json_t *args,
	void (*done)(void *arg, const char *code, const char *text, unsigned retry_ms, json_t *ok),
	void *arg)
{
	struct server *s = ctx;

	user_manage(&s->ops, kind, args, true, done, arg);
}
