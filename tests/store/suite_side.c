/**
 * The suite's tests about search, cursors, todos, leases, documents and purges.
 *
 * SPDX-License-Identifier: MIT
 */
#include "suite_side.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/token.h"
#include "suite.h"

/* A message whose tokens are the core's. */
static void say_words(
	struct fixture *f, const char *log, uint64_t rev, const char *sender, const char *text)
{
	struct said s;
	struct buf tokens;
	buf_init(&tokens);
	(void)token_text(&tokens, text, strlen(text), TOKEN_DOCUMENT);
	say(&s, rev, rev, sender, text);
	s.row.tokens = tokens.bytes;
	assert_int_equal(put(f, log, &s.entry), CONFAB_COMMIT_DONE);
	buf_fini(&tokens);
}

/** What to ask, and the places that must come, newest first: "log/seq log/seq". */
struct question {
	const char *text, *sender, *want;
	bool prefix, one_log;
};

static void search_is(struct fixture *f, const struct question *q)
{
	const char *logs[] = {"general", "other", "nowhere"}, *words[TOKENS_QUERY];
	struct buf tokens, got;
	buf_init(&tokens);
	buf_init(&got);
	size_t n = token_text(&tokens, q->text, strlen(q->text), TOKEN_QUERY);
	assert_int_equal(token_split(tokens.bytes, words, TOKENS_QUERY), n);
	char *cursor = strdup("");
	do { /* pages of one */
		struct confab_search c = {.logs = logs,
			.n_logs = q->one_log ? 1 : 3,
			.tokens = words,
			.n_tokens = n,
			.prefix = q->prefix,
			.sender = q->sender,
			.cursor = cursor,
			.limit = 1};
		ask_search(f, &c);
		assert_string_equal(c.call.text, "");
		for (size_t i = 0; i < c.n; i++)
			buf_fmt(&got, "%s%s/%s", got.len ? " " : "", c.row_logs[i], c.rows[i].id);
		free(cursor);
		cursor = strdup(c.next);
		answer_drop(&c.call);
	} while (*cursor);
	free(cursor);
	assert_string_equal(got.bytes ? got.bytes : "", q->want);
	buf_fini(&tokens);
	buf_fini(&got);
}

void test_search_words(void **state)
{
	static const struct question questions[] = {
		{"fox", NULL, "general/4 other/1 general/1", false, false},
		{"FOX", NULL, "general/4 general/1", false, true},
		{"quick fox", NULL, "general/1", false, false},
		{"fox", "bob", "general/4", false, false},
		{"fox", "nobody", "", false, false},
		{"quic", NULL, "", false, false},
		{"quic", NULL, "general/2 general/1", true, false},
		{"fox quic", NULL, "general/1", true, false},
		{"absent", NULL, "", false, false},
	};
	say_words(*state, "general", 1, "ann", "The quick brown fox");
	say_words(*state, "general", 2, "ann", "quickly now");
	say_words(*state, "other", 1, "ann", "a fox elsewhere");
	say_words(*state, "general", 3, "bob", "nothing");
	say_words(*state, "general", 4, "bob", "fox again");
	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++)
		search_is(*state, &questions[i]);
}

void test_search_scripts(void **state)
{
	static const struct question questions[] = {
		{"\u041f\u0420\u0418\u0412\u0415\u0422", NULL, "general/1", false, false},
		{"\u4eac\u90fd", NULL, "general/2", false, false},
		{"\u90fd", NULL, "general/2", true, false},
		{"\u6771\u4eac", NULL, "general/2", false, false},
		{"resume", NULL, "general/3", false, false},
		{"\u0e01\u0e34", NULL, "general/4", false, false},
		{"\u0645\u0631\u062d\u0628\u0627", NULL, "general/5", false, false},
		{"\ud55c\uad6d\uc5b4", NULL, "general/6", false, false},
		{"\U0001f44d", NULL, "general/6", false, false},
	};
	say_words(*state, "general", 1, "ann",
		"\u043f\u0440\u0438\u0432\u0435\u0442 \u043c\u0438\u0440");
	say_words(*state, "general", 2, "ann", "\u6771\u4eac\u90fd\u306b\u3044\u308b");
	say_words(*state, "general", 3, "ann", "r\u00e9sum\u00e9");
	say_words(*state, "general", 4, "ann", "\u0e01\u0e34\u0e19\u0e02\u0e49\u0e32\u0e27");
	say_words(*state, "general", 5, "ann", "\u0645\u0631\u062d\u0628\u0627");
	say_words(*state, "general", 6, "ann", "\ud55c\uad6d\uc5b4 \U0001f44d");
	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++)
		search_is(*state, &questions[i]);
}

