/**
 * The store in memory passes the suite.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/clock.h"
#include "store/memory.h"
#include "suite.h"

static void memory_open(struct fixture *f)
{
	f->ctx = memory_new();
	f->vtable = memory_store();
	suite_opened(f);
}

static void memory_close(struct fixture *f)
{
	memory_free(f->ctx);
	suite_opened(f);
}

int main(void)
{
	struct fixture f = {.name = "memory",
		.now_ms = clock_real_ms,
		.open = memory_open,
		.close = memory_close};
	return suite_run(&f);
}
