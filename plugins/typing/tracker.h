/**
 * Who types where, and until when. Knows nothing of the host; one owner thread.
 *
 * A typist who starts is shown until a time; who starts again while shown and not long ago is not
 * shown again (others know it already); who stops is no typist any more, but may not start again at
 * once either; whose time is over is forgotten.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TYPING_TRACKER_H
#define TYPING_TRACKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tracker;

/** What to do with an update. */
enum tracker_answer {
	TRACKER_SHOW = 1, /* tell the others */
	TRACKER_KNOWN,    /* they know it already: say nothing */
	TRACKER_FULL,     /* too many typists are remembered: refuse */
};

/** How long things last [ms], and how many typists are remembered. */
struct tracker_limits {
	int64_t pause_ms;  /* at most one update per typist and this */
	int64_t expiry_ms; /* a typist is forgotten after this */
	size_t max_typists;
};

/** An empty tracker, the caller's; limits are copied. NULL: out of memory. */
struct tracker *tracker_new(const struct tracker_limits *limits);
/** NULL is fine. */
void tracker_free(struct tracker *t);
/** New limits from now on; typists that are remembered keep their times. */
void tracker_limits_set(struct tracker *t, const struct tracker_limits *limits);

/**
 * A user begins to type, or goes on.
 *
 * @param parent    seq of the message a thread hangs on, 0: none
 * @param now_ms    monotonic; never below an earlier call's
 * @param until_ms  filled for TRACKER_SHOW: when it ends if nothing more is heard
 */
enum tracker_answer tracker_start(struct tracker *t, const char *channel, const char *user,
	uint64_t parent, int64_t now_ms, int64_t *until_ms);

/** A user stops, or has said what it typed. TRACKER_KNOWN: it was not shown as typing. */
enum tracker_answer tracker_stop(struct tracker *t, const char *channel, const char *user);

/** Forget everybody whose time is over. @return how many */
size_t tracker_expire(struct tracker *t, int64_t now_ms);

/** Typists remembered now, with those who stopped just now. */
size_t tracker_count(const struct tracker *t);

#endif
