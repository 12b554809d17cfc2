/**
 * Entries that come from elsewhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "sim/stranger.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "loop/loop.h"
#include "loop/sim.h"
#include "sim/deeds.h"
#include "sim/depot.h"
#include "sim/run.h"
#include "sim/sight.h"
#include "sim/truth.h"

#define PAUSE_US 120000

struct stranger {
	struct run *run;
	struct timer timer;
};

/** The next entry of a log, as its head says; false: there is no such log yet. */
static bool entry_begin(const struct truth_log *lg, struct confab_entry *e, const char *op)
{
	const struct truth_entry *last = lg && lg->n ? lg->entries[lg->n - 1] : NULL;

	if (!last) {
		return false;
	}
	*e = (struct confab_entry){.rev = last->rev + 1,
		.ts = clock_real_ms() > last->ts ? clock_real_ms() : last->ts,
		.op = op,
		.sender = "other",
		.cid = "",
		.result = "{}",
		.seq = last->seq,
		.ord = last->ord,
		.all = last->all,
		.first = last->first};
	return true;
}

static void say(struct run *run, struct truth_log *lg)
{
	struct confab_entry e;
	struct confab_row row = {.kind = "message", .sender = "other"};
	char id[24], body[300];

	if (!entry_begin(lg, &e, "message.send")) {
		return;
	}
	e.seq++;
	e.ord++;
	e.message = e.counts = true;
	snprintf(id, sizeof(id), "%" PRIu64, e.seq);
	snprintf(body, sizeof(body),
		"{\"kind\":\"message\",\"id\":%s,\"rev\":%" PRIu64
		",\"ver\":1,\"user\":\"other\",\"text\":\"from elsewhere\",\"counts\":1,"
		"\"ord\":%" PRIu64 ",\"all\":%" PRIu64 ",\"ts\":%" PRId64 "}",
		id, e.rev, e.ord, e.all, e.ts);
	row.id = id;
	row.rev = e.rev;
	row.seq = e.seq;
	row.body = body;
	row.body_len = strlen(body);
	e.rows = &row;
	e.n_rows = 1;
	(void)depot_outside(run->depot, lg->id, &e);
}

/** A member is removed; what his own log has to say about it is a todo, as always. */
static void kick(struct run *run, struct truth_log *lg)
{
	struct confab_entry e;
	struct confab_row row = {.kind = "member", .body = "", .gone = true};
	struct confab_todo todo = {.name = "core.membership"};
	char user[16], body[120];
	const json_t *member;

	snprintf(user, sizeof(user), "u%u", 1 + (unsigned)sim_draw(run->n_users - 1));
	if (!entry_begin(lg, &e, "member.kick") || !sight_joined(lg, user, lg->n)) {
		return;
	}
	member = truth_json(truth_row_at(lg, "member", user, lg->n));
	if (json_object_get(member, "sent") || json_object_get(member, "muted_until")) {
		return; /* what binds him would have to stay */
	}
	snprintf(body, sizeof(body), "{\"user\":\"%s\",\"channel\":\"%s\"}", user, lg->id);
	row.id = user;
	row.rev = e.rev;
	todo.log = lg->id;
	todo.rev = e.rev;
	todo.body = body;
	todo.due_ms = e.ts + 60000; /* when this node has heard of it, as nodes do that poll */
	e.rows = &row;
	e.n_rows = 1;
	e.todos = &todo;
	e.n_todos = 1;
	(void)depot_outside(run->depot, lg->id, &e);
}

static void act(void *arg)
{
	struct stranger *s = arg;
	struct truth_log *lg = truth_log(run_truth(s->run), deeds_channel());

	if (s->run->calm) {
		return;
	}
	if (odds(700)) {
		say(s->run, lg);
	} else {
		kick(s->run, lg);
	}
	timer_start(s->run->outside, &s->timer, 1 + (int64_t)sim_draw(PAUSE_US));
}

/* -------------------------------------------------------------------------------------------- */

struct stranger *stranger_new(struct run *run)
{
	struct stranger *s = alloc_zero(1, sizeof(*s));

	s->run = run;
	timer_init(&s->timer, act, s);
	timer_start(run->outside, &s->timer, PAUSE_US);
	return s;
}

void stranger_free(struct stranger *s)
{
	if (s) {
		timer_stop(&s->timer);
		free(s);
	}
}
