/**
 * plugin/memory: what a plugin takes by confab_alloc() is counted until it gives it back.
 *
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <confab/memory.h>

#include "plugin/host.h"
#include "plugin/memory.h"

static const struct confab_descriptor descriptor = {CONFAB_HEAD("eater", "1", "MIT")};

static struct host *host_make(struct confab_plugin **p)
{
	const struct host_options options = {.data_dir = "."};
	struct confab_error err = {0};
	struct host *h = host_new(&options);

	assert_int_equal(host_open_static(h, &descriptor, &err), 0);
	*p = host_find(h, "eater");
	assert_non_null(*p);
	return h;
}

static void count_is(const struct confab_plugin *p, size_t bytes, size_t blocks)
{
	assert_int_equal(atomic_load(&plugin_account(p)->bytes), bytes);
	assert_int_equal(atomic_load(&plugin_account(p)->blocks), blocks);
}

static void what_is_taken_is_counted(void **state)
{
	struct confab_plugin *p;
	struct host *h = host_make(&p);
	char *text, *mem;

	(void)state;
	mem = confab_alloc(p, 100);
	assert_non_null(mem);
	for (size_t i = 0; i < 100; i++)
		assert_int_equal(mem[i], 0);
	assert_int_equal((uintptr_t)mem % _Alignof(max_align_t), 0);
	count_is(p, 100, 1);
	mem = confab_resize(p, mem, 300);
	assert_non_null(mem);
	count_is(p, 300, 1);
	mem = confab_resize(p, mem, 50);
	assert_non_null(mem);
	text = confab_copy(p, "hello", 4);
	assert_string_equal(text, "hell");
	count_is(p, 55, 2);
	assert_int_equal(atomic_load(&plugin_account(p)->most), 300);
	confab_free(mem);
	confab_free(text);
	confab_free(NULL);
	count_is(p, 0, 0);
	host_free(h);
}

static void what_cannot_be_had_is_refused(void **state)
{
	struct confab_plugin *p;
	struct host *h = host_make(&p);
	void *mem = confab_alloc(p, 10);

	(void)state;
	assert_null(confab_alloc(p, SIZE_MAX));
	assert_null(confab_resize(p, mem, SIZE_MAX - 4));
	assert_null(confab_copy(p, "", SIZE_MAX));
	count_is(p, 10, 1);
	confab_free(mem);
	host_free(h);
}

static void a_block_may_outlive_the_plugin(void **state)
{
	struct confab_plugin *p;
	struct host *h = host_make(&p);
	void *mem = confab_alloc(p, 10);

	(void)state;
	host_free(h);
	h = host_make(&p); /* the next copy of it */
	count_is(p, 10, 1);
	confab_free(mem);
	count_is(p, 0, 0);
	host_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_taken_is_counted),
		cmocka_unit_test(what_cannot_be_had_is_refused),
		cmocka_unit_test(a_block_may_outlive_the_plugin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
