/**
 * Rates at the door of the pipeline: users, addresses and channels have token buckets, by the
 * configuration's limits. Rates are per node.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PIPELINE_METER_H
#define PIPELINE_METER_H

#include <stdbool.h>

struct confab_event;
struct confab_rate;
struct meter;

/** No buckets yet. Never NULL; meter_free() takes it. */
struct meter *meter_new(void);
void meter_free(struct meter *m);

/** Take one token for key. @return 0, or how long until there is one [ms] */
unsigned meter_take(
	struct meter *m, const char *key, const struct confab_rate *rate, unsigned cost);

/** Drop buckets that are full again. Call it now and then. */
void meter_sweep(struct meter *m);

/** May this event come in? Else its outcome is set: `rate`, with retry_ms. */
bool meter_accept(struct confab_event *ev);

#endif
