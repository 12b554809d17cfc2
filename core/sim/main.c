/**
 * confab-sim: the program; all of it is in libconfab.
 *
 * SPDX-License-Identifier: MIT
 */
#include "programs.h"

int main(int argc, char **argv)
{
	return confab_private_sim_main(argc, argv);
}
