/**
 * Words broken into lines of a width.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CONFIG_WRAP_H
#define CONFIG_WRAP_H

struct buf;

/**
 * Append text in lines of at most width bytes, each with a prefix and a newline.
 *
 * @param text  words; a longer one than width stands alone in its line
 */
void wrap_text(struct buf *b, const char *prefix, unsigned width, const char *text);

#endif
