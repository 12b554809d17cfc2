/**
 * A file system for SQLite that fails when asked: "faulty", over the default one.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TESTS_STORE_FAULT_VFS_H
#define TESTS_STORE_FAULT_VFS_H

/** What fails from now on; counts go down with each call that could fail, 0: this one fails. */
struct faults {
	int full_after;  /* writes until the disk is full; -1: never */
	int error_after; /* writes until they fail with an I/O error; -1: never */
	int short_bytes; /* of the write that fails, this many bytes reach the file */
	int sync_after;  /* syncs until they fail; -1: never */
};

extern struct faults faults;
extern const struct faults no_faults;

/** Register it. @return its name, for engine_options.vfs */
const char *fault_vfs(void);

#endif
