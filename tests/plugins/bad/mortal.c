/**
 * An enemy: falls over in unload.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdlib.h>

#include <confab/plugin.h>

static void mortal_unload(void *ctx)
{
	(void)ctx;
	abort();
}

CONFAB_PLUGIN("mortal", "1.0") = {
	CONFAB_HEAD("mortal", "1.0", "MIT"),
	.unload = mortal_unload,
};
