/**
 * A refused batch: each of its events is looked up by its cid. What is known gets its first answer, the rest
 * goes back in its order, once all answers are there.
 *
 * SPDX-License-Identifier: MIT
 */
#include "pipeline/commit_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <confab/provider/store.h>
#include "base/log.h"
#include "chat/chat.h"
#include "pipeline/change.h"
#include "pipeline/event_internal.h"
#include "pipeline/pipeline.h"
#include "pipeline/strand.h"
#include "store/store.h"

/** One batch's events while they are looked up. The log is pinned and paused meanwhile. */
struct refused {
	struct pipeline *pl;
	struct chat_log *lg;
	unsigned asking;
	bool ended; /* one of them: the others may be fine */
	size_t n;
	struct looked {
		struct refused *of;
		struct confab_event *ev; /* NULL: it has ended */
	} items[];
};

/** All answers are there: what is left goes back. */
static void refused_end(struct refused *r)
{
	struct confab_event *first = NULL, **tail = &first;
	struct pipeline *pl = r->pl;
	struct chat_log *lg = r->lg;

	for (size_t i = 0; i < r->n; i++) {
		struct confab_event *ev = r->items[i].ev;

		if (ev && ev->doomed) {
			strand_fail(ev);
		} else if (ev && !r->ended && ev->refused_once) {
			event_fail(ev, "internal", "the store refused this change", 0);
		} else if (ev) {
			ev->refused_once |= !r->ended;
			*tail = ev;
			tail = &ev->next;
		}
	}
	free(r);
	commit_put_back(lg, first);
	lg->paused = false;
	commit_kick(pl, lg);
	chat_log_unpin(lg);
}

static void found(struct confab_known *call, void *arg)
{
	struct looked *item = arg;
	struct refused *r = item->of;
	struct confab_event *ev = item->ev;

	item->ev = NULL;
	if (call->call.rc) {
		event_fail(ev, "busy", "the store cannot be asked now; send it again", 1000);
	} else if (call->n_entries && memcmp(call->entries[0].hash, ev->hash, 32) == 0) {
		commit_answer(ev, call->entries[0].result, true);
		event_finish(ev);
	} else if (call->n_entries) {
		r->pl->stats.conflicts++;
		event_fail(
			ev, "conflict", "this cid was used for another change; make a new one", 0);
	} else {
		item->ev = ev;
	}
	r->ended |= !item->ev;
	if (--r->asking == 0) {
		refused_end(r);
	}
}

static void ask(struct looked *item)
{
	struct confab_event *ev = item->ev;
	struct store *store = item->of->pl->chat->store;
	struct confab_known *call = store_known_new(store);
	const char **cids = confab_arena_alloc(call->call.arena, sizeof(char *));

	cids[0] = ev->cid;
	call->log = item->of->lg->id;
	call->sender = ev->actor.id;
	call->cids = cids;
	call->n = 1;
	item->of->asking++;
	store_known(store, call, found, item);
}

/* -------------------------------------------------------------------------------------------- */

void refused_ask(struct pipeline *pl, struct chat_log *lg, struct batch *b)
{
	struct refused *r = calloc(1, sizeof(*r) + b->n * sizeof(r->items[0]));
	struct confab_event *ev = b->events, *next;

	assert(r);
	log_debug("log '%s', batch refused (%s)", lg->id, b->call->call.text);
	r->pl = pl;
	r->lg = lg;
	r->asking = 1;
	lg->paused = true;
	chat_log_pin(lg);
	b->events = NULL;
	for (; ev; ev = next) {
		next = ev->next;
		ev->next = NULL;
		ev->place = EVENT_WAITING;
		r->items[r->n] = (struct looked){r, ev};
		if (ev->cid[0]) {
			ask(&r->items[r->n]);
		}
		r->n++;
	}
	if (--r->asking == 0) {
		refused_end(r);
	}
}
