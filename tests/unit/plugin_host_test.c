/**
 * plugin/host: life of plugins from load to sweep, on simulated loops.
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

#include <confab/doc.h>
#include <confab/service.h>
#include <confab/task.h>

#include "base/log.h"
#include "loop/loop.h"
#include "base/blame.h"
#include "plugin/host.h"
#include "plugin_bench.h"
#include "store/memory.h"

/* ---- plugins ---------------------------------------------------------------------------- */

static int load_noted(struct confab_plugin *p, void **ctx, struct confab_error *err)
{
	(void)err;
	note("+%s ", confab_plugin_name(p));
	*ctx = p;
	return 0;
}

static void unload_noted(void *ctx)
{
	note("-%s ", confab_plugin_name(ctx));
}

#define PLAIN(name_, ...) \
	{ \
		CONFAB_HEAD(name_, "1", "MIT"), .load = load_noted, .unload = unload_noted, \
						__VA_ARGS__ \
	}

static const struct confab_descriptor ant = PLAIN("ant", .summary = "");
static const struct confab_descriptor bee = PLAIN("bee", .before = "ant");
static const struct confab_descriptor cat = PLAIN("cat", .requires_ = "dog.bark");

struct bark {
	size_t size;
	int (*loudness)(void *ctx);
};
static int dog_loudness(void *ctx)
{
	(void)ctx;
	return 11;
}
static const struct bark bark = {sizeof(struct bark), dog_loudness};
static const struct confab_provide_row dog_provides[] = {{"dog.bark", 2, &bark, sizeof(bark)}};
static const struct confab_descriptor dog = PLAIN("dog", CONFAB_ROWS(provides, dog_provides));

static void order_of_life(void **state)
{
	(void)state;
	BEGIN(&ant, &bee, &cat, &dog);
	assert_int_equal(b.rc, 0);
	assert_string_equal(diary, "+bee +ant +dog +cat ");
	assert_int_equal(plugin_state(host_find(b.host, "ant")), PLUGIN_UP);
	bench_end(&b);
	assert_string_equal(diary, "+bee +ant +dog +cat -cat -dog -ant -bee ");
}

static void requires_what_is_missing(void **state)
{
	(void)state;
	BEGIN(&cat, &ant);
	assert_int_equal(b.rc, CONFAB_ENOENT);
	assert_string_equal(b.text, "plugin 'cat', requires 'dog.bark', which is not enabled");
	assert_string_equal(diary, "");
	bench_end(&b);
}

static const struct confab_descriptor wolf = PLAIN("wolf", .after = "yak");
static const struct confab_descriptor yak = PLAIN("yak", .after = "wolf");

static void cycle(void **state)
{
	(void)state;
	BEGIN(&yak, &wolf);
	assert_int_equal(b.rc, CONFAB_ELOOP);
	assert_string_equal(b.text, "plugins cannot be put in order: yak before wolf before yak");
	bench_end(&b);
}

/* ---- a load that fails halfway ------------------------------------------------------------ */

static void never(void *arg)
{
	(void)arg;
	note("%s", "never! ");
}

static int nothing(void *arg)
{
	(void)arg;
	return 0;
}

static void late(void *arg, int rc)
{
	(void)arg;
	note("late%s ", rc == 0 ? "" : "!");
}

static int load_half(struct confab_plugin *p, void **ctx, struct confab_error *err)
{
	(void)ctx;
	note("+%s ", "half");
	assert_non_null(confab_timer_start(p, 1, 1, never, NULL));
	struct confab_lane *lane = confab_lane_open(p, "half");
	assert_non_null(lane);
	confab_lane_run(lane, nothing, late, NULL);
	assert_int_equal(confab_work(p, nothing, late, NULL), 0);
	return confab_error_set(err, CONFAB_EIO, "the cupboard is empty");
}

static const struct confab_descriptor half = {
	CONFAB_HEAD("half", "1", "MIT"), .load = load_half, .unload = unload_noted};

