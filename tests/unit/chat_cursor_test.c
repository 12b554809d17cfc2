/**
 * chat/cursor: highest wins, and what counts as unread.
 *
 * SPDX-License-Identifier: MIT
 */
#include "chat/cursor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <confab/provider/store.h>
#include "base/map.h"

static struct user *ann;
static struct chat_log *den;

static int setup(void **state)
{
	(void)state;
	ann = calloc(1, sizeof(*ann) + 4);
	strcpy(ann->id, "ann");
	ann->cursors = strmap_new();
	den = calloc(1, sizeof(*den) + 4);
	strcpy(den->id, "den");
	den->seq = 20;
	den->ord = 15; /* five replies do not count */
	den->all = 4;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	cursor_free_all(ann);
	strmap_free(ann->mentions);
	marks_fini(&den->deleted);
	free(ann);
	free(den);
	return 0;
}

static void take(uint64_t seq, uint64_t ord, uint64_t all)
{
	struct confab_cursor from = {
		.log = "den", .user = "ann", .read_seq = seq, .read_ord = ord, .read_all = all};

	cursor_take(ann, &from);
}

static void is_unread(uint64_t unread, uint64_t mentions)
{
	struct unread u = cursor_unread(ann, den, cursor_find(ann, "den"));

	assert_int_equal(u.unread, unread);
	assert_int_equal(u.mentions, mentions);
}

static void test_highest_wins(void **state)
{
	(void)state;
	assert_null(cursor_find(ann, "den"));
	is_unread(15, 4);
	take(10, 8, 2);
	is_unread(7, 2);
	take(5, 4, 1); /* an older one comes late */
	is_unread(7, 2);
	assert_int_equal(cursor_get(ann, "den")->read_seq, 10);
	take(20, 15, 4);
	is_unread(0, 0);
}

static void test_own_and_deleted_ones_are_less(void **state)
{
	struct cursor *c;

	(void)state;
	take(10, 8, 2);
	c = cursor_get(ann, "den");
	marks_add(&c->own, 12, false);
	marks_add(&c->own, 14, true);
	is_unread(5, 1);
	marks_add(&den->deleted, 4, true); /* below the cursor: read, if it was there */
	marks_add(&den->deleted, 16, true);
	is_unread(4, 0);
	marks_add(&den->deleted, 14, true); /* own and deleted is subtracted once */
	is_unread(4, 0);
	take(16, 12, 4);
	is_unread(3, 0);
	assert_int_equal(cursor_get(ann, "den")->own.n, 0);
}

/* A commit whose end is not known yet: the store has it, the log here has not. */
static void test_an_own_one_above_the_head_counts_when_it_is_there(void **state)
{
	struct confab_mark own[] = {{21, true}};
	struct confab_cursor from = {.log = "den",
		.user = "ann",
		.read_seq = 20,
		.read_ord = 15,
		.read_all = 4,
		.own = own,
		.n_own = 1};

	(void)state;
	cursor_take(ann, &from);
	is_unread(0, 0);
	den->seq++;
	den->ord++;
	den->all++;
	is_unread(0, 0);
}

static void test_personal_mentions_of_this_log_above_the_cursor(void **state)
{
	(void)state;
	ann->mentions = strmap_new();
	strmap_put(ann->mentions, "den:9", ann);
	strmap_put(ann->mentions, "den:12", ann);
	strmap_put(ann->mentions, "den2:12", ann);
	strmap_put(ann->mentions, "garden:12", ann);
	is_unread(15, 6);
	take(10, 8, 2);
	is_unread(7, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
		T(test_highest_wins),
		T(test_own_and_deleted_ones_are_less),
		T(test_an_own_one_above_the_head_counts_when_it_is_there),
		T(test_personal_mentions_of_this_log_above_the_cursor),
	};

	return cmocka_run_group_tests_name("chat cursor", tests, NULL, NULL);
}
