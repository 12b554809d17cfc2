/**
 * Lines for the operator, from a plugin; the logger adds its name.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CONFAB_LOG_H
#define CONFAB_LOG_H

#include <confab/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

enum confab_log_level {
	CONFAB_LOG_ERROR = 0,
	CONFAB_LOG_WARNING,
	CONFAB_LOG_INFO,
	CONFAB_LOG_DEBUG
};

/** One line, lower case, no body, token or password. Any thread. */
void confab_log(struct confab_plugin *p, enum confab_log_level level, const char *fmt, ...)
	CONFAB_PRINTF(3, 4);

#ifdef __cplusplus
}
#endif
#endif
