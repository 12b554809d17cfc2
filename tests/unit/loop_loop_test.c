/**
 * The loop: mail keeps its order, wakes are few, timers and descriptors get their turn, what dies
 * inside a turn is freed at its end.
 *
 * SPDX-License-Identifier: MIT
 */
#include "loop/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "loop/mailbox.h"
#include "loop/thread.h"

static struct loop *loop_made(const char *name)
{
	struct confab_error err = {0};
	struct loop *loop = loop_new(name, &err);

	if (loop == NULL)
		fail_msg("%s", err.text);
	return loop;
}

/* A loop that stops itself when asked, for tests that run it in their own thread. */
static void stop_current(struct mail *m)
{
	(void)m;
	loop_stop(loop_current());
}

static void stop_by_timer(void *arg)
{
	loop_stop(arg);
}

/* ---- order per poster ---- */

#define POSTERS 4
#define MAILS_EACH 250000

struct numbered {
	struct mail mail;
	struct order *order;
	uint32_t poster, number;
};

struct order {
	struct loop *loop;
	uint32_t next[POSTERS];
	uint64_t got, wrong;
	struct numbered *mails;
};

struct poster {
	struct thread thread;
	struct order *order;
	uint32_t number;
};

static void numbered_run(struct mail *m)
{
	struct numbered *n = (struct numbered *)m;
	struct order *o = n->order;

	if (o->next[n->poster]++ != n->number)
		o->wrong++;
	if (++o->got == (uint64_t)POSTERS * MAILS_EACH)
		loop_stop(loop_current());
}

static void poster_run(void *arg)
{
	struct poster *p = arg;
	struct numbered *mine = p->order->mails + (size_t)p->number * MAILS_EACH;

	for (uint32_t i = 0; i < MAILS_EACH; i++) {
		mine[i] = (struct numbered){{NULL, numbered_run}, p->order, p->number, i};
		loop_post(p->order->loop, &mine[i].mail);
	}
}

static void a_million_mails_keep_their_order(void **state)
{
	struct order order = {.loop = loop_made("order")};
	struct poster posters[POSTERS] = {0};
	struct loop_stats stats;

	(void)state;
	order.mails = calloc((size_t)POSTERS * MAILS_EACH, sizeof(*order.mails));
	assert_non_null(order.mails);
	for (uint32_t i = 0; i < POSTERS; i++) {
		posters[i].order = &order;
		posters[i].number = i;
		assert_int_equal(
			thread_start(&posters[i].thread, "poster", poster_run, &posters[i], NULL),
			0);
	}
	loop_run(order.loop);
	for (uint32_t i = 0; i < POSTERS; i++)
		thread_join(&posters[i].thread);
	loop_stats(order.loop, &stats);
	assert_int_equal(order.wrong, 0);
	assert_int_equal(stats.mails, (uint64_t)POSTERS * MAILS_EACH);
	assert_true(stats.wakes <= stats.turns + 1); /* one by loop_stop */
	assert_true(stats.turn_p99_us <= stats.turn_max_us);
	loop_free(order.loop);
	free(order.mails);
}

/* ---- wakes ---- */

static void nothing(struct mail *m)
{
	(void)m;
}

static void only_the_mail_that_finds_it_asleep_wakes(void **state)
{
	struct mailbox box;
	struct mail mails[5] = {{NULL, nothing}};

	(void)state;
	mailbox_init(&box);
	assert_false(mailbox_post(&box, &mails[0])); /* busy */
	assert_false(mailbox_sleep(&box));           /* there is mail */
	mailbox_collect(&box);
	assert_ptr_equal(mailbox_take(&box), &mails[0]);
	assert_true(mailbox_sleep(&box));
	assert_false(mailbox_waiting(&box));
	assert_true(mailbox_post(&box, &mails[1])); /* asleep: wake */
	assert_false(mailbox_post(&box, &mails[2]));
	assert_false(mailbox_post(&box, &mails[3]));
	assert_true(mailbox_waiting(&box));
	mailbox_collect(&box);
	assert_false(mailbox_post(&box, &mails[4]));
	mailbox_collect(&box);
	for (int i = 1; i < 5; i++)
		assert_ptr_equal(mailbox_take(&box), &mails[i]);
	assert_null(mailbox_take(&box));
}

