/**
 * A body that goes to a file without a name, written by workers, one piece after the other.
 *
 * SPDX-License-Identifier: MIT
 */
#include "wire/exchange_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

/** A worker. Not every file system can make files without a name. @return a descriptor or -1 */
static int file_open(const char *dir)
{
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	char path[4096];

	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT)) {
		return fd;
	}
	if (snprintf(path, sizeof(path), "%s/.body-XXXXXX", dir) >= (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0) {
		(void)unlink(path); /* it lives as long as its descriptor */
	}
	return fd;
}

/** A worker. */
static int file_write(struct work *w)
{
	struct body_file *file = (struct body_file *)w;
	const struct body_piece *p = file->writing;
	size_t done = 0;

	if (file->fd < 0) {
		file->fd = file_open(file->dir);
	}
	while (file->fd >= 0 && done < p->len) {
		ssize_t n = write(file->fd, p->bytes + done, p->len - done);

		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n < 0) {
			break;
		}
		done += (size_t)n;
	}
	file->error = file->fd < 0 || done < p->len ? errno : 0;
	file->bytes += done;
	return file->error ? CONFAB_EIO : 0;
}

static void file_written(struct work *w, int rc)
{
	struct body_file *file = (struct body_file *)w;
	struct confab_http *h = file->h;
	bool last = file->writing->last;

	free(file->writing);
	file->writing = NULL;
	if (h->phase == EXCHANGE_OVER) {
		if (exchange_file_end(h)) {
			exchange_free_later(h);
		}
		return;
	}
	if (rc) {
		log_error("route '%s %s', a body cannot be written to %s (%s)", h->door->method,
			h->door->path, h->all->dir,
			file->error ? strerror(file->error) : confab_code_text(rc));
		exchange_refuse(h, "busy", "there is no room for the file now", 10000);
	} else if (last) {
		(void)lseek(file->fd, 0, SEEK_SET); /* a regular file: it cannot fail */
		exchange_run(h);
	} else {
		exchange_file_pump(h);
	}
}

/* -------------------------------------------------------------------------------------------- */

void exchange_file_pump(struct confab_http *h)
{
	struct body_file *file = &h->file;

	if (!h->admitted || h->phase != EXCHANGE_WAITING || file->writing) {
		return;
	}
	file->writing = exchange_take_piece(h);
	if (!file->writing) {
		return;
	}
	file->work.run = file_write;
	file->work.done = file_written;
	file->dir = h->all->dir;
	if (!h->all->pool || pool_submit(h->all->pool, &file->work)) {
		free(file->writing);
		file->writing = NULL;
		exchange_refuse(h, "busy", NULL, 1000);
	}
}

bool exchange_file_end(struct confab_http *h)
{
	if (h->file.writing) {
		return false;
	}
	if (h->file.fd >= 0) {
		(void)close(h->file.fd);
		h->file.fd = -1;
	}
	return true;
}
