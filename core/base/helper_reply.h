/**
 * What a helper process writes on its standard output: this head, then `len` bytes, then the end.
 * Anything else is a helper that lies, and its job fails.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BASE_HELPER_REPLY_H
#define BASE_HELPER_REPLY_H

#include <stdint.h>

#define HELPER_REPLY_MAGIC 0x68656c70u /* "help" */

/* Descriptors of a helper process; everything else is closed. Standard error is /dev/null. */
enum helper_fd { HELPER_FD_IN = 0, HELPER_FD_OUT = 1, HELPER_FD_FILE = 3, HELPER_FD_CODE = 4 };

struct helper_reply {
	uint32_t magic;
	int32_t rc; /* the function's result: 0 or enum confab_code */
	uint64_t len;
};

_Static_assert(sizeof(struct helper_reply) == 16, "the same on both sides");

#endif
