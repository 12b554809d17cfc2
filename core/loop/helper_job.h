/**
 * One helper job, and the spawner as its owner sees it. Private to loop/helper*.c.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef LOOP_HELPER_JOB_H
#define LOOP_HELPER_JOB_H

#include "base/buf.h"
#include "loop/helper_spawner.h"
#include "loop/loop.h"
#include "loop/spawner.h"

/** From helper_call to done; owned by the helper loop, at both ends by mail. */
struct helper_job {
	struct mail mail;
	struct helper_job *next;
	struct helper_spawner *sp;
	struct loop *home;
	helper_done_fn done;
	void *arg;
	struct spawner_packet packet; /* function, limits, number */
	char *in;
	size_t in_len, in_sent;
	int file, code;  /* -1: none */
	const void *tag; /* whose it is, see helper_cancel */
	int channel;
	struct watch watch;
	struct timer deadline;
	struct buf out;
	bool silent; /* its end of the channel is closed */
	int rc;      /* why it was killed, 0: it was not */
};

struct helper_spawner {
	struct helper_options options;
	char *program;
	pid_t pid;
	int control; /* -1: the spawner has gone */
	struct loop *loop;
	struct watch watch;
	bool started;
	struct helper_job *first, *last; /* waiting */
	unsigned waiting;
	struct helper_job *running;
	unsigned count;
	uint32_t last_number;
};

/** Prepare watch, timer and buffer; the rest is zero or set by the caller. */
void helper_job_init(struct helper_job *job);

/** Start it: channel, watch, deadline, packet to the spawner. @return 0, or a code:
 *  it will not run, and is to be made quiet.
 *  Thread: the helper loop. */
int helper_job_begin(struct helper_job *job) CONFAB_MUSTCHECK;

/** Kill it; it ends with rc when the spawner says so. Thread: the helper loop. */
void helper_job_kill(struct helper_job *job, int rc);

/** It has ended: read what is left and find out what became of it. @return the job's rc, its
 *  output then being behind the reply's head in job->out. Thread: the helper loop. */
int helper_job_end(struct helper_job *job, int status);

/** Stop watching and timing, close its descriptors. Thread: the helper loop, or after its end. */
void helper_job_quiet(struct helper_job *job);

#endif
