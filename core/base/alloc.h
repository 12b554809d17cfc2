/**
 * Memory for small fixed objects, whose exhaustion is fatal. What is sized from outside is bounded
 * by its caller before it comes here.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H

#include <stddef.h>

/** Zeroed memory, the caller's to free(); n * size must not overflow (aborts). Never NULL. */
void *alloc_zero(size_t n, size_t size);

/** realloc() that aborts instead of returning NULL; size > 0. */
void *alloc_resize(void *old, size_t size);

/** A copy of a string, the caller's to free(). Never NULL. */
char *alloc_str(const char *s);

#endif
