/**
 * Memory for small fixed objects, whose exhaustion is fatal.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/alloc.h"

#include <stdlib.h>

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
