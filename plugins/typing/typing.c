/**
 * typing: shows who is writing. Glue only; the feature is tracker.c.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdlib.h>
#include <string.h>

#include <confab/chat.h>
#include <confab/event.h>
#include <confab/op.h>
#include <confab/settings.h>
#include <confab/task.h>

#include "typing/tracker.h"

enum { ROW_PAUSE, ROW_EXPIRY, ROW_MAX_TYPISTS };

static const struct confab_setting settings[] = {
	[ROW_PAUSE] = {"pause", CONFAB_SETTING_DURATION, "2s", 100, 60000,
		.flags = CONFAB_SETTING_RELOADABLE,
		.doc = "At most one update per member of a channel in this time; more are not "
		       "shown."},
	[ROW_EXPIRY] = {"expiry", CONFAB_SETTING_DURATION, "6s", 1000, 300000,
		.flags = CONFAB_SETTING_RELOADABLE,
		.doc = "Who is not heard of for this long is not writing any more."},
	[ROW_MAX_TYPISTS] = {"max_typists", CONFAB_SETTING_INT, "10000", 1, 1000000,
		.flags = CONFAB_SETTING_RELOADABLE,
		.doc = "How many are remembered at once on this server; of more nobody hears."},
};

struct typing {
	struct confab_plugin *plugin;
	struct tracker *tracker;
};

static struct tracker_limits limits_of(const struct confab_plugin *p)
{
	const struct confab_settings *s = confab_plugin_settings(p);
	return (struct tracker_limits){
		.pause_ms = confab_setting_duration_ms(s, ROW_PAUSE),
		.expiry_ms = confab_setting_duration_ms(s, ROW_EXPIRY),
		.max_typists = (size_t)confab_setting_int(s, ROW_MAX_TYPISTS),
	};
}

/* What watchers hear, or NULL: they know it already, or it is too soon. */
static json_t *typing_show(const struct confab_event *ev, void *ctx)
{
	struct typing *typing = ctx;
	const json_t *body = confab_event_body(ev);
	const char *channel = confab_event_channel_id(ev);
	const char *user = confab_actor_id(confab_event_actor(ev));
	const char *state = json_string_value(json_object_get(body, "state"));
	json_int_t parent = json_integer_value(json_object_get(body, "parent"));
	int64_t now_ms = confab_now_ms(), until_ms = 0;
	if (channel == NULL || user == NULL || parent < 0)
		return NULL;
	bool stop = state != NULL && strcmp(state, "stop") == 0;
	enum tracker_answer answer = stop ? tracker_stop(typing->tracker, channel, user)
					  : tracker_start(typing->tracker, channel, user,
						    (uint64_t)parent, now_ms, &until_ms);
	if (answer != TRACKER_SHOW)
		return NULL;
	json_t *shown = json_pack("{s:s, s:s, s:s, s:s}", "ev", "typing", "channel", channel,
		"user", user, "state", stop ? "stop" : "start");
	if (parent > 0)
		json_object_set_new(shown, "parent", json_integer(parent));
	if (!stop)
		json_object_set_new(shown, "until",
			json_integer((json_int_t)(confab_time_ms() + until_ms - now_ms)));
	return shown;
}

/* Who has said it is not writing it any more; clients know by the message. */
static void message_sent(const struct confab_event *ev, void *ctx)
{
	struct typing *typing = ctx;
	const char *channel = confab_event_channel_id(ev);
	const char *user = confab_actor_id(confab_event_actor(ev));
	if (channel != NULL && user != NULL)
		(void)tracker_stop(typing->tracker, channel, user);
}

static const struct confab_field typing_shown[] = {
	{"channel", CONFAB_FIELD_ID, true, 0, 0, NULL, NULL, "Where."},
	{"user", CONFAB_FIELD_ID, true, 0, 0, NULL, NULL, "Who."},
	{"state", CONFAB_FIELD_STRING, true, 0, 0, "start stop", NULL, "Begins, or has ended."},
	{"parent", CONFAB_FIELD_INT, false, 1, 9007199254740991, NULL, NULL,
		"In the thread of this message."},
	{"until", CONFAB_FIELD_INT, false, 0, 9007199254740991, NULL, NULL,
		"Ends by itself then, Unix ms."},
	{NULL, 0, false, 0, 0, NULL, NULL, NULL},
};

static const struct confab_kind_row kinds[] = {
	{.name = "typing",
		.class_ = CONFAB_EPHEMERAL,
		.log = CONFAB_LOG_CHANNEL,
		.grant = "typing",
		.show = typing_show,
		.doc = "A member writes, or stops writing.",
		.shown = typing_shown},
};

static const struct confab_field typing_args[] = {
	{"channel", CONFAB_FIELD_ID, true, 0, 0, NULL, NULL, "Where."},
	{"parent", CONFAB_FIELD_INT, false, 1, 9007199254740991, NULL, NULL,
		"In the thread of this message."},
	{"state", CONFAB_FIELD_STRING, false, 0, 0, "start stop", NULL,
		"start (the default), stop."},
	{NULL, 0, false, 0, 0, NULL, NULL, NULL},
};

static const struct confab_op_row ops[] = {
	{.name = "typing",
		.actor = CONFAB_OP_USER,
		.method = "POST",
		.path = "/v1/channels/{channel}/typing",
		.kind = "typing",
		.args = typing_args,
		.grant = "typing",
		.doc = "Show the others that one writes; again every few seconds while it lasts."},
};

static const struct confab_hook_row hooks[] = {
	CONFAB_OBSERVER("message.send", message_sent, "who has said it is not writing any more"),
};

static int typing_load(struct confab_plugin *p, void **ctx, struct confab_error *err)
{
	struct tracker_limits limits = limits_of(p);
	struct typing *typing = calloc(1, sizeof(*typing));
	if (typing != NULL)
		typing->tracker = tracker_new(&limits);
	if (typing == NULL || typing->tracker == NULL) {
		free(typing);
		return confab_error_set(err, CONFAB_ENOMEM, "out of memory");
	}
	typing->plugin = p;
	*ctx = typing;
	return 0;
}

static void typing_commit(void *ctx)
{
	struct typing *typing = ctx;
	struct tracker_limits limits = limits_of(typing->plugin);
	tracker_limits_set(typing->tracker, &limits);
}

static void typing_unload(void *ctx)
{
	struct typing *typing = ctx;
	tracker_free(typing->tracker);
	free(typing);
}

CONFAB_PLUGIN("typing", "1.0") = {
	CONFAB_HEAD("typing", "1.0", "MIT"),
	.summary = "Shows who is writing.",
	CONFAB_ROWS(settings, settings),
	CONFAB_ROWS(kinds, kinds),
	CONFAB_ROWS(ops, ops),
	CONFAB_ROWS(hooks, hooks),
	.load = typing_load,
	.commit = typing_commit,
	.unload = typing_unload,
};
