/**
 * An enemy: leaves memory behind at each load.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdlib.h>
#include <string.h>

#include <confab/plugin.h>

#define LEFT_BYTES 5000

static int leaky_load(struct confab_plugin *p, void **ctx, struct confab_error *err)
{
	char *left = malloc(LEFT_BYTES);
	(void)p;
	(void)err;
	if (left != NULL)
		memset(left, 1, LEFT_BYTES);
	*ctx = left;
	return 0;
}

CONFAB_PLUGIN("leaky", "1.0") = {
	CONFAB_HEAD("leaky", "1.0", "MIT"),
	.load = leaky_load,
};
