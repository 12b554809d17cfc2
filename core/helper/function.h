/**
 * What a helper process can do: a table of pure functions from bytes to bytes.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HELPER_FUNCTION_H
#define HELPER_FUNCTION_H

#include <stddef.h>

struct buf;

struct helper_input {
	const char *bytes;
	size_t len;
	int file; /* a descriptor that may be read, or -1 */
};

struct helper_function {
	const char *name;
	/** Append to out. @return 0 or enum confab_code. Everything beyond memory, clocks and the
	 *  descriptors given kills the process. */
	int (*run)(const struct helper_input *in, struct buf *out);
};

/** The row of that name, or NULL. Static. */
const struct helper_function *helper_function_find(const char *name);

#endif
