/**
 * Helpers: code that decodes what strangers made runs in processes of its own, which can do
 * nothing but read their input and write their output.
 *
 *      any loop ─ helper_call ─▶ [helper loop: queue] ─ control socket ─▶ spawner (one thread, forked
 *                                     │                                    before our first thread)
 *                                     │ bytes in, bytes out                   │ fork, limits, exec
 *                                     └──────────────────────────────▶ confab-helper FUNCTION
 *
 * A helper that dies, is silent, talks too much or lies is one failed job.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef LOOP_HELPER_SPAWNER_H
#define LOOP_HELPER_SPAWNER_H

#include <stddef.h>
#include <sys/types.h>
#include <confab/types.h>

struct loop;
struct helper_spawner;

/** Longest name of a function, without the NUL [bytes]. */
#define HELPER_NAME_MAX 71

struct helper_options {
	const char *program; /* confab-helper, absolute path; opened once, at the fork */
	unsigned parallel;   /* processes at a time, 1..64 */
	unsigned max_queue;  /* jobs that may wait; more are refused as busy */
	uid_t uid;           /* what the spawner becomes when it is root; 0: it stays */
	gid_t gid;
};

struct helper_limits {
	int64_t wall_ms;     /* from its start to its last byte, 1..600000 [ms] */
	unsigned cpu_s;      /* RLIMIT_CPU, 1..600 [s] */
	size_t memory_bytes; /* RLIMIT_AS, set by the program itself before it reads */
	size_t output_bytes; /* longest output accepted */
	unsigned files;      /* RLIMIT_NOFILE, ≥ 8; the program itself forbids writing files */
};

/** 10 s, 5 s of CPU, 256 MB, 8 MB of output, 16 descriptors. */
#define HELPER_LIMITS_DEFAULT \
	((struct helper_limits){10000, 5, 256u * 1024 * 1024, 8u * 1024 * 1024, 16})

/**
 * The answer of a job, on the loop that was named.
 *
 * @param rc     0; what the function returned; or CONFAB_ETIMEDOUT (wall clock), CONFAB_ELIMIT
 *               (CPU or output), CONFAB_EIO (it died), CONFAB_EPROTO (it lied), CONFAB_EBUSY (queue
 *               full), CONFAB_ECLOSED (no spawner any more), CONFAB_EUNSUPPORTED (simulation)
 * @param bytes  output, borrowed until return; NULL when rc is not 0
 */
typedef void (*helper_done_fn)(void *arg, int rc, const char *bytes, size_t len);

/**
 * Fork the spawner. Before the first thread, while the program can still be opened and privileges
 * are there to be given up.
 *
 * @param options  copied
 * @return NULL on failure, err filled (CONFAB_EIO)
 * Thread: main, the only one.
 */
struct helper_spawner *helper_spawner_fork(
	const struct helper_options *options, struct confab_error *err) CONFAB_MUSTCHECK;

/** Start the loop that feeds helpers. Calls made before wait for it. Thread: main. */
int helper_spawner_start(struct helper_spawner *sp, struct confab_error *err) CONFAB_MUSTCHECK;

/** Kill what runs, answer every job (CONFAB_ECLOSED), end the spawner. The loops that called are
 *  still there and nobody calls any more. NULL is fine. Thread: main. */
void helper_spawner_free(struct helper_spawner *sp);

/** What a helper process is to do. */
struct helper_task {
	const char *function; /* of the helper program's table; of a plugin: "plugin/row" */
	const void *in;       /* input, copied; bounded by the caller */
	size_t n;
	int fd;   /* a descriptor it may read beside, or -1; duplicated, the caller's stays */
	int code; /* a plugin's shared object, if it is a function of one; or -1. Duplicated */
	const void *tag; /* whose it is, for helper_cancel; or NULL */
	struct helper_limits limits;
};

/**
 * Have a function done by a helper process. Never fails itself: done always comes, exactly once.
 *
 * @param home  loop on which done is called
 * @param task  copied
 * Thread: any.
 */
void helper_run(struct helper_spawner *sp, struct loop *home, const struct helper_task *task,
	helper_done_fn done, void *arg);

/** The same for a function of the helper program. */
void helper_call(struct helper_spawner *sp, struct loop *home, const char *function, const void *in,
	size_t n, int fd, const struct helper_limits *limits, helper_done_fn done, void *arg);

/** End all jobs of a tag: what waits or runs is answered with CONFAB_ECLOSED, soon. Thread: any. */
void helper_cancel(struct helper_spawner *sp, const void *tag);

#endif
