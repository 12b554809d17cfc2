/**
 * A host on simulated loops, and what plugins of a test write down.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef UNIT_PLUGIN_BENCH_H
#define UNIT_PLUGIN_BENCH_H

#include <stdbool.h>
#include <stdint.h>

#include "loop/loop.h"
#include "loop/work.h"
#include "plugin/host.h"

/** What plugins of this test write down, in order. */
extern char diary[1024];

/** Write on in the diary. */
void note(const char *fmt, ...) CONFAB_PRINTF(1, 2);

struct bench {
	struct host *host;
	struct loop *loop;
	struct pool *pool;
	struct mail mail;
	bool started, stopped, done;
	int rc;
	char text[512];
	void (*deed)(struct bench *b); /* of bench_do */
};

/** Turn the loops until a flag is set, which it must be within two minutes. */
void run_until(bool *flag);
/** Turn them for some time [us]. */
void run_for(int64_t us);

/** A host with these plugins opened (the list ends with NULL); it begins to start; or it is started. */
void bench_open(struct bench *b, const struct confab_descriptor *const *plugins);
void bench_begin(struct bench *b);
void bench_start(struct bench *b, const struct confab_descriptor *const *plugins);
/** Stop, which must come to its end, and free everything. */
void bench_end(struct bench *b);

/** Call deed on the logic thread and wait for bench_done; its result is in rc and text. */
void bench_do(struct bench *b, void (*deed)(struct bench *b));
/** Of host_load and its like; arg: the bench. */
void bench_done(void *arg, int rc, const struct confab_error *err);

#define BEGIN(...) \
	struct bench b; \
	bench_start(&b, (const struct confab_descriptor *const[]){__VA_ARGS__, NULL})

#endif
