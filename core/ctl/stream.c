/**
 * Blocking reads and writes that go on after a signal.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ctl/stream.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/buf.h"

bool stream_send(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		bytes += n;
		len -= (size_t)n;
	}
	return true;
}

size_t stream_read_until(int fd, struct buf *in, const char *mark, size_t max)
{
	size_t size = strlen(mark), from = in->len;
	char piece[65536];
	const char *there = from ? memmem(in->bytes, from, mark, size) : NULL;

	if (there)
		return (size_t)(there - in->bytes) + size;
	while (in->len < max) {
		ssize_t n = recv(fd, piece, sizeof(piece), 0);
		const char *found;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return 0;
		buf_add(in, piece, (size_t)n);
		found = memmem(in->bytes + from, in->len - from, mark, size);
		if (found)
			return (size_t)(found - in->bytes) + size;
		/* The mark may be cut: its beginning is looked at again. */
		from = in->len - from < size ? from : in->len - size + 1;
	}
	return 0;
}
