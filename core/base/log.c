/*
 * The log's door: level, who speaks, and lines on their way to a file, straight or through a queue
 * that another thread drains.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/log_drain.h"
#include "base/log_text.h"
#include "base/running.h"
#include "base/utf8.h"

#define LINE_MAX_BYTES 4096
#define WRITE_BYTES (64 * 1024) /* what is written at once */

struct line {
	struct line *next;
	size_t len;
	char bytes[];
};

/* The door: one per process. Everything that is not atomic is under lock. */
static struct {
	_Atomic int level;
	_Atomic uint64_t dropped;
	_Atomic bool reopen;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	char *path; /* NULL: standard error */
	int fd;
	enum log_format format;
	bool journal;
	bool queueing, ending;
	struct line *first, *last;
	size_t lines, bytes;
	uint64_t dropped_told;
} door = {
	.level = LOG_LEVEL_INFO,
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.changed = PTHREAD_COND_INITIALIZER,
	.fd = STDERR_FILENO,
};

static _Thread_local struct log_who who_now;

static const char *const level_names[] = {"error", "warning", "info", "debug"};

/* Whether standard error is the stream that the journal gave us, systemd.exec(5). */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	uintmax_t dev, ino;
	struct stat st;

	return stream != NULL && sscanf(stream, "%ju:%ju", &dev, &ino) == 2 &&
		fstat(STDERR_FILENO, &st) == 0 && (uintmax_t)st.st_dev == dev &&
		(uintmax_t)st.st_ino == ino;
}

static int file_open(const char *path)
{
	return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);
}

/* Nobody can be told that the log cannot be written. @return whether all of it was */
static bool write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			struct pollfd full = {fd, POLLOUT, 0};

			(void)poll(&full, 1, -1);
			continue;
		}
		if (n < 0)
			return false;
		bytes += n;
		len -= (size_t)n;
	}
	return true;
}

static void own_line(struct buf *out, enum log_level level, const char *text)
{
	struct log_entry e = {
		.real_ms = clock_real_ms(),
		.text = text,
		.len = strlen(text),
		.level = level,
		.format = door.format,
		.journal = door.journal,
	};

	log_text_write(out, &e);
}

/* Locked. Keeps the old file where the new one cannot be had. */
static void reopen_if_asked(void)
{
	struct buf line;
	char text[LINE_MAX_BYTES];
	int fd;

	if (!atomic_exchange(&door.reopen, false) || door.path == NULL)
		return;
	fd = file_open(door.path);
	if (fd >= 0) {
		(void)close(door.fd);
		door.fd = fd;
		return;
	}
	(void)snprintf(
		text, sizeof(text), "log, cannot be reopened (%s, %s)", door.path, strerror(errno));
	buf_init(&line);
	own_line(&line, LOG_LEVEL_ERROR, text);
	(void)write_all(door.fd, line.bytes, line.len); /* it is lost then */
	buf_fini(&line);
}

/* Locked. */
static void enqueue(const struct buf *out)
{
	struct line *line;

	if (door.lines >= LOG_QUEUE_LINES || door.bytes + out->len > LOG_QUEUE_BYTES) {
		atomic_fetch_add(&door.dropped, 1);
		return;
	}
	line = alloc_resize(NULL, sizeof(*line) + out->len);
	line->next = NULL;
	line->len = out->len;
	memcpy(line->bytes, out->bytes, out->len);
	if (door.first == NULL)
		door.first = line;
	else
		door.last->next = line;
	door.last = line;
	door.lines++;
	door.bytes += line->len;
	if (door.lines == 1)
		pthread_cond_broadcast(&door.changed);
}

/* Locked. What was dropped since it was last said. */
static void tell_dropped(struct buf *out)
{
	uint64_t dropped = atomic_load(&door.dropped);
	char text[96];

	if (dropped == door.dropped_told)
		return;
	(void)snprintf(text, sizeof(text), "log, lines were dropped (%" PRIu64 ", queue full)",
		dropped - door.dropped_told);
	door.dropped_told = dropped;
	own_line(out, LOG_LEVEL_WARNING, text);
}

/* Takes the lines. */
static void write_lines(int fd, struct line *first, struct buf *out)
{
	uint64_t in_buf = 0;

	while (first != NULL || out->len > 0) {
		while (first != NULL && out->len < WRITE_BYTES) {
			struct line *line = first;

			first = line->next;
			buf_add(out, line->bytes, line->len);
			free(line);
			in_buf++;
		}
		if (!write_all(fd, out->bytes, out->len))
			atomic_fetch_add(&door.dropped, in_buf);
		buf_clear(out);
		in_buf = 0;
	}
}

/* ------------------------------------------------------------------------------------------- */

