/**
 * Slots stand in two lists: of their object, and of their owner.
 *
 * SPDX-License-Identifier: MIT
 */
#include "chat/slot.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

struct slot {
	struct slot **of;           /* the object's list */
	struct slot *next;          /* in it */
	struct slot *older, *newer; /* of the owner */
	struct slot_owner *owner;
	unsigned row;
	void *value;
};

static void owner_enter(struct slot *s, struct slot_owner *owner, unsigned row)
{
	s->owner = owner;
	s->row = row;
	s->newer = NULL;
	s->older = owner->first;
	if (s->older) {
		s->older->newer = s;
	}
	owner->first = s;
}

static void owner_leave(struct slot *s)
{
	if (s->newer) {
		s->newer->older = s->older;
	} else {
		s->owner->first = s->older;
	}
	if (s->older) {
		s->older->newer = s->newer;
	}
}

/** Out of the owner's list, and gone. The object's list is the caller's. */
static void slot_drop(struct slot *s)
{
	void (*free_)(void *value) = s->owner->rows[s->row].free_;

	owner_leave(s);
	if (s->value && free_) {
		free_(s->value);
	}
	free(s);
}

static bool row_like(const struct confab_slot_row *a, const struct confab_slot_row *b)
{
	return a->on == b->on && a->layout && b->layout && strcmp(a->layout, b->layout) == 0;
}

/** Does every row of one table stand in the same place of the other? */
static bool tables_alike(const struct slot_owner *a, const struct slot_owner *b)
{
	bool alike = a->n_rows == b->n_rows;

	for (uint32_t i = 0; alike && i < a->n_rows; i++) {
		alike = row_like(&a->rows[i], &b->rows[i]);
	}
	return alike;
}

/* -------------------------------------------------------------------------------------------- */

void **slot_get(struct slot **of, struct slot_owner *owner, unsigned row)
{
	struct slot *s;

	assert(row < owner->n_rows);
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
	owner_enter(s, owner, row);
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

unsigned slot_free_owner(struct slot_owner *owner, int64_t until_us)
{
	unsigned n = 0;
	struct slot *s;

	while ((s = owner->first) != NULL) {
		struct slot **at = s->of;

		while (*at != s) {
			at = &(*at)->next;
		}
		*at = s->next;
		slot_drop(s);
		if ((++n & 15) == 0 && clock_mono_us() >= until_us) {
			break;
		}
	}
	return n;
}

unsigned slot_hand_over(struct slot_owner **from, struct slot_owner **to)
{
	struct slot_owner *a = *from, *b = *to;
	unsigned n = 0;

	if (tables_alike(a, b)) {
		const struct confab_slot_row *rows = a->rows;

		/* The object changes hands, and each keeps its own table. */
		a->rows = b->rows;
		b->rows = rows;
		*from = b;
		*to = a;
		return 0;
	}
	for (struct slot *s = a->first, *older; s; s = older, n++) {
		older = s->older;
		for (uint32_t i = 0; i < b->n_rows; i++) {
			if (row_like(&a->rows[s->row], &b->rows[i])) {
				owner_leave(s);
				owner_enter(s, b, i);
				break;
			}
		}
	}
	return n;
}
