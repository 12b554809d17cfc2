/**
 * The one door to threads: every thread of the process is started here, named, and deaf to signals.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef LOOP_THREAD_H
#define LOOP_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <confab/types.h>

/** Embedded in its owner, which outlives the thread. */
struct thread {
	pthread_t handle;
	void (*run)(void *arg);
	void *arg;
	bool started;
	char name[16];
};

/**
 * Start a thread with all signals blocked that come from outside (the main thread takes them).
 *
 * @param t     caller's memory, zeroed or joined before; must stay until thread_join
 * @param name  shown by ps, cut to 15 characters
 * @return 0, or CONFAB_EIO when the system has no thread to give
 * Thread: any.
 */
int thread_start(struct thread *t, const char *name, void (*run)(void *arg), void *arg,
	struct confab_error *err) CONFAB_MUSTCHECK;

/** Wait for its end. Fine when it was never started. Thread: any but its own. */
void thread_join(struct thread *t);

#endif