/* ---- a turn's bounds ---- */

struct endless {
	struct mail mail;
	unsigned runs;
};

static void endless_run(struct mail *m)
{
	struct endless *e = (struct endless *)m;

	e->runs++;
	loop_post(loop_current(), m);
}

static void mail_without_end_starves_no_timer(void **state)
{
	struct loop *loop = loop_made("endless");
	struct endless e = {{NULL, endless_run}, 0};
	struct timer t;

	(void)state;
	timer_init(&t, stop_by_timer, loop);
	timer_start(loop, &t, 2000);
	loop_post(loop, &e.mail);
	loop_run(loop);
	assert_true(e.runs > 1);
	e.mail.run = nothing; /* it waits in the box and would go on for ever */
	loop_free(loop);
}

/* ---- turn's end and the dead ---- */

struct object {
	struct mail dead;
	struct mail kill;
	unsigned *freed;
	bool marked;
};

struct turn_log {
	unsigned ends, freed, freed_at_end;
};

static void object_free(struct mail *m)
{
	struct object *o = (struct object *)m;

	(*o->freed)++;
	free(o);
}

static void object_kill(struct mail *m)
{
	struct object *o = (struct object *)((char *)m - offsetof(struct object, kill));

	loop_later(loop_current(), &o->dead);
	o->marked = true; /* still here after it died */
	assert_int_equal(*o->freed, 0);
}

static void turn_ended(void *arg)
{
	struct turn_log *log = arg;

	log->ends++;
	log->freed_at_end = log->freed;
}

static void what_dies_in_its_own_callback_is_freed_after_the_turn(void **state)
{
	struct loop *loop = loop_made("later");
	struct turn_log log = {0};
	struct object *o = calloc(1, sizeof(*o));
	struct mail stop = {NULL, stop_current};

	(void)state;
	assert_non_null(o);
	o->dead.run = object_free;
	o->kill.run = object_kill;
	o->freed = &log.freed;
	loop_turn_end_set(loop, turn_ended, &log);
	loop_post(loop, &o->kill);
	loop_post(loop, &stop);
	loop_run(loop);
	assert_int_equal(log.freed, 1);
	assert_int_equal(log.ends, 2); /* after the mail, and after the dead */
	loop_free(loop);
}

static void mail_left_at_the_end_is_run(void **state)
{
	struct loop *loop = loop_made("left");
	struct turn_log log = {0};
	struct object *o = calloc(1, sizeof(*o));

	(void)state;
	assert_non_null(o);
	o->dead.run = object_free;
	o->freed = &log.freed;
	loop_post(loop, &o->dead);
	loop_free(loop);
	assert_int_equal(log.freed, 1);
	assert_null(loop_current());
}

/* ---- descriptors ---- */

#define WATCHES 2000

struct pipe_end {
	struct watch watch;
	struct crowd *crowd;
	int out;
	unsigned reads;
};

struct crowd {
	struct loop *loop;
	struct pipe_end *ends;
	size_t count, done;
};

static void pipe_readable(void *arg, unsigned what)
{
	struct pipe_end *p = arg;
	char byte;

	assert_int_equal(what & WATCH_READ, WATCH_READ);
	assert_int_equal(read(p->watch.fd, &byte, 1), 1);
	/* The first byte is taken alone; the second must come without a new edge. */
	if (++p->reads == 1) {
		watch_again(&p->watch, WATCH_READ);
		return;
	}
	close(p->watch.fd);
	watch_stop(&p->watch);
	if (++p->crowd->done == p->crowd->count)
		loop_stop(p->crowd->loop);
}

