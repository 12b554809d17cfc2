/**
 * What many readers get, encoded once: an immutable, counted frame.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NET_FRAME_H
#define NET_FRAME_H

#include <stddef.h>
#include <stdint.h>

/** One WebSocket text message: header and payload side by side, and a lazily deflated twin. */
struct frame;

/** Encode a payload (copied). @return one reference, the caller's. Thread: any. */
struct frame *frame_new(const void *payload, size_t len);
struct frame *frame_ref(struct frame *f);
/** NULL is fine. Thread: any; the last one frees. */
void frame_unref(struct frame *f);
/** Payload, without header. Borrowed. */
const char *frame_payload(const struct frame *f, size_t *len);

#endif
