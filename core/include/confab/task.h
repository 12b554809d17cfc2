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

/* What one plugin may have in flight is bounded, each refusal is counted and logged: 65,536 posts and lane
 * calls, 4,096 works and events, 16,384 document calls, 10,000 deferred events; and it may hold 65,536 timers
 * and other things, 8 lanes, and start 1,000 events a second. */

/** Run fn on the logic thread. Any thread. CONFAB_EGONE while the plugin is being unloaded; CONFAB_ELIMIT. */
int confab_post(struct confab_plugin *p, void (*fn)(void *arg), void *arg);

/**
 * Run work in the worker pool (CPU and files); done always comes on the logic thread, with work's
 * result, or CONFAB_ECLOSED if it never ran. CONFAB_EBUSY: the queue is full, CONFAB_ELIMIT: too much of this
 * plugin's is in it; nothing happens then.
 */
int confab_work(struct confab_plugin *p, int (*work)(void *arg), void (*done)(void *arg, int rc),
	void *arg);

/** One thread that works in order, or NULL (CONFAB_ELIMIT). Closed by the ledger at unload, or by confab_lane_close. */
struct confab_lane *confab_lane_open(struct confab_plugin *p, const char *name);
/** Append. done (may be NULL) comes on the logic thread, with CONFAB_ELIMIT or CONFAB_ECLOSED if it never ran. */
void confab_lane_run(struct confab_lane *lane, int (*work)(void *arg),
	void (*done)(void *arg, int rc), void *arg);
void confab_lane_close(struct confab_lane *lane);

/** Call fn on the logic thread after after_ms, then every every_ms (0: once). NULL: it holds too many, or is
 *  being unloaded. */
struct confab_timer *confab_timer_start(struct confab_plugin *p, unsigned after_ms,
	unsigned every_ms, void (*fn)(void *arg), void *arg);
/** Stop and forget; NULL is fine; a timer that fired once has forgotten itself after fn returned. */
void confab_timer_stop(struct confab_timer *t);

/** What a watched descriptor is ready for; also what is asked for. */
enum confab_fd_what { CONFAB_FD_READ = 1, CONFAB_FD_WRITE = 2 };
struct confab_fd;

/**
 * Have fn called on the logic thread whenever a descriptor becomes ready; edge-triggered: read and write
 * until EAGAIN. The descriptor must not block and stays the plugin's, which stops before it closes it.
 *
 * @param what  bits of enum confab_fd_what; an error or an end comes as READ
 * @return NULL: it cannot be watched (a regular file, closed), the log says why
 */
struct confab_fd *confab_fd_start(struct confab_plugin *p, int fd, unsigned what,
	void (*fn)(void *arg, unsigned what), void *arg);
/** Stop and forget; NULL is fine; from within fn too. At unload the ledger does it. */
void confab_fd_stop(struct confab_fd *f);

/**
 * A function that decodes what strangers made, in a process of its own that can do nothing but read its
 * input and write its output: no file, no network, no other process. Table `helpers`.
 */
struct confab_helper_input {
	const char *bytes;
	size_t len;
	int fd; /* a descriptor that may be read, or -1 */
};
/** Where a helper writes its answer. */
struct confab_helper_output;
/** Append. Helper process only. */
void confab_helper_write(struct confab_helper_output *out, const void *bytes, size_t len);

struct confab_helper_row {
	const char *name; /* [a-z][a-z0-9_]{0,31} */
	/** In the helper process: nothing of the host is there but confab_helper_write, no context, no
	 *  settings. @return 0 or enum confab_code */
	int (*run)(const struct confab_helper_input *in, struct confab_helper_output *out);
	/* Limits; 0: 10 s, 5 s of processor time, 256 MB, 8 MB. */
	unsigned wall_ms, cpu_s; /* ≤ 600,000 and ≤ 600 */
	size_t memory_bytes, output_bytes;
	const char *doc; /* one sentence */
};

/**
 * The answer of a helper, on the logic thread.
 *
 * @param rc     0; what the function returned; CONFAB_ETIMEDOUT (it did not answer in time), CONFAB_ELIMIT
 *               (processor time or output), CONFAB_EIO (it died), CONFAB_EPROTO (its answer was none),
 *               CONFAB_EBUSY (too many wait), CONFAB_ECLOSED (there are no helpers)
 * @param bytes  its output, borrowed until return; NULL when rc is not 0
 */
typedef void (*confab_helper_fn)(void *arg, int rc, const char *bytes, size_t len);

/**
 * Call one. done always comes, once, in a later turn; a plugin is not unloaded before.
 *
 * @param row  of the table; one that is not there ends the process
 * @param in   copied, ≤ 64 MB (else CONFAB_ELIMIT)
 * @param fd   to be read beside, or -1; duplicated, the caller's stays
 * @return 0; CONFAB_ELIMIT; CONFAB_ECLOSED while the plugin is being unloaded: then done does not come
 */
int confab_helper_call(struct confab_plugin *p, unsigned row, const void *in, size_t len, int fd,
	confab_helper_fn done, void *arg);

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
/** How often it was tried before. */
unsigned confab_todo_attempts(const struct confab_todo_job *job);
void confab_todo_answer(struct confab_todo_job *job, int rc, const char *why);

#ifdef __cplusplus
}
#endif
#endif
