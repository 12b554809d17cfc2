/**
 * Calls of a plugin's helpers: its own code, in a process of the spawner's, with the limits of its row.
 *
 * SPDX-License-Identifier: MIT
 */
#include <confab/task.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "loop/helper_spawner.h"
#include "plugin/host_internal.h"

#define INPUT_MAX ((size_t)64 << 20)

struct sandbox_call {
	struct mail mail; /* the answer where there is no spawner */
	struct confab_plugin *plugin;
	confab_helper_fn done;
	void *arg;
};

static void answered(void *arg, int rc, const char *bytes, size_t len)
{
	struct sandbox_call *c = arg;
	struct confab_plugin *p = c->plugin;
	struct blame_call call = plugin_enter(p, BLAME_DONE);

	c->done(c->arg, rc, bytes, len);
	plugin_leave(p, &call, BLAME_DONE, rc != 0);
	free(c);
	plugin_flight_ended(p, FLIGHT_HELPER);
}

static void refused(struct mail *m)
{
	answered(m, CONFAB_ECLOSED, NULL, 0);
}

static struct helper_limits limits_of(const struct confab_helper_row *row)
{
	struct helper_limits limits = HELPER_LIMITS_DEFAULT;

	if (row->wall_ms != 0)
		limits.wall_ms = row->wall_ms;
	if (row->cpu_s != 0)
		limits.cpu_s = row->cpu_s;
	if (row->memory_bytes != 0)
		limits.memory_bytes = row->memory_bytes;
	if (row->output_bytes != 0)
		limits.output_bytes = row->output_bytes;
	return limits;
}

/* ------------------------------------------------------------------------------------------ */

int confab_helper_call(struct confab_plugin *p, unsigned row, const void *in, size_t len, int fd,
	confab_helper_fn done, void *arg)
{
	char name[HELPER_NAME_MAX + 1];

	plugin_check(p);
	if (row >= p->desc.d.helpers.n) {
		log_error("plugin '%s', calls helper %u, which it has not", p->name, row);
		abort();
	}
	if (!plugin_open_for_work(p))
		return CONFAB_ECLOSED;
	if (len > INPUT_MAX)
		return CONFAB_ELIMIT;
	int rc = plugin_flight_begin(p, FLIGHT_HELPER);

	if (rc != 0)
		return rc;
	struct sandbox_call *c = alloc_zero(1, sizeof(*c));

	c->plugin = p;
	c->done = done;
	c->arg = arg;
	if (p->host->helpers == NULL || p->image.handle == NULL) {
		c->mail.run = refused;
		loop_post(p->host->loop, &c->mail);
		return 0;
	}
	(void)snprintf(name, sizeof(name), "%s/%s", p->name, p->desc.helpers[row].name);
	const struct helper_task task = {
		.function = name,
		.in = in,
		.n = len,
		.fd = fd,
		.code = p->image.memfd,
		.tag = p,
		.limits = limits_of(&p->desc.helpers[row]),
	};
	helper_run(p->host->helpers, p->host->loop, &task, answered, c);
	return 0;
}

void sandbox_cancel(struct confab_plugin *p)
{
	if (p->host->helpers != NULL && p->desc.d.helpers.n > 0)
		helper_cancel(p->host->helpers, p);
}

void host_helpers_set(struct host *h, struct helper_spawner *sp)
{
	h->helpers = sp;
}
