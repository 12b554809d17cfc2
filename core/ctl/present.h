/**
 * Answers on standard output: as JSON for programs, as lines and tables for people.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CTL_PRESENT_H
#define CTL_PRESENT_H

#include <jansson.h>

/** Print one JSON value and a newline. The value is taken. Thread: main. */
void present_json(json_t *value);

/**
 * Print an object as "key: value" lines; a list of objects below it becomes a table, an object
 * below it is indented. Control characters are shown as '?'. Borrowed. Thread: main.
 */
void present_text(const json_t *value);

#endif
