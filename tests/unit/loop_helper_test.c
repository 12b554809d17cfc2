/**
 * Helpers: what they give comes back; one that dies, is silent, eats, floods, lies or looks around
 * is one failed job and the next one works. This program is its own helper program.
 *
 * SPDX-License-Identifier: MIT
 */
#include "loop/helper_spawner.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "helper/sandbox.h"
#include "loop/loop.h"
#include "loop/sim.h"
#include "programs.h"

#define NEVER 1 /* a code that no job gives */

struct bench {
	struct helper_spawner *sp;
	struct loop *loop;
	struct loop *loops[64]; /* who posts to one may still hold it when it has ended */
	unsigned loop_count;
	unsigned wanted, done, busy, wrong;
};

struct job {
	struct bench *bench;
	int rc;
	char *bytes;
	size_t len;
};

static void job_done(void *arg, int rc, const char *bytes, size_t len)
{
	struct job *job = arg;
	struct bench *b = job->bench;

	if (loop_current() != b->loop || job->rc != NEVER)
		b->wrong++;
	job->rc = rc;
	job->len = len;
	job->bytes = malloc(len + 1);
	assert_non_null(job->bytes);
	if (len > 0)
		memcpy(job->bytes, bytes, len);
	job->bytes[len] = '\0';
	if (rc == CONFAB_EBUSY)
		b->busy++;
	if (++b->done == b->wanted)
		loop_stop(b->loop);
}

static int bench_open(void **state)
{
	static struct bench bench;
	struct helper_options options = {"/proc/self/exe", 4, 100, 0, 0};
	struct confab_error err = {0};

	bench = (struct bench){0};
	bench.sp = helper_spawner_fork(&options, &err);
	if (bench.sp == NULL || helper_spawner_start(bench.sp, &err) != 0) {
		print_error("%s\n", err.text);
		return -1;
	}
	*state = &bench;
	return 0;
}

static int bench_close(void **state)
{
	struct bench *b = *state;

	helper_spawner_free(b->sp);
	while (b->loop_count > 0)
		loop_free(b->loops[--b->loop_count]);
	return b->wrong == 0 ? 0 : -1;
}

static void bench_expect(struct bench *b, unsigned jobs)
{
	assert_true(b->loop_count < sizeof(b->loops) / sizeof(b->loops[0]));
	b->loop = loop_new("asks", NULL);
	assert_non_null(b->loop);
	b->loops[b->loop_count++] = b->loop;
	b->done = 0;
	b->wanted = jobs;
}

static struct job one(struct bench *b, const char *function, const char *in, size_t n, int fd,
	const struct helper_limits *limits)
{
	struct job job = {.bench = b, .rc = NEVER};

	bench_expect(b, 1);
	helper_call(b->sp, b->loop, function, in, n, fd, limits, job_done, &job);
	loop_run(b->loop);
	return job;
}

static void echo_works(struct bench *b)
{
	struct helper_limits limits = HELPER_LIMITS_DEFAULT;
	struct job job = one(b, "echo", "hello", 5, -1, &limits);

	assert_int_equal(job.rc, 0);
	assert_string_equal(job.bytes, "hello");
	free(job.bytes);
}

static void bytes_and_a_descriptor_go_in_and_bytes_come_out(void **state)
{
	struct bench *b = *state;
	struct helper_limits limits = HELPER_LIMITS_DEFAULT;
	size_t big = 3u * 1024 * 1024;
	char *in = malloc(big);
	struct job job;
	int fds[2];

	assert_non_null(in);
	for (size_t i = 0; i < big; i++)
		in[i] = (char)(i * 31 >> 3);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(write(fds[1], "tail", 4), 4);
	close(fds[1]);
	job = one(b, "echo", in, big, fds[0], &limits);
	close(fds[0]);
	assert_int_equal(job.rc, 0);
	assert_int_equal(job.len, big + 4);
	assert_memory_equal(job.bytes, in, big);
	assert_string_equal(job.bytes + big, "tail");
	free(job.bytes);
	job = one(b, "echo", "", 0, -1, &limits);
	assert_int_equal(job.rc, 0);
	assert_int_equal(job.len, 0);
	free(job.bytes);
	free(in);
}

struct bad {
	const char *function;
	struct helper_limits limits;
	int rc;
	bool walls; /* held by limits that a sanitizer's build does not have */
};

static const struct bad bads[] = {
	{"crash", {10000, 5, 1u << 28, 1000, 16}, CONFAB_EIO, false},
	{"spin", {100, 5, 1u << 28, 1000, 16}, CONFAB_ETIMEDOUT, false},
	{"spin", {20000, 1, 1u << 28, 1000, 16}, CONFAB_ELIMIT, false},
	{"eat", {20000, 5, 1u << 26, 1000, 16}, CONFAB_ENOMEM, true},
	{"flood", {20000, 5, 1u << 28, 1000000, 16}, CONFAB_ELIMIT, false},
	{"lie", {10000, 5, 1u << 28, 10000, 16}, CONFAB_EPROTO, false},
	{"open", {10000, 5, 1u << 28, 1000, 16}, CONFAB_EIO, false},
	{"kill", {10000, 5, 1u << 28, 1000, 16}, CONFAB_EIO, false},
	{"nonsense", {10000, 5, 1u << 28, 1000, 16}, CONFAB_ENOENT, false},
};

