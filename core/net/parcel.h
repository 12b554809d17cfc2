/**
 * Bytes on their way to the sockets of one I/O thread: a frame that many connections get, or the
 * bytes of one. Counted without atomics, because all who hold it live on that thread; the shared
 * frame behind it is counted once per thread.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NET_PARCEL_H
#define NET_PARCEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct deflate;
struct frame;

/** Which bytes of a parcel a connection takes. */
enum parcel_part { PARCEL_PLAIN = 0, PARCEL_DEFLATED = 1 };

struct parcel {
	uint32_t refs;
	uint32_t twin_asked; /* the deflated part was asked for, with or without success */
	struct {
		const char *bytes; /* NULL: there is no such part */
		size_t len;
	} part[2];
	struct frame *frame; /* NULL: the bytes are its own */
	char *own;           /* freed with it, or NULL */
	char inline_bytes[];
};

/** Of a frame; takes the caller's reference of it. @return one reference */
struct parcel *parcel_of_frame(struct frame *f);
/** Of two pieces (head, body), copied; either may be empty. @return one reference */
struct parcel *parcel_of_bytes(const void *a, size_t a_len, const void *b, size_t b_len);
/** Of bytes made by malloc, taken. @return one reference */
struct parcel *parcel_of_owned(char *bytes, size_t len);
/**
 * Is there a deflated part for a reader whose window has that many bits? Made now if it was never
 * asked for, unless another thread is making it.
 * @param d  the thread's
 */
bool parcel_deflated_for(struct parcel *p, struct deflate *d, unsigned bits);
/** NULL is fine. */
void parcel_unref(struct parcel *p);

#endif
