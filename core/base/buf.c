/**
 * A growing byte buffer, and immutable counted text.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/buf.h"
#include "base/alloc.h"
#include "base/json_read.h"

#include <assert.h>
#include <stdbool.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CAP_FIRST 64

/* Room for len more bytes and a NUL. */
static void reserve(struct buf *b, size_t len)
{
	size_t need, cap;

	if (len > SIZE_MAX / 2 - b->len)
		abort();
	need = b->len + len + 1;
	if (need <= b->cap)
		return;
	cap = b->cap * 2 < CAP_FIRST ? CAP_FIRST : b->cap * 2;
	if (cap < need)
		cap = need;
	b->bytes = alloc_resize(b->bytes, cap);
	b->cap = cap;
}

/* RFC 8259, section 7: these and control characters, and nothing else, must be escaped. */
static void json_escape(struct buf *b, unsigned char c)
{
	static const char names[][2] = {{'\b', 'b'}, {'\f', 'f'}, {'\n', 'n'}, {'\r', 'r'},
		{'\t', 't'}, {'"', '"'}, {'\\', '\\'}};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i][0] == (char)c) {
			buf_char(b, '\\');
			buf_char(b, names[i][1]);
			return;
		}
	}
	buf_fmt(b, "\\u%04x", c);
}

/* ------------------------------------------------------------------------------------------ */

void buf_init(struct buf *b)
{
	*b = (struct buf){NULL, 0, 0};
}

void buf_fini(struct buf *b)
{
	free(b->bytes);
	buf_init(b);
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	if (b->bytes != NULL)
		b->bytes[0] = '\0';
}

void buf_add(struct buf *b, const void *bytes, size_t len)
{
	reserve(b, len);
	if (len > 0)
		memcpy(b->bytes + b->len, bytes, len);
	b->len += len;
	b->bytes[b->len] = '\0';
}

void buf_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_char(struct buf *b, char c)
{
	reserve(b, 1);
	b->bytes[b->len++] = c;
	b->bytes[b->len] = '\0';
}

void buf_num(struct buf *b, int64_t n)
{
	if (n < 0)
		buf_char(b, '-');
	buf_unum(b, n < 0 ? 0 - (uint64_t)n : (uint64_t)n);
}

size_t buf_decimal(char out[BUF_DECIMAL_MAX], uint64_t n)
{
	char digits[BUF_DECIMAL_MAX];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0);
	memcpy(out, digits + at, sizeof(digits) - at);
	return sizeof(digits) - at;
}

void buf_unum(struct buf *b, uint64_t n)
{
	char digits[BUF_DECIMAL_MAX];

	buf_add(b, digits, buf_decimal(digits, n));
}

void buf_fmt(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	assert(len >= 0);
	reserve(b, (size_t)len);
	va_start(ap, fmt);
	(void)vsnprintf(b->bytes + b->len, (size_t)len + 1, fmt, ap); /* measured above */
	va_end(ap);
	b->len += (size_t)len;
}

void buf_json_str(struct buf *b, const char *s, size_t len)
{
	const char *end = s + len;

	reserve(b, len + 2);
	b->bytes[b->len++] = '"';
	for (;;) {
		const char *plain = json_plain_end(s, end);

		buf_add(b, s, (size_t)(plain - s));
		if (plain == end)
			break;
		json_escape(b, (unsigned char)*plain);
		s = plain + 1;
	}
	buf_char(b, '"');
}

char *buf_take(struct buf *b, size_t *len)
{
	char *bytes;

	buf_add(b, NULL, 0); /* so that even an empty buffer has a NUL to give */
	bytes = b->bytes;
	if (len != NULL)
		*len = b->len;
	buf_init(b);
	return bytes;
}

struct text *text_new(const void *bytes, size_t len)
{
	struct text *t;

	if (len > UINT32_MAX - sizeof(*t) - 1)
		abort();
	t = alloc_resize(NULL, sizeof(*t) + len + 1);
	t->refs = 1;
	t->len = (uint32_t)len;
	if (len > 0)
		memcpy(t->bytes, bytes, len);
	t->bytes[len] = '\0';
	return t;
}

struct text *text_ref(struct text *t)
{
	__atomic_fetch_add(&t->refs, 1, __ATOMIC_RELAXED);
	return t;
}

void text_unref(struct text *t)
{
	if (t != NULL && __atomic_fetch_sub(&t->refs, 1, __ATOMIC_ACQ_REL) == 1)
		free(t);
}
