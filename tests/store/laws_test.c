/**
 * The laws every store keeps, over the memory store and over store-sqlite's engine.
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
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/chance.h"
#include "base/clock.h"
#include "store-sqlite/engine.h"
#include "store/arena.h"
#include "store/memory.h"
#include "store/memory_internal.h"

/** The store under test: one of the two. */
struct subject {
	struct memory *memory;
	struct engine *engine;
	char folder[64], path[96];
	struct confab_arena *arena; /* of all calls of a test */
};

static void (*const execs[ENGINE_VERBS])(struct memory *m, struct confab_call *call) = {
	[ENGINE_COMMIT] = exec_commit,
	[ENGINE_CURSOR_PUT] = exec_cursor_put,
	[ENGINE_TODO_DONE] = exec_todo_done,
	[ENGINE_LEASE] = exec_lease,
	[ENGINE_DOC_WRITE] = exec_doc,
	[ENGINE_HEADS] = exec_heads,
	[ENGINE_CHANGED] = exec_changed,
	[ENGINE_KNOWN] = exec_known,
	[ENGINE_ENTRIES] = exec_entries,
	[ENGINE_ROWS] = exec_rows,
	[ENGINE_ROW_GET] = exec_row_get,
	[ENGINE_LIST] = exec_list,
	[ENGINE_TAGGED] = exec_tagged,
	[ENGINE_PAGE] = exec_page,
	[ENGINE_THREAD] = exec_thread,
	[ENGINE_SEARCH] = exec_search,
	[ENGINE_CURSORS] = exec_cursors,
	[ENGINE_TODOS] = exec_todos,
	[ENGINE_DOC_READ] = exec_doc,
};

static struct engine *engine_at(const char *path)
{
	struct confab_error err = {0};
	struct engine_options options = {
		.path = path,
		.readers = 1,
		.now_ms = clock_real_ms,
		.mono_us = clock_mono_us,
		.random = chance_bytes,
	};
	struct engine *e = engine_open(&options, &err);
	if (e == NULL)
		print_error("%s\n", err.text);
	assert_non_null(e);
	return e;
}

static int memory_begin(void **state)
{
	struct subject *s = calloc(1, sizeof(*s));
	s->memory = memory_new();
	s->arena = arena_new();
	*state = s;
	return 0;
}

static int sqlite_begin(void **state)
{
	struct subject *s = calloc(1, sizeof(*s));
	strcpy(s->folder, "/tmp/confab-laws-XXXXXX");
	assert_non_null(mkdtemp(s->folder));
	snprintf(s->path, sizeof(s->path), "%s/s.db", s->folder);
	s->engine = engine_at(s->path);
	s->arena = arena_new();
	*state = s;
	return 0;
}

static int subject_end(void **state)
{
	struct subject *s = *state;
	char command[128];
	memory_free(s->memory);
	engine_close(s->engine);
	arena_free(s->arena);
	snprintf(command, sizeof(command), "rm -r '%s'", s->folder);
	if (*s->folder)
		assert_int_equal(system(command), 0);
	free(s);
	return 0;
}

static void run(struct subject *s, enum engine_verb verb, struct confab_call *call)
{
	struct engine_job job = {verb, call};
	call->arena = s->arena;
	call->rc = 0;
	if (s->memory)
		execs[verb](s->memory, call);
	else if (verb <= ENGINE_LAST_WRITE)
		engine_write(s->engine, &job, 1);
	else
		engine_read(s->engine, 0, &job);
}

static int purge(struct subject *s, struct confab_purge *c)
{
	c->call.arena = s->arena;
	c->call.rc = 0;
	if (s->memory)
		exec_purge(s->memory, &c->call);
	else
		while (engine_purge_step(s->engine, c))
			;
	return c->call.rc;
}

