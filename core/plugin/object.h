/**
 * A plugin's file, looked into without loading it: what it shows and calls, which libraries it needs, and
 * the constant part of its descriptor. Everything read is bounded; a damaged file is refused.
 *
 * Source: ELF-64 object file format, "Dynamic Section", "Symbol Table"; gABI, "Hash Table";
 * DT_GNU_HASH as binutils write it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PLUGIN_OBJECT_H
#define PLUGIN_OBJECT_H

#include <stdbool.h>
#include <confab/plugin.h>

struct object;

/**
 * Read the tables that the dynamic linker would use.
 *
 * @param fd  an open ELF file that manifest_read() accepted; borrowed for as long as the object lives
 * @return the object, the caller's to object_close(), or NULL with err filled: CONFAB_EPROTO (damaged, or
 *         without a table of symbols), CONFAB_EIO
 * Thread: any; blocks on the disk.
 */
struct object *object_open(int fd, struct confab_error *err);
/** NULL is fine. */
void object_close(struct object *o);

/** Name of the n-th symbol that it calls and others define (weak ones are left out), NULL behind the
 *  last. Borrowed; so are the two below. */
const char *object_import(const struct object *o, size_t n);
/** Of the n-th that it shows to others. */
const char *object_export(const struct object *o, size_t n);
/** Of the n-th library that it needs. */
const char *object_needed(const struct object *o, size_t n);

/** The n-th function it calls that does not go well with being unloaded, or with a server's threads and
 *  signals: pthread_create, fork, signal … NULL behind the last. Borrowed. */
const char *object_unwanted(const struct object *o, size_t n);

/** Functions that run when it is loaded, beside the compiler's own. */
size_t object_constructors(const struct object *o);
/** Has it variables of its own in every thread? */
bool object_thread_locals(const struct object *o);
/** Shows it C++ symbols that are unique in the process? The linker never unloads such a file. */
bool object_unique(const struct object *o);
/** Was it built with a sanitizer? That brings constructors and calls of its own. */
bool object_sanitized(const struct object *o);

/**
 * Copy the descriptor out of the file. Numbers are as the plugin will say them; pointers mean nothing
 * here, ask object_descriptor_text(). What lies beyond the plugin's `size` is zero.
 *
 * @return 0, CONFAB_ENOENT (no symbol confab_plugin), CONFAB_EPROTO
 */
int object_descriptor(
	const struct object *o, struct confab_descriptor *out, struct confab_error *err);

/**
 * A text of the descriptor.
 *
 * @param field  offsetof(struct confab_descriptor, summary) …
 * @return false: it is NULL or cannot be read; text is "" then. Cut to size.
 */
bool object_descriptor_text(const struct object *o, size_t field, char *text, size_t size);

#endif
