/**
 * A growing byte buffer, and immutable counted text that threads may share.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <confab/types.h>

struct buf {
	char *bytes; /* always NUL-terminated once something was added */
	size_t len;
	size_t cap;
};

/** Begin empty; nothing is allocated. The memory is the caller's. */
void buf_init(struct buf *b);
void buf_fini(struct buf *b);
/** Forget the content, keep the memory. */
void buf_clear(struct buf *b);
/** Append. Memory exhaustion is fatal: callers bound what they add. */
void buf_add(struct buf *b, const void *bytes, size_t len);
void buf_str(struct buf *b, const char *s);
void buf_char(struct buf *b, char c);
void buf_num(struct buf *b, int64_t n);
/** The most digits a number has: 2^64-1. */
#define BUF_DECIMAL_MAX 20
/** Write a number in decimal, without a NUL. @return how many digits it has, 1..20 */
size_t buf_decimal(char out[BUF_DECIMAL_MAX], uint64_t n);
void buf_unum(struct buf *b, uint64_t n);
void buf_fmt(struct buf *b, const char *fmt, ...) CONFAB_PRINTF(2, 3);
/** Append a JSON string with its quotes; s must be UTF-8. RFC 8259, section 7. */
void buf_json_str(struct buf *b, const char *s, size_t len);
/** Give the bytes away (free() them); the buffer is empty after. Never NULL. */
char *buf_take(struct buf *b, size_t *len);

/** Immutable bytes with a count that any thread may change. */
struct text {
	uint32_t refs; /* atomic */
	uint32_t len;
	char bytes[]; /* NUL-terminated beyond len */
};

/** @return one reference, the caller's */
struct text *text_new(const void *bytes, size_t len);
struct text *text_ref(struct text *t);
/** NULL is fine. Thread: any. */
void text_unref(struct text *t);

#endif
