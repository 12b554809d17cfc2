/**
 * Who may see what, worked out a second time from the committed rows alone: the laws' own opinion.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SIM_SIGHT_H
#define SIM_SIGHT_H

#include <stdbool.h>
#include <stdint.h>

struct truth;
struct truth_log;
struct truth_row;

enum sight_verdict {
	SIGHT_WHOLE = 1,  /* it must be seen whole */
	SIGHT_STUB = 2,   /* it must be a stub */
	SIGHT_EITHER = 3, /* what decides it changed meanwhile */
};

/** How a user may see a row that he is shown now. */
enum sight_verdict sight_of(
	const struct truth *t, const char *user, struct truth_log *lg, const struct truth_row *row);

/** Was the user a joined member of a channel at a rev (of a direct or listed channel)? */
bool sight_joined(const struct truth_log *lg, const char *user, uint64_t rev);

/** What counts as unread, at a rev, for who has read up to a seq. all: those that mention everybody. */
uint64_t sight_unread(
	const struct truth_log *lg, const char *user, uint64_t rev, uint64_t read_seq, bool all);

#endif
