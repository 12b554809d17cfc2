/**
 * The one door to chance.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/chance.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/types.h>

static void kernel_fill(void *ctx, void *buf, size_t len)
{
	unsigned char *p = buf;

	(void)ctx;
	while (len > 0) {
		ssize_t n = getrandom(p, len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			abort();
		p += n;
		len -= (size_t)n;
	}
}

/* The door itself: written before any thread starts, read by all. */
static struct {
	void (*fill)(void *ctx, void *buf, size_t len);
	void *ctx;
} source = {kernel_fill, NULL};

/* ------------------------------------------------------------------------------------------ */

void chance_bytes(void *buf, size_t len)
{
	source.fill(source.ctx, buf, len);
}

uint64_t chance_u64(void)
{
	uint64_t n;

	chance_bytes(&n, sizeof(n));
	return n;
}

uint64_t chance_below(uint64_t bound)
{
	/* The lowest 2^64 mod bound numbers are thrown back, so that each rest is equally likely. */
	uint64_t skip = (0 - bound) % bound;
	uint64_t n;

	do {
		n = chance_u64();
	} while (n < skip);
	return n % bound;
}

void chance_source_set(void (*fill)(void *ctx, void *buf, size_t len), void *ctx)
{
	source.fill = fill != NULL ? fill : kernel_fill;
	source.ctx = fill != NULL ? ctx : NULL;
}
