/*
 * Timers: a binary heap, the earliest at slot 1; each timer knows its slot.
 *
 * SPDX-License-Identifier: MIT
 */
#include "loop/timer.h"

#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"
#include "loop/loop_internal.h"

static void put(struct timer_heap *h, uint32_t slot, struct timer *t)
{
	h->at[slot] = t;
	t->slot = slot;
}

static void sift_up(struct timer_heap *h, uint32_t slot, struct timer *t)
{
	while (slot > 1 && h->at[slot / 2]->due_us > t->due_us) {
		put(h, slot, h->at[slot / 2]);
		slot /= 2;
	}
	put(h, slot, t);
}

static void sift_down(struct timer_heap *h, uint32_t slot, struct timer *t)
{
	for (;;) {
		uint32_t child = slot * 2;

		if (child > h->count)
			break;
		if (child < h->count && h->at[child + 1]->due_us < h->at[child]->due_us)
			child++;
		if (h->at[child]->due_us >= t->due_us)
			break;
		put(h, slot, h->at[child]);
		slot = child;
	}
	put(h, slot, t);
}

static void heap_remove(struct timer_heap *h, struct timer *t)
{
	uint32_t slot = t->slot;
	struct timer *last = h->at[h->count--];

	t->slot = 0;
	if (last == t)
		return;
	if (slot > 1 && h->at[slot / 2]->due_us > last->due_us)
		sift_up(h, slot, last);
	else
		sift_down(h, slot, last);
}

static void heap_insert(struct timer_heap *h, struct timer *t)
{
	if (h->count + 1 >= h->room) {
		uint32_t room = h->room == 0 ? 64 : h->room * 2;
		struct timer **at = realloc(h->at, room * sizeof(*at));

		if (at == NULL)
			abort(); /* one pointer per timer: a small fixed object */
		h->at = at;
		h->room = room;
	}
	h->count++;
	sift_up(h, h->count, t);
}

/* ------------------------------------------------------------------------------------------- */

void timer_heap_init(struct timer_heap *h)
{
	*h = (struct timer_heap){0};
}

void timer_heap_fini(struct timer_heap *h)
{
	for (uint32_t slot = 1; slot <= h->count; slot++)
		h->at[slot]->slot = 0;
	free(h->at);
	*h = (struct timer_heap){0};
}

int64_t timer_heap_next_us(const struct timer_heap *h)
{
	return h->count == 0 ? INT64_MAX : h->at[1]->due_us;
}

unsigned timer_heap_fire(struct timer_heap *h, int64_t now_us, unsigned limit)
{
	unsigned fired = 0;

	while (fired < limit && h->count > 0 && h->at[1]->due_us <= now_us) {
		struct timer *t = h->at[1];

		heap_remove(h, t);
		fired++;
		t->fn(t->arg); /* may free t */
	}
	return fired;
}

void timer_init(struct timer *t, void (*fn)(void *arg), void *arg)
{
	*t = (struct timer){.fn = fn, .arg = arg};
}

void timer_start(struct loop *loop, struct timer *t, int64_t after_us)
{
	int64_t now_us = clock_mono_us();
	int64_t due_us;

	assert(t->fn != NULL);
	timer_stop(t);
	if (after_us < 0)
		after_us = 0;
	due_us = after_us > INT64_MAX - 1 - now_us ? INT64_MAX - 1 : now_us + after_us;
	/* Never inside the turn that started it (see timer_heap_fire). */
	if (due_us <= loop->now_us)
		due_us = loop->now_us + 1;
	t->due_us = due_us;
	t->loop = loop;
	heap_insert(&loop->timers, t);
}

void timer_stop(struct timer *t)
{
	if (t->slot == 0)
		return;
	heap_remove(&t->loop->timers, t);
	t->loop = NULL;
}

bool timer_running(const struct timer *t)
{
	return t->slot != 0;
}