static void thousands_of_watches_all_get_their_bytes(void **state)
{
	struct rlimit files;
	struct crowd crowd = {.loop = loop_made("watches"), .count = WATCHES};
	struct confab_error err = {0};

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
	files.rlim_cur = files.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &files);
	if (files.rlim_cur < 2 * WATCHES + 64)
		crowd.count = (files.rlim_cur - 64) / 2;
	crowd.ends = calloc(crowd.count, sizeof(*crowd.ends));
	assert_non_null(crowd.ends);
	for (size_t i = 0; i < crowd.count; i++) {
		struct pipe_end *p = &crowd.ends[i];
		int fds[2];

		assert_int_equal(pipe2(fds, O_NONBLOCK | O_CLOEXEC), 0);
		p->crowd = &crowd;
		p->out = fds[1];
		watch_init(&p->watch, pipe_readable, p);
		assert_int_equal(watch_start(crowd.loop, &p->watch, fds[0], WATCH_READ, &err), 0);
		assert_int_equal(write(p->out, "ab", 2), 2);
	}
	loop_run(crowd.loop);
	assert_int_equal(crowd.done, crowd.count);
	for (size_t i = 0; i < crowd.count; i++) {
		assert_int_equal(crowd.ends[i].reads, 2);
		assert_false(watch_running(&crowd.ends[i].watch));
		close(crowd.ends[i].out);
	}
	loop_free(crowd.loop);
	free(crowd.ends);
}

struct rivals {
	struct watch watch[2];
	unsigned calls;
	struct loop *loop;
};

static void first_stops_both(void *arg, unsigned what)
{
	struct rivals *r = arg;

	(void)what;
	r->calls++;
	watch_stop(&r->watch[0]);
	watch_stop(&r->watch[1]);
	loop_stop(r->loop);
}

static void a_stopped_watch_is_not_called_in_the_same_turn(void **state)
{
	struct rivals r = {.loop = loop_made("rivals")};
	int fds[2][2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pipe2(fds[i], O_NONBLOCK | O_CLOEXEC), 0);
		watch_init(&r.watch[i], first_stops_both, &r);
		assert_int_equal(watch_start(r.loop, &r.watch[i], fds[i][0], WATCH_READ, NULL), 0);
		assert_int_equal(write(fds[i][1], "x", 1), 1);
	}
	loop_run(r.loop);
	assert_int_equal(r.calls, 1);
	loop_free(r.loop);
	for (int i = 0; i < 2; i++) {
		close(fds[i][0]);
		close(fds[i][1]);
	}
}

/* ---- threads ---- */

struct echo {
	struct mail mail;
	struct loop *there, *here;
	int rounds;
};

static void echo_run(struct mail *m)
{
	struct echo *e = (struct echo *)m;

	if (++e->rounds == 1000)
		loop_stop(e->here);
	else
		loop_post(loop_current() == e->here ? e->there : e->here, m);
}

static void two_loops_play_ping_pong(void **state)
{
	struct echo e = {{NULL, echo_run}, loop_made("there"), loop_made("here"), 0};
	struct loop_stats stats;

	(void)state;
	assert_int_equal(loop_start(e.there, NULL), 0);
	loop_post(e.there, &e.mail);
	loop_run(e.here);
	loop_stop(e.there);
	loop_join(e.there);
	assert_int_equal(e.rounds, 1000);
	loop_stats(e.there, &stats);
	assert_int_equal(stats.mails, 500);
	assert_string_equal(loop_name(e.there), "there");
	loop_free(e.there);
	loop_free(e.here);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_million_mails_keep_their_order),
		cmocka_unit_test(only_the_mail_that_finds_it_asleep_wakes),
		cmocka_unit_test(mail_without_end_starves_no_timer),
		cmocka_unit_test(what_dies_in_its_own_callback_is_freed_after_the_turn),
		cmocka_unit_test(mail_left_at_the_end_is_run),
		cmocka_unit_test(thousands_of_watches_all_get_their_bytes),
		cmocka_unit_test(a_stopped_watch_is_not_called_in_the_same_turn),
		cmocka_unit_test(two_loops_play_ping_pong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