/** A message of ann's as an entry with its row; rev and seq are the same number here. */
static struct confab_entry message(
	struct subject *s, uint64_t n, const char *cid, const char *tokens)
{
	char id[24], body[64];
	int id_len = snprintf(id, sizeof(id), "%llu", (unsigned long long)n);
	int len = snprintf(body, sizeof(body), "{\"text\":\"message %s\"}", id);
	struct confab_row *row = confab_arena_alloc(s->arena, sizeof(*row));
	*row = (struct confab_row){
		.kind = "message",
		.id = confab_arena_dup(s->arena, id, (size_t)id_len),
		.rev = n,
		.seq = n,
		.sender = "ann",
		.tokens = tokens,
		.body = confab_arena_dup(s->arena, body, (size_t)len),
		.body_len = (size_t)len,
	};
	return (struct confab_entry){
		.rev = n,
		.ts = (int64_t)n * 1000,
		.op = "message.send",
		.sender = "ann",
		.cid = confab_arena_dup(s->arena, cid, strlen(cid)),
		.result = "{}",
		.seq = n,
		.ord = n,
		.first = 1,
		.message = true,
		.counts = true,
		.rows = row,
		.n_rows = 1,
	};
}

static struct confab_commit commit(
	struct subject *s, uint64_t at, const struct confab_entry *e, size_t n)
{
	struct confab_commit c = {.log = "general", .at = at, .entries = e, .n = n};
	run(s, ENGINE_COMMIT, &c.call);
	return c;
}

static void say(struct subject *s, uint64_t from, uint64_t to)
{
	char cid[32];
	for (uint64_t n = from; n <= to; n++) {
		snprintf(cid, sizeof(cid), "cid-%012llu", (unsigned long long)n);
		struct confab_entry e = message(s, n, cid, "hello world");
		assert_int_equal(commit(s, n - 1, &e, 1).result, CONFAB_COMMIT_DONE);
	}
}

/* ---- commits ----------------------------------------------------------------------------- */

static void a_commit_at_another_place_is_told_what_came(void **state)
{
	struct subject *s = *state;
	say(s, 1, 3);
	struct confab_entry e = message(s, 2, "cid-other-000002", "");
	struct confab_commit c = commit(s, 1, &e, 1);
	assert_int_equal(c.result, CONFAB_COMMIT_MOVED);
	assert_int_equal(c.n_moved, 2);
	assert_int_equal(c.moved[0].rev, 2);
	assert_int_equal(c.moved[0].n_rows, 1);
	assert_int_equal(c.head.rev, 3);
	e = message(s, 8, "cid-other-000002", "");
	c = commit(s, 7, &e, 1);
	assert_int_equal(c.result, CONFAB_COMMIT_MOVED);
	assert_int_equal(c.n_moved, 0);
}

static void a_known_cid_is_refused_whole(void **state)
{
	struct subject *s = *state;
	say(s, 1, 2);
	struct confab_entry e[] = {
		message(s, 3, "cid-new-00000003", ""), message(s, 4, "cid-000000000001", "")};
	struct confab_commit c = commit(s, 2, e, 2);
	assert_int_equal(c.result, CONFAB_COMMIT_REFUSED);
	assert_int_equal(c.call.rc, CONFAB_EEXIST);
	const char *cids[] = {"cid-new-00000003", "cid-000000000001"};
	struct confab_known k = {.log = "general", .sender = "ann", .cids = cids, .n = 2};
	run(s, ENGINE_KNOWN, &k.call);
	assert_int_equal(k.n_entries, 1);
	assert_int_equal(k.entries[0].rev, 1);
	assert_string_equal(k.entries[0].result, "{}");
	say(s, 3, 3);
}

static void numbers_that_do_not_follow_are_refused(void **state)
{
	struct subject *s = *state;
	struct confab_entry e = message(s, 2, "cid-000000000002", "");
	struct confab_commit c = commit(s, 0, &e, 1);
	assert_int_equal(c.result, CONFAB_COMMIT_REFUSED);
	assert_int_equal(c.call.rc, CONFAB_EINVAL);
}

/* ---- reads ------------------------------------------------------------------------------- */

