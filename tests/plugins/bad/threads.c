/**
 * An enemy: starts threads of its own and does not stay.
 *
 * SPDX-License-Identifier: MIT
 */
#include <pthread.h>

#include <confab/plugin.h>

static void *run(void *arg)
{
	return arg;
}

static int threads_load(struct confab_plugin *p, void **ctx, struct confab_error *err)
{
	pthread_t thread;
	(void)ctx;
	(void)err;
	return pthread_create(&thread, NULL, run, p);
}

CONFAB_PLUGIN("threads", "1.0") = {
	CONFAB_HEAD("threads", "1.0", "MIT"),
	.load = threads_load,
};
