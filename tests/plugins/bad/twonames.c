/**
 * An enemy: a note and a descriptor that do not agree.
 *
 * SPDX-License-Identifier: MIT
 */
#include <confab/plugin.h>

CONFAB_PLUGIN("twonames", "1.0") = {
	CONFAB_HEAD("twonames", "2.0", "MIT"),
};
