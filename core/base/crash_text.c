/**
 * Text by hand.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/crash_text.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static void put(struct crash_text *t, char c)
{
	if (t->len < sizeof(t->bytes))
		t->bytes[t->len++] = c;
}

static void number(struct crash_text *t, uint64_t n, unsigned base)
{
	char digits[20];
	unsigned i = 0;

	do {
		digits[i++] = "0123456789abcdef"[n % base];
		n /= base;
	} while (n > 0);
	while (i > 0)
		put(t, digits[--i]);
}

/* ------------------------------------------------------------------------------------------- */

void crash_text_str(struct crash_text *t, const char *s)
{
	while (*s)
		put(t, *s++);
}

void crash_text_dec(struct crash_text *t, int64_t n)
{
	if (n < 0)
		put(t, '-');
	number(t, n < 0 ? 0 - (uint64_t)n : (uint64_t)n, 10);
}

void crash_text_hex(struct crash_text *t, uintptr_t n)
{
	crash_text_str(t, "0x");
	number(t, n, 16);
}

void crash_text_json(struct crash_text *t, const char *s)
{
	put(t, '"');
	for (; *s; s++)
		put(t, (unsigned char)*s < 0x20 || *s == '"' || *s == '\\' ? '?' : *s);
	put(t, '"');
}

void crash_text_write(const struct crash_text *t, int fd)
{
	size_t done = 0;

	while (done < t->len) {
		ssize_t n = write(fd, t->bytes + done, t->len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		done += (size_t)n;
	}
}
