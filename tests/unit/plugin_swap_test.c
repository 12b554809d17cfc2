/**
 * plugin/swap and unload: a plugin is loaded and replaced on simulated loops, what the old copy has begun ends,
 * and what cannot be is refused without a trace.
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

#include <confab/service.h>
#include <confab/task.h>

#include "base/log.h"
#include "plugin_bench.h"

/* ---- a plugin in versions ------------------------------------------------------------------- */

struct pot {
	struct confab_plugin *plugin;
	int64_t tea;
};

/* The newest copy's. */
static struct pot *newest;
static int restore_rc, load_rc;

static int pot_load(struct confab_plugin *p, void **ctx, struct confab_error *err)
{
	note("%s", "+load ");
	if (load_rc != 0)
		return confab_error_set(err, load_rc, "no water");
	struct pot *pot = calloc(1, sizeof(*pot));
	pot->plugin = p;
	*ctx = newest = pot;
	return 0;
}

static void pot_unload(void *ctx)
{
	note("-%d ", (int)((struct pot *)ctx)->tea);
	free(ctx);
}

static json_t *pot_save(void *ctx)
{
	note("%s", "save ");
	return json_pack("{s:I}", "tea", (json_int_t)((struct pot *)ctx)->tea);
}

static int pot_restore(void *ctx, const json_t *saved)
{
	note("%s", "restore ");
	if (restore_rc != 0)
		return restore_rc;
	((struct pot *)ctx)->tea = json_integer_value(json_object_get(saved, "tea"));
	return 0;
}

#define POT(version_, ...) \
	{ \
		CONFAB_HEAD("pot", version_, "MIT"), .load = pot_load, .unload = pot_unload, \
						     .save = pot_save, .restore = pot_restore, \
						     __VA_ARGS__ \
	}
static const struct confab_descriptor pot1 = POT("1", .summary = ""),
				      pot2 = POT("2", .summary = ""),
				      resident = POT("3", .flags = CONFAB_RESIDENT),
				      needy = POT("4", .requires_ = "kettle");
static const struct confab_descriptor *next_pot;

static void reload_pot(struct bench *b)
{
	host_reload_static(b->host, next_pot, bench_done, b);
}

static void reload(struct bench *b, const struct confab_descriptor *d)
{
	next_pot = d;
	bench_do(b, reload_pot);
}

static void load_pot(struct bench *b)
{
	host_load_static(b->host, next_pot, bench_done, b);
}

static void unload_pot(struct bench *b)
{
	host_unload(b->host, "pot", bench_done, b);
}

static void begin(struct bench *b, const struct confab_descriptor *d)
{
	restore_rc = load_rc = 0;
	bench_start(b, (const struct confab_descriptor *const[]){d, NULL});
	assert_int_equal(b->rc, 0);
}

static const char *version(const struct bench *b)
{
	return plugin_version(host_find(b->host, "pot"));
}

static void state_passes_to_the_new_copy(void **state)
{
	struct bench b;
	(void)state;
	begin(&b, &pot1);
	newest->tea = 7;
	reload(&b, &pot2);
	assert_int_equal(b.rc, 0);
	assert_string_equal(version(&b), "2");
	assert_int_equal(newest->tea, 7);
	assert_int_equal(plugin_generation(host_find(b.host, "pot")), 2);
	run_for(10000);
	assert_string_equal(diary, "+load save +load restore -7 ");
	assert_null(host_leaving_at(b.host, 0));
	bench_end(&b);
	assert_string_equal(diary, "+load save +load restore -7 -7 ");
}

static void a_refusal_leaves_the_old_copy_as_it_was(void **state)
{
	struct bench b;
	(void)state;
	begin(&b, &pot1);
	newest->tea = 7;
	restore_rc = CONFAB_EINVAL;
	reload(&b, &pot2);
	assert_int_equal(b.rc, CONFAB_EINVAL);
	assert_non_null(strstr(b.text,
		"plugin 'pot', is not reloaded, version 1 goes on "
		"(version 2 refuses the state of version 1 ("));
	run_for(10000); /* the copy that was refused has gone */
	restore_rc = 0;
	load_rc = CONFAB_EIO;
	reload(&b, &pot2);
	assert_string_equal(b.text, "plugin 'pot', is not reloaded, version 1 goes on (no water)");
	run_for(10000);
	assert_string_equal(version(&b), "1");
	assert_int_equal(plugin_state(host_find(b.host, "pot")), PLUGIN_UP);
	bench_end(&b);
	assert_string_equal(diary, "+load save +load restore -0 save +load -7 ");
}

