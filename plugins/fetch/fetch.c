/**
 * fetch: outbound HTTP for other plugins, behind walls. Glue only; transfers are transfer.c, walls address.c.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdlib.h>
#include <string.h>

#include <confab/log.h>
#include <confab/service.h>
#include <confab/settings.h>
#include <confab/task.h>

#include "fetch/transfer.h"

enum { ROW_ALLOW, ROW_TIMEOUT, ROW_MAX_BYTES, ROW_PER_HOST, ROW_CONNECTIONS, ROW_WAITING };

static const struct confab_setting settings[] = {
	[ROW_ALLOW] = {"allow", CONFAB_SETTING_LIST, NULL, 0, ADDRESS_NETS_MAX,
		.flags = CONFAB_SETTING_RELOADABLE,
		.doc = "Networks that may be connected to though they are not public, as "
		       "127.0.0.0/8, 10.1.0.0/16 or ::1."},
	[ROW_TIMEOUT] = {"timeout", CONFAB_SETTING_DURATION, "10s", 100, 300000,
		.flags = CONFAB_SETTING_RELOADABLE, .doc = "What a request may take at most."},
	[ROW_MAX_BYTES] = {"max_bytes", CONFAB_SETTING_SIZE, "4MB", 1024, 64 * 1024 * 1024,
		.flags = CONFAB_SETTING_RELOADABLE, .doc = "How long an answer may be."},
	[ROW_PER_HOST] = {"per_host", CONFAB_SETTING_INT, "8", 1, 256,
		.doc = "Connections to one host at once; more requests wait."},
	[ROW_CONNECTIONS] = {"connections", CONFAB_SETTING_INT, "64", 1, 4096,
		.doc = "Connections at once."},
	[ROW_WAITING] = {"waiting", CONFAB_SETTING_INT, "1000", 1, 100000,
		.flags = CONFAB_SETTING_RELOADABLE,
		.doc = "Requests at once, those that wait too; more are refused."},
};

struct fetch {
	struct confab_plugin *plugin;
	struct confab_lane *lane;
	struct transfers transfers;
	struct transfer *all;
	int64_t count;
	uint64_t last;
};

static int fetch_prepare(const struct confab_settings *s, void **built, struct confab_error *err)
{
	struct confab_list list = confab_setting_list(s, ROW_ALLOW);
	struct address_list *allow = calloc(1, sizeof(*allow));
	if (allow == NULL)
		return confab_error_set(err, CONFAB_ENOMEM, "out of memory");
	for (size_t i = 0; i < list.count; i++)
		if (!address_net_parse(&allow->nets[allow->count++], list.items[i])) {
			free(allow);
			return confab_error_set(err, CONFAB_EINVAL,
				"allow: '%.60s' is no network (such as 10.0.0.0/8 or ::1)",
				list.items[i]);
		}
	*built = allow;
	return 0;
}

/* Logic thread: tell who asked, unless it was cancelled. */
static void deliver(void *arg)
{
	struct transfer *t = arg, **at;
	struct fetch *fetch = t->owner;
	for (at = &fetch->all; *at != t; at = &(*at)->all_next)
		;
	*at = t->all_next;
	fetch->count--;
	if (!atomic_load(&t->cancelled)) {
		const struct confab_fetch_answer answer = {.size = sizeof(answer),
			.rc = t->rc,
			.status = (int)t->status,
			.type = t->type,
			.body = t->answer != NULL ? t->answer : "",
			.len = t->answer_len,
			.why = t->rc != 0 ? t->why : ""};
		t->done(t->arg, &answer);
	}
	transfer_free(t);
}

/* Lane. A plugin that goes has cancelled everything: unload frees what is left. */
static void over(struct transfer *t)
{
	struct fetch *fetch = t->owner;
	(void)confab_post(fetch->plugin, deliver, t);
}

