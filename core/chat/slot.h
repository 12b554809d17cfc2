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

/** Who owns slots: the first of its ring, embedded in the plugin's record. Zeroed: it has none. */
struct slot_owner {
	struct slot *first;
};

/**
 * The pointer of an owner's row on an object, NULL in it when it is new.
 *
 * @param of     the object's list; NULL in it: empty
 * @param free_  called with what the pointer then holds, if that is not NULL
 * @return where the plugin keeps its pointer; good until the object or the owner goes. Never NULL
 * Thread: logic.  Cost: linear in the slots of one object.
 */
void **slot_get(
	struct slot **of, struct slot_owner *owner, unsigned row, void (*free_)(void *value));

/** The object goes: free all its slots. Thread: logic. */
void slot_free_all(struct slot **of);

/** The owner goes: free its slots on all objects. @return how many. Thread: logic. */
unsigned slot_free_owner(struct slot_owner *owner);

#endif
