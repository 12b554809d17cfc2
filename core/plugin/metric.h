/**
 * Metrics of plugins, as the rest of the server sees them. Thread: logic.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PLUGIN_METRIC_H
#define PLUGIN_METRIC_H

#include <confab/types.h>

struct buf;
struct confab_plugin;

/** Are its families' names free? From then on they are shown. @return 0 or CONFAB_EEXIST */
int metrics_register(struct confab_plugin *p, struct confab_error *err);
/** Forget them all: the plugin's code will not run any more. */
void metrics_free(struct confab_plugin *p);

/** Append all its families as OpenMetrics 1.0 text, without "# EOF". */
void plugin_metrics_write(const struct confab_plugin *p, struct buf *out);

#endif