static void load_fails_halfway(void **state)
{
	(void)state;
	BEGIN(&ant, &half);
	assert_int_equal(b.rc, CONFAB_EIO);
	assert_string_equal(b.text, "plugin 'half', the cupboard is empty");
	assert_int_equal(plugin_state(host_find(b.host, "half")), PLUGIN_FAILED);
	/* What was in flight has ended, its unload was not called. */
	assert_string_equal(diary, "+ant +half late late ");
	run_for(100000);
	assert_string_equal(diary, "+ant +half late late ");
	bench_end(&b);
	assert_string_equal(diary, "+ant +half late late -ant ");
}

/* ---- providers --------------------------------------------------------------------------- */

struct slow_auth {
	size_t size;
};
static const struct slow_auth slow_auth = {sizeof(struct slow_auth)};
static const struct confab_provide_row slow_provides[] = {
	{"auth", 1, &slow_auth, sizeof(slow_auth)}};
static int slow_rc;

static void slow_says(void *arg)
{
	note("%s", "ready ");
	confab_ready(arg, slow_rc, "the server is away");
}

static int load_slow(struct confab_plugin *p, void **ctx, struct confab_error *err)
{
	load_noted(p, ctx, err);
	if (slow_rc != CONFAB_ETIMEDOUT)
		confab_timer_start(p, 50, 0, slow_says, p);
	return 0;
}

static const struct confab_descriptor slow = {CONFAB_HEAD("slow", "1", "MIT"), .load = load_slow,
	.unload = unload_noted, CONFAB_ROWS(provides, slow_provides)};

static void provider_is_waited_for(void **state)
{
	(void)state;
	slow_rc = 0;
	BEGIN(&ant, &slow);
	assert_int_equal(b.rc, 0);
	assert_string_equal(diary, "+slow ready +ant ");
	bench_end(&b);
}

static void provider_fails(void **state)
{
	(void)state;
	slow_rc = CONFAB_EIO;
	BEGIN(&ant, &slow);
	assert_int_equal(b.rc, CONFAB_EIO);
	assert_string_equal(b.text, "plugin 'slow', the server is away");
	assert_string_equal(diary, "+slow ready -slow ");
	bench_end(&b);
}

static void provider_never_ready(void **state)
{
	(void)state;
	slow_rc = CONFAB_ETIMEDOUT;
	BEGIN(&ant, &slow);
	assert_int_equal(b.rc, CONFAB_ETIMEDOUT);
	assert_string_equal(b.text, "plugin 'slow', did not become ready in time");
	bench_end(&b);
}

static void stopped_while_starting(void **state)
{
	(void)state;
	struct bench b;
	slow_rc = CONFAB_ETIMEDOUT;
	bench_open(&b, (const struct confab_descriptor *const[]){&ant, &slow, NULL});
	bench_begin(&b);
	run_for(5000);
	assert_false(b.started);
	bench_end(&b);
	assert_true(b.started);
	assert_int_equal(b.rc, CONFAB_ECLOSED);
	assert_string_equal(diary, "+slow -slow ");
}

/* ---- tasks ------------------------------------------------------------------------------- */

static void tick(void *arg)
{
	struct confab_timer **t = arg;
	note("%s", "tick ");
	if (strlen(diary) > 15)
		confab_timer_stop(*t);
}

static void once(void *arg)
{
	(void)arg;
	note("%s", "once ");
}

static void posted(void *arg)
{
	(void)arg;
	note("%s", "posted ");
}

static struct confab_plugin *worker_plugin;
static struct confab_timer *ticking;

static int busy(void *arg)
{
	(void)arg;
	return confab_post(worker_plugin, posted, NULL) == 0 ? 42 : 1;
}

static void done_42(void *arg, int rc)
{
	(void)arg;
	note("%s ", rc == 42 ? "42" : "?");
}

