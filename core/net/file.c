/**
 * Serving files: a worker opens and reads the first piece; the rest is read here when it lies in the
 * page cache, else by a worker again.
 *
 * SPDX-License-Identifier: MIT
 */
#include "net/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/alloc.h"
#include "loop/work.h"
#include "net/conn.h"
#include "net/file_find.h"
#include "net/http_etag.h"
#include "net/http_internal.h"
#include "net/http_range.h"
#include "net/net_internal.h"

/** Read at once; a file no longer than that needs one visit to a worker [bytes]. */
#define PIECE_BYTES 65536

struct root {
	char *prefix, *index, *fallback, *immutable, *csp;
	size_t prefix_len;
	int fd;
};

struct files {
	size_t n;
	struct root roots[];
};

/** Plain count: only the I/O thread counts; a worker reads while a read of its own holds one. */
struct file_send {
	uint32_t refs;
	int fd;
	uint64_t at, left;
	bool reading; /* a worker has it */
};

struct opening {
	struct work work;
	struct io *io;
	confab_conn_id conn;
	uint64_t stream;
	const struct root *root;
	unsigned accepted;
	bool html;      /* the client wants a page: the fallback will do */
	bool fell_back; /* and it did */
	struct file_found found;
	char *bytes; /* of a short file */
	char path[];
};

struct reading {
	struct work work;
	struct io *io;
	confab_conn_id conn;
	struct file_send *fs;
	uint64_t at;
	size_t len;
	char *bytes;
};

static char *copy(const char *s)
{
	size_t size = s ? strlen(s) + 1 : 0;

	return s ? memcpy(alloc_resize(NULL, size), s, size) : NULL;
}

static const struct root *root_of(const struct conn *c, const char *path)
{
	const struct files *f = c->io->rules->files;
	const struct root *best = NULL;

	for (size_t i = 0; c->io->net->pool && i < f->n; i++) {
		const struct root *r = &f->roots[i];

		if (strncmp(path, r->prefix, r->prefix_len) == 0 &&
			(!best || r->prefix_len > best->prefix_len))
			best = r;
	}
	return best;
}

static void file_unref(struct file_send *fs)
{
	if (--fs->refs > 0)
		return;
	(void)close(fs->fd);
	free(fs);
}

