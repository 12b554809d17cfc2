/**
 * The file of store-sqlite over its life: killed writers, the lock, other schemas, what is deleted,
 * the space that comes back, copies.
 *
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <inttypes.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/chance.h"
#include "direct.h"

#define KILLS 25

static int file_begin(void **state)
{
	struct direct *d = calloc(1, sizeof(*d));
	direct_begin(d, NULL);
	*state = d;
	return 0;
}

static int file_end(void **state)
{
	direct_end(*state);
	free(*state);
	return 0;
}

static void run_sql(struct direct *d, const char *sql)
{
	sqlite3 *db;
	char *text = NULL;
	assert_int_equal(sqlite3_open(d->path, &db), SQLITE_OK);
	(void)sqlite3_exec(db, sql, NULL, NULL, &text);
	assert_string_equal(text ? text : "", "");
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void is_sound(struct direct *d, const char *path)
{
	struct confab_error err = {0};
	(void)engine_verify(path ? path : d->path, NULL, &err);
	assert_string_equal(err.text, "");
}

static off_t file_bytes(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 ? st.st_size : 0;
}

/* ---- killed at any moment ---- */

/* Write on and on, and tell each acknowledged rev through the pipe. */
static void writer_child(struct direct *d, int out)
{
	direct_open(d);
	uint64_t rev = direct_head(d, "general", NULL).rev;
	for (;;) {
		if (direct_say(d, "general", rev + 1, "words that are found") != CONFAB_COMMIT_DONE)
			_exit(1);
		rev++;
		if (write(out, &rev, sizeof(rev)) != sizeof(rev))
			_exit(1);
		if (rev % 32 == 0)
			(void)engine_checkpoint(d->engine);
	}
}

/* Kill it after some acknowledgements. @return the last rev it told */
static uint64_t killed_after(struct direct *d, uint64_t count)
{
	int ends[2];
	uint64_t told = 0, rev;
	assert_int_equal(pipe(ends), 0);
	pid_t pid = fork();
	if (pid == 0) {
		close(ends[0]);
		writer_child(d, ends[1]);
	}
	close(ends[1]);
	for (; count > 0 && read(ends[0], &rev, sizeof(rev)) == sizeof(rev); count--)
		told = rev;
	assert_int_equal(count, 0);
	kill(pid, SIGKILL);
	while (read(ends[0], &rev, sizeof(rev)) == sizeof(rev))
		told = rev;
	close(ends[0]);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	return told;
}

static void test_killed(void **state)
{
	struct direct *d = *state;
	for (int round = 0; round < KILLS; round++) {
		direct_close(d);
		uint64_t told = killed_after(d, 1 + chance_below(60));
		direct_open(d);
		struct confab_head head = direct_head(d, "general", NULL);
		assert_true(head.rev == told || head.rev == told + 1);
		struct confab_page p = {.log = "general",
			.from_seq = head.rev > 900 ? head.rev - 900 : 1,
			.to_seq = head.rev};
		direct_run(d, ENGINE_PAGE, &p.call);
		assert_int_equal(p.n, p.to_seq - p.from_seq + 1);
		assert_string_equal(p.rows[p.n - 1].body, "words that are found");
	}
	direct_close(d);
	is_sound(d, NULL);
}

/* ---- one process, known schemas ---- */

static void test_locked(void **state)
{
	struct direct *d = *state;
	struct confab_error err = {0};
	struct engine_options options = direct_options(d);
	assert_null(engine_open(&options, &err));
	assert_int_equal(err.code, CONFAB_EEXIST);
	assert_non_null(strstr(err.text, "in use by another process"));
	direct_close(d);
	direct_open(d);
}

static void test_strange_files(void **state)
{
	static const struct {
		const char *sql, *text;
	} rows[] = {
		{"PRAGMA user_version = 99", "newer"},
		{"PRAGMA user_version = 0", "no store of confab"},
		{"PRAGMA user_version = 2; PRAGMA application_id = 7", "no store of confab"},
	};
	struct direct *d = *state;
	struct engine_options options = direct_options(d);
	direct_close(d);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct confab_error err = {0};
		run_sql(d, rows[i].sql);
		assert_null(engine_open(&options, &err));
		assert_int_equal(err.code, CONFAB_EABI);
		assert_non_null(strstr(err.text, rows[i].text));
	}
}

