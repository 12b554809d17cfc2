/**
 * An enemy: wants to be before the yak, which wants to be before it.
 *
 * SPDX-License-Identifier: MIT
 */
#include <confab/plugin.h>

CONFAB_PLUGIN("wolf", "1.0") = {
	CONFAB_HEAD("wolf", "1.0", "MIT"),
	.before = "yak",
};
