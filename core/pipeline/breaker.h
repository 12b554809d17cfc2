/**
 * The circuit breaker of a plugin: when its hooks fail or eat too much time, they are not called for a
 * while.
 *
 *   CLOSED ── errors or time over the bounds of a window ──▶ OPEN ── pause over ──▶ TRYING
 *     ▲ 10 good calls                                          ▲ a failure, a slow call │
 *     └───────────────────────────────────────────────────────────────────────────────┘
 *
 * Thread: logic, all of it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PIPELINE_BREAKER_H
#define PIPELINE_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

struct config_pipeline;

enum breaker_state {
	BREAKER_CLOSED = 0, /* hooks are called */
	BREAKER_OPEN,   /* hooks are not called; events pass or are refused, as the admin says */
	BREAKER_TRYING, /* called again, on trial */
};

struct breaker {
	const char *plugin; /* borrowed: its name */
	enum breaker_state state;
	int64_t began_us; /* of the window */
	int64_t spent_us; /* in hooks, since then */
	unsigned errors;  /* since then */
	unsigned good;    /* calls on trial */
	int64_t pause_us; /* how long it is open; doubles with every trial that failed */
	int64_t until_us; /* OPEN: then it is tried */
	uint64_t opened;  /* times */
	uint64_t skipped; /* calls that were not made */
	char why[96];     /* it opened last */
};

/** "closed", … Static. */
const char *breaker_state_name(enum breaker_state state);

/** OPEN, and the pause is over: try. @return whether the hook is called now */
bool breaker_lets(struct breaker *b, int64_t now_us);

/** A hook's call took us. Opens it when the window's time is spent. */
void breaker_spent(
	struct breaker *b, const struct config_pipeline *rules, int64_t us, int64_t now_us);

/** A hook failed. why: "no reason given", static. */
void breaker_failed(
	struct breaker *b, const struct config_pipeline *rules, int64_t now_us, const char *why);

/** A call on trial that did not fail; slow ones count as failures (breaker_failed). */
void breaker_went_well(struct breaker *b);

/** The administrator closes it. @return false: it was closed */
bool breaker_close(struct breaker *b);

/** May events pass a plugin whose breaker is open? on_open and on_open_except. */
bool breaker_passes(const struct config_pipeline *rules, const char *plugin);

#endif
