/*
 * The mailbox: a stack that posters push with one compare-and-swap and the owner takes whole, so
 * that no node is ever popped while others push (no ABA), then turned round.
 *
 * SPDX-License-Identifier: MIT
 */
#include "loop/mailbox.h"

#include <stddef.h>

void mailbox_init(struct mailbox *b)
{
	atomic_init(&b->top, NULL);
	b->first = NULL;
	b->last = NULL;
	b->asleep.next = NULL;
	b->asleep.run = NULL;
}

bool mailbox_post(struct mailbox *b, struct mail *m)
{
	struct mail *old = atomic_load_explicit(&b->top, memory_order_relaxed);

	do {
		m->next = old == &b->asleep ? NULL : old;
	} while (!atomic_compare_exchange_weak_explicit(
		&b->top, &old, m, memory_order_release, memory_order_relaxed));
	return old == &b->asleep;
}

void mailbox_collect(struct mailbox *b)
{
	struct mail *m, *next, *oldest = NULL, *newest;

	if (atomic_load_explicit(&b->top, memory_order_relaxed) == NULL)
		return;
	m = atomic_exchange_explicit(&b->top, NULL, memory_order_acquire);
	if (m == &b->asleep || m == NULL)
		return;
	newest = m;
	for (; m != NULL; m = next) {
		next = m->next;
		m->next = oldest;
		oldest = m;
	}
	if (b->first == NULL)
		b->first = oldest;
	else
		b->last->next = oldest;
	b->last = newest;
}

struct mail *mailbox_take(struct mailbox *b)
{
	struct mail *m = b->first;

	if (m == NULL)
		return NULL;
	b->first = m->next;
	m->next = NULL;
	return m;
}

bool mailbox_sleep(struct mailbox *b)
{
	struct mail *expected = NULL;

	if (b->first != NULL)
		return false;
	/* Relaxed will do: nothing is handed over by the mark, and the post that replaces it is
	 * taken with acquire. */
	return atomic_compare_exchange_strong_explicit(
		&b->top, &expected, &b->asleep, memory_order_relaxed, memory_order_relaxed);
}

bool mailbox_waiting(const struct mailbox *b)
{
	struct mail *top = atomic_load_explicit(&b->top, memory_order_relaxed);

	return b->first != NULL || (top != NULL && top != &b->asleep);
}
