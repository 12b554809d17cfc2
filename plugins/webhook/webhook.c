/**
 * webhook: signed HTTP hooks before and after. Glue only; the hooks are before.c and after.c.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <confab/chat.h>
#include <confab/service.h>

#include "webhook/webhook.h"

static const struct confab_setting settings[] = {
	[ROW_BEFORE_URL] = {"before_url", CONFAB_SETTING_STRING, NULL, 0, 2000,
		.scope = CONFAB_SCOPE_TYPE, .flags = CONFAB_SETTING_RELOADABLE,
		.doc = "Who is asked before a message or an edit is taken; nobody by default."},
	[ROW_AFTER_URL] = {"after_url", CONFAB_SETTING_STRING, NULL, 0, 2000,
		.flags = CONFAB_SETTING_RELOADABLE,
		.doc = "Who is told of messages and edits that were taken, at least once; nobody by "
		       "default."},
	[ROW_SECRET] = {"secret", CONFAB_SETTING_SECRET, NULL, .flags = CONFAB_SETTING_RELOADABLE,
		.doc = "Signs what is sent: whsec_ and base64 of 24 to 64 random bytes."},
	[ROW_TIMEOUT] = {"timeout", CONFAB_SETTING_DURATION, "2s", 50, 60000,
		.flags = CONFAB_SETTING_RELOADABLE, .doc = "What one request may take."},
	[ROW_DEADLINE] = {"deadline", CONFAB_SETTING_DURATION, "4s", 50, 60000,
		.scope = CONFAB_SCOPE_TYPE, .flags = CONFAB_SETTING_RELOADABLE,
		.doc = "How long a message waits for a verdict, over all tries; "
		       "pipeline.defer_timeout bounds it too."},
	[ROW_ON_FAILURE] = {"on_failure", CONFAB_SETTING_ENUM, "reject", 0, 0,
		.scope = CONFAB_SCOPE_TYPE, .flags = CONFAB_SETTING_RELOADABLE,
		.words = "reject, pass",
		.doc = "What becomes of a message without a verdict: reject is fail-closed, pass is "
		       "fail-open."},
	[ROW_BATCH] = {"batch", CONFAB_SETTING_INT, "100", 1, 1000,
		.flags = CONFAB_SETTING_RELOADABLE,
		.doc = "How many events go out in one request at most."},
	[ROW_BATCH_DELAY] = {"batch_delay", CONFAB_SETTING_DURATION, "1s", 0, 60000,
		.flags = CONFAB_SETTING_RELOADABLE,
		.doc = "How long an event waits for others to go out with."},
	[ROW_ATTEMPTS] = {"attempts", CONFAB_SETTING_INT, "12", 1, 1000,
		.flags = CONFAB_SETTING_RELOADABLE,
		.doc = "How often an event is told in vain before it becomes a dead letter."},
};

static int webhook_prepare(const struct confab_settings *s, void **built, struct confab_error *err)
{
	const char *secret = confab_setting_str(s, ROW_SECRET);
	bool wanted = confab_setting_str(s, ROW_BEFORE_URL) != NULL ||
		confab_setting_str(s, ROW_AFTER_URL) != NULL;
	struct sign_key *key = calloc(1, sizeof(*key));
	if (key == NULL)
		return confab_error_set(err, CONFAB_ENOMEM, "out of memory");
	if (secret != NULL ? sign_key_read(key, secret) != 0 : wanted) {
		free(key);
		return confab_error_set(err, CONFAB_EINVAL,
			"secret: whsec_ and base64 of 24 to 64 bytes is needed (make one by: echo "
			"whsec_$(openssl rand -base64 32))");
	}
	*built = key;
	return 0;
}

/* At moderate: what is taken is told, as it stands when the commit is made. */
static enum confab_verdict after_note(struct confab_event *ev, void *ctx)
{
	const struct webhook *wh = ctx;
	struct confab_draft *draft = confab_event_draft(ev);
	size_t len = 0;
	const char *text = draft != NULL ? confab_draft_text(draft, &len) : NULL;
	if (text == NULL ||
		confab_setting_str(confab_plugin_settings(wh->plugin), ROW_AFTER_URL) == NULL)
		return CONFAB_PASS;
	int rc = confab_draft_todo(draft, "tell", webhook_event(ev, text, len));
	return rc == 0 ? CONFAB_PASS : confab_reject(ev, "internal", confab_code_text(rc));
}

static const struct confab_hook_row hooks[] = {
	CONFAB_DECIDE(CONFAB_MODERATE, "message.send message.edit", before_judge,
		"asks before_url for a verdict"),
	CONFAB_DECIDE(CONFAB_MODERATE, "message.send message.edit", after_note,
		"notes what after_url is told"),
};

