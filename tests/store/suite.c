/**
 * The tests of the suite about logs: commits, entries, rows, pages. suite_side.c has the others.
 *
 * SPDX-License-Identifier: MIT
 */
#include "suite.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suite_side.h"

static int store_setup(void **state)
{
	suite_begin(*state);
	suite_open(*state);
	return 0;
}

static int store_teardown(void **state)
{
	suite_close(*state);
	suite_end(*state);
	return 0;
}

static void test_no_log(void **state)
{
	const char *logs[] = {"nowhere", "@nobody"};
	struct confab_heads c = {.logs = logs, .n = 2};
	ask_heads(*state, &c);
	assert_int_equal(c.call.rc, 0);
	assert_int_equal(c.heads[0].rev, 0);
	assert_int_equal(c.heads[1].rev, 0);
	assert_string_equal(c.heads[1].log, "@nobody");
	answer_drop(&c.call);
	struct confab_page p = {.log = "nowhere", .from_seq = 1, .to_seq = 10};
	ask_page(*state, &p);
	assert_int_equal(p.call.rc, 0);
	assert_int_equal(p.n, 0);
	answer_drop(&p.call);
}

static void test_commit_and_head(void **state)
{
	struct said a;
	say(&a, 1, 1, "ann", "hello");
	struct confab_commit c = {.log = "general", .at = 0, .entries = &a.entry, .n = 1};
	ask_commit(*state, &c);
	assert_int_equal(c.call.rc, 0);
	assert_int_equal(c.result, CONFAB_COMMIT_DONE);
	assert_int_equal(c.head.rev, 1);
	assert_int_equal(c.head.seq, 1);
	assert_int_equal(c.head.ord, 1);
	assert_int_equal(c.head.first, 1);
	assert_int_equal(c.head.ts, 1001);
	assert_true(strlen(c.head.epoch) >= 8);
	answer_drop(&c.call);
	assert_int_equal(head_rev(*state, "general"), 1);
	fill(*state, "general", 2, 40);
	assert_int_equal(head_rev(*state, "general"), 40);
}

/* The epoch of a log stays, and two logs do not share one. */
static void test_epochs(void **state)
{
	const char *logs[] = {"a", "b"};
	char first[2][64];
	fill(*state, "a", 1, 1);
	fill(*state, "b", 1, 1);
	for (int round = 0; round < 2; round++) {
		struct confab_heads c = {.logs = logs, .n = 2};
		ask_heads(*state, &c);
		for (int i = 0; i < 2; i++) {
			if (round == 0)
				snprintf(first[i], sizeof(first[i]), "%s", c.heads[i].epoch);
			assert_string_equal(c.heads[i].epoch, first[i]);
		}
		answer_drop(&c.call);
		fill(*state, "a", 2 + (uint64_t)round, 2 + (uint64_t)round);
	}
	assert_string_not_equal(first[0], first[1]);
}

static void test_moved(void **state)
{
	struct said s;
	fill(*state, "general", 1, 5);
	say(&s, 4, 4, "eve", "late");
	struct confab_commit c = {.log = "general", .at = 3, .entries = &s.entry, .n = 1};
	ask_commit(*state, &c);
	assert_int_equal(c.call.rc, 0);
	assert_int_equal(c.result, CONFAB_COMMIT_MOVED);
	assert_int_equal(c.head.rev, 5);
	assert_int_equal(c.n_moved, 2);
	assert_int_equal(c.moved[0].rev, 4);
	assert_string_equal(c.moved[0].sender, "bob");
	assert_string_equal(c.moved[0].op, "message.send");
	assert_int_equal(c.moved[0].seq, 4);
	assert_true(c.moved[0].message && c.moved[0].counts);
	assert_int_equal(c.moved[1].n_rows, 1);
	assert_int_equal(c.moved[1].rows[0].seq, 5);
	assert_string_equal(c.moved[1].rows[0].body, "{\"text\":\"number w5\"}");
	answer_drop(&c.call);
	assert_int_equal(head_rev(*state, "general"), 5);
}

