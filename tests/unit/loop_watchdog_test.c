/**
 * The watchdog: a loop that does not come back is named once, with what it was doing, and nobody
 * says that we live until it turns again.
 *
 * SPDX-License-Identifier: MIT
 */
#include "loop/watchdog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <poll.h>
#include <semaphore.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "loop/loop.h"

struct stuck {
	struct mail mail;
	sem_t in, gate;
};

static void stuck_run(struct mail *m)
{
	struct stuck *s = (struct stuck *)m;

	loop_doing("waiting at the gate");
	sem_post(&s->in);
	sem_wait(&s->gate);
}

static void say_alive(void *arg)
{
	sem_post(arg);
}

static void drain(sem_t *sem)
{
	while (sem_trywait(sem) == 0)
		;
}

/* Time passes here because a watchdog is about nothing else; the loop is held all along. */
static void let_it_look(int ms)
{
	(void)poll(NULL, 0, ms);
}

static void wait_until_stalled(struct watchdog *w)
{
	int64_t deadline_us = clock_mono_us() + 10000000;

	while (watchdog_all_turn(w) && clock_mono_us() < deadline_us)
		let_it_look(1);
	assert_false(watchdog_all_turn(w));
}

static int count(const char *path, const char *word)
{
	FILE *f = fopen(path, "r");
	char line[1024];
	int n = 0;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL)
		n += strstr(line, word) != NULL;
	(void)fclose(f);
	return n;
}

static void a_stalled_loop_is_named_once_and_silences_us(void **state)
{
	char path[] = "/tmp/confab-watchdog-XXXXXX";
	struct loop *loop = loop_new("logic", NULL);
	sem_t alive;
	struct stuck s = {.mail = {NULL, stuck_run}};
	struct watchdog_options options = {20, 1, say_alive, &alive};
	struct watchdog *w;

	(void)state;
	assert_int_equal(close(mkstemp(path)), 0);
	assert_int_equal(log_open(path, LOG_FORMAT_TEXT, NULL), 0);
	sem_init(&alive, 0, 0);
	sem_init(&s.in, 0, 0);
	sem_init(&s.gate, 0, 0);
	w = watchdog_start(&options, NULL);
	assert_non_null(w);
	watchdog_add(w, loop);
	assert_int_equal(loop_start(loop, NULL), 0);
	sem_wait(&alive);
	assert_true(watchdog_all_turn(w));

	loop_post(loop, &s.mail);
	sem_wait(&s.in);
	wait_until_stalled(w);
	drain(&alive);
	let_it_look(60);
	assert_int_equal(sem_trywait(&alive), -1);
	assert_int_equal(watchdog_stalls(w), 1);
	assert_int_equal(count(path, "loop 'logic', has been in one turn"), 1);
	assert_int_equal(count(path, "(doing waiting at the gate)"), 1);

	sem_post(&s.gate);
	sem_wait(&alive);
	assert_true(watchdog_all_turn(w));
	assert_int_equal(count(path, "loop 'logic', turns again"), 1);
	watchdog_stop(w);
	loop_stop(loop);
	loop_join(loop);
	loop_free(loop);
	log_close();
	assert_int_equal(unlink(path), 0);
	sem_destroy(&alive);
	sem_destroy(&s.in);
	sem_destroy(&s.gate);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stalled_loop_is_named_once_and_silences_us),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
