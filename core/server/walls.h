/**
 * Walls around the running server: where it may write, what it may ask the kernel for.
 *
 * The deny-list is for the day on which a decoder or plugin is taken over: no program is started, no
 * process looked into, no file system mounted, no code loaded into the kernel. What the kernel or a
 * sanitizer's runtime cannot do without is left open.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SERVER_WALLS_H
#define SERVER_WALLS_H

#include <stddef.h>
#include <confab/types.h>

/** What is in force. */
struct walls {
	int landlock;      /* ABI of the kernel's, 0: it has none */
	unsigned denied;   /* system calls */
	size_t n_writable; /* directories */
};

/**
 * Lock this thread, and so all threads to come, in for good. no_new_privs is set.
 *
 * @param dirs  directories below which files may be made, changed and removed; those that are not
 *              there are passed over
 * @param w   filled
 * @return 0 or CONFAB_EPERM: the kernel refused a wall that it has
 * Thread: main, the only one.
 */
int walls_enter(const char *const *dirs, size_t n, struct walls *w,
	struct confab_error *err) CONFAB_MUSTCHECK;

#endif
