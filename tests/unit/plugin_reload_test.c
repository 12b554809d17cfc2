/**
 * plugin/snapshot, prepare and reload: settings of plugins are prepared once per distinct snapshot,
 * and change all together or not at all.
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

#include "base/log.h"
#include "config/config.h"
#include "config/report.h"
#include "loop/loop.h"
#include "loop/sim.h"
#include "loop/work.h"
#include "plugin/host.h"

static struct loop *loop;
static struct pool *pool;
static struct host *host;
static bool finished;
static int result;
static char text[512];
static unsigned prepared, discarded, committed, loaded, unloaded;

enum { ROW_PAUSE };
static const struct confab_setting rows[] = {
	[ROW_PAUSE] = {"pause", CONFAB_SETTING_DURATION, "5s", 0, 60000, .scope = CONFAB_SCOPE_TYPE,
		.flags = CONFAB_SETTING_RELOADABLE, .doc = "How long."},
};

static int prepare(const struct confab_settings *s, void **built, struct confab_error *err)
{
	int64_t pause = confab_setting_duration_ms(s, ROW_PAUSE);
	if (pause == 13000)
		return confab_error_set(err, CONFAB_EINVAL, "13s brings bad luck");
	int64_t *doubled = malloc(sizeof(*doubled));
	*doubled = pause * 2;
	*built = doubled;
	prepared++;
	return 0;
}

static void discard(void *built)
{
	free(built);
	discarded++;
}

static void commit(void *ctx)
{
	(void)ctx;
	committed++;
}

static int load(struct confab_plugin *p, void **ctx, struct confab_error *err)
{
	(void)err;
	/* Settings are in force before load. */
	assert_non_null(confab_plugin_built(p));
	*ctx = p;
	loaded++;
	return 0;
}

static void unload(void *ctx)
{
	assert_non_null(confab_plugin_built(ctx));
	unloaded++;
}

#define PLUGIN(name_) \
	{ \
		CONFAB_HEAD(name_, "1", "MIT"), CONFAB_ROWS(settings, rows), \
			.prepare = prepare, .discard = discard, .commit = commit, .load = load, \
			.unload = unload \
	}
static const struct confab_descriptor one = PLUGIN("one"), two = PLUGIN("two");

#define BASE "store: {provider: one}\nauth: {providers: [one]}\n"

static struct config *config_of(const char *yaml)
{
	size_t n;
	struct config_plugin_table *tables = host_tables(host, &n);
	const struct config_options options = {tables, n, CONFIG_KEEP_SECRETS};
	struct config_report *report = config_report_new("test");
	struct config *cfg = config_parse("test", yaml, strlen(yaml), &options, report);
	if (cfg == NULL)
		config_report_print(report, stderr);
	assert_non_null(cfg);
	config_report_free(report);
	free(tables);
	return cfg;
}

static void on_done(void *arg, int rc, const struct confab_error *err)
{
	(void)arg;
	finished = true;
	result = rc;
	snprintf(text, sizeof(text), "%s", err->text);
}

static bool is_finished(void *arg)
{
	(void)arg;
	return finished;
}

static void wait_done(void)
{
	assert_true(sim_run_until(sim_now_us() + 60000000, is_finished, NULL));
	finished = false;
}

/* What is done on the logic thread. */
struct errand {
	struct mail mail;
	void (*fn)(const struct config *cfg);
	const struct config *cfg;
};

static void errand_run(struct mail *m)
{
	struct errand *e = (struct errand *)m;
	e->fn(e->cfg);
	free(e);
}

static void on_logic(void (*fn)(const struct config *cfg), const struct config *cfg)
{
	struct errand *e = calloc(1, sizeof(*e));
	e->mail.run = errand_run;
	e->fn = fn;
	e->cfg = cfg;
	loop_post(loop, &e->mail);
}

static void do_start(const struct config *cfg)
{
	host_start(host, cfg, loop, pool, on_done, NULL);
}

static void do_prepare(const struct config *cfg)
{
	host_prepare(host, cfg, on_done, NULL);
}

static void do_commit(const struct config *cfg)
{
	(void)cfg;
	host_commit(host);
}

static void do_discard(const struct config *cfg)
{
	(void)cfg;
	host_discard(host);
}

static void do_stop(const struct config *cfg)
{
	(void)cfg;
	host_stop(host, on_done, NULL);
}

static int setup(void **state)
{
	(void)state;
	struct confab_error err = {0};
	const struct host_options options = {.data_dir = "/nowhere"};
	prepared = discarded = committed = loaded = unloaded = 0;
	finished = false;
	sim_begin(11);
	loop = loop_new("logic", &err);
	pool = pool_new("workers", 2, 100, &err);
	host = host_new(&options);
	return host_open_static(host, &one, &err) || host_open_static(host, &two, &err) ||
		loop_start(loop, &err);
}

static int teardown(void **state)
{
	(void)state;
	on_logic(do_stop, NULL);
	wait_done();
	host_free(host);
	pool_free(pool);
	loop_stop(loop);
	sim_run_until(sim_now_us() + 1000, NULL, NULL);
	loop_free(loop);
	sim_end();
	return prepared == discarded && loaded == unloaded ? 0 : -1;
}

