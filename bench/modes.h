/**
 * The modes of confab-bench. Each runs to its end and fills in a result.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BENCH_MODES_H
#define BENCH_MODES_H

#include "options.h"

#include <jansson.h>

/* Exit codes of the program. */
enum outcome { OUTCOME_GOOD = 0, OUTCOME_VIOLATION = 1, OUTCOME_FAILED = 2 };

/** Hold N connections and read the server's memory at --from and at N. */
enum outcome mode_idle(const struct options *o, json_t *result);
/** N subscribers, messages at a constant rate. */
enum outcome mode_fanout(const struct options *o, json_t *result);
/** N subscribers; one step at --rate, or steps that rise until the latency limit is missed. */
enum outcome mode_saturate(const struct options *o, json_t *result);
/** N connections that each send a message and wait for it to come back. */
enum outcome mode_echo(const struct options *o, json_t *result);
/** N senders with one request in flight each. */
enum outcome mode_send(const struct options *o, json_t *result);
/** N times connect, TLS, upgrade, hello and close; --concurrency at once. */
enum outcome mode_connect(const struct options *o, json_t *result);

#endif
