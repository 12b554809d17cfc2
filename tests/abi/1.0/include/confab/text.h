/**
 * Words of a text, and when two are the same to people whatever their case and accents' spelling.
 *
 *     size_t at = 0, word, len;
 *     while (confab_text_word(text, text_len, &at, &word, &len)) {
 *             char *folded = confab_text_fold(text + word, len, NULL);
 *             …
 *             free(folded);
 *     }
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CONFAB_TEXT_H
#define CONFAB_TEXT_H

#include <stdbool.h>
#include <confab/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * The next word: as many characters as there are in a row of the general categories L (letters), M
 * (marks) and N (numbers). Everything else, the apostrophe and "_" too, stands between words.
 *
 * @param text  UTF-8; what is not stands between words
 * @param at    where to look from, 0 at first; set behind the word [bytes]
 * @param word  set to where it begins [bytes]
 * @param n     set to its length [bytes]
 * @return false: there is none any more
 * Thread: any.  Cost: linear in what is looked at.  Source: Unicode, UAX 44 (General_Category).
 */
bool confab_text_word(const char *text, size_t len, size_t *at, size_t *word, size_t *n);

/**
 * The same bytes for all texts that differ in case or composition only ("STRASSE", "straße"):
 * NFD(toCasefold(NFD(text))), the canonical caseless match.
 *
 * @param text        UTF-8; what is not becomes U+FFFD
 * @param len         ≤ 1 MB, else NULL
 * @param folded_len  set to the result's length without its NUL [bytes], unless NULL
 * @return the caller's, by free(); NULL: too long
 * Thread: any.  Cost: some 100 ns, and 50 ns per character that is not ASCII.
 * Source: The Unicode Standard, section 3.13, D145.
 */
char *confab_text_fold(const char *text, size_t len, size_t *folded_len) CONFAB_MUSTCHECK;

#ifdef __cplusplus
}
#endif
#endif
