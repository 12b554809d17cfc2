/**
 * An enemy: a note, and nothing behind it.
 *
 * SPDX-License-Identifier: MIT
 */
#include <confab/plugin.h>

__attribute__((section(".note.confab"), used, aligned(4))) static const struct {
	uint32_t namesz, descsz, type;
	char owner[8];
	char text[20];
} note = {7, 20, 1, "confab", "nosymbol 1.0 1.0"};
