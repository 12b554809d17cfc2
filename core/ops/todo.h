/**
 * Work that must follow a commit: the core's own todos, and the sweep that finds what a crash left undone.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef OPS_TODO_H
#define OPS_TODO_H

struct ops;
struct todos;

/**
 * Sweep due todos from now on: at once and then every few seconds, while this node holds the lease.
 * @return for todos_stop(); never NULL
 * Thread: logic.
 */
struct todos *todos_start(struct ops *o);

/** Sweep no more. NULL is fine. */
void todos_stop(struct todos *t);

#endif
