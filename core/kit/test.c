/**
 * The test server: the simulator's node, the plugin host over the memory store, one step after the
 * other on virtual time.
 *
 *   test ── errand ──▶ logic loop: host_start, host_prepare, host_stop … ── over ──▶ test goes on
 *
 * SPDX-License-Identifier: MIT
 */
#include "kit/test_internal.h"

#include <errno.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <confab/service.h>
#include "base/alloc.h"
#include "base/buf.h"
#include "base/log.h"
#include "chat/permit.h"
#include "config/config.h"
#include "loop/sim.h"
#include "loop/work.h"
#include "plugin/host.h"
#include "sim/node.h"
#include "store/memory.h"

#define SEED 1
#define PATIENCE_US INT64_C(120000000)

#define OF_ERRAND(m) ((struct confab_test *)((char *)(m)-offsetof(struct confab_test, errand)))

/* ---- the store, as a plugin like any other ---- */

static int store_load(struct confab_plugin *p, void **ctx, struct confab_error *err)
{
	(void)err;
	*ctx = memory_new();
	confab_ready(p, 0, NULL);
	return 0;
}

static void store_unload(void *ctx)
{
	memory_free(ctx);
}

#define STORE_NAME "store-memory"

/* The vtable is the memory store's, known at run time only. */
struct store_plugin {
	struct confab_provide_row provides;
	struct confab_descriptor descriptor;
};

static struct store_plugin store_plugin(const struct store_plugin *place)
{
	struct store_plugin s = {
		.provides = {"store", 1, memory_store(), memory_store()->size},
		.descriptor = {CONFAB_HEAD(STORE_NAME, "1.0", "MIT"), .load = store_load,
			.unload = store_unload},
	};
	s.descriptor.provides = (struct confab_table){&place->provides, 1, sizeof(place->provides)};
	return s;
}

/* ---- steps on the logic loop ---- */

static bool is_over(void *arg)
{
	return ((struct confab_test *)arg)->over;
}

static void step_over(void *arg, int rc, const struct confab_error *err)
{
	struct confab_test *t = arg;
	t->rc = rc;
	t->why = *err;
	t->over = true;
}

/* Run one step and wait until it has called step_over. @return its rc */
static int step(struct confab_test *t, void (*run)(struct mail *m))
{
	t->over = false;
	t->rc = 0;
	memset(&t->why, 0, sizeof(t->why));
	t->errand.run = run;
	loop_post(t->node->logic, &t->errand);
	if (sim_run_until(sim_now_us() + PATIENCE_US, is_over, t))
		return t->rc;
	char text[512];
	struct buf held;
	struct confab_plugin *p;
	buf_init(&held);
	for (size_t i = 0; (p = host_at(t->host, i)) != NULL; i++) {
		plugin_holdings(p, text, sizeof(text));
		buf_fmt(&held, "%s%s (%s) %s", i > 0 ? ", " : "", confab_plugin_name(p),
			plugin_state_name(plugin_state(p)), text);
	}
	test_fatal(t, "the server waits for ever; plugins hold: %s", held.bytes);
}

static bool host_todo(void *ctx, const struct confab_todo *todo)
{
	return host_todo_run(ctx, todo);
}

static void plugins_up(void *arg, int rc, const struct confab_error *err)
{
	struct confab_test *t = arg;
	if (rc == 0) {
		t->memory = confab_plugin_ctx(host_find(t->host, STORE_NAME));
		t->node->ops.todo_other = host_todo;
		t->node->ops.todo_ctx = t->host;
		node_begin(t->node, host_store(t->host));
	}
	step_over(t, rc, err);
}

static void start_step(struct mail *m)
{
	struct confab_test *t = OF_ERRAND(m);
	host_doors_set(t->host, t->node->pipeline, t->node->wire->ops);
	host_start(t->host, t->config, t->node->logic, t->pool, plugins_up, t);
}

static void prepared(void *arg, int rc, const struct confab_error *err)
{
	struct confab_test *t = arg;
	if (rc == 0) {
		host_commit(t->host);
		permit_config_set(t->node->chat, t->config);
	}
	step_over(t, rc, err);
}

