/**
 * An enemy: a destructor on a thread key, which would be called when its code has gone.
 *
 * SPDX-License-Identifier: MIT
 */
#include <pthread.h>
#include <stdlib.h>

#include <confab/plugin.h>

static int keys_load(struct confab_plugin *p, void **ctx, struct confab_error *err)
{
	pthread_key_t key;
	(void)p;
	(void)ctx;
	(void)err;
	return pthread_key_create(&key, free);
}

CONFAB_PLUGIN("keys", "1.0") = {
	CONFAB_HEAD("keys", "1.0", "MIT"),
	.load = keys_load,
};
