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

/** The bytes must give the same text (run's, freed here) whole and in pieces as the key says. */
static inline void pieces_alike(char *(*run)(struct pieces p, bool how), bool how,
	const uint8_t *key, const uint8_t *bytes, size_t len)
{
	struct pieces p = {.bytes = (const char *)bytes, .len = len};
	char *whole = run(p, how), *cut;

	p.key = key;
	cut = run(p, how);
	HOLDS(strcmp(whole, cut) == 0);
	free(whole);
	free(cut);
}

/** The first byte says which of n functions gets the rest, as a string. */
static inline void pieces_choose(
	void (*const *tries)(const char *text), size_t n, const uint8_t *data, size_t size)
{
	char *text;

	if (size < 1)
		return;
	text = malloc(size);
	HOLDS(text != NULL);
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	tries[data[0] % n](text);
	free(text);
}

#endif