static void configure_step(struct mail *m)
{
	struct confab_test *t = OF_ERRAND(m);
	host_prepare(t->host, t->config, prepared, t);
}

static void stop_step(struct mail *m)
{
	struct confab_test *t = OF_ERRAND(m);
	host_stop(t->host, step_over, t);
}

/* ---- configuration ---- */

static char *default_yaml(const struct host *h)
{
	struct buf yaml;
	struct confab_plugin *p;
	buf_init(&yaml);
	buf_str(&yaml, "plugins:\n");
	for (size_t i = 0; (p = host_at(h, i)) != NULL; i++)
		buf_fmt(&yaml, "  %s: {}\n", confab_plugin_name(p));
	return buf_take(&yaml, NULL);
}

/* @return a reference, or NULL with err filled */
static const struct config *config_make(
	const struct host *h, const char *yaml, struct confab_error *err)
{
	struct config_options options = {.flags = CONFIG_KEEP_SECRETS};
	struct config_report *report = config_report_new("test.yaml");
	struct config_plugin_table *tables = host_tables(h, &options.plugin_count);
	char *made = yaml == NULL ? default_yaml(h) : NULL;
	const char *text = yaml != NULL ? yaml : made;
	struct confab_plugin *p;

	options.plugins = tables;
	const struct config *cfg = config_parse("test.yaml", text, strlen(text), &options, report);
	if (cfg == NULL)
		config_report_error(report, err);
	for (size_t i = 0; cfg != NULL && (p = host_at(h, i)) != NULL; i++) {
		const char *name = confab_plugin_name(p);
		if (strcmp(name, STORE_NAME) == 0 || config_plugin(cfg, name) != NULL)
			continue;
		confab_error_set(err, CONFAB_EINVAL,
			"test.yaml: plugin '%s' is not enabled; add \"%s: {}\" under \"plugins:\"",
			name, name);
		config_unref(cfg);
		cfg = NULL;
	}
	config_report_free(report);
	free(tables);
	free(made);
	return cfg;
}

/* ---- beginning and end ---- */

