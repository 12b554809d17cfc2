/**
 * The thread that writes the log, so that a stalled journal stalls nobody else. Started after the
 * helper spawner has been forked; before and after it lines are written where they are made.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef LOOP_LOG_WRITER_H
#define LOOP_LOG_WRITER_H

#include <confab/types.h>

struct log_writer;

/** Start it; in a simulation lines go on being written straight. Thread: main. @return NULL on
 *  failure, err filled (CONFAB_EIO) */
struct log_writer *log_writer_start(struct confab_error *err) CONFAB_MUSTCHECK;

/** Write what waits and end it. NULL is fine. Thread: main. */
void log_writer_stop(struct log_writer *w);

#endif
