/**
 * Whose code runs on each thread just now, so that the watchdog (another thread) and the crash
 * handler (no thread to rely on) can name the plugin.
 *
 *     cell = running_here();  former = running_set(cell, hook->runs);  …call…  running_set(cell, former);
 *
 * What is published is one pointer to something that lives for ever, so whoever reads it late reads
 * something old, never something freed.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BASE_RUNNING_H
#define BASE_RUNNING_H

#include <stdatomic.h>
#include <stddef.h>

/** A piece of a plugin's code that may run. Immutable; lives for ever. */
struct running {
	const char *plugin; /* its name */
	const char *place;  /* "moderate", "timer", … */
	const char *detail; /* which of them ("message.*"), or "" */
	const struct running *next;
};

/** What a thread runs now: NULL is the core's own code. */
struct running_cell {
	_Atomic(const struct running *) now;
	char thread[16]; /* its name; written before the cell is shown to others */
	struct running_cell
		*next; /* cells are never freed: a thread that ends leaves its cell to the next */
	_Atomic int used;
};

/**
 * Find or make what stands for a piece of code; equal texts give the same pointer.
 *
 * @param detail  cut to 95 bytes; NULL: ""
 * Thread: any; takes a lock.  Cost: linear in how many there are; at registration, not at the call.
 */
const struct running *running_of(const char *plugin, const char *place, const char *detail);

/** This thread's cell. Its own to write. */
struct running_cell *running_here(void);

/** What this thread runs, or NULL. */
const struct running *running_current(void);

/** Name this thread in its cell, as its first deed. Thread: own. */
void running_thread_begin(const char *name);
/** Leave the cell to another thread, as the last deed. Thread: own. */
void running_thread_end(void);

/** Say what runs from now on; returns the former. Cost: a load and a store, no fence. Thread: the cell's. */
static inline const struct running *running_set(
	struct running_cell *cell, const struct running *what)
{
	const struct running *former = atomic_load_explicit(&cell->now, memory_order_relaxed);

	/* Release: who reads the pointer reads what it points to. */
	atomic_store_explicit(&cell->now, what, memory_order_release);
	return former;
}

/** What a cell's thread runs, or NULL. Thread: any, and signal handlers. */
static inline const struct running *running_get(const struct running_cell *cell)
{
	return atomic_load_explicit(
		&((struct running_cell *)(size_t)cell)->now, memory_order_acquire);
}

/** What kept a loop from turning when the watchdog last looked, NULL: all turn. Thread: any, and signal
 *  handlers. */
void running_stalled_set(const struct running *what);
const struct running *running_stalled(void);

/** The first of all cells; follow next. Signal handlers too. */
const struct running_cell *running_cells(void);

#endif
