/**
 * Accounts of plugins' memory, by name; they outlive a plugin's record, as blocks may.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PLUGIN_MEMORY_H
#define PLUGIN_MEMORY_H

#include <stdatomic.h>
#include <stddef.h>

/** What a plugin holds by confab_alloc(). Any thread reads. */
struct account {
	const char *plugin;
	atomic_size_t bytes, blocks, most; /* most: bytes at once, ever */
	struct account *next;
};

/** Find or make the account of a name. Lives for ever. Thread: any. */
struct account *account_of(const char *plugin);

#endif
