/**
 * Lua's patterns, with a bound: each step of a match is counted, as backtracking may take for ever.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SCRIPT_LUA_PATTERN_H
#define SCRIPT_LUA_PATTERN_H

#include <stdint.h>
#include <stddef.h>

#define PATTERN_CAPTURES 32

/** Instead of a length: not closed yet, or a place and no text. */
enum { CAPTURE_OPEN = -1, CAPTURE_PLACE = -2 };

/** A match under way. text … pattern_end and steps are the caller's to set. */
struct pattern {
	const char *text, *text_end;
	const char *pattern_end;
	int64_t *steps;    /* left; the match ends with an error below 0 */
	const char *error; /* what is wrong with the pattern, or NULL */
	unsigned depth;
	unsigned level; /* captures so far */
	struct {
		const char *at;
		ptrdiff_t len;
	} capture[PATTERN_CAPTURES];
};

/**
 * Match a pattern at one place of the text.
 *
 * @param pattern  without the anchor "^"
 * @return where the match ends, or NULL: it does not match, or m->error says why it cannot
 * Thread: any.  Source: Lua 5.4 Reference Manual, section 6.4.1.
 */
const char *pattern_match(struct pattern *m, const char *at, const char *pattern);

#endif