static size_t replies(struct direct *d)
{
	struct confab_thread c = {.log = "general", .parent = 1, .from_n = 1, .to_n = 1000};
	direct_run(d, ENGINE_THREAD, &c.call);
	for (size_t i = 0; i < c.n; i++)
		assert_int_equal(c.rows[i].n, i + 1);
	return c.n;
}

/* A file of schema 1: its threads are right while it is brought over, also when that is cut off. */
static void test_migration(void **state)
{
	struct direct *d = *state;
	direct_fill(d, "general", 1, 1500, "x");
	direct_close(d);
	run_sql(d,
		"UPDATE messages SET parent = 1, n = (id & 4294967295) / 3 WHERE id % 3 = 0;"
		"DROP TABLE replies; PRAGMA user_version = 1");
	direct_open(d);
	size_t n = replies(d);
	assert_true(n > 300);
	assert_true(engine_migrating(d->engine));
	assert_true(engine_maintain(d->engine));
	assert_int_equal(replies(d), n);
	direct_close(d);
	direct_open(d);
	assert_true(engine_migrating(d->engine));
	while (engine_migrating(d->engine))
		(void)engine_maintain(d->engine);
	assert_int_equal(replies(d), n);
	direct_close(d);
	direct_open(d);
	assert_false(engine_migrating(d->engine));
	assert_int_equal(replies(d), n);
}

/* ---- what is deleted ---- */

/* Is it anywhere in the bytes of the store's files? */
static bool bytes_hold(struct direct *d, const char *what)
{
	static const char *const tails[] = {"", "-wal"};
	bool found = false;
	for (size_t t = 0; t < 2; t++) {
		char path[128];
		snprintf(path, sizeof(path), "%s%s", d->path, tails[t]);
		size_t n = (size_t)file_bytes(path);
		char *bytes = malloc(n + 1);
		FILE *f = fopen(path, "rb");
		if (f) {
			n = fread(bytes, 1, n, f);
			found = found || memmem(bytes, n, what, strlen(what)) != NULL;
			fclose(f);
		}
		free(bytes);
	}
	return found;
}

static void test_deleted_is_gone(void **state)
{
	struct direct *d = *state;
	direct_fill(d, "general", 1, 149, "some other words");
	assert_int_equal(direct_say(d, "general", 150, "xyzzyplugh"), CONFAB_COMMIT_DONE);
	direct_fill(d, "general", 151, 300, "some other words");
	assert_int_equal(direct_say(d, "general", 301, "quuxfrobnicate"), CONFAB_COMMIT_DONE);
	assert_int_equal(engine_checkpoint(d->engine), 0);
	assert_true(bytes_hold(d, "xyzzyplugh"));
	assert_int_equal(direct_search(d, "general", "xyzzyplugh"), 1);
	assert_int_equal(direct_change(d, "general", 302, 150, 301, NULL), CONFAB_COMMIT_DONE);
	assert_int_equal(direct_change(d, "general", 303, 301, 301, "edited"), CONFAB_COMMIT_DONE);
	assert_int_equal(direct_search(d, "general", "xyzzyplugh"), 0);
	while (engine_maintain(d->engine))
		continue;
	direct_close(d); /* empties the log, like a checkpoint that cuts it */
	assert_false(bytes_hold(d, "xyzzyplugh"));
	assert_false(bytes_hold(d, "quuxfrobnicate"));
	direct_open(d);
	assert_int_equal(direct_search(d, "general", "edited"), 1);
}

static void test_space_returns(void **state)
{
	struct direct *d = *state;
	char text[2000];
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	direct_fill(d, "general", 1, 2000, text);
	struct confab_entry e = {.rev = 2001,
		.ts = 9000,
		.op = "channel.retain",
		.sender = "",
		.cid = "",
		.result = "{}",
		.seq = 2000,
		.ord = 2000,
		.first = 1990};
	struct confab_commit c = {.log = "general", .at = 2000, .entries = &e, .n = 1};
	direct_run(d, ENGINE_COMMIT, &c.call);
	assert_int_equal(c.result, CONFAB_COMMIT_DONE);
	assert_int_equal(engine_checkpoint(d->engine), 0);
	off_t before = file_bytes(d->path);
	struct confab_purge p = {.call = {.arena = d->arena},
		.log = "general",
		.first = 1990,
		.entries_before_ms = 9000};
	while (engine_purge_step(d->engine, &p))
		continue;
	assert_int_equal(p.call.rc, 0);
	assert_int_equal(p.removed, 1989);
	while (engine_maintain(d->engine))
		continue;
	direct_close(d);
	assert_true(file_bytes(d->path) < before / 4);
	is_sound(d, NULL);
	direct_open(d);
}