/** Read exactly, unless the file has become shorter. @return whether all came */
static bool read_all(int fd, char *bytes, size_t len, uint64_t at)
{
	while (len > 0) {
		ssize_t n = pread(fd, bytes, len, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		bytes += n;
		at += (uint64_t)n;
		len -= (size_t)n;
	}
	return true;
}

/** Worker. */
static int opening_run(struct work *w)
{
	struct opening *o = (struct opening *)(void *)w;
	int rc = file_find(o->root->fd, o->path, o->accepted, &o->found);

	if (rc == CONFAB_ENOENT && o->html && o->root->fallback) {
		rc = file_find(o->root->fd, o->root->fallback, o->accepted, &o->found);
		o->fell_back = true;
	}
	if (rc != 0 || o->found.size > PIECE_BYTES || o->found.size == 0)
		return rc;
	o->bytes = alloc_resize(NULL, o->found.size);
	if (read_all(o->found.fd, o->bytes, o->found.size, 0))
		return 0;
	return CONFAB_EIO;
}

/** The connection, if it still waits for this answer. */
static struct conn *waiting_conn(const struct opening *o)
{
	struct conn *c = io_find(o->io, o->conn);

	if (!c || c->state != CONN_HTTP || !c->as.http || c->as.http->stream != o->stream)
		return NULL;
	return c;
}

static void headers_write(const struct opening *o, const char *type, const char *etag,
	const char *range, struct buf *out)
{
	const struct root *r = o->root;
	char modified[HTTP_DATE_SIZE];
	bool immutable = r->immutable && strncmp(o->path, r->immutable, strlen(r->immutable)) == 0;

	http_date_format(o->found.mtime_ns / 1000000000, modified);
	buf_fmt(out, "ETag: %s\r\nLast-Modified: %s\r\nAccept-Ranges: bytes\r\n", etag, modified);
	buf_str(out, "Vary: Accept-Encoding\r\n");
	buf_fmt(out, "Cache-Control: %s\r\n",
		immutable ? "public, max-age=31536000, immutable" : "no-cache");
	if (o->found.encoding != FILE_PLAIN)
		buf_fmt(out, "Content-Encoding: %s\r\n",
			o->found.encoding == FILE_BROTLI ? "br" : "gzip");
	if (r->csp && strncmp(type, "text/html", 9) == 0)
		buf_fmt(out, "Content-Security-Policy: %s\r\n", r->csp);
	if (range)
		buf_fmt(out, "Content-Range: bytes %s\r\n", range);
}

/** Head and what is at hand of the body; the rest follows by file_pump. */
static void send_file(struct conn *c, struct opening *o, const struct http_head *head,
	uint64_t from, uint64_t len)
{
	struct buf *out = c->io->scratch;

	if (len > 0 && o->bytes && !http_bodiless(c, head->status)) {
		struct http_head whole = *head;

		buf_clear(out);
		whole.length = (int64_t)len;
		http_head_write(c, &whole, out);
		conn_send(c, parcel_of_bytes(out->bytes, out->len, o->bytes + from, (size_t)len),
			PARCEL_PLAIN, OUTQ_REPLY, 0);
		c->as.http->answered = true;
		http_answered(c);
		return;
	}
	file_answer(c, head, &o->found.fd, from, len);
}

/** Conditions, ranges, then the file. RFC 9110, section 13.2.2. */
static void answer_file(struct conn *c, struct opening *o)
{
	const struct http_conditions conditions = {
		.if_match = http_field(c, "If-Match"),
		.if_none_match = http_field(c, "If-None-Match"),
		.if_modified_since = http_field(c, "If-Modified-Since"),
		.if_unmodified_since = http_field(c, "If-Unmodified-Since"),
	};
	const char *type = file_type(o->fell_back ? o->root->fallback : o->path);
	int64_t mtime_s = o->found.mtime_ns / 1000000000;
	uint64_t from = 0, to = o->found.size > 0 ? o->found.size - 1 : 0;
	struct http_head head = {.status = 200, .content_type = type, .cacheable = true};
	char etag[HTTP_ETAG_SIZE], range[72], *range_text = NULL;
	struct buf headers;

	http_etag_format(o->found.size, o->found.mtime_ns, etag);
	int status = http_conditions_judge(&conditions, etag, mtime_s, true);
	const char *wanted = http_range_applies(http_field(c, "If-Range"), etag, mtime_s)
		? http_field(c, "Range")
		: NULL;
	enum http_range part = status ? HTTP_RANGE_ALL
				      : http_range_parse(wanted, o->found.size, &from, &to);

	if (status) {
		head.status = status;
		head.content_type = NULL;
	} else if (part == HTTP_RANGE_PART) {
		head.status = 206;
		(void)snprintf(range, sizeof(range), "%llu-%llu/%llu", (unsigned long long)from,
			(unsigned long long)to, (unsigned long long)o->found.size);
		range_text = range;
	} else if (part == HTTP_RANGE_BEYOND) {
		head.status = 416;
		(void)snprintf(range, sizeof(range), "*/%llu", (unsigned long long)o->found.size);
		range_text = range;
	}
	buf_init(&headers);
	headers_write(o, type, etag, range_text, &headers);
	head.headers = headers.bytes;
	if (status == 412 || part == HTTP_RANGE_BEYOND)
		http_error(c, head.status,
			status == 412 ? "it has changed" : "the file ends before that range",
			range_text ? headers.bytes : NULL);
	else
		send_file(
			c, o, &head, from, status == 304 || o->found.size == 0 ? 0 : to - from + 1);
	buf_fini(&headers);
}

static void answer_folder(struct conn *c)
{
	char location[1100];

	/* The raw path, as it was sent: what was decoded may not stand in a field. */
	struct http_slice path = http1_request(c->as.http->parser)->path;

	if (path.len > 1000 || (path.len > 1 && path.at[1] == '/')) {
		http_error(c, 404, "there is nothing at this path", NULL);
		return;
	}
	(void)snprintf(location, sizeof(location), "Location: %.*s/\r\n", (int)path.len, path.at);
	http_reply(c, &(struct http_head){.status = 301, .headers = location}, NULL, 0);
}

/** I/O. */
static void opening_done(struct work *w, int rc)
{
	struct opening *o = (struct opening *)(void *)w;
	struct conn *c = waiting_conn(o);

	if (!c)
		counter_add(&o->io->counters.stale, 1);
	else if (rc == 0)
		answer_file(c, o);
	else if (rc == CONFAB_EEXIST)
		answer_folder(c);
	else if (rc == CONFAB_ENOENT)
		http_error(c, 404, "there is nothing at this path", NULL);
	else
		http_error(c, 500, "the file cannot be read", NULL);
	if (o->found.fd >= 0)
		(void)close(o->found.fd);
	free(o->bytes);
	free(o);
}

/** Worker. */
static int reading_run(struct work *w)
{
	struct reading *r = (struct reading *)(void *)w;

	return read_all(r->fs->fd, r->bytes, r->len, r->at) ? 0 : CONFAB_EIO;
}

static void piece_came(struct conn *c, struct file_send *fs, char *bytes, size_t len)
{
	fs->at += len;
	fs->left -= len;
	conn_send(c, parcel_of_owned(bytes, len), PARCEL_PLAIN, OUTQ_REPLY, 0);
}

/** I/O. */
static void reading_done(struct work *w, int rc)
{
	struct reading *r = (struct reading *)(void *)w;
	struct conn *c = io_find(r->io, r->conn);

	r->fs->reading = false;
	if (c && c->state == CONN_HTTP && c->as.http && c->as.http->file == r->fs) {
		if (rc == 0) {
			piece_came(c, r->fs, r->bytes, r->len);
			r->bytes = NULL;
			file_pump(c);
		} else {
			conn_kill(c, NET_REASON_IO, 1006); /* shorter than the head has said */
		}
	}
	file_unref(r->fs);
	free(r->bytes);
	free(r);
}

/** The page cache does not have it: a worker waits for the disk. */
static void read_by_worker(struct conn *c, struct file_send *fs, char *bytes, size_t len)
{
	struct reading *r = alloc_zero(1, sizeof(*r));

	r->work.run = reading_run;
	r->work.done = reading_done;
	r->io = c->io;
	r->conn = conn_id(c);
	r->fs = fs;
	r->at = fs->at;
	r->len = len;
	r->bytes = bytes;
	fs->refs++;
	fs->reading = true;
	if (pool_submit(c->io->net->pool, &r->work) == 0)
		return;
	fs->refs--;
	free(bytes);
	free(r);
	conn_kill(c, NET_REASON_IO, 1006); /* the head is out: there is no other way to say so */
}

/* ------------------------------------------------------------------------------------------- */

struct files *files_new(const struct net_files *rows, size_t n, struct confab_error *err)
{
	struct files *f = alloc_zero(1, sizeof(*f) + n * sizeof(f->roots[0]));

	for (size_t i = 0; i < n; i++) {
		struct root *r = &f->roots[i];

		r->fd = open(rows[i].dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (r->fd < 0) {
			confab_error_set(err, CONFAB_EINVAL,
				"files '%s', the folder cannot be opened (%s)", rows[i].dir,
				strerror(errno));
			files_free(f);
			return NULL;
		}
		f->n++;
		r->prefix = copy(rows[i].prefix);
		r->prefix_len = strlen(r->prefix);
		r->index = copy(rows[i].index ? rows[i].index : "index.html");
		r->fallback = copy(rows[i].fallback);
		r->immutable = copy(rows[i].immutable);
		r->csp = copy(rows[i].csp);
	}
	return f;
}

void files_free(struct files *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->n; i++) {
		struct root *r = &f->roots[i];

		(void)close(r->fd);
		free(r->prefix);
		free(r->index);
		free(r->fallback);
		free(r->immutable);
		free(r->csp);
	}
	free(f);
}

bool file_serves(const struct conn *c, const char *method, const char *path)
{
	return (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0) && root_of(c, path);
}

void file_serve(struct conn *c)
{
	struct http *h = c->as.http;
	const struct root *r = root_of(c, h->path);
	const char *path = r ? h->path + r->prefix_len : "";
	size_t len = strlen(path);
	const char *accept = http_field(c, "Accept");

	if (!r) {
		http_error(c, 404, "there is nothing at this path", NULL);
		return;
	}
	bool folder = len == 0 || path[len - 1] == '/';
	size_t size = len + (folder ? strlen(r->index) : 0) + 1;
	struct opening *o = alloc_zero(1, sizeof(*o) + size);

	(void)snprintf(o->path, size, "%s%s", path, folder ? r->index : "");
	o->work.run = opening_run;
	o->work.done = opening_done;
	o->io = c->io;
	o->conn = conn_id(c);
	o->stream = h->stream;
	o->root = r;
	o->accepted = file_encodings(http_field(c, "Accept-Encoding"));
	o->html = accept && strstr(accept, "text/html");
	o->found.fd = -1;
	conn_meter(c, METER_REQUESTS, 1);
	counter_add(&c->io->counters.requests, 1);
	if (pool_submit(c->io->net->pool, &o->work) == 0)
		return;
	free(o);
	http_error(c, 503, "too many files are asked for at once", "Retry-After: 1\r\n");
}

void file_answer(struct conn *c, const struct http_head *head, int *fd, uint64_t from, uint64_t len)
{
	struct http *h = c->as.http;
	struct buf *out = c->io->scratch;
	struct http_head whole = *head;

	whole.length = (int64_t)len;
	buf_clear(out);
	http_head_write(c, &whole, out);
	conn_send(c, parcel_of_bytes(out->bytes, out->len, NULL, 0), PARCEL_PLAIN, OUTQ_REPLY, 0);
	h->answered = true;
	if (len == 0 || http_bodiless(c, head->status)) {
		http_answered(c);
		return;
	}
	h->file = alloc_zero(1, sizeof(*h->file));
	h->file->refs = 1;
	h->file->fd = *fd;
	h->file->at = from;
	h->file->left = len;
	*fd = -1;
	file_pump(c);
}

void file_pump(struct conn *c)
{
	struct http *h = c->as.http;
	struct file_send *fs = h->file;

	while (fs->left > 0 && !fs->reading &&
		c->out.reply_bytes <= c->io->rules->limits.reply_bytes) {
		size_t len = fs->left < PIECE_BYTES ? (size_t)fs->left : PIECE_BYTES;
		char *bytes = alloc_resize(NULL, len);
		struct iovec iov = {bytes, len};
		ssize_t n = preadv2(fs->fd, &iov, 1, (off_t)fs->at, RWF_NOWAIT);

		if (n > 0) {
			piece_came(c, fs, bytes, (size_t)n);
		} else if (n == 0) {
			free(bytes);
			conn_kill(c, NET_REASON_IO, 1006); /* shorter than the head has said */
			return;
		} else {
			read_by_worker(c, fs, bytes, len);
			return;
		}
	}
	if (fs->left > 0 || fs->reading)
		return;
	h->file = NULL;
	file_unref(fs);
	http_answered(c);
}

void file_send_free(struct file_send *fs)
{
	if (fs)
		file_unref(fs);
}