static void a_bad_helper_is_one_failed_job(void **state)
{
	struct bench *b = *state;

	for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
		struct job job;

		if (SANDBOX_SANITIZED && bads[i].walls)
			continue;
		job = one(b, bads[i].function, "x", 1, -1, &bads[i].limits);
		if (job.rc != bads[i].rc)
			fail_msg("%s: %s", bads[i].function, confab_code_name(job.rc));
		assert_int_equal(job.len, 0);
		free(job.bytes);
		echo_works(b);
	}
}

static void output_may_be_as_long_as_the_limit(void **state)
{
	struct bench *b = *state;
	struct helper_limits limits = HELPER_LIMITS_DEFAULT;
	struct job job;

	limits.output_bytes = 5;
	job = one(b, "echo", "12345", 5, -1, &limits);
	assert_int_equal(job.rc, 0);
	free(job.bytes);
	job = one(b, "echo", "123456", 6, -1, &limits);
	assert_int_equal(job.rc, CONFAB_ELIMIT);
	free(job.bytes);
}

#define CROWD 60

static void many_wait_their_turn_and_too_many_are_refused(void **state)
{
	struct bench *b = *state;
	struct helper_options options = {"/proc/self/exe", 3, CROWD - 10, 0, 0};
	struct helper_limits limits = HELPER_LIMITS_DEFAULT;
	struct job jobs[CROWD];
	unsigned good = 0;

	helper_spawner_free(b->sp);
	b->sp = helper_spawner_fork(&options, NULL);
	assert_non_null(b->sp);
	bench_expect(b, CROWD);
	for (unsigned i = 0; i < CROWD; i++) {
		jobs[i] = (struct job){.bench = b, .rc = NEVER};
		helper_call(b->sp, b->loop, "echo", "x", 1, -1, &limits, job_done, &jobs[i]);
	}
	assert_int_equal(helper_spawner_start(b->sp, NULL), 0); /* they waited for it */
	loop_run(b->loop);
	for (unsigned i = 0; i < CROWD; i++) {
		good += jobs[i].rc == 0;
		free(jobs[i].bytes);
	}
	assert_int_equal(good + b->busy, CROWD);
	assert_true(b->busy <= 7 && good >= CROWD - 10);
}

static void the_end_answers_everybody(void **state)
{
	struct bench *b = *state;
	struct helper_limits limits = HELPER_LIMITS_DEFAULT;
	struct job jobs[10];

	bench_expect(b, 10);
	for (unsigned i = 0; i < 10; i++) {
		jobs[i] = (struct job){.bench = b, .rc = NEVER};
		helper_call(b->sp, b->loop, "spin", "", 0, -1, &limits, job_done, &jobs[i]);
	}
	helper_spawner_free(b->sp);
	b->sp = NULL;
	loop_run(b->loop);
	for (unsigned i = 0; i < 10; i++) {
		assert_int_equal(jobs[i].rc, CONFAB_ECLOSED);
		free(jobs[i].bytes);
	}
}

static void a_missing_program_is_an_error(void **state)
{
	struct helper_options options = {"/nonexistent/confab-helper", 1, 1, 0, 0};
	struct confab_error err = {0};

	(void)state;
	assert_null(helper_spawner_fork(&options, &err));
	assert_int_equal(err.code, CONFAB_EIO);
	assert_non_null(strstr(err.text, "/nonexistent/confab-helper"));
}

static bool is_done(void *arg)
{
	return ((struct bench *)arg)->done > 0;
}

static void a_simulation_has_no_helpers_and_says_so(void **state)
{
	struct helper_options options = {"/proc/self/exe", 1, 1, 0, 0};
	struct helper_limits limits = HELPER_LIMITS_DEFAULT;
	struct bench b = {.wanted = 1};
	struct job job = {.bench = &b, .rc = NEVER};

	(void)state;
	sim_begin(1);
	b.loop = loop_new("asks", NULL);
	assert_non_null(b.loop);
	assert_int_equal(loop_start(b.loop, NULL), 0);
	b.sp = helper_spawner_fork(&options, NULL);
	assert_non_null(b.sp);
	assert_int_equal(helper_spawner_start(b.sp, NULL), 0);
	helper_call(b.sp, b.loop, "echo", "", 0, -1, &limits, job_done, &job);
	assert_true(sim_run_until(sim_now_us() + 1000000, is_done, &b));
	assert_int_equal(job.rc, CONFAB_EUNSUPPORTED);
	free(job.bytes);
	helper_spawner_free(b.sp);
	loop_free(b.loop);
	sim_end();
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
#define HELPER_TEST(name) cmocka_unit_test_setup_teardown(name, bench_open, bench_close)
		HELPER_TEST(bytes_and_a_descriptor_go_in_and_bytes_come_out),
		HELPER_TEST(a_bad_helper_is_one_failed_job),
		HELPER_TEST(output_may_be_as_long_as_the_limit),
		HELPER_TEST(many_wait_their_turn_and_too_many_are_refused),
		HELPER_TEST(the_end_answers_everybody),
		cmocka_unit_test(a_missing_program_is_an_error),
		cmocka_unit_test(a_simulation_has_no_helpers_and_says_so),
	};

	if (argc > 0 && strcmp(argv[0], "confab-helper") == 0)
		return confab_private_helper_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
