/**
 * Asking before: an event waits until the one asked has answered, or the deadline has passed.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <confab/chat.h>
#include <confab/log.h>

#include "webhook/webhook.h"

#define AGAIN_MS 100
/* The event's own deadline comes behind ours, for the case that something goes wrong with that. */
#define GRACE_MS 500

/** One event that waits. */
struct question {
	struct question *next;
	struct webhook *wh;
	confab_ticket ticket;
	char id[SIGN_ID_SIZE];
	char *url, *body;
	struct sign_key key;
	int64_t until_ms;
	unsigned timeout_ms, again_ms;
	bool pass; /* when it fails */
	struct confab_timer *timer;
};

static void question_free(struct question *q)
{
	struct question **at = &q->wh->questions;
	while (*at != q)
		at = &(*at)->next;
	*at = q->next;
	free(q->url);
	free(q->body);
	free(q);
}

static void settle(struct question *q, enum confab_verdict v, const char *code, const char *text)
{
	(void)confab_resume(q->ticket, v, code, text); /* too late is as good */
	question_free(q);
}

static void give_up(struct question *q, const char *why)
{
	confab_log(q->wh->plugin, CONFAB_LOG_WARNING, "no verdict from %s (%s), the event %s",
		q->url, why, q->pass ? "passes" : "is refused");
	if (q->pass)
		settle(q, CONFAB_PASS, NULL, NULL);
	else
		settle(q, CONFAB_REJECT, "busy", "a check could not be made; try again later");
}

/* @return NULL, or why the answer is none */
static const char *mask(struct question *q, const json_t *answer)
{
	const json_t *text = json_object_get(answer, "text");
	struct confab_event *ev = confab_ticket_event(q->ticket);
	struct confab_draft *draft = ev != NULL ? confab_event_draft(ev) : NULL;
	if (!json_is_string(text))
		return "mask without text";
	if (draft != NULL &&
		confab_draft_set_text(draft, json_string_value(text), json_string_length(text)) !=
			0)
		return "its text was not taken";
	settle(q, CONFAB_PASS, NULL, NULL);
	return NULL;
}

static const char *hold(struct question *q, const json_t *answer)
{
	const char *queue = json_string_value(json_object_get(answer, "queue"));
	const json_t *why = json_object_get(answer, "why");
	struct confab_event *ev = confab_ticket_event(q->ticket);
	if (why != NULL && !json_is_object(why))
		return "hold with a why that is no object";
	if (ev != NULL)
		(void)confab_hold(ev, queue != NULL && strlen(queue) <= 64 ? queue : "review",
			why != NULL ? json_deep_copy(why) : json_object());
	settle(q, CONFAB_HOLD, NULL, NULL);
	return NULL;
}

static const char *refuse(struct question *q, const json_t *answer)
{
	const char *code = json_string_value(json_object_get(answer, "code"));
	const char *text = json_string_value(json_object_get(answer, "text"));
	size_t len = code != NULL ? strlen(code) : 0;
	if (len == 0 || len > 32 || strspn(code, "abcdefghijklmnopqrstuvwxyz_") != len ||
		text == NULL)
		return "reject without code and text";
	settle(q, CONFAB_REJECT, code, text);
	return NULL;
}

static const char *take(struct question *q, const struct confab_fetch_answer *answer)
{
	json_t *said = json_loadb(answer->body, answer->len, JSON_REJECT_DUPLICATES, NULL);
	const char *verdict = json_string_value(json_object_get(said, "verdict"));
	const char *wrong = NULL;
	if (verdict == NULL)
		wrong = "the answer is no JSON with a verdict";
	else if (strcmp(verdict, "pass") == 0)
		settle(q, CONFAB_PASS, NULL, NULL);
	else if (strcmp(verdict, "mask") == 0)
		wrong = mask(q, said);
	else if (strcmp(verdict, "reject") == 0)
		wrong = refuse(q, said);
	else if (strcmp(verdict, "hold") == 0)
		wrong = hold(q, said);
	else
		wrong = "an unknown verdict";
	json_decref(said);
	return wrong;
}

static void ask(struct question *q);

static void again(void *arg)
{
	struct question *q = arg;
	q->timer = NULL;
	ask(q);
}

/* Once more, if there is time. */
static void retry(struct question *q, const char *why)
{
	int64_t left = q->until_ms - confab_now_ms();
	if (left <= (int64_t)q->again_ms) {
		give_up(q, why);
		return;
	}
	q->timer = confab_timer_start(q->wh->plugin, q->again_ms, 0, again, q);
	q->again_ms *= 2;
	if (q->timer == NULL)
		give_up(q, why);
}

static void answered(void *arg, const struct confab_fetch_answer *answer)
{
	struct question *q = arg;
	char status[32];
	const char *why = answer->why;
	if (answer->rc == 0 && answer->status == 200)
		why = take(q, answer);
	if (why == NULL)
		return; /* q has gone */
	if (answer->rc == 0 && answer->status != 200) {
		snprintf(status, sizeof(status), "status %d", answer->status);
		why = status;
	}
	bool may = answer->rc != 0 ? answer->rc != CONFAB_EPERM && answer->rc != CONFAB_EINVAL
				   : answer->status >= 500 || answer->status == 429;
	if (may)
		retry(q, why);
	else
		give_up(q, why);
}

static void ask(struct question *q)
{
	int64_t left = q->until_ms - confab_now_ms();
	if (left <= 0)
		give_up(q, "too late");
	else if (webhook_post(q->wh, q->url, &q->key, q->id, q->body,
			 left < q->timeout_ms ? (unsigned)left : q->timeout_ms, answered, q) == 0)
		retry(q, "fetch is busy");
}

/* ------------------------------------------------------------------------------------------ */

enum confab_verdict before_judge(struct confab_event *ev, void *ctx)
{
	struct webhook *wh = ctx;
	const struct confab_settings *s = confab_event_settings(ev);
	const char *url = confab_setting_str(s, ROW_BEFORE_URL);
	struct confab_draft *draft = confab_event_draft(ev);
	size_t len = 0;
	const char *text = draft != NULL ? confab_draft_text(draft, &len) : NULL;
	if (url == NULL || text == NULL)
		return CONFAB_PASS;
	struct question *q = calloc(1, sizeof(*q));
	if (q == NULL)
		return confab_reject_later(ev, "busy", "out of memory", 1000);
	int64_t deadline_ms = confab_setting_duration_ms(s, ROW_DEADLINE);
	enum confab_verdict v = confab_defer(ev, (unsigned)deadline_ms + GRACE_MS, &q->ticket);
	if (v != CONFAB_DEFER) {
		free(q);
		return v;
	}
	json_t *told = webhook_event(ev, text, len);
	q->wh = wh;
	q->next = wh->questions;
	wh->questions = q;
	q->url = strdup(url);
	q->body = json_dumps(told, JSON_COMPACT);
	q->key = *(const struct sign_key *)confab_event_built(ev);
	q->until_ms = confab_now_ms() + deadline_ms;
	q->timeout_ms = (unsigned)confab_setting_duration_ms(s, ROW_TIMEOUT);
	q->again_ms = AGAIN_MS;
	q->pass = strcmp(confab_setting_str(s, ROW_ON_FAILURE), "pass") == 0;
	sign_id(q->id);
	json_decref(told);
	ask(q);
	return CONFAB_DEFER;
}

void before_end(struct webhook *wh)
{
	while (wh->questions != NULL) {
		confab_timer_stop(wh->questions->timer);
		question_free(wh->questions);
	}
}
