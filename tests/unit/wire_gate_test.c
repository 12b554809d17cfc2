/**
 * The gate: order, closing above the mark, opening below it, and nothing lost at the end.
 *
 * SPDX-License-Identifier: MIT
 */
#include "wire/gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define N 5

struct place {
	struct loop *loop;
	struct gate gate;
	size_t backlog;
	struct piece {
		struct mail mail;
		struct place *place;
		int number;
	} pieces[N];
	int seen[N], n_seen;
	struct timer later;
};

static size_t backlog(void *arg)
{
	return ((struct place *)arg)->backlog;
}

static void pass(struct mail *m)
{
	struct piece *piece = (struct piece *)m;

	piece->place->seen[piece->place->n_seen++] = piece->number;
}

static void place_begin(struct place *p)
{
	struct confab_error err = {0};

	*p = (struct place){0};
	p->loop = loop_new("test", &err);
	assert_non_null(p->loop);
	gate_init(&p->gate, p->loop, backlog, p);
	for (int i = 0; i < N; i++)
		p->pieces[i] = (struct piece){.place = p, .number = i};
}

static void say(struct place *p, int i)
{
	gate_pass(&p->gate, &p->pieces[i].mail, pass);
}

static void in_order(const struct place *p, int n)
{
	assert_int_equal(p->n_seen, n);
	for (int i = 0; i < n; i++)
		assert_int_equal(p->seen[i], i);
}

static void open_it_is_no_detour(void **state)
{
	struct place p;

	(void)state;
	place_begin(&p);
	p.backlog = GATE_CLOSE_BYTES;
	say(&p, 0);
	in_order(&p, 1);
	gate_fini(&p.gate);
	loop_free(p.loop);
}

static void sinks(void *arg)
{
	struct place *p = arg;

	/* Between the marks it stays closed. */
	if (p->backlog > GATE_OPEN_BYTES + 1) {
		p->backlog = GATE_OPEN_BYTES + 1;
		timer_start(p->loop, &p->later, 10000);
		return;
	}
	if (p->backlog > GATE_OPEN_BYTES) {
		in_order(p, 1);
		say(p, 4);
		p->backlog = GATE_OPEN_BYTES;
		timer_start(p->loop, &p->later, 10000);
		return;
	}
	loop_stop(p->loop);
}

static void what_is_held_comes_in_order_when_it_opens(void **state)
{
	struct place p;

	(void)state;
	place_begin(&p);
	say(&p, 0);
	p.backlog = GATE_CLOSE_BYTES + 1;
	for (int i = 1; i < 4; i++)
		say(&p, i);
	in_order(&p, 1);
	timer_init(&p.later, sinks, &p);
	timer_start(p.loop, &p.later, 10000);
	loop_run(p.loop);
	in_order(&p, 5);
	assert_int_equal(p.gate.closed, 1);
	gate_fini(&p.gate);
	loop_free(p.loop);
}

static void at_the_end_nothing_is_lost(void **state)
{
	struct place p;

	(void)state;
	place_begin(&p);
	p.backlog = SIZE_MAX;
	for (int i = 0; i < N; i++)
		say(&p, i);
	in_order(&p, 0);
	gate_fini(&p.gate);
	in_order(&p, N);
	loop_free(p.loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(open_it_is_no_detour),
		cmocka_unit_test(what_is_held_comes_in_order_when_it_opens),
		cmocka_unit_test(at_the_end_nothing_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