int log_open(const char *path, enum log_format format, struct confab_error *err)
{
	int fd = STDERR_FILENO;

	if (path != NULL) {
		fd = file_open(path);
		if (fd < 0)
			return confab_error_set(err, CONFAB_EIO, "cannot open log '%s' (%s)", path,
				strerror(errno));
	}
	log_close();
	pthread_mutex_lock(&door.lock);
	door.path = path == NULL ? NULL : strdup(path);
	door.fd = fd;
	door.format = format;
	door.journal = path == NULL && stderr_is_journal();
	pthread_mutex_unlock(&door.lock);
	return 0;
}

void log_reopen(void)
{
	atomic_store(&door.reopen, true);
}

void log_close(void)
{
	log_drain_end();
	pthread_mutex_lock(&door.lock);
	while (door.queueing)
		pthread_cond_wait(&door.changed, &door.lock);
	if (door.path != NULL)
		(void)close(door.fd); /* nothing to be done if it fails */
	free(door.path);
	door.path = NULL;
	door.fd = STDERR_FILENO;
	door.format = LOG_FORMAT_TEXT;
	door.journal = false;
	pthread_mutex_unlock(&door.lock);
}

void log_level_set(enum log_level level)
{
	atomic_store_explicit(&door.level, level, memory_order_relaxed);
}

enum log_level log_level(void)
{
	return (enum log_level)atomic_load_explicit(&door.level, memory_order_relaxed);
}

const char *log_level_name(enum log_level level)
{
	return level_names[level];
}

int log_level_parse(const char *name)
{
	for (int i = LOG_LEVEL_ERROR; i <= LOG_LEVEL_DEBUG; i++)
		if (strcmp(name, level_names[i]) == 0)
			return i;
	return -1;
}

struct log_who log_who_set(struct log_who who)
{
	struct log_who before = who_now;

	who_now = who;
	return before;
}

struct log_who log_who_plugin(const char *plugin)
{
	struct log_who before = who_now;

	who_now.plugin = plugin;
	return before;
}

void log_line(enum log_level level, const char *fmt, ...)
{
	char text[LINE_MAX_BYTES];
	const struct running *runs;
	struct log_who who;
	struct log_entry e;
	struct buf out;
	va_list args;
	int len;

	if (level > log_level())
		return;
	who = who_now;
	runs = running_current();
	if (who.plugin == NULL && runs != NULL)
		who.plugin = runs->plugin;
	va_start(args, fmt);
	len = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (len < 0)
		return;
	e = (struct log_entry){
		.real_ms = clock_real_ms(),
		.who = who,
		.text = text,
		.len = (size_t)len < sizeof(text)
			? (size_t)len
			: utf8_cut(text, sizeof(text) - 1, sizeof(text) - 4),
		.level = level,
	};
	buf_init(&out);
	pthread_mutex_lock(&door.lock);
	e.format = door.format;
	e.journal = door.journal;
	pthread_mutex_unlock(&door.lock);
	log_text_write(&out, &e);
	pthread_mutex_lock(&door.lock);
	if (door.queueing)
		enqueue(&out);
	else {
		reopen_if_asked();
		(void)write_all(door.fd, out.bytes, out.len); /* nobody can be told */
	}
	pthread_mutex_unlock(&door.lock);
	buf_fini(&out);
}

int log_descriptor(void)
{
	return door.fd;
}

uint64_t log_dropped(void)
{
	return atomic_load(&door.dropped);
}

void log_drain_begin(void)
{
	pthread_mutex_lock(&door.lock);
	door.queueing = true;
	door.ending = false;
	pthread_mutex_unlock(&door.lock);
}

bool log_drain(void)
{
	struct line *first;
	struct buf out;
	int fd;

	pthread_mutex_lock(&door.lock);
	while (door.first == NULL && !door.ending)
		pthread_cond_wait(&door.changed, &door.lock);
	if (door.first == NULL) {
		door.queueing = false;
		pthread_cond_broadcast(&door.changed);
		pthread_mutex_unlock(&door.lock);
		return false;
	}
	reopen_if_asked();
	first = door.first;
	door.first = NULL;
	door.lines = 0;
	door.bytes = 0;
	fd = door.fd;
	pthread_mutex_unlock(&door.lock);
	/* Only this thread changes the descriptor while lines are queued. */
	buf_init(&out);
	write_lines(fd, first, &out);
	pthread_mutex_lock(&door.lock);
	tell_dropped(&out);
	pthread_mutex_unlock(&door.lock);
	write_lines(fd, NULL, &out);
	buf_fini(&out);
	return true;
}

void log_drain_end(void)
{
	pthread_mutex_lock(&door.lock);
	door.ending = true;
	pthread_cond_broadcast(&door.changed);
	pthread_mutex_unlock(&door.lock);
}
