/*
 * Watches: one allocation each, holding libevent's event and the links of two rings.
 *
 * SPDX-License-Identifier: MIT
 */
#include "loop/watch.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <event2/event_struct.h>

#include "loop/loop_internal.h"

/* What a running watch's `event` points to. */
struct watch_slot {
	struct watch_link all;
	struct watch_link ready; /* its own ring of one when not ready */
	struct watch *watch;
	struct watch_set *set;
	unsigned what; /* became ready */
	struct event event;
};

static void link_alone(struct watch_link *l)
{
	l->next = l;
	l->prev = l;
}

static bool link_is_alone(const struct watch_link *l)
{
	return l->next == l;
}

static void link_append(struct watch_link *ring, struct watch_link *l)
{
	l->prev = ring->prev;
	l->next = ring;
	ring->prev->next = l;
	ring->prev = l;
}

static void link_remove(struct watch_link *l)
{
	l->prev->next = l->next;
	l->next->prev = l->prev;
	link_alone(l);
}

static struct watch_slot *slot_of_ready(struct watch_link *l)
{
	return (struct watch_slot *)((char *)l - offsetof(struct watch_slot, ready));
}

static struct watch_slot *slot_of_all(struct watch_link *l)
{
	return (struct watch_slot *)((char *)l - offsetof(struct watch_slot, all));
}

static void slot_mark(struct watch_slot *slot, unsigned what)
{
	if (slot->what == 0)
		link_append(&slot->set->ready, &slot->ready);
	slot->what |= what;
}

static void slot_became_ready(evutil_socket_t fd, short events, void *arg)
{
	unsigned what = 0;

	(void)fd;
	if (events & EV_READ)
		what |= WATCH_READ;
	if (events & EV_WRITE)
		what |= WATCH_WRITE;
	if (what != 0)
		slot_mark(arg, what);
}

/* ------------------------------------------------------------------------------------------- */

void watch_set_init(struct watch_set *s, struct event_base *base)
{
	s->base = base;
	link_alone(&s->all);
	link_alone(&s->ready);
}

void watch_set_fini(struct watch_set *s)
{
	while (!link_is_alone(&s->all))
		watch_stop(slot_of_all(s->all.next)->watch);
}

bool watch_set_ready(const struct watch_set *s)
{
	return !link_is_alone(&s->ready);
}

unsigned watch_set_fire(struct watch_set *s)
{
	struct watch_link firing;
	unsigned fired = 0;

	if (link_is_alone(&s->ready))
		return 0;
	/* Move the whole ring under a head of our own: what becomes ready meanwhile is the next
	 * turn's, and a watch stopped by another's function unlinks itself from here. */
	firing = s->ready;
	firing.next->prev = &firing;
	firing.prev->next = &firing;
	link_alone(&s->ready);
	while (!link_is_alone(&firing)) {
		struct watch_slot *slot = slot_of_ready(firing.next);
		struct watch *w = slot->watch;
		unsigned what = slot->what;

		link_remove(&slot->ready);
		slot->what = 0;
		fired++;
		w->fn(w->arg, what); /* may stop and free w */
	}
	return fired;
}

void watch_init(struct watch *w, void (*fn)(void *arg, unsigned what), void *arg)
{
	*w = (struct watch){.fn = fn, .arg = arg, .fd = -1};
}

int watch_start(struct loop *loop, struct watch *w, int fd, unsigned what, struct confab_error *err)
{
	struct watch_set *s = &loop->watches;
	struct watch_slot *slot;
	short events = EV_PERSIST | EV_ET;

	assert(w->event == NULL && w->fn != NULL && what != 0);
	if (s->base == NULL)
		return confab_error_set(
			err, CONFAB_EUNSUPPORTED, "a simulation has no descriptors to watch");
	if (what & WATCH_READ)
		events |= EV_READ;
	if (what & WATCH_WRITE)
		events |= EV_WRITE;
	slot = calloc(1, sizeof(*slot));
	if (slot == NULL)
		return confab_error_set(err, CONFAB_ENOMEM, "out of memory for a watch");
	link_alone(&slot->all);
	link_alone(&slot->ready);
	slot->watch = w;
	slot->set = s;
	if (event_assign(&slot->event, s->base, fd, events, slot_became_ready, slot) != 0 ||
		event_add(&slot->event, NULL) != 0) {
		free(slot);
		return confab_error_set(err, CONFAB_EIO, "cannot watch descriptor %d", fd);
	}
	link_append(&s->all, &slot->all);
	w->fd = fd;
	w->event = slot;
	return 0;
}

void watch_again(struct watch *w, unsigned what)
{
	assert(w->event != NULL && what != 0);
	slot_mark(w->event, what);
}

void watch_stop(struct watch *w)
{
	struct watch_slot *slot = w->event;

	if (slot == NULL)
		return;
	(void)event_del(&slot->event); /* fails only for an event that was never made */
	link_remove(&slot->all);
	link_remove(&slot->ready);
	free(slot);
	w->event = NULL;
	w->fd = -1;
}

bool watch_running(const struct watch *w)
{
	return w->event != NULL;
}
