/**
 * The other side of the log: what the thread does that writes lines (threads are started in loop/,
 * see loop/log_writer.h, which base must not include).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BASE_LOG_DRAIN_H
#define BASE_LOG_DRAIN_H

#include <stdbool.h>

/** How much may wait [lines, bytes]; more is counted and dropped. */
#define LOG_QUEUE_LINES 8192
#define LOG_QUEUE_BYTES (4 * 1024 * 1024)

/** From now on lines wait for log_drain. Thread: main. */
void log_drain_begin(void);

/**
 * Wait for lines and write them.
 *
 * @return false once log_drain_end was called and everything is written: lines go straight again
 * Thread: the writer's.
 */
bool log_drain(void);

/** Ask the writer to end. Thread: any. */
void log_drain_end(void);

#endif
