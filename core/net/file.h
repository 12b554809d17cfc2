/**
 * Static files: found below a root by a worker, sent from the page cache or through a worker; an
 * I/O thread never waits for a disk.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NET_FILE_H
#define NET_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <confab/types.h>

struct conn;
struct http_head;
struct file_send;
struct files;
struct net_files;

/** Open the roots. @return NULL with err filled if one is no directory. Thread: main. */
struct files *files_new(
	const struct net_files *rows, size_t n, struct confab_error *err) CONFAB_MUSTCHECK;
/** NULL is fine. */
void files_free(struct files *f);

/** Would a root serve this path to this method? Thread: I/O, so are the following. */
bool file_serves(const struct conn *c, const char *method, const char *path);
/** Serve the connection's current request; the answer comes by and by. */
void file_serve(struct conn *c);
/**
 * Answer the current request with a file: the head at once, the body by and by.
 *
 * @param fd   open for reading; taken if a body is sent, then -1 is left
 * @param len  bytes from `from` on; the file has them
 */
void file_answer(
	struct conn *c, const struct http_head *head, int *fd, uint64_t from, uint64_t len);
/** There is room in the output queue. */
void file_pump(struct conn *c);
/** The connection or the answer ends. NULL is fine. */
void file_send_free(struct file_send *fs);

#endif
