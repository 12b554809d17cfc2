/*
 * Starting and joining threads.
 *
 * SPDX-License-Identifier: MIT
 */
#include "loop/thread.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/crash.h"
#include "base/running.h"

static void *thread_main(void *arg)
{
	struct thread *t = arg;

	(void)pthread_setname_np(pthread_self(), t->name); /* only for people */
	running_thread_begin(t->name);
	crash_thread_begin();
	t->run(t->arg);
	crash_thread_end();
	running_thread_end();
	return NULL;
}

/* ------------------------------------------------------------------------------------------- */

int thread_start(struct thread *t, const char *name, void (*run)(void *arg), void *arg,
	struct confab_error *err)
{
	sigset_t all, before;
	int rc;

	assert(!t->started);
	t->run = run;
	t->arg = arg;
	(void)snprintf(t->name, sizeof(t->name), "%s", name);
	sigfillset(&all);
	/* What a thread does to itself is its own: blocked, it would end the process without a word. */
	sigdelset(&all, SIGSEGV);
	sigdelset(&all, SIGBUS);
	sigdelset(&all, SIGILL);
	sigdelset(&all, SIGFPE);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&t->handle, NULL, thread_main, t);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc != 0)
		return confab_error_set(
			err, CONFAB_EIO, "cannot start thread '%s' (%s)", t->name, strerror(rc));
	t->started = true;
	return 0;
}

void thread_join(struct thread *t)
{
	if (!t->started)
		return;
	(void)pthread_join(t->handle, NULL);
	t->started = false;
}
