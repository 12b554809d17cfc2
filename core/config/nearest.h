/**
 * "Did you mean": the word of a list that is nearest to what was written.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CONFIG_NEAREST_H
#define CONFIG_NEAREST_H

#include <stdbool.h>
#include <stddef.h>

/** The search for the nearest of many words. Strings are borrowed until the end of it. */
struct nearest {
	const char *written;
	const char *best; /* NULL: nothing is near */
	unsigned distance;
};

/** Begin a search for what was written (borrowed). */
void nearest_init(struct nearest *n, const char *written);
/** Consider a word. Distance counts inserted, lost, changed and swapped neighbouring letters. */
void nearest_try(struct nearest *n, const char *word);
/** Consider the words of "a, b, c" (also "a=1, b=2"); the best one is copied to word. */
void nearest_try_words(struct nearest *n, const char *words, char word[64]);
/** " (did you mean 'x'?)", or "" if nothing is near. In the caller's memory. */
const char *nearest_hint(const struct nearest *n, char hint[128]);

/**
 * Walk "a, b, c": start with *pos = 0.
 * @return false at the end; else name (and what follows '=', or "") cut to 63 bytes
 */
bool words_next(const char *words, size_t *pos, char name[64], char value[64]);
/** The place of a word in "a, b, c" counted from 0, or -1. */
int words_find(const char *words, const char *word);

#endif
