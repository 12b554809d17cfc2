/**
 * Walking down from a root, one segment at a time, following nothing.
 *
 * SPDX-License-Identifier: MIT
 */
#include "net/file_find.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <confab/types.h>
#include "net/http_char.h"

struct type_row {
	const char *ending;
	const char *type;
};

static const struct type_row type_rows[] = {
	{".html", "text/html; charset=utf-8"},
	{".css", "text/css; charset=utf-8"},
	{".js", "text/javascript; charset=utf-8"},
	{".mjs", "text/javascript; charset=utf-8"},
	{".json", "application/json"},
	{".map", "application/json"},
	{".webmanifest", "application/manifest+json"},
	{".txt", "text/plain; charset=utf-8"},
	{".md", "text/plain; charset=utf-8"},
	{".xml", "application/xml"},
	{".svg", "image/svg+xml"},
	{".png", "image/png"},
	{".jpg", "image/jpeg"},
	{".jpeg", "image/jpeg"},
	{".gif", "image/gif"},
	{".webp", "image/webp"},
	{".avif", "image/avif"},
	{".ico", "image/x-icon"},
	{".woff", "font/woff"},
	{".woff2", "font/woff2"},
	{".wasm", "application/wasm"},
	{".mp3", "audio/mpeg"},
	{".ogg", "audio/ogg"},
	{".mp4", "video/mp4"},
	{".webm", "video/webm"},
	{".pdf", "application/pdf"},
};

/** Hidden names stay hidden, but for the one that RFC 8615 gave to the world. */
static bool name_shown(const char *name, size_t len)
{
	return len > 0 && (name[0] != '.' || (len == 11 && memcmp(name, ".well-known", 11) == 0));
}

static int code_of(int err)
{
	/* ELOOP: a link where none is followed. */
	if (err == ENOENT || err == ENOTDIR || err == ELOOP || err == EACCES || err == ENAMETOOLONG)
		return CONFAB_ENOENT;
	return CONFAB_EIO;
}

/** Walk to the folder of the last segment. @return its descriptor, or a code */
static int folder_open(int root, const char *path, const char **last)
{
	int dir = dup(root);

	if (dir < 0)
		return CONFAB_EIO;
	for (;;) {
		size_t len = strcspn(path, "/");
		char name[256];

		if (!name_shown(path, len) || len >= sizeof(name)) {
			(void)close(dir);
			return CONFAB_ENOENT;
		}
		if (path[len] == '\0') {
			*last = path;
			return dir;
		}
		memcpy(name, path, len);
		name[len] = '\0';
		int next = openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		int saved = errno;

		(void)close(dir);
		if (next < 0)
			return code_of(saved);
		dir = next;
		path += len + 1;
	}
}

static int regular_open(int dir, const char *name, struct file_found *out)
{
	struct stat st;
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return code_of(errno);
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		(void)close(fd);
		return S_ISDIR(st.st_mode) ? CONFAB_EEXIST : CONFAB_ENOENT;
	}
	out->fd = fd;
	out->size = (uint64_t)st.st_size;
	out->mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
	return 0;
}

static bool twin_open(
	int dir, const char *name, enum file_encoding encoding, struct file_found *out)
{
	char twin[256];
	int len = snprintf(
		twin, sizeof(twin), "%s%s", name, encoding == FILE_BROTLI ? ".br" : ".gz");

	if (len < 0 || (size_t)len >= sizeof(twin) || regular_open(dir, twin, out) != 0)
		return false;
	out->encoding = encoding;
	return true;
}

/** "q=0" in its forms. RFC 9110, section 12.4.2. */
static bool is_refused(const char *at, size_t len)
{
	const char *q = memchr(at, ';', len);

	if (!q)
		return false;
	struct http_slice weight = http_trim(q + 1, len - (size_t)(q + 1 - at));

	return weight.len >= 3 && (weight.at[0] == 'q' || weight.at[0] == 'Q') &&
		weight.at[1] == '=' && weight.at[2] == '0' &&
		strspn(weight.at + 2, "0.") >= weight.len - 2;
}

/* ------------------------------------------------------------------------------------------- */

int file_find(int root, const char *path, unsigned accepted, struct file_found *out)
{
	const char *name = NULL;
	int dir = folder_open(root, path, &name);

	if (dir < 0)
		return dir;
	*out = (struct file_found){.fd = -1};
	int rc = regular_open(dir, name, out);
	struct file_found twin = {.fd = -1};

	if (rc == 0 &&
		((accepted & FILE_BROTLI && twin_open(dir, name, FILE_BROTLI, &twin)) ||
			(accepted & FILE_GZIP && twin_open(dir, name, FILE_GZIP, &twin)))) {
		(void)close(out->fd);
		*out = twin;
	}
	(void)close(dir);
	return rc;
}

unsigned file_encodings(const char *header)
{
	unsigned accepted = 0;
	struct http_slice rest, item;

	if (!header)
		return 0;
	rest = (struct http_slice){header, strlen(header)};
	while (http_list_next(&rest, &item)) {
		const char *semicolon = memchr(item.at, ';', item.len);
		size_t len = semicolon ? (size_t)(semicolon - item.at) : item.len;
		struct http_slice name = http_trim(item.at, len);

		if (is_refused(item.at, item.len))
			continue;
		if (http_same(name.at, name.len, "gzip"))
			accepted |= FILE_GZIP;
		else if (http_same(name.at, name.len, "br"))
			accepted |= FILE_BROTLI;
	}
	return accepted;
}

const char *file_type(const char *path)
{
	size_t len = strlen(path);

	for (size_t i = 0; i < sizeof(type_rows) / sizeof(type_rows[0]); i++) {
		size_t n = strlen(type_rows[i].ending);

		if (len > n && http_same(path + len - n, n, type_rows[i].ending))
			return type_rows[i].type;
	}
	return "application/octet-stream";
}
