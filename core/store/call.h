/**
 * The life of one call to a store: begun on a loop, answered from any thread, done on that loop.
 *
 *     store_call_begin(&c->call, done);      call->link: [mail: next, run] [home loop] [-]
 *     vtable->commit(ctx, c);                provider's lanes …
 *     … confab_call_done(&c->call)  ──mail──▶  done(&c->call) on the loop that began it
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef STORE_CALL_H
#define STORE_CALL_H

#include <confab/provider/store.h>

/**
 * Make a call ready to be given to a provider: an arena if it has none, rc 0, bound to the loop of
 * this thread, which must be one.
 *
 * @param call  zeroed before its first use; the caller's, until store_call_end
 * @param done  called once on this loop, after the provider has answered
 * Thread: a loop's.
 */
void store_call_begin(struct confab_call *call, void (*done)(struct confab_call *call));

/** Free a call's arena, and with it every output. The call's own memory stays the caller's. */
void store_call_end(struct confab_call *call);

#endif
