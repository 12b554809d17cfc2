/**
 * store-sqlite on a disk that fails: full, broken writes, failed syncs. What was acknowledged stays,
 * what was busy is not there, reads go on, and nobody has to start anything anew.
 *
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "direct.h"
#include "fault_vfs.h"

static int faulty_begin(void **state)
{
	struct direct *d = calloc(1, sizeof(*d));
	faults = no_faults;
	direct_begin(d, fault_vfs());
	*state = d;
	return 0;
}

static int faulty_end(void **state)
{
	faults = no_faults;
	direct_end(*state);
	free(*state);
	return 0;
}

static void say_all(struct direct *d, uint64_t from, uint64_t to)
{
	for (; from <= to; from++)
		assert_int_equal(direct_say(d, "general", from, "hello"), CONFAB_COMMIT_DONE);
}

static void is_sound(struct direct *d)
{
	struct confab_error err = {0};
	direct_close(d);
	int rc = engine_verify(d->path, NULL, &err);
	assert_string_equal(err.text, "");
	assert_int_equal(rc, 0);
	direct_open(d);
}

static void test_disk_full(void **state)
{
	struct direct *d = *state;
	int rc;
	say_all(d, 1, 5);
	faults.full_after = 0;
	for (int i = 0; i < 3; i++)
		assert_int_equal(direct_say(d, "general", 6, "no room"), CONFAB_COMMIT_BUSY);
	assert_int_equal(direct_say(d, "new", 1, "no room"), CONFAB_COMMIT_BUSY);
	assert_int_equal(direct_head(d, "general", &rc).rev, 5);
	assert_int_equal(rc, 0);
	assert_int_equal(direct_search(d, "general", "hello"), 5);
	faults = no_faults;
	assert_int_equal(direct_head(d, "general", &rc).rev, 5);
	assert_int_equal(direct_head(d, "new", &rc).rev, 0);
	say_all(d, 6, 10);
	assert_int_equal(direct_search(d, "general", "room"), 0);
	is_sound(d);
	assert_int_equal(direct_head(d, "general", &rc).rev, 10);
}

/* Full only while the last frame is written: it must not count later either. */
static void test_disk_full_midway(void **state)
{
	struct direct *d = *state;
	say_all(d, 1, 3);
	uint64_t rev = 3;
	for (int after = 1; after < 40; after++) {
		faults.full_after = after;
		faults.short_bytes = after * 97 % 4096;
		enum confab_commit_result result = direct_say(d, "general", rev + 1, "perhaps");
		faults = no_faults;
		assert_true(result == CONFAB_COMMIT_BUSY || result == CONFAB_COMMIT_DONE);
		rev += result == CONFAB_COMMIT_DONE;
		assert_int_equal(direct_head(d, "general", NULL).rev, rev);
	}
	is_sound(d);
	assert_int_equal(direct_head(d, "general", NULL).rev, rev);
	assert_true(rev > 3);
}

