/**
 * An enemy: calls a function that confab does not have.
 *
 * SPDX-License-Identifier: MIT
 */
#include <confab/plugin.h>

int confab_no_such_function(void);

static int lacking_load(struct confab_plugin *p, void **ctx, struct confab_error *err)
{
	(void)p;
	(void)ctx;
	(void)err;
	return confab_no_such_function();
}

CONFAB_PLUGIN("lacking", "1.0") = {
	CONFAB_HEAD("lacking", "1.0", "MIT"),
	.load = lacking_load,
};
