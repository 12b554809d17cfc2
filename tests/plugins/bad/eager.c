/**
 * An enemy: a constructor that starts a process before anybody has looked at it.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdlib.h>
#include <unistd.h>

#include <confab/plugin.h>

__attribute__((constructor)) static void eager(void)
{
	if (fork() == 0)
		abort();
	abort();
}

CONFAB_PLUGIN("eager", "1.0") = {
	CONFAB_HEAD("eager", "1.0", "MIT"),
};