static void test_moved_ahead(void **state)
{
	struct said s;
	fill(*state, "general", 1, 2);
	say(&s, 10, 10, "eve", "from another history");
	struct confab_commit c = {.log = "general", .at = 9, .entries = &s.entry, .n = 1};
	ask_commit(*state, &c);
	assert_int_equal(c.result, CONFAB_COMMIT_MOVED);
	assert_int_equal(c.n_moved, 0);
	assert_int_equal(c.head.rev, 2);
	answer_drop(&c.call);
}

/* What a commit that breaks a law must not do. */
static void test_refused(void **state)
{
	struct said s;
	fill(*state, "general", 1, 3);
	for (int i = 0; i < 8; i++) {
		say(&s, 4, 4, "ann", "x");
		switch (i) {
		case 0:
			s.entry.seq = 6;
			break;
		case 1:
			s.entry.seq = 3;
			s.row.seq = 3;
			break;
		case 2:
			s.row.rev = 3;
			break;
		case 3:
			s.entry.ts = 1;
			break;
		case 4:
			s.entry.first = 0;
			break;
		case 5:
			s.entry.ord = 1;
			break;
		case 6:
			s.row.seq = 0;
			break;
		default:
			s.row.kind = "";
			break;
		}
		struct confab_commit c = {.log = "general", .at = 3, .entries = &s.entry, .n = 1};
		ask_commit(*state, &c);
		assert_int_equal(c.result, CONFAB_COMMIT_REFUSED);
		assert_int_equal(c.call.rc, CONFAB_EINVAL);
		answer_drop(&c.call);
	}
	assert_int_equal(head_rev(*state, "general"), 3);
}

static void test_known(void **state)
{
	struct said s;
	const char *cids[] = {
		"cid-0123456789-ann-1", "cid-0123456789-ann-7", "no-such-cid-0000000"};
	fill(*state, "general", 1, 3);
	struct confab_known k = {.log = "general", .sender = "ann", .cids = cids, .n = 3};
	ask_known(*state, &k);
	assert_int_equal(k.call.rc, 0);
	assert_int_equal(k.n_entries, 1);
	assert_int_equal(k.entries[0].rev, 1);
	assert_string_equal(k.entries[0].cid, cids[0]);
	assert_string_equal(k.entries[0].result, "{\"ok\":true}");
	assert_int_equal(k.entries[0].hash[31], 1);
	answer_drop(&k.call);
	/* The same cid of the same sender: refused, and nothing of the batch is written. */
	struct said first;
	say(&first, 4, 4, "ann", "new");
	say(&s, 5, 5, "ann", "old cid");
	s.entry.cid = cids[0];
	struct confab_entry both[] = {first.entry, s.entry};
	struct confab_commit c = {.log = "general", .at = 3, .entries = both, .n = 2};
	ask_commit(*state, &c);
	assert_int_equal(c.result, CONFAB_COMMIT_REFUSED);
	assert_int_equal(c.call.rc, CONFAB_EEXIST);
	answer_drop(&c.call);
	assert_int_equal(head_rev(*state, "general"), 3);
	assert_int_equal(put(*state, "general", &first.entry), CONFAB_COMMIT_DONE);
	/* Of another sender, and in another log, it is another. */
	say(&s, 5, 5, "bob", "same cid");
	s.entry.cid = cids[0];
	assert_int_equal(put(*state, "general", &s.entry), CONFAB_COMMIT_DONE);
	say(&s, 1, 1, "ann", "elsewhere");
	assert_int_equal(put(*state, "other", &s.entry), CONFAB_COMMIT_DONE);
	/* Twice within one batch that makes a log. */
	say(&first, 1, 1, "ann", "a");
	say(&s, 2, 2, "ann", "b");
	s.entry.cid = first.entry.cid;
	both[0] = first.entry;
	both[1] = s.entry;
	c = (struct confab_commit){.log = "fresh", .entries = both, .n = 2};
	ask_commit(*state, &c);
	assert_int_equal(c.result, CONFAB_COMMIT_REFUSED);
	answer_drop(&c.call);
	assert_int_equal(head_rev(*state, "fresh"), 0);
}

