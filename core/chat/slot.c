/**
 * Slots stand in two lists: of their object, and of their owner.
 *
 * SPDX-License-Identifier: MIT
 */
#include "chat/slot.h"

#include <assert.h>
#include <stdlib.h>

struct slot {
	struct slot **of;           /* the object's list */
	struct slot *next;          /* in it */
	struct slot *older, *newer; /* of the owner */
	struct slot_owner *owner;
	unsigned row;
	void *value;
	void (*free_)(void *value);
};

/** Out of the owner's list, and gone. The object's list is the caller's. */
static void slot_drop(struct slot *s)
{
	if (s->newer) {
		s->newer->older = s->older;
	} else {
		s->owner->first = s->older;
	}
	if (s->older) {
		s->older->newer = s->newer;
	}
	if (s->value) {
		s->free_(s->value);
	}
	free(s);
}

/* -------------------------------------------------------------------------------------------- */

void **slot_get(
	struct slot **of, struct slot_owner *owner, unsigned row, void (*free_)(void *value))
{
	struct slot *s;

	for (s = *of; s; s = s->next) {
		if (s->owner == owner && s->row == row) {
			return &s->value;
		}
	}
	s = calloc(1, sizeof(*s));
	assert(s);
	s->of = of;
	s->next = *of;
	*of = s;
	s->owner = owner;
	s->older = owner->first;
	if (s->older) {
		s->older->newer = s;
	}
	owner->first = s;
	s->row = row;
	s->free_ = free_;
	return &s->value;
}

void slot_free_all(struct slot **of)
{
	struct slot *s;

	while ((s = *of) != NULL) {
		*of = s->next;
		slot_drop(s);
	}
}

unsigned slot_free_owner(struct slot_owner *owner)
{
	unsigned n = 0;
	struct slot *s;

	for (; (s = owner->first) != NULL; n++) {
		struct slot **at = s->of;

		while (*at != s) {
			at = &(*at)->next;
		}
		*at = s->next;
		slot_drop(s);
	}
	return n;
}
