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

static void test_a_row_is_one_pointer(void **state)
{
	struct slot *of = NULL, *other = NULL;
	struct slot_owner typing = {0}, caps = {0};
	int live = 0;
	void **first = slot_get(&of, &typing, 0, count_down);

	(void)state;
	assert_null(*first);
	*first = &live;
	live++;
	assert_ptr_equal(slot_get(&of, &typing, 0, count_down), first);
	assert_null(*slot_get(&of, &typing, 1, count_down));
	assert_null(*slot_get(&of, &caps, 0, count_down));
	assert_null(*slot_get(&other, &typing, 0, count_down));
	slot_free_all(&of);
	slot_free_all(&other);
	assert_int_equal(live, 0);
	assert_null(typing.first);
	assert_null(caps.first);
}

static void test_the_owner_goes_first(void **state)
{
	struct slot *objects[3] = {NULL};
	struct slot_owner typing = {0}, caps = {0};
	int live[2] = {0};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		*slot_get(&objects[i], &typing, 0, count_down) = &live[0];
		*slot_get(&objects[i], &caps, 0, count_down) = &live[1];
		live[0]++;
		live[1]++;
	}
	slot_free_all(&objects[1]);
	assert_int_equal(slot_free_owner(&typing), 2);
	assert_int_equal(live[0], 0);
	assert_int_equal(live[1], 2);
	assert_ptr_equal(*slot_get(&objects[2], &caps, 0, count_down), &live[1]);
	assert_int_equal(slot_free_owner(&caps), 2);
	assert_null(objects[0]);
	assert_null(objects[2]);
	assert_int_equal(live[1], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_row_is_one_pointer),
		cmocka_unit_test(test_the_owner_goes_first),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
