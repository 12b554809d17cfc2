/**
 * How a line of the log looks: text for people, JSON for machines, a priority for the journal.
 *
 *      2026-11-24T04:02:49.123Z info [conn 3f, session s9, plugin typing] subject, what happened
 *      {"time":"2026-…Z","level":"info","conn":"3f","session":"s9","plugin":"typing","text":"…"}
 *      <6>[conn 3f] subject, what happened           (the journal has its own clock)
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BASE_LOG_TEXT_H
#define BASE_LOG_TEXT_H

#include <stdbool.h>
#include "base/log.h"

struct buf;

struct log_entry {
	int64_t real_ms;
	struct log_who who;
	const char *text; /* borrowed; any bytes */
	size_t len;
	enum log_level level;
	enum log_format format;
	bool journal; /* begin with <priority>, sd-daemon(3); text then has no time */
};

/**
 * Append a whole line with its newline. Control characters (C0, DEL, C1) are written as \xNN, so
 * that one event stays one line and no terminal obeys it; what is no UTF-8 likewise.
 *
 * Thread: any.  Source: RFC 3339, section 5.6; RFC 8259, section 7.
 */
void log_text_write(struct buf *out, const struct log_entry *e);

/** Unix time as RFC 3339 in UTC with milliseconds, NUL-terminated. Thread: any. */
#define LOG_TIME_SIZE 32
void log_text_time(char out[LOG_TIME_SIZE], int64_t real_ms);

#endif
