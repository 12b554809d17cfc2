/**
 * Finding a file below a root: no way out of it, no links, no hidden names; a precompressed twin
 * when the client takes it.
 *
 * Thread: a worker (it waits for the disk).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NET_FILE_FIND_H
#define NET_FILE_FIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Encodings that twins may have (bits). */
enum file_encoding { FILE_PLAIN = 0, FILE_GZIP = 1, FILE_BROTLI = 2 };

struct file_found {
	int fd; /* the caller's to close */
	uint64_t size;
	int64_t mtime_ns;
	enum file_encoding encoding;
};

/**
 * Open a regular file.
 *
 * @param root      a directory
 * @param path      relative, '/' between segments, none of them empty, "." or ".."
 * @param accepted  bits of enum file_encoding
 * @return 0, CONFAB_ENOENT, CONFAB_EEXIST: it is a directory, or CONFAB_EIO
 */
int file_find(int root, const char *path, unsigned accepted, struct file_found *out);

/** Which twins may be sent (RFC 9110, section 12.5.3)? header: of Accept-Encoding, or NULL. */
unsigned file_encodings(const char *header);

/** Content-Type by the name's ending. Static. Thread: any. */
const char *file_type(const char *path);

#endif