static void rows_come_in_windows_and_a_row_once(void **state)
{
	struct subject *s = *state;
	say(s, 1, 10);
	struct confab_rows r = {.log = "general", .after = 2, .limit = 3};
	run(s, ENGINE_ROWS, &r.call);
	assert_int_equal(r.n, 3);
	assert_true(r.more);
	assert_int_equal(r.to, 5);
	r.after = 5, r.limit = 100;
	run(s, ENGINE_ROWS, &r.call);
	assert_int_equal(r.n, 5);
	assert_false(r.more);
	assert_int_equal(r.to, 10);
}

static void pages_are_clipped_and_dense(void **state)
{
	struct subject *s = *state;
	say(s, 1, 10);
	struct confab_page p = {.log = "general", .from_seq = 8, .to_seq = 50};
	run(s, ENGINE_PAGE, &p.call);
	assert_int_equal(p.n, 3);
	assert_int_equal(p.rows[0].seq, 8);
	assert_string_equal(p.rows[2].body, "{\"text\":\"message 10\"}");
	assert_string_equal(p.rows[2].sender, "ann");
}

static void threads_are_found_by_number(void **state)
{
	struct subject *s = *state;
	say(s, 1, 1);
	for (uint64_t n = 2; n <= 4; n++) {
		char cid[32];
		snprintf(cid, sizeof(cid), "cid-reply-%06llu", (unsigned long long)n);
		struct confab_entry e = message(s, n, cid, "");
		struct confab_row *row = (struct confab_row *)e.rows;
		row->parent = 1, row->n = n - 1;
		assert_int_equal(commit(s, n - 1, &e, 1).result, CONFAB_COMMIT_DONE);
	}
	struct confab_thread t = {.log = "general", .parent = 1, .from_n = 2, .to_n = 9};
	run(s, ENGINE_THREAD, &t.call);
	assert_int_equal(t.n, 2);
	assert_int_equal(t.rows[0].seq, 3);
	assert_int_equal(t.rows[1].n, 3);
}

static void search_finds_the_newest_first_and_goes_on(void **state)
{
	struct subject *s = *state;
	say(s, 1, 5);
	const char *logs[] = {"general"}, *tokens[] = {"hello", "wor"};
	struct confab_search q = {.logs = logs,
		.n_logs = 1,
		.tokens = tokens,
		.n_tokens = 2,
		.prefix = true,
		.cursor = "",
		.limit = 3};
	run(s, ENGINE_SEARCH, &q.call);
	assert_int_equal(q.n, 3);
	assert_int_equal(q.rows[0].seq, 5);
	assert_string_equal(q.row_logs[0], "general");
	q.cursor = q.next;
	run(s, ENGINE_SEARCH, &q.call);
	assert_int_equal(q.n, 2);
	assert_int_equal(q.rows[1].seq, 1);
	assert_string_equal(q.next, "");
	q.prefix = false, q.cursor = "";
	run(s, ENGINE_SEARCH, &q.call);
	assert_int_equal(q.n, 0);
}

/* ---- beside the logs --------------------------------------------------------------------- */

static void cursors_only_rise(void **state)
{
	struct subject *s = *state;
	struct confab_cursor_put p = {.cursor = {.log = "general", .user = "bob"}};
	run(s, ENGINE_CURSOR_PUT, &p.call);
	assert_int_equal(p.call.rc, CONFAB_ENOENT);
	say(s, 1, 5);
	p.cursor.read_seq = 3, p.cursor.delivered = 2;
	run(s, ENGINE_CURSOR_PUT, &p.call);
	p.cursor.read_seq = 1, p.cursor.delivered = 4;
	run(s, ENGINE_CURSOR_PUT, &p.call);
	assert_int_equal(p.call.rc, 0);
	assert_int_equal(p.out.read_seq, 3);
	assert_int_equal(p.out.delivered, 4);
	p.cursor = (struct confab_cursor){.log = "general", .user = "ann", .read_seq = 2};
	run(s, ENGINE_CURSOR_PUT, &p.call);
	assert_int_equal(p.out.n_own, 3);
	assert_int_equal(p.out.own[0].seq, 3);
	struct confab_cursors all = {.log = "general"};
	run(s, ENGINE_CURSORS, &all.call);
	assert_int_equal(all.n, 2);
	assert_string_equal(all.cursors[0].user, "ann");
}

