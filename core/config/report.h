/**
 * Everything that is wrong with a configuration, collected with its place, so that an
 * administrator mends a file in one go.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CONFIG_REPORT_H
#define CONFIG_REPORT_H

#include <stdbool.h>
#include <stdio.h>
#include <confab/types.h>

/** Where something stands in a file. Both count from 1; line 0: nowhere, it is a default. */
struct config_place {
	unsigned line, column;
};

/** More than these are counted, not kept. */
#define CONFIG_REPORT_MAX 100

struct config_report;

/** @param file  named in every line, copied */
struct config_report *config_report_new(const char *file);
void config_report_free(struct config_report *r);

/** Add an error. Thread: whoever owns the report. */
void config_report_add(struct config_report *r, struct config_place at, const char *fmt, ...)
	CONFAB_PRINTF(3, 4);

/** Add what is no error but should be known ("plugin 'x', settings not checked"). */
void config_report_note(struct config_report *r, struct config_place at, const char *fmt, ...)
	CONFAB_PRINTF(3, 4);

/** How many errors there are (notes do not count). */
size_t config_report_errors(const struct config_report *r);

/** One line "file:line:column: text" (or "file: text") each, errors and notes by place. */
void config_report_print(struct config_report *r, FILE *out);

/** The first error as a struct confab_error (CONFAB_EINVAL), "… and N more". @return its code or 0 */
int config_report_error(struct config_report *r, struct confab_error *err);

#endif
