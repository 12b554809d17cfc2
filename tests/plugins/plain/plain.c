/**
 * plain: the smallest plugin there is. The loader's tests load it, and hurt copies of it.
 *
 * SPDX-License-Identifier: MIT
 */
#include <confab/plugin.h>

CONFAB_PLUGIN("plain", "1.0") = {
	CONFAB_HEAD("plain", "1.0", "MIT"),
	.summary = "Does nothing.",
};
