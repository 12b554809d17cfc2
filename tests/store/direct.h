/**
 * store-sqlite's engine without host and lanes: one thread, blocking calls, for tests of the file.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TESTS_STORE_DIRECT_H
#define TESTS_STORE_DIRECT_H

#include "store-sqlite/engine.h"

struct direct {
	struct engine *engine;
	char dir[64], path[96];
	const char *vfs;
	struct confab_arena *arena; /* of all answers, until direct_end */
};

/** An empty directory with a store in it. */
void direct_begin(struct direct *d, const char *vfs);
/** Close and remove. */
void direct_end(struct direct *d);
/** Open what lies there; aborts the test if that fails. */
void direct_open(struct direct *d);
/** Close it, if it is open. */
void direct_close(struct direct *d);
/** The options that direct_open uses. */
struct engine_options direct_options(const struct direct *d);

/** Carry out one call. */
void direct_run(struct direct *d, enum engine_verb verb, struct confab_call *call);
/** Commit one message (rev = seq = n, text as tokens too); the result. */
enum confab_commit_result direct_say(
	struct direct *d, const char *log, uint64_t n, const char *text);
/** The same for messages from … to, many in one commit. */
void direct_fill(struct direct *d, const char *log, uint64_t from, uint64_t to, const char *text);
/** An entry that changes message seq at rev: with text, or gone (NULL). */
enum confab_commit_result direct_change(struct direct *d, const char *log, uint64_t rev,
	uint64_t seq, uint64_t last_seq, const char *text);
/** Head of a log; rc in *rc if not NULL. */
struct confab_head direct_head(struct direct *d, const char *log, int *rc);
/** Messages found by one word. */
size_t direct_search(struct direct *d, const char *log, const char *word);

#endif
