/**
 * Read small files and variables that hold a secret.
 *
 * SPDX-License-Identifier: MIT
 */
#include "config/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"

/* Read up to the end; false on an error, or if it does not fit. */
static bool read_all(int fd, char *bytes, size_t size, size_t *len)
{
	*len = 0;
	while (*len < size) {
		ssize_t n = read(fd, bytes + *len, size - *len);

		if (n == 0)
			return true;
		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0)
			*len += (size_t)n;
	}
	errno = EFBIG;
	return false;
}

static char *checked(char *bytes, size_t len, const char *path, char *why, size_t size)
{
	while (len > 0 && (bytes[len - 1] == '\n' || bytes[len - 1] == '\r'))
		len--;
	bytes[len] = '\0';
	if (len > 0 && !memchr(bytes, '\0', len))
		return bytes;
	(void)snprintf(
		why, size, "secret file '%.200s' %s", path, len ? "holds a NUL" : "is empty");
	free(bytes);
	return NULL;
}

/* ------------------------------------------------------------------------------------------- */

char *secret_from_file(const char *path, char *why, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char *bytes = NULL;
	struct stat st;
	size_t len = 0;

	if (fd < 0 || fstat(fd, &st) < 0)
		goto fail;
	if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		goto fail;
	}
	bytes = alloc_zero(SECRET_MAX + 2, 1);
	if (!read_all(fd, bytes, SECRET_MAX + 1, &len))
		goto fail;
	close(fd);
	return checked(bytes, len, path, why, size);

fail:
	(void)snprintf(why, size, "cannot read secret file '%.200s' (%s)", path, strerror(errno));
	free(bytes);
	if (fd >= 0)
		close(fd);
	return NULL;
}

char *secret_from_env(const char *name, char *why, size_t size)
{
	const char *s = getenv(name);

	if (!s || *s == '\0') {
		(void)snprintf(why, size, "environment variable '%.100s' is not set", name);
		return NULL;
	}
	return alloc_str(s);
}
