/**
 * Six bits at a time.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base64url.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static int value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '-' ? 62 : c == '_' ? 63 : -1;
}

/* ------------------------------------------------------------------------------------------ */

void base64url_write(const void *bytes, size_t len, char *out)
{
	const uint8_t *in = bytes;
	uint32_t bits = 0;
	unsigned held = 0;
	for (size_t i = 0; i < len; i++) {
		bits = bits << 8 | in[i];
		for (held += 8; held >= 6; held -= 6)
			*out++ = alphabet[bits >> (held - 6) & 63];
	}
	if (held > 0)
		*out++ = alphabet[bits << (6 - held) & 63];
	*out = '\0';
}

ssize_t base64url_read(const char *text, size_t len, uint8_t *out, size_t max)
{
	uint32_t bits = 0;
	unsigned held = 0;
	size_t n = 0;
	if (len % 4 == 1)
		return -1;
	for (size_t i = 0; i < len; i++) {
		int value = value_of(text[i]);
		if (value < 0)
			return -1;
		bits = bits << 6 | (uint32_t)value;
		held += 6;
		if (held < 8)
			continue;
		if (n == max)
			return -1;
		held -= 8;
		out[n++] = (uint8_t)(bits >> held);
		bits &= (1u << held) - 1;
	}
	return bits == 0 ? (ssize_t)n : -1;
}