static void test_entries(void **state)
{
	fill(*state, "general", 1, 30);
	struct confab_entries c = {.log = "general", .after = 10, .limit = 5};
	ask_entries(*state, &c);
	assert_int_equal(c.n, 5);
	assert_int_equal(c.entries[0].rev, 11);
	assert_int_equal(c.entries[4].rev, 15);
	assert_int_equal(c.entries[4].n_rows, 1);
	assert_int_equal(c.head.rev, 30);
	answer_drop(&c.call);
	c = (struct confab_entries){.log = "general", .after = 30, .limit = 5};
	ask_entries(*state, &c);
	assert_int_equal(c.n, 0);
	answer_drop(&c.call);
}

/* An edit moves a row to its rev; a reader from before meets it once, in its newer state. */
static void test_rows_move(void **state)
{
	struct said s;
	fill(*state, "general", 1, 10);
	say(&s, 11, 3, "ann", "edited");
	s.entry.seq = s.entry.ord = 10;
	s.entry.message = s.entry.counts = false;
	assert_int_equal(put(*state, "general", &s.entry), CONFAB_COMMIT_DONE);
	struct confab_rows c = {.log = "general", .after = 0, .limit = 1000};
	ask_rows(*state, &c);
	assert_int_equal(c.n, 10);
	assert_int_equal(c.to, 11);
	assert_false(c.more);
	assert_int_equal(c.rows[9].seq, 3);
	assert_int_equal(c.rows[9].rev, 11);
	assert_string_equal(c.rows[9].body, "{\"text\":\"edited\"}");
	for (size_t i = 1; i < c.n; i++)
		assert_true(c.rows[i].rev > c.rows[i - 1].rev);
	answer_drop(&c.call);
	struct confab_entries e = {.log = "general", .after = 2, .limit = 1};
	ask_entries(*state, &e);
	assert_int_equal(e.n, 1);
	assert_int_equal(e.entries[0].n_rows, 0);
	answer_drop(&e.call);
}

/* Windows of rows never end inside a rev. */
static void test_rows_windows(void **state)
{
	struct confab_row rows[30];
	char ids[30][40];
	for (uint64_t rev = 1; rev <= 6; rev++) {
		for (int i = 0; i < 5; i++) {
			snprintf(ids[i], sizeof(ids[i]), "%" PRIu64 "-%d", rev, i);
			rows[i] = (struct confab_row){.kind = "member",
				.id = ids[i],
				.rev = rev,
				.body = "{}",
				.body_len = 2};
		}
		struct confab_entry e = {.rev = rev,
			.ts = 5,
			.op = "member.join",
			.sender = "",
			.cid = "",
			.result = "{}",
			.rows = rows,
			.n_rows = 5};
		assert_int_equal(put(*state, "general", &e), CONFAB_COMMIT_DONE);
	}
	uint64_t after = 0;
	size_t seen = 0;
	for (bool more = true; more;) {
		struct confab_rows c = {.log = "general", .after = after, .limit = 7};
		ask_rows(*state, &c);
		assert_int_equal(c.n % 5, 0);
		assert_true(c.to > after);
		seen += c.n;
		after = c.to;
		more = c.more;
		answer_drop(&c.call);
	}
	assert_int_equal(seen, 30);
	assert_int_equal(after, 6);
}

