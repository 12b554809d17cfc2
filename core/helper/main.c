/**
 * confab-helper: the program; all of it is in libconfab.
 *
 * SPDX-License-Identifier: MIT
 */
#include "programs.h"

int main(int argc, char **argv)
{
	return confab_private_helper_main(argc, argv);
}
