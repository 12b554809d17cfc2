/**
 * Slots: a plugin's pointers on the objects of the chat. Each is known to its object and to its owner;
 * whichever goes first frees it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CHAT_SLOT_H
#define CHAT_SLOT_H

/** One pointer of one owner on one object. */
struct slot;

#include <stdint.h>
#include <confab/chat.h>

/** Who owns slots, and how each row of its table is freed. Zeroed but for the rows: it has none. */
struct slot_owner {
	struct slot *first;
	const struct confab_slot_row
		*rows; /* borrowed: the owner's table, as long as there are slots */
	uint32_t n_rows;
};

/**
 * The pointer of an owner's row on an object, NULL in it when it is new.
 *
 * @param of   the object's list; NULL in it: empty
 * @param row  of the owner's table; its function is called with what the pointer then holds, if that is not
 *             NULL
 * @return where the plugin keeps its pointer; good until the object or the owner goes. Never NULL
 * Thread: logic.  Cost: linear in the slots of one object.
 */
void **slot_get(struct slot **of, struct slot_owner *owner, unsigned row);

/** The object goes: free all its slots. Thread: logic. */
void slot_free_all(struct slot **of);

/** The owner goes: free its slots on all objects, until a moment of clock_mono_us(); at least one.
 *  @return how many; more may be left (owner->first). Thread: logic. */
unsigned slot_free_owner(struct slot_owner *owner, int64_t until_us);

/**
 * Another owner takes over the slots whose row has its like in the other's table: same object, same layout.
 * The rest stays. Where both tables say the same from first to last, it costs nothing, else it is linear.
 *
 * @param to  has no slots yet
 * @return how many were looked at one by one. Thread: logic.
 */
unsigned slot_hand_over(struct slot_owner **from, struct slot_owner **to);

#endif