static void test_row_get_and_list(void **state)
{
	struct confab_row rows[3] = {
		{.kind = "member",
			.id = "bob",
			.rev = 1,
			.body = "{\"role\":\"a\"}",
			.body_len = 12},
		{.kind = "member",
			.id = "ann",
			.rev = 1,
			.audience = "[\"x\"]",
			.body = "{}",
			.body_len = 2},
		{.kind = "channel",
			.id = "general",
			.rev = 1,
			.tag = "open",
			.body = "{}",
			.body_len = 2},
	};
	struct confab_entry e = {.rev = 1,
		.ts = 5,
		.op = "channel.create",
		.sender = "ann",
		.cid = "",
		.result = "{}",
		.rows = rows,
		.n_rows = 3};
	assert_int_equal(put(*state, "general", &e), CONFAB_COMMIT_DONE);
	const char *kinds[] = {"member", "member", "channel", "message"};
	const char *ids[] = {"ann", "eve", "general", "1"};
	struct confab_row_get g = {.log = "general", .kinds = kinds, .ids = ids, .n = 4};
	ask_row_get(*state, &g);
	assert_string_equal(g.rows[0].id, "ann");
	assert_string_equal(g.rows[0].audience, "[\"x\"]");
	assert_null(g.rows[1].kind);
	assert_string_equal(g.rows[2].tag, "open");
	assert_null(g.rows[3].kind);
	assert_int_equal(g.head.rev, 1);
	answer_drop(&g.call);
	struct confab_row_list l = {.log = "general", .kind = "member", .after = "", .limit = 1};
	ask_list(*state, &l);
	assert_int_equal(l.n, 1);
	assert_true(l.more);
	assert_string_equal(l.rows[0].id, "ann");
	answer_drop(&l.call);
	l = (struct confab_row_list){
		.log = "general", .kind = "member", .after = "ann", .limit = 5};
	ask_list(*state, &l);
	assert_int_equal(l.n, 1);
	assert_false(l.more);
	assert_string_equal(l.rows[0].id, "bob");
	answer_drop(&l.call);
	/* A gone row is in no list, but a sync hears of it. */
	rows[0].rev = e.rev = 2;
	rows[0].gone = true;
	rows[0].body = "";
	rows[0].body_len = 0;
	e.n_rows = 1;
	assert_int_equal(put(*state, "general", &e), CONFAB_COMMIT_DONE);
	l = (struct confab_row_list){.log = "general", .kind = "member", .after = "", .limit = 5};
	ask_list(*state, &l);
	assert_int_equal(l.n, 1);
	answer_drop(&l.call);
	struct confab_rows r = {.log = "general", .after = 1, .limit = 5};
	ask_rows(*state, &r);
	assert_int_equal(r.n, 1);
	assert_true(r.rows[0].gone);
	assert_string_equal(r.rows[0].body, "");
	answer_drop(&r.call);
}

static void tagged_put(struct fixture *f, const char *log, uint64_t rev, const char *tag)
{
	struct confab_row row = {.kind = "channel",
		.id = "self",
		.rev = rev,
		.tag = tag,
		.body = "{}",
		.body_len = 2};
	struct confab_entry e = {.rev = rev,
		.ts = 5,
		.op = "channel.update",
		.sender = "",
		.cid = "",
		.result = "{}",
		.rows = &row,
		.n_rows = 1};
	assert_int_equal(put(f, log, &e), CONFAB_COMMIT_DONE);
}

static void test_tagged(void **state)
{
	tagged_put(*state, "c", 1, "open");
	tagged_put(*state, "a", 1, "open");
	tagged_put(*state, "b", 1, "shut");
	tagged_put(*state, "d", 1, "open");
	tagged_put(*state, "d", 2, "shut");
	struct confab_tagged c = {.kind = "channel", .tag = "open", .after = "", .limit = 1};
	ask_tagged(*state, &c);
	assert_int_equal(c.n, 1);
	assert_string_equal(c.logs[0], "a");
	assert_true(c.more);
	answer_drop(&c.call);
	c = (struct confab_tagged){.kind = "channel", .tag = "open", .after = "a", .limit = 10};
	ask_tagged(*state, &c);
	assert_int_equal(c.n, 1);
	assert_string_equal(c.logs[0], "c");
	assert_false(c.more);
	answer_drop(&c.call);
}

