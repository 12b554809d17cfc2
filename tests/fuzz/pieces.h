/**
 * What fuzz targets share: laws that must hold, and how an input is cut: its first four bytes say
 * how long the pieces are, in turn. Each piece is memory of its own, so that a sanitizer sees a
 * read beyond it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef FUZZ_PIECES_H
#define FUZZ_PIECES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define PIECES_KEY 4

/** Every target: one input, 0; a broken law aborts. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct pieces {
	const uint8_t *key; /* NULL: one piece */
	const char *bytes;
	size_t len;
	size_t at;
	unsigned turn;
	char *copy; /* the piece of the last turn */
};

/** The next piece, changeable, until the next call; false (and nothing kept) behind the last. An
 *  empty input is one empty piece. */
static inline bool pieces_next(struct pieces *p, char **bytes, size_t *len)
{
	size_t n = p->len - p->at;

	free(p->copy);
	p->copy = NULL;
	if (n == 0 && p->turn > 0)
		return false;
	if (p->key != NULL && n > (size_t)p->key[p->turn % PIECES_KEY] + 1)
		n = (size_t)p->key[p->turn % PIECES_KEY] + 1;
	p->copy = malloc(n > 0 ? n : 1);
	if (p->copy == NULL)
		abort();
	memcpy(p->copy, p->bytes + p->at, n);
	p->at += n;
	p->turn++;
	*bytes = p->copy;
	*len = n;
	return true;
}

/** A law that must hold, in every build. */
#define HOLDS(law) \
	do { \
		if (!(law)) \
			abort(); \
	} while (0)

#endif
