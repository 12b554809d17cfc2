/**
 * confab-helper: knows its version; does nothing else yet.
 *
 * SPDX-License-Identifier: MIT
 */
#include "programs.h"

#include <stdio.h>
#include <string.h>

int confab_private_helper_main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		puts("confab-helper " PACKAGE_VERSION);
		return 0;
	}
	fputs("confab-helper: does nothing yet but --version\n", stderr);
	return 2;
}
