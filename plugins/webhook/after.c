/**
 * Telling after: messages are todos of their commit; those that are due go out together.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "webhook/webhook.h"

#define BATCH_MAX 1000

/** Todos that go out in one request. */
struct batch {
	struct batch *next; /* of those under way */
	struct after *after;
	struct confab_todo_job *jobs[BATCH_MAX];
	size_t count;
	json_t *events;
	char id[SIGN_ID_SIZE];
};

struct after {
	struct webhook *wh;
	struct batch *filling; /* or NULL */
	struct batch *under_way;
	struct confab_timer *timer;
};

static void batch_end(struct batch *b, int rc, const char *why)
{
	const struct confab_settings *s = confab_plugin_settings(b->after->wh->plugin);
	bool counts = rc != 0 && rc != CONFAB_ECLOSED;
	for (size_t i = 0; i < b->count; i++)
		if (counts &&
			confab_todo_attempts(b->jobs[i]) + 1 >= confab_setting_int(s, ROW_ATTEMPTS))
			dead_bury(b->after->wh, b->jobs[i], json_array_get(b->events, i), why);
		else
			confab_todo_answer(b->jobs[i], rc, why);
	json_decref(b->events);
	free(b);
}

static void under_way_drop(struct after *a, const struct batch *b)
{
	struct batch **at = &a->under_way;
	while (*at != b)
		at = &(*at)->next;
	*at = b->next;
}

static void told(void *arg, const struct confab_fetch_answer *answer)
{
	struct batch *b = arg;
	char status[32];
	under_way_drop(b->after, b);
	snprintf(status, sizeof(status), "status %d", answer->status);
	if (answer->rc == 0 && answer->status >= 200 && answer->status < 300)
		batch_end(b, 0, NULL);
	else
		batch_end(b, answer->rc != 0 ? answer->rc : CONFAB_EIO,
			answer->rc != 0 ? answer->why : status);
}

static void send(struct after *a)
{
	struct batch *b = a->filling;
	struct webhook *wh = a->wh;
	const struct confab_settings *s = confab_plugin_settings(wh->plugin);
	const char *url = confab_setting_str(s, ROW_AFTER_URL);
	a->filling = NULL;
	confab_timer_stop(a->timer);
	a->timer = NULL;
	if (b == NULL)
		return;
	if (url == NULL) {
		batch_end(b, CONFAB_ENOENT, "there is no after_url any more");
		return;
	}
	json_t *all = json_pack("{s:s, s:I, s:O}", "type", "events", "timestamp",
		(json_int_t)confab_time_ms(), "events", b->events);
	char *body = json_dumps(all, JSON_COMPACT);
	b->next = a->under_way;
	a->under_way = b;
	if (body == NULL ||
		webhook_post(wh, url, confab_plugin_built(wh->plugin), b->id, body,
			(unsigned)confab_setting_duration_ms(s, ROW_TIMEOUT), told, b) == 0) {
		under_way_drop(a, b);
		batch_end(b, CONFAB_EBUSY, "fetch is busy");
	}
	free(body);
	json_decref(all);
}

static void due(void *arg)
{
	struct after *a = arg;
	a->timer = NULL;
	send(a);
}

/* ------------------------------------------------------------------------------------------ */

struct after *after_new(struct webhook *wh)
{
	struct after *a = calloc(1, sizeof(*a));
	if (a != NULL)
		a->wh = wh;
	return a;
}

void after_free(struct after *a)
{
	struct batch *next;
	if (a == NULL)
		return;
	/* What was not told stays a todo, to be met again. */
	if (a->filling != NULL)
		batch_end(a->filling, CONFAB_ECLOSED, "the plugin goes");
	for (struct batch *b = a->under_way; b != NULL; b = next) {
		next = b->next;
		batch_end(b, CONFAB_ECLOSED, "the plugin goes");
	}
	confab_timer_stop(a->timer);
	free(a);
}

void after_run(
	struct confab_todo_job *job, const char *log, uint64_t rev, const json_t *body, void *ctx)
{
	struct webhook *wh = ctx;
	struct after *a = wh->after;
	const struct confab_settings *s = confab_plugin_settings(wh->plugin);
	if (a->filling == NULL && (a->filling = calloc(1, sizeof(*a->filling))) != NULL) {
		a->filling->after = a;
		a->filling->events = json_array();
		sign_id(a->filling->id);
		a->timer = confab_timer_start(wh->plugin,
			(unsigned)confab_setting_duration_ms(s, ROW_BATCH_DELAY), 0, due, a);
	}
	if (a->filling == NULL) {
		confab_todo_answer(job, CONFAB_ENOMEM, NULL);
		return;
	}
	json_t *event = json_deep_copy(body);
	json_object_set_new(event, "log", json_string(log));
	json_object_set_new(event, "rev", json_integer((json_int_t)rev));
	json_array_append_new(a->filling->events, event);
	a->filling->jobs[a->filling->count++] = job;
	if ((int64_t)a->filling->count >= confab_setting_int(s, ROW_BATCH) || a->timer == NULL)
		send(a);
}
