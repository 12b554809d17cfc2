/**
 * Cells and names that live for ever.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/running.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

#define DETAIL_SIZE 96

/* The door: what signal handlers must reach has to be reachable without a pointer. */
static struct {
	pthread_mutex_t lock; /* of names */
	const struct running *names;
	_Atomic(struct running_cell *) cells;
	_Atomic(const struct running *) stalled;
} door = {.lock = PTHREAD_MUTEX_INITIALIZER};

static _Thread_local struct running_cell *own_cell;

/* One that a thread has left, or a new one. */
static struct running_cell *cell_take(void)
{
	struct running_cell *cell = atomic_load(&door.cells);

	for (; cell != NULL; cell = cell->next) {
		int free_one = 0;

		if (atomic_compare_exchange_strong(&cell->used, &free_one, 1))
			return cell;
	}
	cell = alloc_zero(1, sizeof(*cell));
	atomic_init(&cell->used, 1);
	cell->next = atomic_load(&door.cells);
	while (!atomic_compare_exchange_weak(&door.cells, &cell->next, cell))
		;
	return cell;
}

static struct running *running_new(const char *plugin, const char *place, const char *detail)
{
	struct running *r = alloc_zero(1, sizeof(*r));

	r->plugin = alloc_str(plugin);
	r->place = alloc_str(place);
	r->detail = alloc_str(detail);
	return r;
}

/* ------------------------------------------------------------------------------------------- */

const struct running *running_of(const char *plugin, const char *place, const char *detail)
{
	char cut[DETAIL_SIZE];
	const struct running *found;

	(void)snprintf(cut, sizeof(cut), "%s", detail != NULL ? detail : "");
	pthread_mutex_lock(&door.lock);
	for (found = door.names; found != NULL; found = found->next)
		if (strcmp(found->plugin, plugin) == 0 && strcmp(found->place, place) == 0 &&
			strcmp(found->detail, cut) == 0)
			break;
	if (found == NULL) {
		struct running *made = running_new(plugin, place, cut);

		made->next = door.names;
		door.names = made;
		found = made;
	}
	pthread_mutex_unlock(&door.lock);
	return found;
}

struct running_cell *running_here(void)
{
	if (own_cell == NULL)
		running_thread_begin("");
	return own_cell;
}

const struct running *running_current(void)
{
	return own_cell != NULL ? running_get(own_cell) : NULL;
}

void running_thread_begin(const char *name)
{
	struct running_cell *cell = own_cell != NULL ? own_cell : cell_take();

	(void)snprintf(cell->thread, sizeof(cell->thread), "%s", name);
	own_cell = cell;
}

void running_thread_end(void)
{
	if (own_cell == NULL)
		return;
	atomic_store(&own_cell->now, NULL);
	atomic_store(&own_cell->used, 0);
	own_cell = NULL;
}

void running_stalled_set(const struct running *what)
{
	atomic_store(&door.stalled, what);
}

const struct running *running_stalled(void)
{
	return atomic_load(&door.stalled);
}

const struct running_cell *running_cells(void)
{
	return atomic_load(&door.cells);
}
