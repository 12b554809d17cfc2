/**
 * The wheel: rings of nodes per slot, turned tick by tick.
 *
 * SPDX-License-Identifier: MIT
 */
#include "net/wheel.h"

#include <stddef.h>

static void ring_add(struct wheel_node *head, struct wheel_node *n)
{
	n->next = head;
	n->prev = head->prev;
	head->prev->next = n;
	head->prev = n;
}

static void ring_take(struct wheel_node *n)
{
	n->prev->next = n->next;
	n->next->prev = n->prev;
	n->next = n->prev = NULL;
}

/** What is due in this slot goes to `due`; what waits for a later round stays. */
static void slot_collect(struct wheel *w, uint32_t tick, struct wheel_node *due)
{
	struct wheel_node *head = &w->slots[tick % WHEEL_SLOTS];

	for (struct wheel_node *n = head->next, *next; n != head; n = next) {
		next = n->next;
		if ((int32_t)(n->tick - tick) > 0)
			continue;
		ring_take(n);
		ring_add(due, n);
	}
}

/* ------------------------------------------------------------------------------------------- */

void wheel_init(struct wheel *w, int64_t now_us)
{
	for (unsigned i = 0; i < WHEEL_SLOTS; i++)
		w->slots[i].next = w->slots[i].prev = &w->slots[i];
	w->now = (uint32_t)(now_us / WHEEL_TICK_US);
	w->count = 0;
}

void wheel_place(struct wheel *w, struct wheel_node *n, int64_t now_us, int64_t after_us)
{
	int64_t due = (now_us + after_us + WHEEL_TICK_US - 1) / WHEEL_TICK_US;

	wheel_remove(w, n);
	n->tick = (uint32_t)due;
	if ((int32_t)(n->tick - w->now) <= 0)
		n->tick = w->now + 1;
	ring_add(&w->slots[n->tick % WHEEL_SLOTS], n);
	w->count++;
}

void wheel_remove(struct wheel *w, struct wheel_node *n)
{
	if (!n->next)
		return;
	ring_take(n);
	w->count--;
}

void wheel_turn(
	struct wheel *w, int64_t now_us, void (*fn)(void *arg, struct wheel_node *n), void *arg)
{
	uint32_t now = (uint32_t)(now_us / WHEEL_TICK_US);
	struct wheel_node due = {.next = &due, .prev = &due};
	uint32_t steps = now - w->now;

	if ((int32_t)steps <= 0)
		return;
	/* A jump of the clock visits each slot once. */
	uint32_t from = steps > WHEEL_SLOTS ? now - WHEEL_SLOTS : w->now;

	/* Ticks of a longer jump are all due: compare with the newest. */
	for (uint32_t tick = from + 1; (int32_t)(tick - now) <= 0; tick++) {
		struct wheel_node *head = &w->slots[tick % WHEEL_SLOTS];

		if (head->next != head)
			slot_collect(w, steps > WHEEL_SLOTS ? now : tick, &due);
	}
	w->now = now;
	while (due.next != &due) {
		struct wheel_node *n = due.next;

		ring_take(n);
		w->count--;
		fn(arg, n);
	}
}