static void todos_wait_until_they_are_done(void **state)
{
	struct subject *s = *state;
	struct confab_todo todo = {
		.log = "general", .rev = 1, .name = "p.t", .body = "{}", .due_ms = 5};
	struct confab_entry e = message(s, 1, "cid-000000000001", "");
	e.todos = &todo, e.n_todos = 1;
	assert_int_equal(commit(s, 0, &e, 1).result, CONFAB_COMMIT_DONE);
	struct confab_todos t = {.due_before_ms = 10, .limit = 10};
	run(s, ENGINE_TODOS, &t.call);
	assert_int_equal(t.n, 1);
	struct confab_todo_done d = {.log = "general", .rev = 1, .again_ms = 50};
	run(s, ENGINE_TODO_DONE, &d.call);
	run(s, ENGINE_TODOS, &t.call);
	assert_int_equal(t.n, 0);
	t.due_before_ms = 60;
	run(s, ENGINE_TODOS, &t.call);
	assert_int_equal(t.n, 1);
	assert_int_equal(t.todos[0].attempts, 1);
	d.again_ms = 0;
	run(s, ENGINE_TODO_DONE, &d.call);
	run(s, ENGINE_TODOS, &t.call);
	assert_int_equal(t.n, 0);
}

static void a_lease_has_one_holder(void **state)
{
	struct subject *s = *state;
	struct confab_lease a = {.name = "x", .holder = "a", .ttl_ms = 60000};
	struct confab_lease b = {.name = "x", .holder = "b", .ttl_ms = 60000};
	run(s, ENGINE_LEASE, &a.call);
	run(s, ENGINE_LEASE, &b.call);
	assert_true(a.held);
	assert_false(b.held);
	assert_string_equal(b.owner, "a");
	a.ttl_ms = 0;
	run(s, ENGINE_LEASE, &a.call);
	run(s, ENGINE_LEASE, &b.call);
	assert_true(b.held);
	assert_true(b.fence > a.fence);
}

static void documents_change_only_from_the_version_meant(void **state)
{
	struct subject *s = *state;
	struct confab_doc_call d = {.verb = CONFAB_DOC_PUT,
		.doc = {.coll = "p.c", .key = "k", .body = "{\"a\":1}", .index = "i"}};
	run(s, ENGINE_DOC_WRITE, &d.call);
	assert_int_equal(d.call.rc, 0);
	assert_int_equal(d.doc.version, 1);
	run(s, ENGINE_DOC_WRITE, &d.call);
	assert_int_equal(d.call.rc, CONFAB_ECONFLICT);
	assert_string_equal(d.doc.body, "{\"a\":1}");
	struct confab_doc_call f = {.verb = CONFAB_DOC_FIND,
		.doc = {.coll = "p.c", .key = "", .index = "i"},
		.limit = 5};
	run(s, ENGINE_DOC_READ, &f.call);
	assert_int_equal(f.n, 1);
	d.verb = CONFAB_DOC_DELETE, d.if_version = 1;
	run(s, ENGINE_DOC_WRITE, &d.call);
	assert_int_equal(d.call.rc, 0);
	d.verb = CONFAB_DOC_GET;
	run(s, ENGINE_DOC_READ, &d.call);
	assert_int_equal(d.doc.version, 0);
}

/* ---- purging ----------------------------------------------------------------------------- */

