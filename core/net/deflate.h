/**
 * permessage-deflate without context takeover (RFC 7692): one message at a time, so that one pair
 * of streams serves all connections of a thread, and one deflated frame all its readers.
 *
 * Thread: one owner per struct deflate.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NET_DEFLATE_H
#define NET_DEFLATE_H

#include <stdbool.h>
#include <confab/types.h>

struct buf;
struct deflate;

/** @param level  of zlib, 1 (quick) .. 9 (small). About 300 KB when both ways were used. */
struct deflate *deflate_new(int level);
/** NULL is fine. */
void deflate_free(struct deflate *d);

/**
 * Deflate a message's payload; the four bytes 00 00 FF FF are cut off its end (section 7.2.1).
 *
 * @param out  appended to
 * @return true, or false if it did not become shorter (then nothing is appended: send it plain)
 */
bool deflate_pack(struct deflate *d, const void *bytes, size_t len, struct buf *out);

/**
 * Inflate a whole message's payload (section 7.2.2), stopping as soon as it grows beyond max.
 *
 * @param out  appended to; on failure what was appended is taken back
 * @return 0, CONFAB_ELIMIT (too long: close with 1009) or CONFAB_EPROTO (not deflate: 1007)
 */
int deflate_unpack(struct deflate *d, const void *bytes, size_t len, size_t max, struct buf *out,
	struct confab_error *err) CONFAB_MUSTCHECK;

/**
 * May a packed message go to a reader whose window has that many bits? We deflate with 15; a
 * payload that is no longer than the reader's window cannot point back beyond it.
 *
 * @param len   of the plain payload [bytes]
 * @param bits  8..15
 */
bool deflate_fits(size_t len, unsigned bits);

#endif
