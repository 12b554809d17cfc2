/**
 * chat/slot: whichever goes first, object or owner, every pointer is freed once.
 *
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "chat/slot.h"

static void count_down(void *value)
{
	--*(int *)value;
}

static const struct confab_slot_row rows[] = {
	{CONFAB_ON_CHANNEL, "count 1", count_down},
	{CONFAB_ON_CHANNEL, "other 1", count_down},
};

static void test_a_row_is_one_pointer(void **state)
{
	struct slot *of = NULL, *other = NULL;
	struct slot_owner typing = {.rows = rows, .n_rows = 2}, caps = {.rows = rows, .n_rows = 2};
	int live = 0;
	void **first = slot_get(&of, &typing, 0);

	(void)state;
	assert_null(*first);
	*first = &live;
	live++;
	assert_ptr_equal(slot_get(&of, &typing, 0), first);
	assert_null(*slot_get(&of, &typing, 1));
	assert_null(*slot_get(&of, &caps, 0));
	assert_null(*slot_get(&other, &typing, 0));
	slot_free_all(&of);
	slot_free_all(&other);
	assert_int_equal(live, 0);
	assert_null(typing.first);
	assert_null(caps.first);
}

static void test_the_owner_goes_first(void **state)
{
	struct slot *objects[3] = {NULL};
	struct slot_owner typing = {.rows = rows, .n_rows = 2}, caps = {.rows = rows, .n_rows = 2};
	int live[2] = {0};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		*slot_get(&objects[i], &typing, 0) = &live[0];
		*slot_get(&objects[i], &caps, 0) = &live[1];
		live[0]++;
		live[1]++;
	}
	slot_free_all(&objects[1]);
	assert_int_equal(slot_free_owner(&typing, INT64_MAX), 2);
	assert_int_equal(live[0], 0);
	assert_int_equal(live[1], 2);
	assert_ptr_equal(*slot_get(&objects[2], &caps, 0), &live[1]);
	assert_int_equal(slot_free_owner(&caps, INT64_MAX), 2);
	assert_null(objects[0]);
	assert_null(objects[2]);
	assert_int_equal(live[1], 0);
}

/* A slot of each row on so many objects. */
static void fill(struct slot **objects, unsigned n, struct slot_owner *owner, int *live)
{
	for (unsigned i = 0; i < n; i++) {
		*slot_get(&objects[i], owner, 0) = live;
		*slot_get(&objects[i], owner, 1) = live;
		*live += 2;
	}
}

static void test_a_new_owner_takes_over_what_is_alike(void **state)
{
	static const struct confab_slot_row turned[] = {
		{CONFAB_ON_CHANNEL, "other 1", count_down},
		{CONFAB_ON_CHANNEL, "count 2", count_down},
	};
	struct slot *objects[40] = {NULL};
	struct slot_owner one = {.rows = rows, .n_rows = 2}, two = one,
			  three = {.rows = turned, .n_rows = 2};
	struct slot_owner *from = &one, *to = &two, *last = &three;
	int live = 0;

	(void)state;
	fill(objects, 40, from, &live);
	/* Alike from first to last: nobody is looked at. */
	assert_int_equal(slot_hand_over(&from, &to), 0);
	assert_null(from->first);
	assert_ptr_equal(*slot_get(&objects[7], to, 1), &live);
	/* Only one row is alike, in another place; the other stays. */
	assert_int_equal(slot_hand_over(&to, &last), 80);
	assert_ptr_equal(*slot_get(&objects[7], last, 0), &live);
	assert_null(*slot_get(&objects[7], last, 1));
	while (to->first) {
		/* At least one, and no more than sixteen in no time. */
		assert_in_range(slot_free_owner(to, 0), 1, 16);
	}
	assert_int_equal(live, 40);
	for (unsigned i = 0; i < 40; i++) {
		slot_free_all(&objects[i]);
	}
	assert_int_equal(live, 0);
	assert_null(last->first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_row_is_one_pointer),
		cmocka_unit_test(test_the_owner_goes_first),
		cmocka_unit_test(test_a_new_owner_takes_over_what_is_alike),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