/* Start with a configuration; the host keeps its own reference. */
static void start(const char *yaml)
{
	struct config *cfg = config_of(yaml);
	on_logic(do_start, cfg);
	wait_done();
	config_unref(cfg);
}

static void change(const char *yaml)
{
	struct config *cfg = config_of(yaml);
	on_logic(do_prepare, cfg);
	wait_done();
	config_unref(cfg);
}

static int64_t built_of(const char *plugin, const char *type)
{
	const struct confab_settings *s = plugin_settings(host_find(host, plugin), type);
	return s != NULL ? *(int64_t *)confab_settings_built(s) : -1;
}

static void once_per_snapshot(void **state)
{
	(void)state;
	start(BASE "plugins:\n  one: {pause: 7s}\n  two:\n"
		   "channel_types:\n  open:\n    plugins: {one: {pause: 9s}}\n"
		   "  broadcast:\n    plugins: {one: {pause: 9s}}\n"
		   "  group:\n    plugins: {one: {pause: 7s}}\n");
	assert_int_equal(result, 0);
	/* one: the server's, and that of open and broadcast; two: the defaults. */
	assert_int_equal(prepared, 3);
	assert_int_equal(loaded, 2);
	assert_int_equal(built_of("one", NULL), 14000);
	assert_int_equal(built_of("one", "group"), 14000);
	assert_int_equal(built_of("one", "open"), 18000);
	assert_int_equal(built_of("one", "broadcast"), 18000);
	assert_int_equal(built_of("one", "nosuch"), 14000);
	assert_int_equal(built_of("two", "open"), 10000);
}

static void refused_at_start(void **state)
{
	(void)state;
	start(BASE "plugins:\n  one: {pause: 7s}\n  two: {pause: 13s}\n");
	assert_int_equal(result, CONFAB_EINVAL);
	assert_string_equal(text, "plugin 'two', 13s brings bad luck");
	assert_int_equal(loaded, 0);
}

static void all_or_nothing(void **state)
{
	(void)state;
	start(BASE "plugins:\n  one: {pause: 7s}\n  two:\n");
	assert_int_equal(prepared, 2);
	/* one could, two cannot: nothing changes. */
	change(BASE "plugins:\n  one: {pause: 8s}\n  two: {pause: 13s}\n");
	assert_int_equal(result, CONFAB_EINVAL);
	assert_int_equal(built_of("one", NULL), 14000);
	assert_int_equal(prepared, 3);
	assert_int_equal(discarded, 1);
	assert_int_equal(committed, 0);
	/* What is the same is not prepared again. */
	change(BASE "plugins:\n  one: {pause: 8s}\n  two:\n");
	assert_int_equal(result, 0);
	assert_int_equal(built_of("one", NULL), 14000);
	assert_int_equal(prepared, 4);
	on_logic(do_commit, NULL);
	sim_run_until(sim_now_us() + 1000, NULL, NULL);
	assert_int_equal(built_of("one", NULL), 16000);
	assert_int_equal(built_of("two", NULL), 10000);
	assert_int_equal(discarded, 2);
	assert_int_equal(committed, 2);
	/* And what is prepared may be dropped. */
	change(BASE "plugins:\n  one: {pause: 9s}\n  two:\n");
	on_logic(do_discard, NULL);
	sim_run_until(sim_now_us() + 1000, NULL, NULL);
	assert_int_equal(built_of("one", NULL), 16000);
	assert_int_equal(prepared, 5);
	assert_int_equal(discarded, 3);
}

static void one_change_at_a_time(void **state)
{
	(void)state;
	start(BASE "plugins:\n  one:\n  two:\n");
	struct config *cfg = config_of(BASE "plugins:\n  one: {pause: 1s}\n  two:\n");
	on_logic(do_prepare, cfg);
	on_logic(do_prepare, cfg);
	wait_done();
	assert_int_equal(result, CONFAB_EBUSY);
	wait_done();
	assert_int_equal(result, 0);
	config_unref(cfg);
	/* Stopping now discards it. */
}

static void plugins_come_and_go(void **state)
{
	(void)state;
	start(BASE "plugins:\n  one:\n  two:\n");
	assert_int_equal(loaded, 2);
	change(BASE "plugins:\n  one:\n");
	assert_int_equal(result, 0);
	on_logic(do_commit, NULL);
	sim_run_until(sim_now_us() + 100000, NULL, NULL);
	assert_int_equal(plugin_state(host_find(host, "two")), PLUGIN_GONE);
	assert_int_equal(unloaded, 1);
	struct confab_error err = {0};
	assert_int_equal(host_open_static(host, &two, &err), 0);
	change(BASE "plugins:\n  one:\n  two: {pause: 2s}\n");
	assert_int_equal(result, 0);
	on_logic(do_commit, NULL);
	sim_run_until(sim_now_us() + 100000, NULL, NULL);
	assert_int_equal(plugin_state(host_find(host, "two")), PLUGIN_UP);
	assert_int_equal(built_of("two", NULL), 4000);
	assert_int_equal(loaded, 3);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(once_per_snapshot),
		CASE(refused_at_start),
		CASE(all_or_nothing),
		CASE(one_change_at_a_time),
		CASE(plugins_come_and_go),
	};
	log_level_set(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
