/**
 * What a plugin's file says about itself without being loaded: the ELF note of CONFAB_PLUGIN.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PLUGIN_MANIFEST_H
#define PLUGIN_MANIFEST_H

#include <stdbool.h>
#include <confab/types.h>

#define MANIFEST_NAME_MAX 32
#define MANIFEST_VERSION_MAX 32

/** Name, version and ABI of a plugin. */
struct manifest {
	char name[MANIFEST_NAME_MAX + 1];
	char version[MANIFEST_VERSION_MAX + 1];
	unsigned abi_major, abi_minor;
};

/** Is it 1..32 of [a-z0-9-], beginning with a letter? Thread: any. */
bool manifest_name_valid(const char *name);

/**
 * Read the note of an open file. Nothing of the file is executed or mapped; everything read is
 * bounded, and a file whose segments reach beyond its end is refused (loading it would be SIGBUS).
 *
 * @param fd  open for reading; its offset does not move
 * @return 0, CONFAB_EPROTO (no shared object, cut off, no note, a note that cannot be read),
 *         CONFAB_EIO
 * Thread: any; blocks on the disk.  Source: ELF-64 object file format; gABI, "Note Section".
 */
int manifest_read(int fd, struct manifest *out, struct confab_error *err);

/**
 * May this host load it? Same major, and a minor that is not above the host's.
 *
 * @return 0, or CONFAB_EABI with a sentence that names both ABIs
 */
int manifest_accept(const struct manifest *m, struct confab_error *err);

#endif