/* An edit is found by its new words only, a deleted message by none. */
void test_search_forgets(void **state)
{
	struct said s;
	say_words(*state, "general", 1, "ann", "before");
	say_words(*state, "general", 2, "ann", "secret");
	say(&s, 3, 1, "ann", "after");
	s.entry.seq = s.entry.ord = 2;
	s.entry.message = s.entry.counts = false;
	assert_int_equal(put(*state, "general", &s.entry), CONFAB_COMMIT_DONE);
	say(&s, 4, 2, "ann", "");
	s.entry.message = s.entry.counts = false;
	s.row.gone = true;
	s.row.body_len = 0;
	assert_int_equal(put(*state, "general", &s.entry), CONFAB_COMMIT_DONE);
	static const struct question questions[] = {
		{"before", NULL, "", false, false},
		{"after", NULL, "general/1", false, false},
		{"secret", NULL, "", false, false},
	};
	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++)
		search_is(*state, &questions[i]);
}

void test_cursors(void **state)
{
	struct fixture *f = *state;
	fill(f, "general", 1, 10);
	fill(f, "other", 1, 2);
	struct confab_cursor_put p = {.cursor = {.log = "general",
					      .user = "eve",
					      .read_seq = 5,
					      .read_ord = 5,
					      .read_all = 1,
					      .delivered = 7}};
	ask_cursor_put(f, &p);
	assert_int_equal(p.call.rc, 0);
	assert_int_equal(p.out.read_seq, 5);
	answer_drop(&p.call);
	/* Highest wins, field by field. */
	p = (struct confab_cursor_put){.cursor = {.log = "general",
					       .user = "eve",
					       .read_seq = 3,
					       .read_ord = 6,
					       .delivered = 9}};
	ask_cursor_put(f, &p);
	assert_int_equal(p.out.read_seq, 5);
	assert_int_equal(p.out.read_ord, 6);
	assert_int_equal(p.out.read_all, 1);
	assert_int_equal(p.out.delivered, 9);
	answer_drop(&p.call);
	p = (struct confab_cursor_put){.cursor = {.log = "other", .user = "eve", .read_seq = 1}};
	ask_cursor_put(f, &p);
	answer_drop(&p.call);
	p = (struct confab_cursor_put){.cursor = {.log = "nowhere", .user = "eve", .read_seq = 1}};
	ask_cursor_put(f, &p);
	assert_int_equal(p.call.rc, CONFAB_ENOENT);
	answer_drop(&p.call);
	const char *users[] = {"eve", "nobody", "ann"};
	struct confab_cursors c = {.log = "general", .users = users, .n_users = 3};
	ask_cursors(f, &c);
	assert_int_equal(c.n, 2);
	assert_string_equal(c.cursors[0].user, "eve");
	assert_int_equal(c.cursors[0].read_seq, 5);
	assert_string_equal(c.cursors[1].user, "ann");
	answer_drop(&c.call);
	c = (struct confab_cursors){.log = "general", .after_user = "ann"};
	ask_cursors(f, &c);
	assert_int_equal(c.n, 2);
	assert_string_equal(c.cursors[0].user, "bob");
	assert_string_equal(c.cursors[1].user, "eve");
	answer_drop(&c.call);
	c = (struct confab_cursors){.users = users, .n_users = 1};
	ask_cursors(f, &c);
	assert_int_equal(c.n, 2);
	assert_string_equal(c.cursors[0].log, "general");
	assert_string_equal(c.cursors[1].log, "other");
	answer_drop(&c.call);
}

