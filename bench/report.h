/**
 * Results: gathered as one JSON object, printed as that or as lines for people.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include "hist.h"
#include "options.h"
#include "proc.h"

#include <jansson.h>

/** @return a new reference: count, p50, p90, p99, p99.9 and max in microseconds */
json_t *report_hist(const struct hist *h);
/** Set a number, or null when it is not finite. */
void report_real(json_t *result, const char *key, double value);
/** Set a count. */
void report_count(json_t *result, const char *key, uint64_t value);
/** Set server_cpu_s and, per unit of work, server_cpu_us; nothing without a --pid. */
void report_cpu(json_t *result, const struct options *o, const struct proc_cpu *from,
	const struct proc_cpu *to, double units);
/** Print to standard output. */
void report_print(const json_t *result, bool as_json);

#endif
