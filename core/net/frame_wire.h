/**
 * A frame's bytes as they go out: plain, or deflated once for everybody who can take it.
 *
 *      struct frame:  count | twin state | [room for a head][head][payload]
 *      twin state:    none ──▶ making ──▶ ready, or not worth it
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NET_FRAME_WIRE_H
#define NET_FRAME_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "net/frame.h"

/** Head and payload, plain. Borrowed. Thread: any. */
const char *frame_wire(const struct frame *f, size_t *len);

struct deflate;

/**
 * Head and payload, deflated without context. The first caller makes it; who comes while it is in
 * the making gets NULL, and so does everybody when it is not worth it.
 *
 * @param d  the calling thread's
 * @return borrowed from the frame, or NULL: send the plain one
 * Thread: any.
 */
const char *frame_wire_deflated(struct frame *f, struct deflate *d, size_t *len);

#endif
