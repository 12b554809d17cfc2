/**
 * Memory for small fixed objects, whose exhaustion is fatal.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

void *alloc_zero(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	if (p == NULL)
		abort();
	return p;
}

void *alloc_resize(void *old, size_t size)
{
	void *p = realloc(old, size);

	if (p == NULL)
		abort();
	return p;
}

char *alloc_str(const char *s)
{
	size_t size = strlen(s) + 1;

	return memcpy(alloc_zero(1, size), s, size);
}