static void a_purge_takes_what_is_below_first(void **state)
{
	struct subject *s = *state;
	say(s, 1, 600);
	struct confab_purge p = {.log = "general", .first = 500};
	assert_int_equal(purge(s, &p), CONFAB_EINVAL);
	struct confab_entry e = {.rev = 601,
		.ts = 601000,
		.op = "channel.retain",
		.sender = "",
		.cid = "",
		.result = "{}",
		.seq = 600,
		.ord = 600,
		.first = 500};
	assert_int_equal(commit(s, 600, &e, 1).result, CONFAB_COMMIT_DONE);
	p.entries_before_ms = 550 * 1000;
	assert_int_equal(purge(s, &p), 0);
	assert_int_equal(p.removed, 499);
	struct confab_page page = {.log = "general", .from_seq = 1, .to_seq = 510};
	run(s, ENGINE_PAGE, &page.call);
	assert_int_equal(page.n, 11);
	struct confab_entries old = {.log = "general", .after = 10, .limit = 10};
	run(s, ENGINE_ENTRIES, &old.call);
	assert_int_equal(old.call.rc, CONFAB_EGONE);
	old.after = 499;
	run(s, ENGINE_ENTRIES, &old.call);
	assert_int_equal(old.call.rc, 0);
	assert_int_equal(old.n, 10);
}

/* ---- only a file ------------------------------------------------------------------------- */

static void what_was_answered_survives_a_killed_process(void **state)
{
	struct subject *s = *state;
	engine_close(s->engine);
	s->engine = NULL;
	pid_t pid = fork();
	if (pid == 0) {
		s->engine = engine_at(s->path);
		say(s, 1, 50);
		_exit(0); /* nothing is closed */
	}
	int status = 0;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	s->engine = engine_at(s->path);
	struct confab_page p = {.log = "general", .from_seq = 1, .to_seq = 100};
	run(s, ENGINE_PAGE, &p.call);
	assert_int_equal(p.n, 50);
}

static void a_backup_comes_back_with_another_epoch(void **state)
{
	struct subject *s = *state;
	char path[128];
	struct confab_error err = {0};
	say(s, 1, 20);
	const char *logs[] = {"general"};
	struct confab_heads h = {.logs = logs, .n = 1};
	run(s, ENGINE_HEADS, &h.call);
	const char *epoch = h.heads[0].epoch;
	snprintf(path, sizeof(path), "%s/backup.db", s->folder);
	struct confab_backup b = {.call = {.arena = s->arena}, .path = path};
	engine_backup(s->engine, &b);
	assert_int_equal(b.call.rc, 0);
	assert_true(b.bytes > 0);
	engine_backup(s->engine, &b);
	assert_int_equal(b.call.rc, CONFAB_EEXIST);
	say(s, 21, 30);
	struct engine_options options = {.path = s->path};
	assert_int_equal(engine_restore(path, &options, &err), CONFAB_EEXIST);
	engine_close(s->engine);
	err.code = 0;
	assert_int_equal(engine_restore(path, &options, &err), 0);
	s->engine = engine_at(s->path);
	run(s, ENGINE_HEADS, &h.call);
	assert_int_equal(h.heads[0].rev, 20);
	assert_string_not_equal(h.heads[0].epoch, epoch);
}

#define LAW(name) \
	cmocka_unit_test_setup_teardown(name, memory_begin, subject_end), \
		cmocka_unit_test_setup_teardown(name, sqlite_begin, subject_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LAW(a_commit_at_another_place_is_told_what_came),
		LAW(a_known_cid_is_refused_whole),
		LAW(numbers_that_do_not_follow_are_refused),
		LAW(rows_come_in_windows_and_a_row_once),
		LAW(pages_are_clipped_and_dense),
		LAW(threads_are_found_by_number),
		LAW(search_finds_the_newest_first_and_goes_on),
		LAW(cursors_only_rise),
		LAW(todos_wait_until_they_are_done),
		LAW(a_lease_has_one_holder),
		LAW(documents_change_only_from_the_version_meant),
		LAW(a_purge_takes_what_is_below_first),
		cmocka_unit_test_setup_teardown(
			what_was_answered_survives_a_killed_process, sqlite_begin, subject_end),
		cmocka_unit_test_setup_teardown(
			a_backup_comes_back_with_another_epoch, sqlite_begin, subject_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
