/**
 * Matching by backtracking, as the manual describes patterns.
 *
 * SPDX-License-Identifier: MIT
 */
#include "script-lua/pattern.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define DEPTH_MAX 200

static const char *items(struct pattern *m, const char *s, const char *p);

static const char *wrong(struct pattern *m, const char *why)
{
	if (m->error == NULL)
		m->error = why;
	return NULL;
}

static bool step(struct pattern *m)
{
	if (m->error == NULL && --*m->steps < 0)
		m->error = "takes too long";
	return m->error == NULL;
}

/* The rest of a pattern, one level deeper. */
static const char *rest(struct pattern *m, const char *s, const char *p)
{
	if (m->depth >= DEPTH_MAX)
		return wrong(m, "is too complex");
	m->depth++;
	const char *end = items(m, s, p);
	m->depth--;
	return end;
}

/* Behind the single character class at p. */
static const char *class_end(struct pattern *m, const char *p)
{
	if (*p == '%')
		return p + 1 < m->pattern_end ? p + 2 : wrong(m, "ends with '%'");
	if (*p != '[')
		return p + 1;
	p++;
	if (p < m->pattern_end && *p == '^')
		p++;
	for (bool first = true; p < m->pattern_end; first = false) {
		if (*p == ']' && !first)
			return p + 1;
		p += *p == '%' ? 2 : 1;
	}
	return wrong(m, "misses a ']'");
}

static bool in_class(int c, int class)
{
	bool in;
	switch (tolower(class)) {
	case 'a':
		in = isalpha(c) != 0;
		break;
	case 'c':
		in = iscntrl(c) != 0;
		break;
	case 'd':
		in = isdigit(c) != 0;
		break;
	case 'g':
		in = isgraph(c) != 0;
		break;
	case 'l':
		in = islower(c) != 0;
		break;
	case 'p':
		in = ispunct(c) != 0;
		break;
	case 's':
		in = isspace(c) != 0;
		break;
	case 'u':
		in = isupper(c) != 0;
		break;
	case 'w':
		in = isalnum(c) != 0;
		break;
	case 'x':
		in = isxdigit(c) != 0;
		break;
	default:
		return class == c;
	}
	return isupper(class) ? !in : in;
}

/* p at '[', last at its ']'. */
static bool in_set(int c, const char *p, const char *last)
{
	bool found = false, inverse = p[1] == '^';
	for (p += inverse ? 2 : 1; p < last && !found; p++) {
		unsigned char low = (unsigned char)*p;
		if (low == '%')
			found = in_class(c, (unsigned char)*++p);
		else if (p[1] == '-' && p + 2 < last) {
			found = low <= c && c <= (unsigned char)p[2];
			p += 2;
		} else
			found = low == c;
	}
	return found != inverse;
}

static bool class_has(int c, const char *p, const char *end)
{
	switch (*p) {
	case '.':
		return true;
	case '%':
		return in_class(c, (unsigned char)p[1]);
	case '[':
		return in_set(c, p, end - 1);
	default:
		return (unsigned char)*p == c;
	}
}

static bool one(const struct pattern *m, const char *s, const char *p, const char *end)
{
	return s < m->text_end && class_has((unsigned char)*s, p, end);
}

static const char *most(struct pattern *m, const char *s, const char *p, const char *end)
{
	size_t n = 0;
	while (step(m) && one(m, s + n, p, end))
		n++;
	for (;; n--) {
		const char *found = step(m) ? rest(m, s + n, end + 1) : NULL;
		if (found != NULL || m->error != NULL || n == 0)
			return found;
	}
}

static const char *least(struct pattern *m, const char *s, const char *p, const char *end)
{
	for (;; s++) {
		const char *found = step(m) ? rest(m, s, end + 1) : NULL;
		if (found != NULL || m->error != NULL || !one(m, s, p, end))
			return found;
	}
}

static const char *capture_begin(struct pattern *m, const char *s, const char *p, ptrdiff_t len)
{
	if (m->level == PATTERN_CAPTURES)
		return wrong(m, "has too many captures");
	m->capture[m->level].at = s;
	m->capture[m->level].len = len;
	m->level++;
	const char *found = rest(m, s, p);
	if (found == NULL)
		m->level--;
	return found;
}

static const char *capture_end(struct pattern *m, const char *s, const char *p)
{
	unsigned i = m->level;
	while (i > 0 && m->capture[i - 1].len != CAPTURE_OPEN)
		i--;
	if (i == 0)
		return wrong(m, "has a ')' too many");
	m->capture[i - 1].len = s - m->capture[i - 1].at;
	const char *found = rest(m, s, p);
	if (found == NULL)
		m->capture[i - 1].len = CAPTURE_OPEN;
	return found;
}