static void own_is(struct fixture *f, size_t n, uint64_t first, uint64_t last)
{
	const char *user = "ann";
	struct confab_cursors c = {.log = "general", .users = &user, .n_users = 1};
	ask_cursors(f, &c);
	assert_int_equal(c.n, 1);
	assert_int_equal(c.cursors[0].n_own, n);
	if (n) {
		assert_int_equal(c.cursors[0].own[0].seq, first);
		assert_int_equal(c.cursors[0].own[n - 1].seq, last);
	}
	answer_drop(&c.call);
}

void test_own_marks(void **state)
{
	struct fixture *f = *state;
	fill(f, "general", 1, 10); /* ann: 1 3 5 7 9 */
	own_is(f, 5, 1, 9);
	struct confab_cursor_put p = {.cursor = {.log = "general", .user = "ann", .read_seq = 5}};
	ask_cursor_put(f, &p);
	assert_int_equal(p.out.n_own, 2);
	assert_int_equal(p.out.own[0].seq, 7);
	answer_drop(&p.call);
	own_is(f, 2, 7, 9);
	for (uint64_t at = 11; at < 2811; at += 700)
		fill(f, "general", at, at + 699);
	own_is(f, 1000, 811, 2809);
}

void test_todos(void **state)
{
	struct fixture *f = *state;
	struct said s;
	struct confab_todo todos[2] = {
		{.n = 0, .name = "push.send", .body = "{\"to\":1}", .due_ms = 200},
		{.n = 1, .name = "push.mail", .body = "{}", .due_ms = 100},
	};
	say(&s, 1, 1, "ann", "x");
	s.entry.todos = todos;
	s.entry.n_todos = 2;
	assert_int_equal(put(f, "general", &s.entry), CONFAB_COMMIT_DONE);
	struct confab_todos c = {.due_before_ms = 150, .limit = 10};
	ask_todos(f, &c);
	assert_int_equal(c.n, 1);
	assert_string_equal(c.todos[0].name, "push.mail");
	assert_string_equal(c.todos[0].log, "general");
	assert_int_equal(c.todos[0].rev, 1);
	answer_drop(&c.call);
	struct confab_todo_done d = {.log = "general", .rev = 1, .n = 1, .again_ms = 500};
	ask_todo_done(f, &d);
	assert_int_equal(d.call.rc, 0);
	answer_drop(&d.call);
	c = (struct confab_todos){.due_before_ms = 1000, .limit = 10};
	ask_todos(f, &c);
	assert_int_equal(c.n, 2);
	assert_string_equal(c.todos[0].name, "push.send");
	assert_string_equal(c.todos[0].body, "{\"to\":1}");
	assert_int_equal(c.todos[1].attempts, 1);
	assert_int_equal(c.todos[1].due_ms, 500);
	answer_drop(&c.call);
	for (unsigned i = 0; i < 3; i++) { /* the third is not there: fine */
		d = (struct confab_todo_done){.log = "general", .rev = 1, .n = i};
		ask_todo_done(f, &d);
		assert_int_equal(d.call.rc, 0);
		answer_drop(&d.call);
	}
	c = (struct confab_todos){.due_before_ms = 1000, .limit = 10};
	ask_todos(f, &c);
	assert_int_equal(c.n, 0);
	answer_drop(&c.call);
}

static struct confab_lease lease(
	struct fixture *f, const char *holder, int64_t ttl_ms, const char *owner)
{
	struct confab_lease c = {.name = "cron", .holder = holder, .ttl_ms = ttl_ms};
	ask_lease(f, &c);
	assert_int_equal(c.call.rc, 0);
	assert_string_equal(c.owner, owner);
	assert_int_equal(c.held, strcmp(owner, holder) == 0);
	answer_drop(&c.call);
	return c;
}

