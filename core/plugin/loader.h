/**
 * From a name to a loaded shared object: found in configured directories, checked on the opened file,
 * and loaded from a sealed copy in memory, so that replacing the file is harmless.
 *
 *   NAME ─▶ DIR/NAME.so ─open─▶ fd: owner, mode, note ─copy─▶ sealed memfd ─dlopen─▶ confab_plugin
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PLUGIN_LOADER_H
#define PLUGIN_LOADER_H

#include <confab/plugin.h>
#include "plugin/manifest.h"

/** A plugin's code in memory. */
struct image {
	void *handle; /* dlopen's */
	int memfd; /* open while loaded: a reused number would make the loader give the old handle */
	struct manifest manifest;
	const struct confab_descriptor *descriptor;
	int module; /* of base/crash: a number, 0: none */
};

/**
 * Find and open a plugin's file: a regular file that root or this process's user owns and that
 * neither group nor others may write. The first directory that has NAME.so decides.
 *
 * @return a descriptor, the caller's; or CONFAB_EINVAL (name), CONFAB_ENOENT, CONFAB_EPERM (owner or
 *         mode), CONFAB_EIO
 * Thread: any; blocks on the disk.
 */
int loader_find(const char *const *dirs, size_t n_dirs, const char *name, struct confab_error *err);

/**
 * Load a plugin: nothing of its code runs (nor its constructors) until its note was accepted, and the
 * file was found to be one that may be unloaded again.
 *
 * @param out  filled on success; image_close() it
 * @return 0; what loader_find and manifest_read answer; CONFAB_EABI; CONFAB_EPROTO (the note names
 *         another plugin, no symbol, cannot be linked); CONFAB_EPERM (it calls what only resident
 *         plugins may)
 * Thread: any; blocks on the disk.
 */
int image_open(const char *const *dirs, size_t n_dirs, const char *name, struct image *out,
	struct confab_error *err);

/**
 * The same for a file that is open already, wherever it lies and whoever owns it: for tools, never for
 * the server.
 *
 * @param fd    borrowed; it is copied
 * @param name  what it must call itself; NULL: anything
 */
int image_open_fd(int fd, const char *name, struct image *out, struct confab_error *err);

/** Unmap it. No code of it may run any more: only from the loop's top. Zeroed images are fine. */
void image_close(struct image *image);

#endif
