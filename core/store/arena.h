/**
 * The arena behind a call's outputs (<confab/provider/store.h> has what providers use of it).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef STORE_ARENA_H
#define STORE_ARENA_H

#include <confab/provider/store.h>

/** An empty arena, the caller's. Never NULL. Thread: any. */
struct confab_arena *arena_new(void);

/** Free it with all that was cut from it. NULL is fine. Thread: whoever holds it. */
void arena_free(struct confab_arena *a);

#endif
