/**
 * Bytes over a blocking socket: all of them out, and in up to a mark.
 *
 * Thread: main, all of it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CTL_STREAM_H
#define CTL_STREAM_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

/** Send everything. @return false: the other side is gone, or its time is over */
bool stream_send(int fd, const char *bytes, size_t len);

/**
 * Read until a mark has come; what came behind it is kept too.
 *
 * @param in    appended to; what it holds is searched first
 * @param mark  "\n", "\r\n\r\n"
 * @param max   give up when in holds so much without a mark [bytes]
 * @return the length of in up to the mark's end, or 0: the end came, or nothing in time, or too much
 */
size_t stream_read_until(int fd, struct buf *in, const char *mark, size_t max);

#endif
