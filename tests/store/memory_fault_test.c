/**
 * The faults that the memory store plays, and the typed calls of the core that wait for its answers.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "store/memory.h"
#include "store/store.h"
#include "suite.h"

static void memory_open(struct fixture *f)
{
	f->ctx = memory_new();
	f->vtable = memory_store();
	suite_opened(f);
}

static void memory_close(struct fixture *f)
{
	memory_free(f->ctx);
	suite_opened(f);
}

static struct fixture memory = {
	.name = "memory", .now_ms = clock_real_ms, .open = memory_open, .close = memory_close};

static int setup(void **state)
{
	*state = &memory;
	suite_begin(&memory);
	suite_open(&memory);
	fill(&memory, "general", 1, 4);
	return 0;
}

static int teardown(void **state)
{
	suite_close(*state);
	suite_end(*state);
	return 0;
}

static const struct memory_faults none;

/* One message at 5 under a fault: what is answered, and where the log stands after it. */
static void test_one_fault(void **state)
{
	static const struct {
		struct memory_faults faults;
		enum confab_commit_result result;
		int rc;
		uint64_t rev;
	} rows[] = {
		{{.busy = 1000}, CONFAB_COMMIT_BUSY, CONFAB_EBUSY, 4},
		{{.lost = 1000}, CONFAB_COMMIT_UNKNOWN, CONFAB_EUNKNOWN, 4},
		{{.failed = 1000}, CONFAB_COMMIT_DONE, 0, 5},
		{{.delayed = 1000, .delay_max_us = 2000}, CONFAB_COMMIT_DONE, 0, 6},
		{{.applied = 1000}, CONFAB_COMMIT_UNKNOWN, CONFAB_EUNKNOWN, 7},
	};
	uint64_t at = 4;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct said s;
		say(&s, at + 1, at + 1, "eve", "x");
		struct confab_commit c = {.log = "general", .at = at, .entries = &s.entry, .n = 1};
		memory_faults_set(memory.ctx, &rows[i].faults);
		ask_commit(*state, &c);
		memory_faults_set(memory.ctx, &none);
		assert_int_equal(c.result, rows[i].result);
		assert_int_equal(c.call.rc, rows[i].rc);
		answer_drop(&c.call);
		at = head_rev(*state, "general");
		assert_int_equal(at, rows[i].rev);
	}
}

static void test_partial(void **state)
{
	static const struct memory_faults partial = {.partial = 1000};
	struct said s[3];
	struct confab_entry e[3];
	for (uint64_t i = 0; i < 3; i++) {
		say(&s[i], 5 + i, 5 + i, "eve", "x");
		e[i] = s[i].entry;
	}
	struct confab_commit c = {.log = "general", .at = 4, .entries = e, .n = 3};
	memory_faults_set(memory.ctx, &partial);
	ask_commit(*state, &c);
	memory_faults_set(memory.ctx, &none);
	assert_int_equal(c.result, CONFAB_COMMIT_MOVED);
	assert_true(c.n_moved == 1 || c.n_moved == 2);
	for (size_t i = 0; i < c.n_moved; i++)
		assert_string_equal(c.moved[i].cid, s[i].cid);
	assert_int_equal(c.head.rev, 4 + c.n_moved);
	answer_drop(&c.call);
}

static void test_reads_fail(void **state)
{
	static const struct memory_faults failed = {.failed = 1000};
	struct confab_page p = {.log = "general", .from_seq = 1, .to_seq = 4};
	memory_faults_set(memory.ctx, &failed);
	ask_page(*state, &p);
	assert_int_equal(p.call.rc, CONFAB_EIO);
	answer_drop(&p.call);
}

/* ---- the core's typed calls ---- */

struct typed {
	struct store *store;
	struct confab_page *kept;
	unsigned done;
};

static void page_done(struct confab_page *page, void *arg)
{
	struct typed *t = arg;
	t->done++;
	if (t->done == 1) {
		store_call_keep(&page->call);
		t->kept = page;
	} else if (t->done == 2) { /* kept, and given back before this returns */
		store_call_keep(&page->call);
		store_call_free(&page->call);
	}
}

static void typed_send(void *arg)
{
	struct typed *t = arg;
	struct confab_error err = {0};
	t->store = store_new(memory_store(), memory.ctx, &err);
	for (int i = 0; i < 3; i++) {
		struct confab_page *p = store_page_new(t->store);
		p->log = confab_arena_dup(p->call.arena, "general", 7);
		p->from_seq = 1;
		p->to_seq = 10;
		store_page(t->store, p, page_done, t);
	}
}

static void typed_look(void *arg)
{
	struct typed *t = arg;
	struct store_count count;
	if (store_pending(t->store) > 0)
		return;
	store_count(t->store, STORE_VERB_page, &count);
	t->done = count.calls == 3 && count.failed == 0 ? t->done : 99;
	store_free(t->store);
	t->store = NULL;
}

static void test_typed_calls(void **state)
{
	struct typed t = {0};
	(void)state;
	suite_on_logic(typed_send, &t);
	suite_on_logic(typed_look, &t); /* mail keeps its order: the answers came before */
	assert_null(t.store);
	assert_int_equal(t.done, 3);
	assert_int_equal(t.kept->n, 4);
	store_call_free(&t.kept->call);
	assert_string_equal(store_verb_name(STORE_VERB_row_get), "row_get");
}

static void test_incomplete_stores(void **state)
{
	struct confab_store lame = *memory_store();
	struct confab_error err = {0};
	(void)state;
	lame.backup = NULL;
	struct store *s = store_new(&lame, NULL, &err);
	assert_non_null(s);
	store_free(s);
	lame.search = NULL;
	assert_null(store_new(&lame, NULL, &err));
	assert_int_equal(err.code, CONFAB_EABI);
	assert_non_null(strstr(err.text, "'search'"));
	err.code = 0;
	lame.size = 8;
	assert_null(store_new(&lame, NULL, &err));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_one_fault),
		TEST(test_partial),
		TEST(test_reads_fail),
		TEST(test_typed_calls),
		TEST(test_incomplete_stores),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
