/**
 * What libyaml stumbles over, said so that an administrator knows what to do.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CONFIG_YAML_PROBLEM_H
#define CONFIG_YAML_PROBLEM_H

#include <yaml.h>
#include "config/report.h"

/** Add the error a parser stopped at. bytes, len: what it was reading. */
void yaml_problem_report(
	const yaml_parser_t *parser, const char *bytes, size_t len, struct config_report *report);

#endif
