/**
 * Text that a signal handler may make: no memory, no locale, no stdio.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BASE_CRASH_TEXT_H
#define BASE_CRASH_TEXT_H

#include <stddef.h>
#include <stdint.h>

struct crash_text {
	size_t len;
	char bytes[8192]; /* what does not fit is left out */
};

/** Append; all of them may be called in a signal handler. */
void crash_text_str(struct crash_text *t, const char *s);
void crash_text_dec(struct crash_text *t, int64_t n);
/** "0x1f". */
void crash_text_hex(struct crash_text *t, uintptr_t n);
/** A JSON string with its quotes; bytes that would have to be escaped are '?'. */
void crash_text_json(struct crash_text *t, const char *s);
/** Write all of it; nobody can be told if that fails. */
void crash_text_write(const struct crash_text *t, int fd);

#endif
