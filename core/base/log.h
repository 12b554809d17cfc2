/**
 * What the program prints for its operator: one line, one event (never a body, token or password).
 *
 * Lines are formatted where they are made and written by one thread of their own, so that a
 * stalled journal stalls nobody; when its queue is full, lines are counted and dropped.
 * Until log_open() and after log_close() lines go straight to standard error.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <confab/types.h>

enum log_level {
	LOG_LEVEL_ERROR = 0,   /* someone must act */
	LOG_LEVEL_WARNING = 1, /* someone should look */
	LOG_LEVEL_INFO = 2,    /* an operator would ask */
	LOG_LEVEL_DEBUG = 3,   /* only we care */
};

enum log_format { LOG_FORMAT_TEXT = 0, LOG_FORMAT_JSON = 1 };

/** Who speaks: set by the dispatcher of a thread around the work it does for somebody. */
struct log_who {
	confab_conn_id conn; /* 0: none */
	char session[32];    /* "": none */
	const char *plugin;  /* borrowed, or NULL */
};

/** Start the writer. @param path  file to append to, or NULL for standard error. Thread: main. */
int log_open(const char *path, enum log_format format, struct confab_error *err);

/** Open the file again (after rotation). Thread: any. */
void log_reopen(void);

/** Write what waits, stop the writer. Thread: main. */
void log_close(void);

/** Set and ask the level in force (default INFO). Thread: any. */
void log_level_set(enum log_level level);
enum log_level log_level(void);

/** Name the level, and find one by name ("error" …; -1 if there is none). */
const char *log_level_name(enum log_level level);
int log_level_parse(const char *name);

/** Say for whom this thread works now; returns the former value to be put back. Thread: own. */
struct log_who log_who_set(struct log_who who);

/** The same, for a plugin on behalf of whom it is now. Thread: own. */
struct log_who log_who_plugin(const char *plugin);

/** One line: lower case, "subject, what happened (reason)". No newline. Thread: any. */
void log_line(enum log_level level, const char *fmt, ...) CONFAB_PRINTF(2, 3);

#define log_error(...) log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...) log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)

/** Where lines go just now, for who must not call log_line(): a signal handler. Thread: any. */
int log_descriptor(void);

/** Lines dropped because the queue was full, since start. Thread: any. */
uint64_t log_dropped(void);

#endif
