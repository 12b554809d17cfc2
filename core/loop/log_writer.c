/*
 * The log's writer thread.
 *
 * SPDX-License-Identifier: MIT
 */
#include "loop/log_writer.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/log_drain.h"
#include "loop/sim.h"
#include "loop/thread.h"

struct log_writer {
	struct thread thread;
};

static void writer_main(void *arg)
{
	(void)arg;
	while (log_drain())
		;
}

/* ------------------------------------------------------------------------------------------- */

struct log_writer *log_writer_start(struct confab_error *err)
{
	struct log_writer *w = alloc_zero(1, sizeof(*w));

	if (sim_on())
		return w;
	log_drain_begin();
	if (thread_start(&w->thread, "log", writer_main, NULL, err) != 0) {
		log_drain_end();
		(void)log_drain(); /* nothing waits or it is written here */
		(void)log_drain();
		free(w);
		return NULL;
	}
	return w;
}

void log_writer_stop(struct log_writer *w)
{
	if (w == NULL)
		return;
	log_drain_end();
	thread_join(&w->thread);
	free(w);
}
