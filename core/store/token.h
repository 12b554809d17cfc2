/**
 * Words for search: the one tokenizer, for documents and for queries alike, so that every store finds
 * the same.
 *
 * Text is compatibility-folded (NFKC, case), loses its accents (not the signs that are letters, as in
 * Thai or Devanagari, nor the voice marks of kana), and falls into runs of letters and digits;
 * apostrophes inside a word vanish. Scripts without spaces give pairs of characters. An emoji is a word.
 *
 *     "L'Été à 東京都, 3.14"  →  lete a 東京 京都 3 14
 *
 * A token has no space, no quote and no ASCII character but a-z and 0-9.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef STORE_TOKEN_H
#define STORE_TOKEN_H

#include "base/buf.h"

#define TOKEN_TEXT_MAX 65536 /* what is behind is not found [bytes] */
#define TOKEN_BYTES_MAX 64   /* longer words are cut at a character */
#define TOKENS_DOCUMENT 2048 /* different ones that are kept */
#define TOKENS_QUERY 16

enum token_use {
	/* A run without spaces also gives its last character, so that a search for one character
	 * (with prefix) finds it anywhere. */
	TOKEN_DOCUMENT = 1,
	TOKEN_QUERY = 2,
};

/**
 * Append the different tokens of a text, separated by single spaces, in order of appearance.
 *
 * @param text  UTF-8; what is not becomes a boundary
 * @return how many were appended; 0 with nothing appended
 * Thread: any.  Source: Unicode UAX 15 (normalisation), UAX 24 (scripts).
 */
size_t token_text(struct buf *out, const char *text, size_t len, enum token_use use);

/**
 * Split what token_text made, in place: spaces become NUL.
 *
 * @param words  room for max pointers into tokens
 * @return how many there are, ≤ max
 */
size_t token_split(char *tokens, const char **words, size_t max);

#endif