void test_leases(void **state)
{
	uint64_t first = lease(*state, "one", 60000, "one").fence;
	assert_int_equal(lease(*state, "two", 60000, "one").fence, first);
	assert_int_equal(lease(*state, "one", 60000, "one").fence, first);
	lease(*state, "two", 0, "one");
	lease(*state, "one", 0, "");
	uint64_t second = lease(*state, "two", 1, "two").fence;
	assert_true(second > first);
	/* It runs out by the store's clock. */
	for (int tries = 0; tries < 1000000; tries++) {
		struct confab_lease c = {.name = "cron", .holder = "one", .ttl_ms = 60000};
		ask_lease(*state, &c);
		bool held = c.held;
		uint64_t fence = c.fence;
		answer_drop(&c.call);
		if (held) {
			assert_true(fence > second);
			return;
		}
	}
	fail_msg("a lease never ran out");
}

static int doc(struct fixture *f, enum confab_doc_verb verb, const char *body, uint64_t if_version,
	uint64_t version)
{
	struct confab_doc_call c = {.verb = verb,
		.if_version = if_version,
		.doc = {.coll = "p.c", .key = "k", .body = body, .index = "i"}};
	ask_doc(f, &c);
	assert_int_equal(c.doc.version, version);
	if (version && body && c.call.rc == 0)
		assert_string_equal(c.doc.body, body);
	answer_drop(&c.call);
	return c.call.rc;
}

void test_docs(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(doc(f, CONFAB_DOC_GET, NULL, 0, 0), 0);
	assert_int_equal(doc(f, CONFAB_DOC_PUT, "{\"a\":1}", 0, 1), 0);
	assert_int_equal(doc(f, CONFAB_DOC_PUT, "{\"a\":2}", 0, 1), CONFAB_ECONFLICT);
	assert_int_equal(doc(f, CONFAB_DOC_PUT, "{\"a\":3}", 1, 2), 0);
	assert_int_equal(doc(f, CONFAB_DOC_GET, "{\"a\":3}", 0, 2), 0);
	assert_int_equal(doc(f, CONFAB_DOC_PUT, "{\"a\":4}", UINT64_MAX, 3), 0);
	assert_int_equal(doc(f, CONFAB_DOC_DELETE, NULL, 2, 3), CONFAB_ECONFLICT);
	assert_int_equal(doc(f, CONFAB_DOC_DELETE, NULL, 3, 0), 0);
	assert_int_equal(doc(f, CONFAB_DOC_GET, NULL, 0, 0), 0);
}

static size_t docs_count(struct fixture *f, const char *index, const char *after, const char *first)
{
	struct confab_doc_call c = {.verb = CONFAB_DOC_FIND,
		.limit = 10,
		.doc = {.coll = "p.c", .key = after, .index = index}};
	ask_doc(f, &c);
	assert_int_equal(c.call.rc, 0);
	if (c.n)
		assert_string_equal(c.found[0].key, first);
	answer_drop(&c.call);
	return c.n;
}

void test_docs_found(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *coll, *key, *index;
		int64_t expires_ms;
	} rows[] = {
		{"p.c", "b", "red", 0},
		{"p.c", "a", "red", 0},
		{"p.c", "c", "blue", 0},
		{"p.c", "d", NULL, 0},
		{"p.c", "e", "red", 1},
		{"p.other", "a", "red", 0},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct confab_doc_call c = {.verb = CONFAB_DOC_PUT,
			.doc = {.coll = rows[i].coll,
				.key = rows[i].key,
				.body = "{}",
				.index = rows[i].index,
				.expires_ms = rows[i].expires_ms}};
		ask_doc(f, &c);
		assert_int_equal(c.call.rc, 0);
		answer_drop(&c.call);
	}
	assert_int_equal(docs_count(f, "red", "", "a"), 2);
	assert_int_equal(docs_count(f, "red", "a", "b"), 1);
	assert_int_equal(docs_count(f, "green", "", ""), 0);
	assert_int_equal(docs_count(f, NULL, "", "a"), 4);
}

/* An entry that raises first, then the purge. */
static void first_raise(struct fixture *f, uint64_t rev, uint64_t seq, uint64_t first)
{
	struct confab_entry e = {.rev = rev,
		.ts = 1000 + (int64_t)rev,
		.op = "channel.retain",
		.sender = "",
		.cid = "",
		.result = "{}",
		.seq = seq,
		.ord = seq,
		.first = first};
	assert_int_equal(put(f, "general", &e), CONFAB_COMMIT_DONE);
}

