/**
 * base/quarantine: who was active in two crashes within an hour is found, until it is released.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/quarantine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/crash.h"

#define NOW_MS INT64_C(1790000000000)
#define MINUTE_MS INT64_C(60000)

static char folder[] = "/tmp/confab-quarantine-XXXXXX";
static char path[sizeof(folder) + 16];

static int64_t mono(void *ctx)
{
	(void)ctx;
	return 0;
}

static int64_t real(void *ctx)
{
	(void)ctx;
	return NOW_MS;
}

/* One crash so many minutes ago, or any other line. */
__attribute__((format(printf, 1, 2))) static void write_line(const char *fmt, ...)
{
	FILE *f = fopen(path, "a");
	va_list ap;

	assert_non_null(f);
	va_start(ap, fmt);
	vfprintf(f, fmt, ap);
	va_end(ap);
	fputc('\n', f);
	fclose(f);
}

static void crash_ago(int minutes, const char *blamed)
{
	write_line("{\"ts\":%lld,\"signal\":\"SIGSEGV\",\"blamed\":[%s]}",
		(long long)(NOW_MS - minutes * MINUTE_MS), blamed);
}

static bool caught(const char *plugin)
{
	struct quarantine q;

	quarantine_read(folder, &q);
	return quarantine_find(&q, plugin) != NULL;
}

static int begin(void **state)
{
	const struct clock_source still = {mono, real, NULL};

	(void)state;
	clock_source_set(&still);
	(void)unlink(path);
	return 0;
}

static int end(void **state)
{
	(void)state;
	clock_source_set(NULL);
	(void)unlink(path);
	return 0;
}

static void two_within_an_hour(void **state)
{
	struct quarantine q;

	(void)state;
	assert_false(caught("caps"));
	crash_ago(100, "\"caps\"");
	assert_false(caught("caps"));
	crash_ago(41, "\"spam\",\"caps\"");
	assert_true(caught("caps"));
	assert_false(caught("spam"));
	quarantine_read(folder, &q);
	assert_int_equal(q.n, 1);
	assert_int_equal(q.recent, 1);
	assert_string_equal(q.items[0].why, "SIGSEGV twice within 3540 s, the last 41 min ago");
	/* It stays there, however long ago that was. */
	crash_ago(0, "");
	assert_true(caught("caps"));
}

static void far_apart_is_forgiven(void **state)
{
	(void)state;
	crash_ago(200, "\"caps\"");
	crash_ago(139, "\"caps\"");
	crash_ago(78, "\"caps\"");
	assert_false(caught("caps"));
}

static void a_release_is_a_new_beginning(void **state)
{
	struct confab_error err = {0};

	(void)state;
	crash_ago(10, "\"caps\"");
	assert_int_equal(quarantine_release(folder, "caps", &err), CONFAB_ENOENT);
	crash_ago(9, "\"caps\"");
	memset(&err, 0, sizeof(err));
	assert_int_equal(quarantine_release(folder, "caps", &err), 0);
	assert_false(caught("caps"));
	crash_ago(3, "\"caps\"");
	assert_false(caught("caps"));
	crash_ago(2, "\"caps\"");
	assert_true(caught("caps"));
}

static void other_lines_are_passed_over(void **state)
{
	(void)state;
	crash_ago(10, "\"caps\"");
	write_line("{\"ts\":17,\"sig");
	write_line("%s", "");
	write_line("[1,2,3]");
	write_line("{\"ts\":\"soon\",\"signal\":7,\"blamed\":\"caps\"}");
	write_line("{\"ts\":%lld,\"signal\":\"SIGBUS\",\"blamed\":[7,null,\"\",\"%064d\"]}",
		(long long)NOW_MS, 0);
	assert_false(caught("caps"));
	crash_ago(9, "\"caps\"");
	assert_true(caught("caps"));
}

static void of_a_long_file_the_end_counts(void **state)
{
	(void)state;
	crash_ago(12, "\"old\"");
	crash_ago(11, "\"old\"");
	for (int i = 0; i < 5000; i++)
		crash_ago(10, "\"\"");
	crash_ago(9, "\"caps\"");
	crash_ago(8, "\"caps\"");
	assert_true(caught("caps"));
	assert_false(caught("old"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(two_within_an_hour, begin, end),
		cmocka_unit_test_setup_teardown(far_apart_is_forgiven, begin, end),
		cmocka_unit_test_setup_teardown(a_release_is_a_new_beginning, begin, end),
		cmocka_unit_test_setup_teardown(other_lines_are_passed_over, begin, end),
		cmocka_unit_test_setup_teardown(of_a_long_file_the_end_counts, begin, end),
	};
	int failed;

	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/" CRASH_FILE, folder);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	(void)rmdir(folder);
	return failed;
}