static void what_needs_a_restart_says_so(void **state)
{
	struct bench b;
	(void)state;
	begin(&b, &pot1);
	reload(&b, &resident);
	assert_int_equal(b.rc, CONFAB_EUNSUPPORTED);
	assert_non_null(strstr(b.text, "restart the server"));
	run_for(10000);
	reload(&b, &needy);
	assert_int_equal(b.rc, CONFAB_ENOENT);
	assert_non_null(strstr(b.text, "requires 'kettle', which is not enabled"));
	bench_end(&b);
}

static void loaded_and_unloaded_by_name(void **state)
{
	static const struct confab_descriptor cup = {CONFAB_HEAD("cup", "1", "MIT")};
	struct bench b;
	(void)state;
	begin(&b, &cup);
	next_pot = &pot1;
	load_rc = CONFAB_EIO;
	bench_do(&b, load_pot);
	assert_string_equal(b.text, "plugin 'pot', no water");
	assert_null(host_find(b.host, "pot"));
	load_rc = 0;
	bench_do(&b, load_pot);
	assert_int_equal(b.rc, 0);
	bench_do(&b, load_pot);
	assert_int_equal(b.rc, CONFAB_EEXIST);
	bench_do(&b, unload_pot);
	assert_int_equal(b.rc, 0);
	bench_do(&b, reload_pot);
	assert_int_equal(b.rc, CONFAB_ENOENT);
	bench_do(&b, load_pot);
	assert_int_equal(b.rc, 0);
	bench_end(&b);
	assert_string_equal(diary, "+load +load -0 +load -0 ");
}

/* ---- what the old copy has begun -------------------------------------------------------------- */

static void single(void *arg)
{
	note("single%d ", (int)((struct pot *)arg)->tea);
	plugin_call_end(((struct pot *)arg)->plugin);
}

static void repeating(void *arg)
{
	note("again%d ", (int)((struct pot *)arg)->tea);
}

static void brew(struct bench *b)
{
	confab_timer_start(newest->plugin, 30, 0, single, newest);
	confab_timer_start(newest->plugin, 20, 20, repeating, newest);
	plugin_call_begin(newest->plugin); /* a question that the timer answers */
	reload_pot(b);
}

static void what_it_has_begun_ends_and_no_more(void **state)
{
	struct bench b;
	(void)state;
	begin(&b, &pot1);
	newest->tea = 1;
	next_pot = &pot2;
	bench_do(&b, brew);
	assert_int_equal(b.rc, 0);
	newest->tea = 2;
	reload(&b, &pot1); /* two copies, not three */
	assert_int_equal(b.rc, CONFAB_EBUSY);
	assert_non_null(strstr(b.text,
		"the copy before it (version 1) is still leaving: "
		"1 question to its service, 2 timers; try again"));
	run_for(1000000);
	assert_string_equal(diary, "+load save +load restore single1 -1 ");
	reload(&b, &pot1);
	assert_int_equal(b.rc, 0);
	bench_end(&b);
}

static void begin_question(struct bench *b)
{
	plugin_call_begin(newest->plugin);
	reload_pot(b);
}

static void a_copy_that_does_not_end_is_named_and_waited_for(void **state)
{
	struct bench b;
	(void)state;
	begin(&b, &pot1);
	struct confab_plugin *old = newest->plugin;
	next_pot = &pot2;
	bench_do(&b, begin_question);
	run_for(29000000);
	assert_int_equal(plugin_state(host_leaving_at(b.host, 0)), PLUGIN_LEAVING);
	run_for(2000000);
	assert_int_equal(plugin_state(host_leaving_at(b.host, 0)), PLUGIN_DRAINING);
	assert_string_equal(diary, "+load save +load restore ");
	plugin_call_end(old);
	run_for(10000);
	assert_null(host_leaving_at(b.host, 0));
	bench_end(&b);
}

static void hold_and_unload(struct bench *b)
{
	plugin_call_begin(newest->plugin);
	unload_pot(b);
}

static void an_unload_that_does_not_end_names_its_holder(void **state)
{
	struct bench b;
	(void)state;
	begin(&b, &pot1);
	bench_do(&b, hold_and_unload);
	assert_int_equal(b.rc, CONFAB_ETIMEDOUT);
	assert_string_equal(b.text,
		"plugin 'pot', is unloaded when this has ended: "
		"1 question to its service");
	plugin_call_end(newest->plugin);
	run_for(10000);
	assert_int_equal(plugin_state(host_find(b.host, "pot")), PLUGIN_GONE);
	bench_end(&b);
}

static void stop_ends_copies_that_leave(void **state)
{
	struct bench b;
	(void)state;
	begin(&b, &pot1);
	next_pot = &pot2;
	bench_do(&b, brew); /* its question would wait for a timer */
	plugin_call_end(host_leaving_at(b.host, 0));
	bench_end(&b);
	assert_string_equal(diary, "+load save +load restore -0 -0 ");
}

