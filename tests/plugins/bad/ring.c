/**
 * ring-a wants to be before ring-b, which wants to be before ring-a.
 *
 * SPDX-License-Identifier: MIT
 */
#include <confab/plugin.h>

CONFAB_PLUGIN(RING_NAME, "1.0") = {
	CONFAB_HEAD(RING_NAME, "1.0", "MIT"),
	.summary = "Must be first, and so must another.",
	.before = RING_BEFORE,
};
