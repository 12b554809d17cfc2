/**
 * What is wrong with a row of a table: one function per table, for descriptor.c. NULL: nothing, else the
 * end of a sentence that begins with table and row.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PLUGIN_DESCRIPTOR_INTERNAL_H
#define PLUGIN_DESCRIPTOR_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

struct confab_descriptor;
struct confab_error;
struct descriptor;

#define WORD_SNAKE "abcdefghijklmnopqrstuvwxyz0123456789_"

/** Is s 1 to max characters of set, the first a lower-case letter? NULL is not. */
bool word_valid(const char *s, size_t max, const char *set);

/* (descriptor_rows.c) */
const char *route_fault(const void *row);
const char *metric_fault(const void *row);
const char *verb_fault(const void *row);
const char *helper_fault(const void *row);
const char *collection_fault(const void *row);

/** Routes are below the plugin's own prefix, twice none, and it asks for the capability. */
int routes_check(const struct descriptor *d, struct confab_error *err);

#endif
