/**
 * Edit distance (optimal string alignment), and lists of words in one string.
 *
 * SPDX-License-Identifier: MIT
 */
#include "config/nearest.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define WORD_MAX 40

static unsigned least(unsigned a, unsigned b, unsigned c)
{
	unsigned ab = a < b ? a : b;

	return ab < c ? ab : c;
}

static bool same(char a, char b)
{
	if (a == '-')
		a = '_';
	if (b == '-')
		b = '_';
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static unsigned distance(const char *a, const char *b)
{
	unsigned rows[3][WORD_MAX + 1];
	size_t la = strlen(a), lb = strlen(b);

	if (la > WORD_MAX || lb > WORD_MAX)
		return WORD_MAX;
	for (size_t j = 0; j <= lb; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= la; i++) {
		unsigned *now = rows[i % 3], *was = rows[(i - 1) % 3];

		now[0] = (unsigned)i;
		for (size_t j = 1; j <= lb; j++) {
			unsigned change = was[j - 1] + !same(a[i - 1], b[j - 1]);

			now[j] = least(was[j] + 1, now[j - 1] + 1, change);
			if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) &&
				same(a[i - 2], b[j - 1]) && rows[(i - 2) % 3][j - 2] + 1 < now[j])
				now[j] = rows[(i - 2) % 3][j - 2] + 1;
		}
	}
	return rows[la % 3][lb];
}

static void copy_word(char to[64], const char *from, size_t len)
{
	if (len > 63)
		len = 63;
	memcpy(to, from, len);
	to[len] = '\0';
}

/* Do three quarters of what was written, and at least four letters, begin the word? */
static bool begins_alike(const char *written, const char *word)
{
	size_t n = 0;

	while (written[n] && same(written[n], word[n]))
		n++;
	return n >= 4 && 4 * n >= 3 * strlen(written);
}

/* ------------------------------------------------------------------------------------------- */

void nearest_init(struct nearest *n, const char *written)
{
	n->written = written;
	n->best = NULL;
	n->distance = 0;
}

void nearest_try(struct nearest *n, const char *word)
{
	size_t len = strlen(word), written = strlen(n->written);
	/* A third may be wrong, and the end may be missing ("ping" for "ping_interval"). */
	unsigned allowed = (unsigned)(len < written ? len : written) / 3 + (len > 2);
	unsigned d = distance(n->written, word);

	if (d > allowed && begins_alike(n->written, word))
		d = allowed;
	if (d <= allowed && (!n->best || d < n->distance)) {
		n->best = word;
		n->distance = d;
	}
}

void nearest_try_words(struct nearest *n, const char *words, char word[64])
{
	size_t pos = 0;
	char name[64], value[64];

	while (words_next(words, &pos, name, value)) {
		nearest_try(n, name);
		if (n->best == name) {
			memcpy(word, name, sizeof(name));
			n->best = word;
		}
	}
}

const char *nearest_hint(const struct nearest *n, char hint[128])
{
	hint[0] = '\0';
	if (n->best)
		(void)snprintf(hint, 128, " (did you mean '%.64s'?)", n->best);
	return hint;
}

bool words_next(const char *words, size_t *pos, char name[64], char value[64])
{
	const char *s = words ? words + *pos : "";
	size_t len, eq;

	s += strspn(s, ", ");
	if (*s == '\0')
		return false;
	len = strcspn(s, ", ");
	eq = strcspn(s, "=, ");
	copy_word(name, s, eq);
	if (eq < len)
		copy_word(value, s + eq + 1, len - eq - 1);
	else
		value[0] = '\0';
	*pos = (size_t)(s - words) + len;
	return true;
}

int words_find(const char *words, const char *word)
{
	size_t pos = 0;
	char name[64], value[64];

	for (int i = 0; words_next(words, &pos, name, value); i++) {
		if (strcmp(name, word) == 0)
			return i;
	}
	return -1;
}
