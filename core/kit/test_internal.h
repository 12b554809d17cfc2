/**
 * The test server and its clients, for this folder only.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef KIT_TEST_INTERNAL_H
#define KIT_TEST_INTERNAL_H

#include <confab/test.h>
#include "loop/loop.h"
#include "sim/link.h"

struct config;
struct host;
struct memory;
struct node;
struct pool;

/** One server. */
struct confab_test {
	const struct config *config;
	struct loop *outside; /* clients live here */
	struct pool *pool;
	struct host *host;
	struct node *node;
	struct memory *memory;
	const char *plugin; /* name of the first */
	struct mail errand; /* one step on the logic loop, and how it ended */
	bool over;
	int rc;
	struct confab_error why;
	int log_fd;
	char *log;
	struct confab_test_client *clients;
	unsigned cids;
};

/** Print why the test cannot go on, and abort. */
void test_fatal(struct confab_test *t, const char *fmt, ...) CONFAB_PRINTF(2, 3)
	__attribute__((noreturn));

/** Cut off and free all clients. */
void test_clients_free(struct confab_test *t);

#endif