static void page_is(struct fixture *f, uint64_t from, uint64_t to, uint64_t first, size_t n)
{
	struct confab_page c = {.log = "general", .from_seq = from, .to_seq = to};
	ask_page(f, &c);
	assert_int_equal(c.call.rc, 0);
	assert_int_equal(c.n, n);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(c.rows[i].seq, first + i);
		assert_string_equal(c.rows[i].kind, "message");
		assert_int_equal(strtoull(c.rows[i].id, NULL, 10), first + i);
	}
	answer_drop(&c.call);
}

/* Pages upwards, downwards, clipped at both ends. */
static void test_pages(void **state)
{
	fill(*state, "general", 1, 100);
	page_is(*state, 1, 50, 1, 50);
	page_is(*state, 51, 100, 51, 50);
	page_is(*state, 40, 49, 40, 10);
	page_is(*state, 0, 5, 1, 5);
	page_is(*state, 95, 1000, 95, 6);
	page_is(*state, 101, 200, 101, 0);
	page_is(*state, 10, 9, 10, 0);
}

static void test_thread(void **state)
{
	struct said s;
	fill(*state, "general", 1, 3);
	for (uint64_t i = 1; i <= 5; i++) {
		say(&s, 3 + i, 3 + i, "ann", "reply");
		s.row.parent = i == 3 ? 1 : 2;
		s.row.n = i < 3 ? i : i == 3 ? 1 : i - 1;
		assert_int_equal(put(*state, "general", &s.entry), CONFAB_COMMIT_DONE);
	}
	struct confab_thread c = {.log = "general", .parent = 2, .from_n = 2, .to_n = 10};
	ask_thread(*state, &c);
	assert_int_equal(c.n, 3);
	for (uint64_t i = 0; i < 3; i++) {
		assert_int_equal(c.rows[i].n, i + 2);
		assert_int_equal(c.rows[i].parent, 2);
	}
	answer_drop(&c.call);
}

static void test_deleted_marks(void **state)
{
	struct said s;
	fill(*state, "general", 1, 9);
	uint64_t rev = 10;
	for (uint64_t seq = 8; seq >= 4; seq -= 2, rev++) {
		say(&s, rev, seq, "ann", "");
		s.row.gone = true;
		s.row.body = "";
		s.row.body_len = 0;
		s.entry.seq = s.entry.ord = 9;
		s.entry.message = s.entry.counts = false;
		s.entry.deleted = seq;
		s.entry.deleted_all = seq == 6;
		assert_int_equal(put(*state, "general", &s.entry), CONFAB_COMMIT_DONE);
	}
	const char *log = "general";
	struct confab_heads c = {.logs = &log, .n = 1};
	ask_heads(*state, &c);
	assert_int_equal(c.heads[0].n_deleted, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(c.heads[0].deleted[i].seq, 4 + 2 * i);
		assert_int_equal(c.heads[0].deleted[i].all, i == 1);
	}
	answer_drop(&c.call);
	page_is(*state, 4, 4, 4, 1);
}

static void test_changed(void **state)
{
	struct fixture *f = *state;
	int64_t before = f->now_ms() - 1;
	fill(f, "a", 1, 2);
	fill(f, "b", 1, 3);
	struct confab_changed c = {.from_ms = before};
	ask_changed(f, &c);
	assert_int_equal(c.call.rc, 0);
	assert_int_equal(c.n, 2);
	assert_true(c.to_ms >= before);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(c.heads[i].rev, strcmp(c.heads[i].log, "a") == 0 ? 2 : 3);
	answer_drop(&c.call);
	c = (struct confab_changed){.from_ms = f->now_ms() + 1000};
	ask_changed(f, &c);
	assert_int_equal(c.n, 0);
	answer_drop(&c.call);
}

/* ---- many writers and readers ---- */

#define WRITERS 6
#define EACH 60

struct writer {
	struct fixture *f;
	pthread_t thread;
	char name[16];
	unsigned done, moved, wrong;
};