static uint64_t start(void *ctx, struct confab_plugin *user, const struct confab_fetch_request *rq,
	confab_fetch_fn done, void *arg)
{
	struct fetch *fetch = ctx;
	const struct confab_settings *s = confab_plugin_settings(fetch->plugin);
	int64_t timeout_ms = confab_setting_duration_ms(s, ROW_TIMEOUT);
	size_t max_bytes = (size_t)confab_setting_int(s, ROW_MAX_BYTES);
	struct transfer *t = fetch->count < confab_setting_int(s, ROW_WAITING) ? transfer_new(rq)
									       : NULL;
	if (t == NULL)
		return 0;
	t->timeout_ms = rq->timeout_ms > 0 && rq->timeout_ms < timeout_ms ? (long)rq->timeout_ms
									  : (long)timeout_ms;
	t->max_bytes = rq->max_bytes > 0 && rq->max_bytes < max_bytes ? rq->max_bytes : max_bytes;
	t->redirects = rq->redirects < 20 ? (long)rq->redirects : 20;
	t->allow = *(const struct address_list *)confab_plugin_built(fetch->plugin);
	t->owner = fetch;
	t->over = over;
	t->user = user;
	t->done = done;
	t->arg = arg;
	t->number = ++fetch->last;
	t->all_next = fetch->all;
	fetch->all = t;
	fetch->count++;
	uint64_t number = t->number;
	if (transfers_add(&fetch->transfers, t))
		confab_lane_run(fetch->lane, transfers_run, NULL, &fetch->transfers);
	return number;
}

static void cancel(void *ctx, uint64_t number)
{
	struct fetch *fetch = ctx;
	for (struct transfer *t = fetch->all; t != NULL; t = t->all_next)
		if (t->number == number)
			atomic_store(&t->cancelled, true);
	transfers_wake(&fetch->transfers);
}

static void end(void *ctx, struct confab_plugin *user)
{
	struct fetch *fetch = ctx;
	for (struct transfer *t = fetch->all; t != NULL; t = t->all_next)
		if (t->user == user)
			atomic_store(&t->cancelled, true);
	transfers_wake(&fetch->transfers);
}

static const struct confab_fetch_service service = {
	.size = sizeof(service), .start = start, .cancel = cancel, .end = end};

static const struct confab_provide_row provides[] = {
	{CONFAB_FETCH, CONFAB_FETCH_MAJOR, &service, sizeof(service)},
};

static int fetch_load(struct confab_plugin *p, void **ctx, struct confab_error *err)
{
	const struct confab_settings *s = confab_plugin_settings(p);
	struct fetch *fetch = calloc(1, sizeof(*fetch));
	if (fetch == NULL)
		return confab_error_set(err, CONFAB_ENOMEM, "out of memory");
	fetch->plugin = p;
	fetch->lane = confab_lane_open(p, "fetch");
	if (!transfers_init(&fetch->transfers, (long)confab_setting_int(s, ROW_PER_HOST),
		    (long)confab_setting_int(s, ROW_CONNECTIONS)) ||
		fetch->lane == NULL) {
		transfers_fini(&fetch->transfers);
		free(fetch);
		return confab_error_set(err, CONFAB_EIO, "libcurl or its lane cannot begin");
	}
	*ctx = fetch;
	return 0;
}

/* Nobody uses it any more, and the lane is quiet. */
static void fetch_unload(void *ctx)
{
	struct fetch *fetch = ctx;
	while (fetch->all != NULL) {
		struct transfer *t = fetch->all;
		fetch->all = t->all_next;
		transfer_free(t);
	}
	transfers_fini(&fetch->transfers);
	free(fetch);
}

CONFAB_PLUGIN("fetch", "1.0") = {
	CONFAB_HEAD("fetch", "1.0", "MIT"),
	.summary = "Outbound HTTP for other plugins.",
	.flags = CONFAB_RESIDENT,
	.caps = CONFAB_CAP_NET_OUT,
	CONFAB_ROWS(settings, settings),
	CONFAB_ROWS(provides, provides),
	.prepare = fetch_prepare,
	.discard = free,
	.load = fetch_load,
	.unload = fetch_unload,
};
