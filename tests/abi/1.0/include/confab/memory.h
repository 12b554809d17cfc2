/**
 * Memory that is counted for a plugin: confabctl plugins and /metrics say how much it holds. Optional,
 * malloc() works as ever; but what is counted is found when it leaks.
 *
 * Any thread, all of it. What was allocated here is given back here, not to free().
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CONFAB_MEMORY_H
#define CONFAB_MEMORY_H

#include <confab/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Zeroed memory, aligned for everything, the caller's to confab_free(). NULL: there is none. 16 bytes
 *  more than malloc. */
void *confab_alloc(struct confab_plugin *p, size_t size) CONFAB_MUSTCHECK;
/** Grow or shrink; what is new is not zeroed. NULL: there is none, and mem is as it was.
 *  mem NULL: as confab_alloc(). */
void *confab_resize(struct confab_plugin *p, void *mem, size_t size) CONFAB_MUSTCHECK;
/** A copy of len bytes with a NUL behind, the caller's to confab_free(); NULL: there is no memory. */
char *confab_copy(struct confab_plugin *p, const char *text, size_t len) CONFAB_MUSTCHECK;
/** Give back; NULL is fine. Aborts when mem did not come from here or was given back already, as far
 *  as that can be seen. It may outlive the copy of the code that allocated it (slots, over a reload). */
void confab_free(void *mem);

#ifdef __cplusplus
}
#endif
#endif
