/**
 * A configuration in memory, and everything that is said about it: one row of a table.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TESTS_CONFIG_CASE_H
#define TESTS_CONFIG_CASE_H

#include "config/config.h"

/** A row: what is read as file "f", and the whole report (empty: it is right). */
struct config_case {
	const char *name;
	const char *yaml;
	const char *report;
};

/** Plugins that the cases know: filter (with settings), auth-jwt (one required), three without. */
const struct config_options *config_case_options(void);

/** Read bytes as file "f"; *said is the report, to be freed. */
struct config *config_case_read(const char *yaml, size_t len, char **said);

/** Read every row; fail with its name if it says something else. */
void config_cases_run(const struct config_case *cases, size_t n);

#endif