static int load_worker(struct confab_plugin *p, void **ctx, struct confab_error *err)
{
	(void)err;
	*ctx = p;
	worker_plugin = p;
	return 0;
}

static const struct confab_descriptor worker = {
	CONFAB_HEAD("worker", "1", "MIT"), .load = load_worker, .unload = unload_noted};

static void timers(void **state)
{
	(void)state;
	BEGIN(&worker);
	confab_timer_start(worker_plugin, 25, 0, once, NULL);
	ticking = confab_timer_start(worker_plugin, 10, 10, tick, &ticking);
	confab_timer_stop(confab_timer_start(worker_plugin, 1, 0, never, NULL));
	run_for(1000000);
	assert_string_equal(diary, "tick tick once tick ");
	char held[64];
	plugin_holdings(host_find(b.host, "worker"), held, sizeof(held));
	assert_string_equal(held, "nothing");
	assert_int_equal(plugin_blame(worker_plugin)->cells[BLAME_TIMER].calls, 4);
	bench_end(&b);
}

static void work_mail(struct mail *m)
{
	free(m);
	assert_int_equal(confab_work(worker_plugin, busy, done_42, NULL), 0);
	struct confab_lane *lane = confab_lane_open(worker_plugin, "lane");
	confab_lane_run(lane, busy, done_42, NULL);
	confab_lane_close(lane);
}

static void work_and_posts(void **state)
{
	(void)state;
	BEGIN(&worker);
	struct mail *m = calloc(1, sizeof(*m));
	m->run = work_mail;
	loop_post(b.loop, m);
	run_for(1000000);
	assert_non_null(strstr(diary, "42"));
	assert_non_null(strstr(diary, "posted"));
	assert_int_equal(strlen(diary), strlen("42 42 posted posted "));
	bench_end(&b);
}

/* ---- services ---------------------------------------------------------------------------- */

static int load_cow(struct confab_plugin *p, void **ctx, struct confab_error *err)
{
	(void)err;
	void *dog_ctx = NULL;
	assert_null(confab_service_use(p, "dog.bark", 1, sizeof(struct bark), &dog_ctx));
	assert_null(confab_service_use(p, "dog.bark", 2, sizeof(struct bark) + 1, &dog_ctx));
	assert_null(confab_service_use(p, "dog.sniff", 2, sizeof(struct bark), &dog_ctx));
	const struct bark *service = confab_service_use(
		p, "dog.bark", 2, sizeof(struct bark), &dog_ctx);
	assert_non_null(service);
	assert_int_equal(service->loudness(dog_ctx), 11);
	*ctx = p;
	return 0;
}

static const struct confab_descriptor cow = {CONFAB_HEAD("cow", "1", "MIT"), .load = load_cow,
	.unload = unload_noted, .requires_ = "dog.bark"};

static const char *unload_name;

static void unload_named(struct bench *b)
{
	host_unload(b->host, unload_name, bench_done, b);
}

static void unload_by_name(struct bench *b, const char *name)
{
	unload_name = name;
	bench_do(b, unload_named);
}

static void services_hold_their_provider(void **state)
{
	(void)state;
	BEGIN(&cow, &dog);
	assert_int_equal(b.rc, 0);
	unload_by_name(&b, "dog");
	assert_int_equal(b.rc, CONFAB_EBUSY);
	assert_string_equal(b.text, "plugin 'dog', is in use by 'cow'");
	unload_by_name(&b, "cow");
	assert_int_equal(b.rc, 0);
	unload_by_name(&b, "dog");
	assert_int_equal(b.rc, 0);
	assert_string_equal(diary, "+dog -cow -dog ");
	unload_by_name(&b, "dog");
	assert_int_equal(b.rc, CONFAB_ENOENT);
	bench_end(&b);
}

/* ---- documents --------------------------------------------------------------------------- */

static struct memory *memory;
static struct confab_store memory_vtable; /* filled in main */
static const struct confab_provide_row store_provides[] = {
	{"store", 1, &memory_vtable, sizeof(memory_vtable)}};

