/**
 * An enemy: a constructor and a variable in every thread; the loader takes it, lint does not.
 *
 * SPDX-License-Identifier: MIT
 */
#include <confab/plugin.h>

static _Thread_local int calls;

__attribute__((constructor)) static void early(void)
{
	calls++;
}

static int early_load(struct confab_plugin *p, void **ctx, struct confab_error *err)
{
	(void)p;
	(void)ctx;
	(void)err;
	return calls > 1000000 ? CONFAB_ELIMIT : CONFAB_OK;
}

CONFAB_PLUGIN("early", "1.0") = {
	CONFAB_HEAD("early", "1.0", "MIT"),
	.load = early_load,
};
