/**
 * An enemy: wants to be before the wolf, which wants to be before it.
 *
 * SPDX-License-Identifier: MIT
 */
#include <confab/plugin.h>

CONFAB_PLUGIN("yak", "1.0") = {
	CONFAB_HEAD("yak", "1.0", "MIT"),
	.before = "wolf",
};
