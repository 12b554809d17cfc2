/**
 * Held mail in order, and a timer that looks whether it may come in.
 *
 * SPDX-License-Identifier: MIT
 */
#include "wire/gate.h"

#include <stddef.h>

#include "base/clock.h"
#include "base/log.h"

#define LOOK_US 1000
#define LET_IN_US 1000 /* of a turn */

/** @param end_us  no more after it; monotonic */
static void let_in(struct gate *g, size_t until, int64_t end_us)
{
	while (g->first && g->backlog(g->arg) <= until && clock_mono_us() < end_us) {
		struct mail *m = g->first;

		g->first = m->next;
		if (!g->first) {
			g->last = &g->first;
		}
		m->run(m);
	}
}

static size_t nothing(void *arg)
{
	(void)arg;
	return 0;
}

static void look(void *arg)
{
	struct gate *g = arg;

	if (g->backlog(g->arg) <= GATE_OPEN_BYTES) {
		let_in(g, GATE_CLOSE_BYTES, clock_mono_us() + LET_IN_US);
	}
	if (g->first) {
		timer_start(g->loop, &g->look, LOOK_US);
	}
}

/* -------------------------------------------------------------------------------------------- */

void gate_init(struct gate *g, struct loop *loop, size_t (*backlog)(void *arg), void *arg)
{
	*g = (struct gate){.loop = loop, .backlog = backlog, .arg = arg};
	g->last = &g->first;
	timer_init(&g->look, look, g);
}

void gate_fini(struct gate *g)
{
	timer_stop(&g->look);
	g->backlog = nothing;
	let_in(g, SIZE_MAX, INT64_MAX);
}

void gate_pass(struct gate *g, struct mail *m, void (*fn)(struct mail *m))
{
	if (!g->first && g->backlog(g->arg) <= GATE_CLOSE_BYTES) {
		fn(m);
		return;
	}
	if (!g->first) {
		g->closed++;
		log_debug("gate, closed (%zu bytes wait for I/O threads)", g->backlog(g->arg));
		timer_start(g->loop, &g->look, LOOK_US);
	}
	m->run = fn;
	m->next = NULL;
	*g->last = m;
	g->last = &m->next;
}
