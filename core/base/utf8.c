/**
 * UTF-8 checked as it arrives (RFC 3629, section 4).
 *
 * Between two bytes of a character the state holds what may come next, so that the first byte
 * that cannot be right is refused at once:
 *
 *      bits 0-7: bytes still missing · 8-15: lowest next byte · 16-23: highest next byte
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/utf8.h"

#include <string.h>

#define STATE(need, lo, hi) ((utf8_state)(need) | (utf8_state)(lo) << 8 | (utf8_state)(hi) << 16)

/* What follows a first byte of 0x80 or more; 0 if it cannot be one. */
static utf8_state after_first(unsigned char c)
{
	if (c < 0xC2 || c > 0xF4)
		return 0;
	if (c < 0xE0)
		return STATE(1, 0x80, 0xBF);
	if (c < 0xF0) /* E0: no overlong form; ED: no surrogate */
		return STATE(2, c == 0xE0 ? 0xA0 : 0x80, c == 0xED ? 0x9F : 0xBF);
	/* F0: no overlong form; F4: nothing above U+10FFFF */
	return STATE(3, c == 0xF0 ? 0x90 : 0x80, c == 0xF4 ? 0x8F : 0xBF);
}

/* Length of the run of ASCII at the start, eight bytes at a time. */
static size_t ascii_run(const unsigned char *p, size_t len)
{
	size_t n = 0;
	uint64_t word;

	while (len - n >= sizeof(word)) {
		memcpy(&word, p + n, sizeof(word));
		if (word & 0x8080808080808080ULL)
			break;
		n += sizeof(word);
	}
	while (n < len && p[n] < 0x80)
		n++;
	return n;
}

/* ------------------------------------------------------------------------------------------ */

bool utf8_feed(utf8_state *state, const void *bytes, size_t len)
{
	const unsigned char *p = bytes;
	utf8_state s = *state;
	size_t i = 0;

	while (i < len) {
		if (s == 0) {
			i += ascii_run(p + i, len - i);
			if (i == len)
				break;
			s = after_first(p[i++]);
			if (s == 0)
				return false;
			continue;
		}
		if (p[i] < (s >> 8 & 0xFF) || p[i] > (s >> 16 & 0xFF))
			return false;
		i++;
		s = (s & 0xFF) == 1 ? 0 : STATE((s & 0xFF) - 1, 0x80, 0xBF);
	}
	*state = s;
	return true;
}

bool utf8_complete(utf8_state state)
{
	return state == 0;
}

bool utf8_valid(const void *bytes, size_t len)
{
	utf8_state state = 0;

	return utf8_feed(&state, bytes, len) && utf8_complete(state);
}

size_t utf8_cut(const char *s, size_t len, size_t max)
{
	if (len <= max)
		return len;
	while (max > 0 && ((unsigned char)s[max] & 0xC0) == 0x80)
		max--;
	return max;
}