static int load_store(struct confab_plugin *p, void **ctx, struct confab_error *err)
{
	(void)err;
	*ctx = memory = memory_new();
	confab_ready(p, 0, NULL);
	return 0;
}

static void unload_store(void *ctx)
{
	memory_free(ctx);
}

static const struct confab_descriptor store = {CONFAB_HEAD("store-memory", "1", "MIT"),
	.load = load_store, .unload = unload_store, CONFAB_ROWS(provides, store_provides)};

static void doc_noted(void *arg, int rc, const char *key, const json_t *doc, uint64_t version)
{
	char line[200];
	char *text = doc != NULL ? json_dumps(doc, JSON_COMPACT) : NULL;
	snprintf(line, sizeof(line), "%s:%s:%s:%s:%d", (const char *)arg, confab_code_name(rc),
		key != NULL ? key : "-", text != NULL ? text : "-", (int)version);
	note("%s\n", line);
	free(text);
}

static char label_get[] = "get", label_put[] = "put", label_again[] = "again",
	    label_over[] = "over", label_find[] = "find", label_delete[] = "delete",
	    label_array[] = "array", label_empty[] = "empty";

static void doc_mail(struct mail *m)
{
	struct confab_plugin *p = worker_plugin;
	free(m);
	confab_doc_get(p, "c", "k", doc_noted, label_get);
	confab_doc_put(p, "c", "k", json_pack("{s:i}", "n", 1), "i", 0, 0, doc_noted, label_put);
	confab_doc_put(p, "c", "k", json_pack("{s:i}", "n", 2), "i", 0, 0, doc_noted, label_again);
	confab_doc_put(p, "c", "k", json_pack("{s:i}", "n", 3), "i", 0, 1, doc_noted, label_over);
	confab_doc_get(p, "c", "k", doc_noted, label_get);
	confab_doc_find(p, "c", "i", 10, doc_noted, label_find);
	confab_doc_delete(p, "c", "k", CONFAB_ANY_VERSION, doc_noted, label_delete);
	confab_doc_get(p, "c", "k", doc_noted, label_get);
	confab_doc_put(p, "c", "k", json_array(), NULL, 0, 0, doc_noted, label_array);
	confab_doc_get(p, "c", "", doc_noted, label_empty);
}

static void documents(void **state)
{
	(void)state;
	BEGIN(&worker, &store);
	assert_int_equal(b.rc, 0);
	struct mail *m = calloc(1, sizeof(*m));
	m->run = doc_mail;
	loop_post(b.loop, m);
	run_for(1000000);
	assert_string_equal(diary,
		"get:ENOENT:k:-:0\n"
		"put:OK:k:-:1\n"
		"again:ECONFLICT:k:{\"n\":1}:1\n"
		"over:OK:k:-:2\n"
		"get:OK:k:{\"n\":3}:2\n"
		"find:OK:k:{\"n\":3}:2\n"
		"find:OK:-:-:0\n"
		"delete:OK:k:-:0\n"
		"get:ENOENT:k:-:0\n"
		"array:EINVAL:k:-:0\n"
		"empty:EINVAL::-:0\n");
	unload_by_name(&b, "store-memory");
	assert_int_equal(b.rc, CONFAB_EBUSY);
	bench_end(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_of_life),
		cmocka_unit_test(requires_what_is_missing),
		cmocka_unit_test(cycle),
		cmocka_unit_test(load_fails_halfway),
		cmocka_unit_test(provider_is_waited_for),
		cmocka_unit_test(provider_fails),
		cmocka_unit_test(provider_never_ready),
		cmocka_unit_test(stopped_while_starting),
		cmocka_unit_test(timers),
		cmocka_unit_test(work_and_posts),
		cmocka_unit_test(services_hold_their_provider),
		cmocka_unit_test(documents),
	};
	memory_vtable = *memory_store();
	log_level_set(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
