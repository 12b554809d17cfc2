/**
 * Rows of sections that have a file of their own.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CONFIG_SECTION_ROWS_H
#define CONFIG_SECTION_ROWS_H

#include "config/sections.h"

#define SECTION_TYPE_ROWS 15

/** channel_types: NAME: (besides roles and plugins). */
extern const struct section_row section_type_rows[SECTION_TYPE_ROWS];

#endif