/* Commit at, and when the log has moved go on from its head; read while others write. */
static void *writer_main(void *arg)
{
	struct writer *w = arg;
	uint64_t at = 0;
	unsigned tries = 0;
	while (w->done < EACH && tries++ < 100000) {
		struct said s;
		say(&s, at + 1, at + 1, w->name, "x");
		snprintf(s.cid, sizeof(s.cid), "cid-0123456789-%u", w->done);
		struct confab_commit c = {.log = "busy", .at = at, .entries = &s.entry, .n = 1};
		ask_commit(w->f, &c);
		if (c.result == CONFAB_COMMIT_DONE) {
			w->done++;
			w->wrong += c.head.rev < at + 1;
		} else {
			w->moved++;
			w->wrong += c.result != CONFAB_COMMIT_MOVED;
			for (size_t i = 0; i < c.n_moved; i++)
				w->wrong += c.moved[i].rev != at + 1 + i;
		}
		at = c.head.rev;
		answer_drop(&c.call);
		struct confab_rows r = {
			.log = "busy", .after = at > 20 ? at - 20 : 0, .limit = 1000};
		ask_rows(w->f, &r);
		w->wrong += r.to != r.head.rev || r.n != r.head.rev - r.after;
		answer_drop(&r.call);
	}
	return NULL;
}

static void test_many_writers(void **state)
{
	struct writer writers[WRITERS];
	for (int i = 0; i < WRITERS; i++) {
		writers[i] = (struct writer){.f = *state};
		snprintf(writers[i].name, sizeof(writers[i].name), "user%d", i);
		pthread_create(&writers[i].thread, NULL, writer_main, &writers[i]);
	}
	for (int i = 0; i < WRITERS; i++) {
		pthread_join(writers[i].thread, NULL);
		assert_int_equal(writers[i].wrong, 0);
		assert_int_equal(writers[i].done, EACH);
	}
	struct confab_page c = {.log = "busy", .from_seq = 1, .to_seq = 1000};
	ask_page(*state, &c);
	assert_int_equal(c.head.rev, WRITERS * EACH);
	assert_int_equal(c.n, WRITERS * EACH);
	for (size_t i = 0; i < c.n; i++)
		assert_int_equal(c.rows[i].seq, i + 1);
	answer_drop(&c.call);
}

static void test_lasting(void **state)
{
	struct fixture *f = *state;
	uint64_t kept = f->lasting ? 50 : 0;

	fill(f, "general", 1, 50);
	suite_close(f);
	suite_open(f);
	assert_int_equal(head_rev(f, "general"), kept);
	if (f->lasting)
		page_is(f, 1, 100, 1, 50);
	fill(f, "general", kept + 1, kept + 10);
	page_is(f, 1, 100, 1, kept + 10);
}

/* ------------------------------------------------------------------------------------------- */

#define TEST(name) cmocka_unit_test_prestate_setup_teardown(name, store_setup, store_teardown, f)

int suite_run(struct fixture *f)
{
	const struct CMUnitTest logs[] = {
		TEST(test_no_log),
		TEST(test_commit_and_head),
		TEST(test_epochs),
		TEST(test_moved),
		TEST(test_moved_ahead),
		TEST(test_refused),
		TEST(test_known),
		TEST(test_entries),
		TEST(test_rows_move),
		TEST(test_rows_windows),
		TEST(test_row_get_and_list),
		TEST(test_tagged),
		TEST(test_pages),
		TEST(test_thread),
		TEST(test_deleted_marks),
		TEST(test_changed),
		TEST(test_many_writers),
		TEST(test_lasting),
		TEST(test_search_words),
		TEST(test_search_scripts),
		TEST(test_search_forgets),
		TEST(test_cursors),
		TEST(test_own_marks),
		TEST(test_todos),
		TEST(test_leases),
		TEST(test_docs),
		TEST(test_docs_found),
		TEST(test_purge),
		TEST(test_purge_old),
	};
	return cmocka_run_group_tests_name(f->name, logs, NULL, NULL);
}
