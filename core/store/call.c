/**
 * The way home of a call: it carries its own mail, so that an answer never waits for room.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/call.h"

#include <assert.h>

#include "loop/loop.h"
#include "store/arena.h"

/** What call->link holds while a call is under way. */
struct way_home {
	struct mail mail; /* first: its address is the call's */
	struct loop *loop;
};

_Static_assert(
	sizeof(struct way_home) <= sizeof(((struct confab_call *)0)->link), "link is too small");
_Static_assert(offsetof(struct confab_call, link) == 0, "a mail is turned back into its call");
_Static_assert(_Alignof(struct way_home) <= _Alignof(struct confab_call), "link is ill aligned");

static void call_arrive(struct mail *m)
{
	struct confab_call *call = (struct confab_call *)(void *)m;
	call->done(call);
}

/* ------------------------------------------------------------------------------------------- */

void store_call_begin(struct confab_call *call, void (*done)(struct confab_call *call))
{
	struct way_home *home = (struct way_home *)(void *)call->link;
	home->loop = loop_current();
	assert(home->loop && done);
	home->mail.next = NULL;
	home->mail.run = call_arrive;
	call->done = done;
	call->rc = 0;
	call->text[0] = '\0';
	if (!call->arena)
		call->arena = arena_new();
}

void store_call_end(struct confab_call *call)
{
	arena_free(call->arena);
	call->arena = NULL;
}

void confab_call_done(struct confab_call *call)
{
	struct way_home *home = (struct way_home *)(void *)call->link;
	loop_post(home->loop, &home->mail);
}
