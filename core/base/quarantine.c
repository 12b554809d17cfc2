/**
 * Reading crash records, and adding a release.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/quarantine.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/crash.h"
#include "base/json.h"

#define TAIL_BYTES ((off_t)256 * 1024)
#define LINE_BYTES ((size_t)16 * 1024)
#define APART_MS (INT64_C(3600) * 1000)
#define SUSPECTS_MAX 256

/* A plugin that was active in a crash. */
struct suspect {
	char plugin[33];
	int64_t last_ms;
	bool caught; /* twice within an hour */
	char why[64];
};

struct reading {
	struct suspect suspects[SUSPECTS_MAX];
	unsigned n;
	unsigned recent;
	int64_t now_ms;
};

static struct suspect *suspect_of(struct reading *r, const char *plugin)
{
	for (unsigned i = 0; i < r->n; i++)
		if (strcmp(r->suspects[i].plugin, plugin) == 0)
			return &r->suspects[i];
	if (r->n == SUSPECTS_MAX || strlen(plugin) >= sizeof(r->suspects[0].plugin))
		return NULL;
	(void)snprintf(r->suspects[r->n].plugin, sizeof(r->suspects[0].plugin), "%s", plugin);
	return &r->suspects[r->n++];
}

static void blame_one(struct reading *r, const char *plugin, int64_t ts, const char *signal)
{
	struct suspect *s = plugin != NULL && *plugin ? suspect_of(r, plugin) : NULL;

	if (s == NULL)
		return;
	if (s->last_ms != 0 && ts - s->last_ms <= APART_MS && ts >= s->last_ms) {
		s->caught = true;
		(void)snprintf(s->why, sizeof(s->why), "%.16s twice within %lld s", signal,
			(long long)((ts - s->last_ms + 999) / 1000));
	}
	s->last_ms = ts;
}

static void line_read(struct reading *r, const char *line, size_t len)
{
	struct confab_error err = {0};
	json_t *record = json_parse_bounded(line, len, LINE_BYTES, &err), *name;
	int64_t ts = json_int(record, "ts", 0);
	const char *signal = json_str(record, "signal"), *released = json_str(record, "released");
	size_t i;

	if (released != NULL && suspect_of(r, released) != NULL) {
		suspect_of(r, released)->caught = false;
		suspect_of(r, released)->last_ms = 0;
	}
	if (signal != NULL && ts > 0) {
		r->recent += r->now_ms - ts <= APART_MS;
		json_array_foreach(json_object_get(record, "blamed"), i, name)
		{
			blame_one(r, json_string_value(name), ts, signal);
		}
	}
	json_decref(record);
}

/* The end of the file, beginning with a whole line if it was cut. */
static void tail_read(const char *data_dir, struct buf *out)
{
	char path[4096], piece[4096];
	off_t size, from;
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/" CRASH_FILE, data_dir);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	size = lseek(fd, 0, SEEK_END);
	from = size > TAIL_BYTES ? size - TAIL_BYTES : 0;
	while (from < size && (n = pread(fd, piece, sizeof(piece), from)) > 0) {
		buf_add(out, piece, (size_t)n);
		from += n;
	}
	(void)close(fd);
}

static void catch_them(const struct reading *r, struct quarantine *out)
{
	for (unsigned i = 0; i < r->n && out->n < QUARANTINE_MAX; i++) {
		const struct suspect *s = &r->suspects[i];
		struct quarantined *q = &out->items[out->n];

		if (!s->caught)
			continue;
		memcpy(q->plugin, s->plugin, sizeof(q->plugin));
		(void)snprintf(q->why, sizeof(q->why), "%s, the last %lld min ago", s->why,
			(long long)((r->now_ms - s->last_ms) / 60000));
		out->n++;
	}
}

/* ------------------------------------------------------------------------------------------- */

void quarantine_read(const char *data_dir, struct quarantine *out)
{
	struct reading *r = calloc(1, sizeof(*r));
	struct buf text;
	const char *at;
	size_t left;

	if (r == NULL)
		abort();
	memset(out, 0, sizeof(*out));
	r->now_ms = clock_real_ms();
	buf_init(&text);
	tail_read(data_dir, &text);
	at = text.bytes;
	left = text.len;
	while (left > 0) {
		const char *end = memchr(at, '\n', left);
		size_t len = end != NULL ? (size_t)(end - at) : left;

		line_read(r, at, len);
		len += end != NULL;
		at += len;
		left -= len;
	}
	out->recent = r->recent;
	catch_them(r, out);
	buf_fini(&text);
	free(r);
}

const struct quarantined *quarantine_find(const struct quarantine *q, const char *plugin)
{
	for (unsigned i = 0; i < q->n; i++)
		if (strcmp(q->items[i].plugin, plugin) == 0)
			return &q->items[i];
	return NULL;
}

int quarantine_release(const char *data_dir, const char *plugin, struct confab_error *err)
{
	struct quarantine q;
	char path[4096], line[128];
	int fd, len;

	quarantine_read(data_dir, &q);
	if (quarantine_find(&q, plugin) == NULL)
		return confab_error_set(err, CONFAB_ENOENT,
			"plugin '%.32s' is in no quarantine (%s/" CRASH_FILE ")", plugin, data_dir);
	(void)snprintf(path, sizeof(path), "%s/" CRASH_FILE, data_dir);
	len = snprintf(line, sizeof(line), "{\"ts\":%lld,\"released\":\"%s\"}\n",
		(long long)clock_real_ms(), plugin);
	fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (fd < 0 || write(fd, line, (size_t)len) != len) {
		confab_error_set(err, CONFAB_EIO, "%s: %s", path, strerror(errno));
		if (fd >= 0)
			(void)close(fd);
		return CONFAB_EIO;
	}
	(void)close(fd);
	return 0;
}