static int purge(struct fixture *f, uint64_t first, int64_t before_ms, uint64_t removed)
{
	struct confab_purge c = {.log = "general", .first = first, .entries_before_ms = before_ms};
	ask_purge(f, &c);
	if (c.call.rc == 0)
		assert_int_equal(c.removed, removed);
	answer_drop(&c.call);
	return c.call.rc;
}

void test_purge(void **state)
{
	struct fixture *f = *state;
	fill(f, "general", 1, 900);
	assert_int_equal(purge(f, 700, 0, 0), CONFAB_EINVAL);
	first_raise(f, 901, 900, 700);
	struct confab_page p = {.log = "general", .from_seq = 690, .to_seq = 710};
	ask_page(f, &p);
	assert_int_equal(p.n, 11);
	assert_int_equal(p.rows[0].seq, 700);
	answer_drop(&p.call);
	assert_int_equal(purge(f, 700, 0, 699), 0);
	assert_int_equal(purge(f, 700, 0, 0), 0);
	struct confab_rows r = {.log = "general", .after = 0, .limit = 1000};
	ask_rows(f, &r);
	assert_int_equal(r.n, 201);
	assert_int_equal(r.to, 901);
	answer_drop(&r.call);
	/* Its cids are remembered still. */
	const char *cid = "cid-0123456789-ann-1";
	struct confab_known k = {.log = "general", .sender = "ann", .cids = &cid, .n = 1};
	ask_known(f, &k);
	assert_int_equal(k.n_entries, 1);
	answer_drop(&k.call);
}

/* Old entries go; those of messages that are kept stay, and who is behind them is told. */
void test_purge_old(void **state)
{
	struct fixture *f = *state;
	struct confab_row row = {
		.kind = "member", .id = "eve", .rev = 11, .gone = true, .body = ""};
	struct confab_entry e = {.rev = 11,
		.ts = 1011,
		.op = "member.leave",
		.sender = "",
		.cid = "",
		.result = "{}",
		.seq = 10,
		.ord = 10,
		.first = 1,
		.rows = &row,
		.n_rows = 1};
	fill(f, "general", 1, 10);
	assert_int_equal(put(f, "general", &e), CONFAB_COMMIT_DONE);
	first_raise(f, 12, 10, 4);
	assert_int_equal(purge(f, 4, 1012, 3), 0);
	const char *cids[] = {"cid-0123456789-ann-1", "cid-0123456789-ann-5"};
	struct confab_known k = {.log = "general", .sender = "ann", .cids = cids, .n = 2};
	ask_known(f, &k);
	assert_int_equal(k.n_entries, 1);
	assert_int_equal(k.entries[0].rev, 5);
	answer_drop(&k.call);
	struct confab_entries c = {.log = "general", .after = 5, .limit = 10};
	ask_entries(f, &c);
	assert_int_equal(c.call.rc, CONFAB_EGONE);
	answer_drop(&c.call);
	c = (struct confab_entries){.log = "general", .after = 11, .limit = 10};
	ask_entries(f, &c);
	assert_int_equal(c.n, 1);
	answer_drop(&c.call);
	struct confab_rows r = {.log = "general", .after = 5, .limit = 10};
	ask_rows(f, &r);
	assert_int_equal(r.call.rc, CONFAB_EGONE);
	answer_drop(&r.call);
	r = (struct confab_rows){.log = "general", .after = 0, .limit = 100};
	ask_rows(f, &r);
	assert_int_equal(r.call.rc, 0);
	assert_int_equal(r.n, 7);
	answer_drop(&r.call);
	struct said s;
	say(&s, 3, 3, "ann", "very late");
	struct confab_commit late = {.log = "general", .at = 2, .entries = &s.entry, .n = 1};
	ask_commit(f, &late);
	assert_int_equal(late.result, CONFAB_COMMIT_MOVED);
	assert_int_equal(late.n_moved, 0);
	assert_int_equal(late.head.rev, 12);
	answer_drop(&late.call);
}