static void leave_now(void *arg)
{
	confab_unload(arg, "of a whim");
	confab_unload(arg, "of another");
}

static void post_whim(struct bench *b)
{
	struct confab_error none = {0};
	assert_int_equal(confab_post(newest->plugin, leave_now, newest->plugin), 0);
	bench_done(b, 0, &none);
}

static void a_plugin_unloads_itself(void **state)
{
	struct bench b;
	(void)state;
	begin(&b, &pot1);
	bench_do(&b, post_whim);
	run_for(1000000);
	assert_int_equal(plugin_state(host_find(b.host, "pot")), PLUGIN_GONE);
	bench_end(&b);
	assert_string_equal(diary, "+load -0 ");
}

static void never(void *arg)
{
	(void)arg;
	note("%s", "never! ");
}

static void litter(struct bench *b)
{
	for (unsigned i = 0; i < 20000; i++)
		confab_timer_start(newest->plugin, 3600000, 1, never, NULL);
	unload_pot(b);
}

static void what_is_left_is_swept(void **state)
{
	struct bench b;
	(void)state;
	begin(&b, &pot1);
	bench_do(&b, litter);
	assert_int_equal(b.rc, 0);
	assert_string_equal(diary, "+load -0 ");
	bench_end(&b);
}

/* ---- providers that connect first -------------------------------------------------------------- */

struct gate {
	size_t size;
};
static const struct gate gate = {sizeof(struct gate)};
static const struct confab_provide_row provides[] = {{"auth", 1, &gate, sizeof(gate)}};
static int ready_rc;

static void says_ready(void *arg)
{
	note("%s", "ready ");
	confab_ready(arg, ready_rc, "the keys are lost");
}

static int auth_load(struct confab_plugin *p, void **ctx, struct confab_error *err)
{
	pot_load(p, ctx, err);
	if (ready_rc != CONFAB_ETIMEDOUT)
		confab_timer_start(p, 50, 0, says_ready, p);
	return 0;
}

static const struct confab_descriptor auth = {CONFAB_HEAD("pot", "1", "MIT"), .load = auth_load,
	.unload = pot_unload, .save = pot_save, .restore = pot_restore,
	CONFAB_ROWS(provides, provides)};

static void a_provider_is_ready_before_the_swap(void **state)
{
	struct bench b;
	(void)state;
	ready_rc = 0;
	begin(&b, &auth);
	reload(&b, &auth);
	assert_int_equal(b.rc, 0);
	ready_rc = CONFAB_EIO;
	reload(&b, &auth);
	assert_string_equal(
		b.text, "plugin 'pot', is not reloaded, version 1 goes on (the keys are lost)");
	ready_rc = CONFAB_ETIMEDOUT;
	reload(&b, &auth);
	assert_int_equal(b.rc, CONFAB_ETIMEDOUT);
	bench_end(&b);
	assert_string_equal(diary,
		"+load ready +load ready save restore -0 +load ready -0 "
		"+load -0 -0 ");
}

static void reload_and_stop(struct bench *b)
{
	struct confab_error none = {0};
	reload_pot(b);
	bench_done(b, 0, &none);
}

static void stop_gives_up_a_copy_that_waits(void **state)
{
	struct bench b;
	(void)state;
	ready_rc = 0;
	begin(&b, &auth);
	ready_rc = CONFAB_ETIMEDOUT;
	next_pot = &auth;
	bench_do(&b, reload_and_stop);
	run_for(10000);
	bench_end(&b);
	assert_int_equal(b.rc, CONFAB_ECLOSED);
	assert_string_equal(diary, "+load ready +load -0 -0 ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(state_passes_to_the_new_copy),
		cmocka_unit_test(a_refusal_leaves_the_old_copy_as_it_was),
		cmocka_unit_test(what_needs_a_restart_says_so),
		cmocka_unit_test(loaded_and_unloaded_by_name),
		cmocka_unit_test(what_it_has_begun_ends_and_no_more),
		cmocka_unit_test(a_copy_that_does_not_end_is_named_and_waited_for),
		cmocka_unit_test(an_unload_that_does_not_end_names_its_holder),
		cmocka_unit_test(stop_ends_copies_that_leave),
		cmocka_unit_test(a_plugin_unloads_itself),
		cmocka_unit_test(what_is_left_is_swept),
		cmocka_unit_test(a_provider_is_ready_before_the_swap),
		cmocka_unit_test(stop_gives_up_a_copy_that_waits),
	};
	log_level_set(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
