/**
 * The plugin store-sqlite, glue and engine, passes the suite.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <stdlib.h>

#include <confab/service.h>

#include "base/clock.h"
#include "host.h"
#include "suite.h"

extern const struct confab_descriptor confab_plugin;

static struct host host;
static void *plugin_ctx;

static void sqlite_ready(void *arg, int err, const char *why)
{
	if (err != 0) {
		fprintf(stderr, "%s\n", why);
		abort();
	}
	suite_opened(arg);
}

static void sqlite_open(struct fixture *f)
{
	struct confab_error err = {0};
	const struct confab_provide_row *row = confab_plugin.provides.rows;
	host = (struct host){.dir = f->dir,
		.numbers = {0, 2, 2 << 20},
		.texts = {"confab.db"},
		.ready = sqlite_ready,
		.arg = f};
	if (confab_plugin.load(test_host_plugin(&host), &plugin_ctx, &err) != 0)
		abort();
	f->vtable = row->vtable;
	f->ctx = plugin_ctx;
}

static void sqlite_drained(void *arg)
{
	confab_plugin.unload(plugin_ctx);
	test_host_free(&host);
	suite_opened(arg);
}

static void sqlite_close(struct fixture *f)
{
	test_host_drain(&host, sqlite_drained, f);
}

int main(void)
{
	struct fixture f = {.name = "store-sqlite",
		.now_ms = clock_real_ms,
		.open = sqlite_open,
		.close = sqlite_close,
		.lasting = true};
	return suite_run(&f);
}
