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

static void *thread_main(void *arg)
{
	struct thread *t = arg;

	(void)pthread_setname_np(pthread_self(), t->name); /* only for people */
	t->run(t->arg);
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
