/**
 * Work of a plugin: background work, lanes, timers, posts, todos. A plugin has no threads of its own.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CONFAB_TASK_H
#define CONFAB_TASK_H

#include <confab/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

struct confab_lane;
struct confab_timer;

/** Run fn on the logic thread. Any thread. CONFAB_EGONE while the plugin is being unloaded. */
int confab_post(struct confab_plugin *p, void (*fn)(void *arg), void *arg);

/**
 * Run work in the worker pool (CPU and files); done always comes on the logic thread, with work's
 * result, or CONFAB_ECLOSED if it never ran. CONFAB_EBUSY: the queue is full, nothing happens.
 */
int confab_work(struct confab_plugin *p, int (*work)(void *arg), void (*done)(void *arg, int rc),
	void *arg);

/** One thread that works in order. Closed by the ledger at unload, or by confab_lane_close. */
struct confab_lane *confab_lane_open(struct confab_plugin *p, const char *name);
/** Append. done (may be NULL) comes on the logic thread. Never fails; bound what you have in flight. */
void confab_lane_run(struct confab_lane *lane, int (*work)(void *arg),
	void (*done)(void *arg, int rc), void *arg);
void confab_lane_close(struct confab_lane *lane);

/** Call fn on the logic thread after after_ms, then every every_ms (0: once). */
struct confab_timer *confab_timer_start(struct confab_plugin *p, unsigned after_ms,
	unsigned every_ms, void (*fn)(void *arg), void *arg);
/** Stop and forget; NULL is fine; a timer that fired once has forgotten itself after fn returned. */
void confab_timer_stop(struct confab_timer *t);

/** The host's clock: monotonic [ms], and Unix time [ms]. Any thread. */
int64_t confab_now_ms(void);
int64_t confab_time_ms(void);
/** Unpredictable bytes. Any thread. */
void confab_random(void *buf, size_t len);

/**
 * Work that must follow a commit (table `todos`): at least once, whoever dies. run answers once through
 * confab_todo_answer: 0 done, else tried again after the backoff until attempts are used up.
 */
struct confab_todo_job;
struct confab_todo_row {
	const char *name; /* [a-z_]{1,32}; full name "plugin.name" */
	void (*run)(struct confab_todo_job *job, const char *log, uint64_t rev, const json_t *body,
		void *ctx);
	unsigned attempts;   /* 1..1000 */
	unsigned backoff_ms; /* first wait; doubles up to one hour */
};
void confab_todo_answer(struct confab_todo_job *job, int rc, const char *why);

#ifdef __cplusplus
}
#endif
#endif