/* "%bxy": from x to the y that closes it; p at x. */
static const char *balance(struct pattern *m, const char *s, const char *p)
{
	if (p + 1 >= m->pattern_end)
		return wrong(m, "misses what stands behind '%b'");
	if (s == m->text_end || *s != *p)
		return NULL;
	for (size_t open = 1; ++s < m->text_end && step(m);) {
		if (*s == p[1] && --open == 0)
			return s + 1;
		if (*s == p[0] && p[0] != p[1])
			open++;
	}
	return NULL;
}

static const char *again(struct pattern *m, const char *s, char digit)
{
	unsigned i = (unsigned)(digit - '1');
	if (digit == '0' || i >= m->level || m->capture[i].len == CAPTURE_OPEN)
		return wrong(m, "names a capture that is not there");
	size_t len = m->capture[i].len > 0 ? (size_t)m->capture[i].len : 0;
	*m->steps -= (int64_t)(len / 16);
	if ((size_t)(m->text_end - s) < len || memcmp(s, m->capture[i].at, len) != 0)
		return NULL;
	return s + len;
}

/* "%f[set]": between what is not in the set and what is. @return behind the set, or NULL */
static const char *frontier(struct pattern *m, const char *s, const char *p)
{
	if (p == m->pattern_end || *p != '[')
		return wrong(m, "misses a '[' behind '%f'");
	const char *end = class_end(m, p);
	if (end == NULL)
		return NULL;
	int before = s == m->text ? 0 : (unsigned char)s[-1];
	int behind = s == m->text_end ? 0 : (unsigned char)*s;
	return !in_set(before, p, end - 1) && in_set(behind, p, end - 1) ? end : NULL;
}

/* What begins with '%' and is more than a class. @return false: it is a class; then go on with it */
static bool special(struct pattern *m, const char **s, const char **p)
{
	char c = *p + 1 < m->pattern_end ? (*p)[1] : '\0';
	if (c == 'b') {
		*s = balance(m, *s, *p + 2);
		*p += 4;
	} else if (c == 'f') {
		const char *end = frontier(m, *s, *p + 2);
		*s = end != NULL ? *s : NULL;
		*p = end;
	} else if (isdigit((unsigned char)c)) {
		*s = again(m, *s, c);
		*p += 2;
	} else
		return false;
	return true;
}

/* One class and the sign behind it. @return NULL: no match; *p NULL: that was the whole match */
static const char *single(struct pattern *m, const char *s, const char **p)
{
	const char *from = *p, *end = class_end(m, from), *found;
	*p = NULL;
	if (end == NULL)
		return NULL;
	switch (end < m->pattern_end ? *end : '\0') {
	case '*':
		return most(m, s, from, end);
	case '+':
		return one(m, s, from, end) ? most(m, s + 1, from, end) : NULL;
	case '-':
		return least(m, s, from, end);
	case '?':
		found = one(m, s, from, end) ? rest(m, s + 1, end + 1) : NULL;
		if (found != NULL || m->error != NULL)
			return found;
		*p = end + 1;
		return s;
	default:
		*p = end;
		return one(m, s, from, end) ? s + 1 : NULL;
	}
}

static const char *items(struct pattern *m, const char *s, const char *p)
{
	while (step(m)) {
		if (p == m->pattern_end)
			return s;
		if (*p == '(')
			return p + 1 < m->pattern_end && p[1] == ')'
				? capture_begin(m, s, p + 2, CAPTURE_PLACE)
				: capture_begin(m, s, p + 1, CAPTURE_OPEN);
		if (*p == ')')
			return capture_end(m, s, p + 1);
		if (*p == '$' && p + 1 == m->pattern_end)
			return s == m->text_end ? s : NULL;
		if (*p != '%' || !special(m, &s, &p)) {
			s = single(m, s, &p);
			if (p == NULL)
				return s;
		}
		if (s == NULL || m->error != NULL)
			return NULL;
	}
	return NULL;
}

/* ------------------------------------------------------------------------------------------ */

const char *pattern_match(struct pattern *m, const char *at, const char *pattern)
{
	m->level = 0;
	m->depth = 0;
	const char *end = items(m, at, pattern);
	for (unsigned i = 0; end != NULL && i < m->level; i++)
		if (m->capture[i].len == CAPTURE_OPEN)
			return wrong(m, "misses a ')'");
	return end;
}
