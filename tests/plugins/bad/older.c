/**
 * An enemy: made for another major.
 *
 * SPDX-License-Identifier: MIT
 */
#include <confab/plugin.h>

#undef CONFAB_ABI_MAJOR
#define CONFAB_ABI_MAJOR 0

CONFAB_PLUGIN("older", "1.0") = {
	CONFAB_HEAD("older", "1.0", "MIT"),
};