static void test_sync_fails(void **state)
{
	struct direct *d = *state;
	int rc;
	say_all(d, 1, 4);
	faults.sync_after = 0;
	struct confab_commit two[2];
	struct confab_row rows[2] = {
		{.kind = "message",
			.id = "5",
			.rev = 5,
			.seq = 5,
			.sender = "ann",
			.body = "{}",
			.body_len = 2},
		{.kind = "message",
			.id = "1",
			.rev = 1,
			.seq = 1,
			.sender = "ann",
			.body = "{}",
			.body_len = 2},
	};
	struct confab_entry entries[2];
	struct engine_job jobs[2];
	for (int i = 0; i < 2; i++) {
		entries[i] = (struct confab_entry){.rev = rows[i].rev,
			.ts = 1000 + (int64_t)rows[i].rev,
			.op = "message.send",
			.sender = "ann",
			.cid = "cid-0123456789-sync",
			.result = "{}",
			.seq = rows[i].seq,
			.ord = rows[i].seq,
			.first = 1,
			.message = true,
			.rows = &rows[i],
			.n_rows = 1};
		two[i] = (struct confab_commit){.call = {.arena = d->arena},
			.log = i ? "other" : "general",
			.at = rows[i].rev - 1,
			.entries = &entries[i],
			.n = 1};
		jobs[i] = (struct engine_job){ENGINE_COMMIT, &two[i].call};
	}
	engine_write(d->engine, jobs, 2);
	assert_int_equal(two[0].result, CONFAB_COMMIT_UNKNOWN);
	assert_int_equal(two[1].result, CONFAB_COMMIT_UNKNOWN);
	assert_int_equal(two[0].call.rc, CONFAB_EUNKNOWN);
	/* The disk is still bad: nothing is promised, nothing is read from it. */
	assert_int_equal(direct_say(d, "third", 1, "x"), CONFAB_COMMIT_BUSY);
	faults = no_faults;
	struct confab_head head = direct_head(d, "general", &rc);
	assert_int_equal(rc, 0);
	assert_true(head.rev == 4 || head.rev == 5);
	/* Both were one transaction: both are there, or none. */
	assert_int_equal(direct_head(d, "other", &rc).rev, head.rev - 4);
	say_all(d, head.rev + 1, head.rev + 5);
	is_sound(d);
	assert_int_equal(direct_head(d, "general", &rc).rev, head.rev + 5);
}

/* One failed sync, and the disk is well at once: the answer is unknown, the store goes on. */
static void test_sync_fails_once(void **state)
{
	struct direct *d = *state;
	uint64_t rev = 0;
	for (int round = 0; round < 20; round++) {
		faults.sync_after = round % 3;
		enum confab_commit_result result = direct_say(d, "general", rev + 1, "x");
		faults = no_faults;
		struct confab_head head = direct_head(d, "general", NULL);
		if (result == CONFAB_COMMIT_DONE)
			assert_int_equal(head.rev, rev + 1);
		else
			assert_true(head.rev == rev || head.rev == rev + 1);
		rev = head.rev;
	}
	is_sound(d);
	assert_int_equal(direct_head(d, "general", NULL).rev, rev);
}

/* Writes that break at every place, whole or in part. */
static void test_writes_break(void **state)
{
	struct direct *d = *state;
	uint64_t acknowledged = 0;
	for (int after = 0; after < 150; after++) {
		uint64_t before = direct_head(d, "general", NULL).rev;
		assert_true(before >= acknowledged);
		faults.error_after = after % 50;
		faults.short_bytes = after * 389 % 4200;
		enum confab_commit_result result = direct_say(d, "general", before + 1, "x");
		faults = no_faults;
		if (result == CONFAB_COMMIT_DONE)
			acknowledged = before + 1;
		else
			assert_true(
				result == CONFAB_COMMIT_BUSY || result == CONFAB_COMMIT_UNKNOWN);
		if (result == CONFAB_COMMIT_BUSY)
			assert_int_equal(direct_head(d, "general", NULL).rev, before);
	}
	is_sound(d);
	assert_true(direct_head(d, "general", NULL).rev >= acknowledged);
	assert_true(acknowledged > 0);
}

static void test_checkpoint_fails(void **state)
{
	struct direct *d = *state;
	say_all(d, 1, 50);
	faults.error_after = 2;
	assert_int_equal(engine_checkpoint(d->engine), CONFAB_EIO);
	assert_int_equal(direct_head(d, "general", NULL).rev, 50);
	faults = no_faults;
	assert_int_equal(engine_checkpoint(d->engine), 0);
	say_all(d, 51, 60);
	is_sound(d);
	assert_int_equal(direct_head(d, "general", NULL).rev, 60);
}

/* ------------------------------------------------------------------------------------------- */

int main(void)
{
#define FAULTY(name) cmocka_unit_test_setup_teardown(name, faulty_begin, faulty_end)
	const struct CMUnitTest tests[] = {
		FAULTY(test_disk_full),
		FAULTY(test_disk_full_midway),
		FAULTY(test_sync_fails),
		FAULTY(test_sync_fails_once),
		FAULTY(test_writes_break),
		FAULTY(test_checkpoint_fails),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