static void log_begin(struct confab_test *t)
{
	char path[64];
	struct confab_error err = {0};
	t->log_fd = memfd_create("confab-test-log", MFD_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", t->log_fd);
	if (t->log_fd < 0 || log_open(path, LOG_FORMAT_TEXT, &err) != 0)
		test_fatal(t, "no log (%s)", err.text[0] ? err.text : strerror(errno));
	log_level_set(LOG_LEVEL_DEBUG);
}

static void node_start(struct confab_test *t)
{
	struct net_limits limits;
	net_limits_default(&limits);
	const struct node_options options = {.config = t->config,
		.event_bytes = limits.event_bytes,
		.reply_bytes = limits.reply_bytes,
		.in_flight = limits.in_flight};
	t->node = node_new(&options);
}

/* What was made before the node, and after it has gone. */
static void world_drop(struct confab_test *t)
{
	pool_free(t->pool);
	if (t->outside != NULL) {
		loop_stop(t->outside);
		loop_join(t->outside);
		loop_free(t->outside);
	}
	host_free(t->host);
	config_unref(t->config);
	log_close();
	close(t->log_fd);
	sim_end();
	free(t->log);
	free(t);
}

static void node_end(struct confab_test *t)
{
	if (!node_stop(t->node))
		test_fatal(t, "something of the server never ends:\n%s", confab_test_log(t));
	(void)step(t, stop_step);
	node_free(t->node);
	t->node = NULL;
}

/* Tell the caller, or nobody: then it is the end. */
static void refuse(struct confab_test *t, struct confab_error *err, const struct confab_error *why)
{
	if (err == NULL)
		test_fatal(t, "%s", why->text);
	*err = *why;
}

/* Make everything but the node. @return 0 or a code with why filled */
static int world_make(struct confab_test *t, const struct confab_descriptor *const *plugins,
	const char *yaml, struct confab_error *why)
{
	t->outside = loop_new("outside", why);
	t->pool = pool_new("workers", 2, 1000, why);
	t->host = host_new(&(struct host_options){.data_dir = "."});
	int rc = loop_start(t->outside, why);
	for (size_t i = 0; rc == 0 && plugins[i] != NULL; i++)
		rc = host_open_static(t->host, plugins[i], why);
	t->config = rc == 0 ? config_make(t->host, yaml, why) : NULL;
	return rc == 0 && t->config == NULL ? why->code : rc;
}

/* ------------------------------------------------------------------------------------------ */

void test_fatal(struct confab_test *t, const char *fmt, ...)
{
	va_list args;
	fprintf(stderr, "confab-test: ");
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fprintf(stderr, "\nThe server's log:\n%s", t->log_fd >= 0 ? confab_test_log(t) : "");
	abort();
}

struct confab_test *confab_test_new_with(
	const struct confab_descriptor *const *plugins, const char *yaml, struct confab_error *err)
{
	static struct store_plugin store;
	struct confab_test *t = alloc_zero(1, sizeof(*t));
	struct confab_error why = {0};

	store = store_plugin(&store);
	t->log_fd = -1;
	sim_begin(SEED);
	log_begin(t);
	t->plugin = plugins[0]->name;
	int rc = world_make(t, plugins, yaml, &why);
	if (rc == 0)
		rc = host_open_static(t->host, &store.descriptor, &why);
	if (rc == 0) {
		node_start(t);
		rc = step(t, start_step);
		why = t->why;
		if (rc != 0)
			node_end(t);
	}
	if (rc == 0)
		return t;
	refuse(t, err, &why);
	world_drop(t);
	return NULL;
}

struct confab_test *confab_test_new(
	const struct confab_descriptor *plugin, const char *yaml, struct confab_error *err)
{
	const struct confab_descriptor *const plugins[] = {plugin, NULL};
	return confab_test_new_with(plugins, yaml, err);
}

void confab_test_free(struct confab_test *t)
{
	if (t == NULL)
		return;
	test_clients_free(t);
	node_end(t);
	world_drop(t);
}

struct confab_plugin *confab_test_plugin(struct confab_test *t)
{
	return host_find(t->host, t->plugin);
}

int confab_test_configure(struct confab_test *t, const char *yaml, struct confab_error *err)
{
	struct confab_error why = {0};
	const struct config *former = t->config, *now = config_make(t->host, yaml, &why);
	if (now == NULL) {
		refuse(t, err, &why);
		return why.code;
	}
	t->config = now;
	int rc = step(t, configure_step);
	if (rc != 0)
		t->config = former;
	config_unref(rc != 0 ? now : former);
	if (rc != 0)
		refuse(t, err, &t->why);
	return rc;
}

void confab_test_pass(struct confab_test *t, unsigned ms)
{
	(void)t;
	(void)sim_run_until(sim_now_us() + (int64_t)ms * 1000, NULL, NULL);
}

bool confab_test_until(
	struct confab_test *t, bool (*cond)(void *arg), void *arg, unsigned within_ms)
{
	(void)t;
	return sim_run_until(sim_now_us() + (int64_t)within_ms * 1000, cond, arg);
}

void confab_test_faults(struct confab_test *t, const struct confab_test_faults *faults)
{
	struct memory_faults f = {0};
	unsigned lost = faults != NULL ? faults->unknown / 2 : 0;
	if (faults != NULL)
		f = (struct memory_faults){.busy = faults->busy,
			.lost = lost,
			/* Drawn among the calls that were not lost. */
			.applied = 1000 * (faults->unknown - lost) / (1000 - lost),
			.failed = faults->failed,
			.delayed = faults->slow_ms > 0 ? 1000 : 0,
			.delay_max_us = (int64_t)faults->slow_ms * 1000};
	memory_faults_set(t->memory, &f);
}

const char *confab_test_log(struct confab_test *t)
{
	struct stat st;
	free(t->log);
	t->log = NULL;
	if (fstat(t->log_fd, &st) != 0)
		return "";
	t->log = alloc_zero(1, (size_t)st.st_size + 1);
	ssize_t n = pread(t->log_fd, t->log, (size_t)st.st_size, 0);
	t->log[n > 0 ? n : 0] = '\0';
	return t->log;
}
