/**
 * An enemy: made for a newer minor.
 *
 * SPDX-License-Identifier: MIT
 */
#include <confab/plugin.h>

#undef CONFAB_ABI_MINOR
#define CONFAB_ABI_MINOR 99

CONFAB_PLUGIN("newer", "1.0") = {
	CONFAB_HEAD("newer", "1.0", "MIT"),
};