/* Whoever writes on and on, with checkpoints beside, has no log that grows without bound. */
static void test_log_is_bounded(void **state)
{
	struct direct *d = *state;
	char text[8000], wal[128];
	memset(text, 'b', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	snprintf(wal, sizeof(wal), "%s-wal", d->path);
	for (uint64_t i = 1; i <= 4001; i += 50) {
		direct_fill(d, "general", i, i + 49, text);
		if (engine_wal_bytes(d->engine) > 2 << 20)
			assert_int_equal(engine_checkpoint(d->engine), 0);
	}
	assert_true(file_bytes(wal) < 8 << 20);
}

/* ---- copies ---- */

static void test_backup_and_restore(void **state)
{
	struct direct *d = *state;
	struct confab_error err = {0};
	char path[128];
	snprintf(path, sizeof(path), "%s/copy.db", d->dir);
	direct_fill(d, "general", 1, 20, "before");
	const char *epoch = direct_head(d, "general", NULL).epoch;
	struct confab_backup b = {.call = {.arena = d->arena}, .path = path};
	engine_backup(d->engine, &b);
	assert_string_equal(b.call.text, "");
	assert_int_equal(b.bytes, file_bytes(path));
	engine_backup(d->engine, &b);
	assert_int_equal(b.call.rc, CONFAB_EEXIST);
	is_sound(d, path);
	direct_fill(d, "general", 21, 30, "after");
	struct engine_options options = direct_options(d);
	assert_int_equal(engine_restore(path, &options, &err), CONFAB_EEXIST);
	direct_close(d);
	err.code = 0;
	assert_int_equal(engine_restore(path, &options, &err), 0);
	direct_open(d);
	struct confab_head head = direct_head(d, "general", NULL);
	assert_int_equal(head.rev, 20);
	assert_string_not_equal(head.epoch, epoch);
	assert_int_equal(direct_search(d, "general", "before"), 20);
	assert_int_equal(direct_say(d, "general", 21, "again"), CONFAB_COMMIT_DONE);
}

/* Damage is found before a copy takes the store's place. */
static void test_restore_refuses_damage(void **state)
{
	struct direct *d = *state;
	struct confab_error err = {0};
	char path[128];
	snprintf(path, sizeof(path), "%s/copy.db", d->dir);
	direct_fill(d, "general", 1, 200, "text");
	struct confab_backup b = {.call = {.arena = d->arena}, .path = path};
	engine_backup(d->engine, &b);
	assert_int_equal(b.call.rc, 0);
	direct_close(d);
	struct engine_options options = direct_options(d);
	struct direct copy = *d;
	snprintf(copy.path, sizeof(copy.path), "%.90s", path);
	run_sql(&copy, "DELETE FROM entries WHERE id % 7 = 0");
	assert_int_equal(engine_restore(path, &options, &err), CONFAB_EPROTO);
	err.code = 0;
	FILE *f = fopen(path, "r+b");
	assert_non_null(f);
	assert_int_equal(fseek(f, 4096 * 6, SEEK_SET), 0);
	for (int i = 0; i < 8192; i++)
		fputc(0x5a, f);
	fclose(f);
	assert_int_not_equal(engine_restore(path, &options, &err), 0);
	direct_open(d);
	assert_int_equal(direct_head(d, "general", NULL).rev, 200);
}

/* ------------------------------------------------------------------------------------------- */

int main(void)
{
#define FILE_TEST(name) cmocka_unit_test_setup_teardown(name, file_begin, file_end)
	const struct CMUnitTest tests[] = {
		FILE_TEST(test_killed),
		FILE_TEST(test_locked),
		FILE_TEST(test_strange_files),
		FILE_TEST(test_migration),
		FILE_TEST(test_deleted_is_gone),
		FILE_TEST(test_space_returns),
		FILE_TEST(test_log_is_bounded),
		FILE_TEST(test_backup_and_restore),
		FILE_TEST(test_restore_refuses_damage),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
