/**
 * The access tokens the connections say hello with: given, read, made or fetched.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BENCH_TOKENS_H
#define BENCH_TOKENS_H

#include "options.h"

struct tokens {
	char **list;
	uint32_t count;
};

/**
 * Make what the options ask for: --token, --token-file, --jwt-secret-file, or a login over HTTP for
 * every user when there is a --password. None of them: no token.
 *
 * Blocks; logins are made one after the other, since the server hashes each for a while.
 *
 * @return 0, or -1 after an error was printed
 */
int tokens_init(struct tokens *t, const struct options *o);
/** Free them. */
void tokens_fini(struct tokens *t);

#endif
