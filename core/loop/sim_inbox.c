/*
 * Mail on its way to a simulated loop: envelopes sorted by arrival; each poster's never overtake
 * each other.
 *
 * SPDX-License-Identifier: MIT
 */
#include "loop/sim_internal.h"

#include <assert.h>
#include <stdlib.h>

struct envelope {
	struct envelope *next;
	struct mail *mail;
	int64_t due_us;
};

struct sim_inbox {
	struct sim_actor *actor;
	struct envelope *first;
	int64_t *last_due_us; /* per poster's number */
	uint32_t posters;
};

static int64_t *last_due(struct sim_inbox *in, uint32_t poster)
{
	if (poster >= in->posters) {
		uint32_t n = poster + 16;

		in->last_due_us = realloc(in->last_due_us, n * sizeof(*in->last_due_us));
		if (in->last_due_us == NULL)
			abort(); /* one number per actor */
		for (uint32_t i = in->posters; i < n; i++)
			in->last_due_us[i] = 0;
		in->posters = n;
	}
	return &in->last_due_us[poster];
}

static void deliver_until(struct sim_inbox *in, struct mailbox *box, int64_t now_us)
{
	while (in->first != NULL && in->first->due_us <= now_us) {
		struct envelope *e = in->first;

		in->first = e->next;
		if (mailbox_post(box, e->mail))
			abort(); /* nobody sleeps in a simulation */
		free(e);
	}
}

/* ------------------------------------------------------------------------------------------- */

struct sim_inbox *sim_inbox_new(
	struct loop *loop, const char *name, sim_due_fn due, sim_turn_fn turn)
{
	struct sim_inbox *in = calloc(1, sizeof(*in));

	if (in == NULL)
		abort(); /* small and fixed */
	in->actor = sim_actor_new(loop, name, due, turn);
	return in;
}

void sim_inbox_free(struct sim_inbox *in)
{
	assert(in->first == NULL);
	sim_actor_free(in->actor);
	free(in->last_due_us);
	free(in);
}

void sim_inbox_post(struct sim_inbox *in, struct mail *m)
{
	int64_t *last_us = last_due(in, sim_turning());
	struct envelope **at = &in->first;
	struct envelope *e = malloc(sizeof(*e));
	int64_t due_us = sim_now_us() + sim_mail_delay_us();

	if (e == NULL)
		abort(); /* small and fixed */
	if (due_us < *last_us)
		due_us = *last_us;
	*last_us = due_us;
	while (*at != NULL && (*at)->due_us <= due_us)
		at = &(*at)->next;
	*e = (struct envelope){*at, m, due_us};
	*at = e;
	sim_trace_mix(&due_us, sizeof(due_us));
}

int64_t sim_inbox_due_us(const struct sim_inbox *in)
{
	return in->first == NULL ? INT64_MAX : in->first->due_us;
}

void sim_inbox_deliver(struct sim_inbox *in, struct mailbox *box)
{
	deliver_until(in, box, sim_now_us());
}

void sim_inbox_flush(struct sim_inbox *in, struct mailbox *box)
{
	deliver_until(in, box, INT64_MAX);
}