static const struct confab_todo_row todos[] = {
	/* How often is the administrator's to say; beyond that it is a dead letter. */
	{"tell", after_run, 1000, AFTER_BACKOFF_MS},
};

static const struct confab_field letter_args[] = {
	{"letter", CONFAB_FIELD_STRING, true, 1, 64, NULL, NULL, "Its name in the list."},
	{NULL, 0, false, 0, 0, NULL, NULL, NULL},
};

static const struct confab_verb_row verbs[] = {
	{"dead", NULL, "Lists events that could not be told.", dead_list},
	{"retry", letter_args, "Tells one of them again.", dead_retry},
	{"drop", letter_args, "Forgets one of them.", dead_drop},
};

static int webhook_load(struct confab_plugin *p, void **ctx, struct confab_error *err)
{
	struct webhook *wh = calloc(1, sizeof(*wh));
	if (wh == NULL || (wh->after = after_new(wh)) == NULL) {
		free(wh);
		return confab_error_set(err, CONFAB_ENOMEM, "out of memory");
	}
	wh->plugin = p;
	wh->fetch = confab_service_use(
		p, CONFAB_FETCH, CONFAB_FETCH_MAJOR, sizeof(*wh->fetch), &wh->fetch_ctx);
	if (wh->fetch == NULL) {
		after_free(wh->after);
		free(wh);
		return confab_error_set(
			err, CONFAB_ENOENT, "the plugin fetch is needed (plugins: fetch: {})");
	}
	*ctx = wh;
	return 0;
}

static void webhook_unload(void *ctx)
{
	struct webhook *wh = ctx;
	wh->fetch->end(wh->fetch_ctx, wh->plugin);
	before_end(wh);
	after_free(wh->after);
	free(wh);
}

/* ------------------------------------------------------------------------------------------ */

uint64_t webhook_post(struct webhook *wh, const char *url, const struct sign_key *key,
	const char *id, const char *body, unsigned timeout_ms, confab_fetch_fn done, void *arg)
{
	char id_header[SIGN_ID_SIZE + 16], time_header[48], signature[SIGN_HEADER_SIZE];
	int64_t now_s = confab_time_ms() / 1000;
	size_t len = strlen(body);
	if (sign_header(signature, key, id, now_s, body, len) != 0)
		return 0;
	snprintf(id_header, sizeof(id_header), "webhook-id: %s", id);
	snprintf(time_header, sizeof(time_header), "webhook-timestamp: %lld", (long long)now_s);
	const char *headers[] = {
		"content-type: application/json", id_header, time_header, signature, "expect:"};
	const struct confab_fetch_request rq = {.size = sizeof(rq),
		.method = "POST",
		.url = url,
		.headers = headers,
		.n_headers = sizeof(headers) / sizeof(headers[0]),
		.body = body,
		.body_len = len,
		.timeout_ms = timeout_ms,
		.max_bytes = 256 * 1024};
	return wh->fetch->start(wh->fetch_ctx, wh->plugin, &rq, done, arg);
}

json_t *webhook_event(const struct confab_event *ev, const char *text, size_t len)
{
	const struct confab_actor *actor = confab_event_actor(ev);
	const struct confab_channel *ch = confab_event_channel(ev);
	const struct confab_member *member = confab_event_member(ev);
	return json_pack("{s:s, s:I, s:{s:s?, s:s?, s:s?, s:s?, s:s%, s:O}}", "type",
		confab_event_kind(ev), "timestamp", (json_int_t)confab_time_ms(), "data", "actor",
		actor != NULL ? confab_actor_id(actor) : NULL, "channel",
		confab_event_channel_id(ev), "channel_type",
		ch != NULL ? confab_channel_type(ch) : NULL, "role",
		member != NULL ? confab_member_role(member) : NULL, "text", text, len, "body",
		confab_event_body(ev));
}

CONFAB_PLUGIN("webhook", "1.0") = {
	CONFAB_HEAD("webhook", "1.0", "MIT"),
	.summary = "Signed HTTP hooks before and after messages are taken.",
	.caps = CONFAB_CAP_NET_OUT | CONFAB_CAP_STORE,
	.requires_ = "fetch",
	CONFAB_ROWS(settings, settings),
	CONFAB_ROWS(hooks, hooks),
	CONFAB_ROWS(todos, todos),
	CONFAB_ROWS(verbs, verbs),
	.prepare = webhook_prepare,
	.discard = free,
	.load = webhook_load,
	.unload = webhook_unload,
};
